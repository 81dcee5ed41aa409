"""Measure whether explanations tell the truth: lit atoms, deletion curves, and maps that must be destroyed.

    python benchmarks/faithfulness.py                     # both parts, `test`
    python benchmarks/faithfulness.py --split valid --rows 40 --only lit
    python benchmarks/faithfulness.py --only curves --modalities cnmr text

Written to benchmarks/results/; of another split or number of records to runs/results/. Two parts.

*Lit atoms*: molecules of atom_shifts.parquet (experimental 13C lines that chemists assigned to atoms, NMR8K). Each
spectrum is given as a list of different shifts; for each line `attribute` names the atom on which it hangs most. It is
right if the line is that of this atom, or of one in its symmetry class. Beside it: an atom at random; the same with the
weights of the graph network drawn at random; the same with the record of another molecule (a line counts as right if
the lit atom has the line that stands at the same place of the true list).

*Curves*: the model `joint`, each modality. Atoms are left out of the graph in the order of their scores, highest first
(deletion), or put back in this order (insertion); after each the cosine with the record is read. The area under the
curve, scaled so that the whole molecule is 1 and the empty one 0, is small for a faithful deletion and large for a
faithful insertion; the same for the parts of the record (lines, peaks, words; the atoms drawn in a picture, the bits of
a fingerprint, the atoms of a conformer; a SMILES has none). Beside it: a random order (mean of three); the order of
Morgan bits (an atom is worth as many bits of radius 2 as die with it, from the molecule alone); random weights of the
graph network. "better than random" is 1 - area / area of the random order, below 0 where an explanation is worse than
chance; a record counts for all orders or for none, and is drawn with all of its areas for the 95 % bootstrap intervals,
which all areas have. Of pictures, which take longest, a third of the records is asked.
Conformers, SMILES and fingerprints are made from the molecules of the 13C rows; a pocket is not part of `joint`.
"""
import argparse, sys, time
from copy import deepcopy
from functools import partial

import numpy as np
import pandas as pd
import torch
from rdkit.Chem import CanonicalRankAtoms

from acml.attribution import _embed_without, _score_table, attribute
from acml.chem import to_mol
from acml.conformer import _to_conformer
from acml.core import AcmlError, RecordError, file_sha256, shared_data
from acml.data import is_suspect, one_per_molecule, table_records, table_rows
from acml.drawing import depict
from acml.faithfulness import _left, _morgan_order
from acml.metrics import bootstrap_ci
from acml.model import ACML

from saving import save as save_result

TABLES = dict(cnmr='nmrshiftdb2', hnmr='nmrshiftdb2', gcms='massbank', lcms='massbank', text='chebi20')
MADE = dict(smiles=lambda smi: smi, fingerprint=lambda smi: smi, conformer=_to_conformer,
            image=lambda smi: depict(smi)[0])
LABELS = dict(occlusion='deletion: occlusion', gradients='gradients', morgan='Morgan bits', weights='random weights',
              random='random order')
PARTS = 'parts of the record'
INSERTED = 'occlusion', 'random' # Orders whose insertion is told too
MAX_ATOMS = 40 # Larger molecules are left out

def with_random_weights(model, seed=0):
    "The same model, its graph network drawn anew."
    torch.manual_seed(seed)
    other = deepcopy(model)
    for module in other.graph.encoder.modules():
        if hasattr(module, 'reset_parameters'): module.reset_parameters()
    return other

# ---- lit atoms

def lit(model, smi, lines, of, method, score):
    "How many lines have the atom that is lit for them; `of` says which lines are those of each symmetry class."
    why, kind = attribute(model, smi, method, score=score, solvent='none', cnmr=lines), symmetry(smi)
    return sum(right(why.atom_of(k), x, of, kind) for k, x in enumerate(np.unique(lines)))

def right(atom, x, of, kind):
    "Is a line one of those of the class of an atom? No, where none is lit."
    return atom is not None and any(np.isclose(of[kind[atom]], x, atol=2e-3))

def symmetry(smi): return np.array(CanonicalRankAtoms(to_mol(smi), breakTies=False))

def lit_ways(model, random_model, smi, y, foreign, rng):
    "For each way how many lines are right."
    kind, lines = symmetry(smi), np.unique(y[np.isfinite(y)])
    of = {k: y[(kind == k) & np.isfinite(y)] for k in kind}
    out = {f'{m}, {s}': lit(model, smi, lines, of, m, s) for m, s in WAYS}
    out['random weights'] = lit(random_model, smi, lines, of, 'occlusion', 'both')
    atoms = np.flatnonzero(np.isfinite(y))
    out['an atom at random'] = sum(any(np.isclose(of[kind[rng.choice(atoms)]], x, atol=2e-3)) for x in lines)
    shuffled = np.sort(rng.choice(foreign, len(lines), replace=len(foreign) < len(lines)))
    if len(np.unique(shuffled)) == len(lines):
        why = attribute(model, smi, 'occlusion', solvent='none', cnmr=shuffled)
        out['lines of other molecules'] = sum(right(why.atom_of(k), x, of, kind) for k, x in enumerate(lines))
    return out, len(lines)

WAYS = [('occlusion', 'both'), ('occlusion', 'global'), ('assignment', 'both'), ('removal', 'both')]

def lit_part(split, rows, save):
    path = shared_data('atom_shifts.parquet') or sys.exit('atom_shifts.parquet is not in ../shared/data')
    wanted = [('nucleus', '==', '13C'), ('source', '==', 'NMR8K'), ('split', '==', split)]
    table = pd.read_parquet(path, filters=wanted)
    table = table[[3 <= to_mol(s).GetNumAtoms() <= MAX_ATOMS for s in table['smiles']]]
    if rows: table = table.sample(min(rows, len(table)), random_state=0)
    model, rng = ACML.from_pretrained('cnmr'), np.random.default_rng(0)
    random_model = with_random_weights(model)
    shifts = [np.float64(y).round(3) for y in table['heavy_shift']]
    foreign = np.unique(np.concatenate([y[np.isfinite(y)] for y in shifts]))
    found = [lit_ways(model, random_model, s, y, foreign, rng) for s, y in zip(table['smiles'], shifts)]
    blocks = table['inchikey'].str[:14].to_numpy()
    for place, way in enumerate(dict.fromkeys(k for f, _ in found for k in f)):
        there = np.array([way in f for f, _ in found])
        pairs = np.array([(f[way], n) for f, n in found if way in f], float)
        share = lambda p: float(p[:, 0].sum() / p[:, 1].sum())
        ci = [float(x) for x in bootstrap_ci(pairs, share, groups=blocks[there])]
        lines = int(pairs[:, 1].sum())
        print(f'lit atom, {way}: {share(pairs):.3f} ({ci[0]:.3f}-{ci[1]:.3f}), {lines} lines', flush=True)
        save('faithfulness-lit-' + slug(way), dict(
            table='faithful_atoms', label=way, order=place, columns={'lines whose atom is lit': share(pairs)},
            ci95={'lines whose atom is lit': ci}, plain=dict(spectra=len(pairs), lines=int(pairs[:, 1].sum()))),
            path, model)

# ---- curves

def area(scores):
    "Mean of a curve from the whole to nothing, scaled to 1 and 0; below nothing is nothing."
    return float(np.mean(np.maximum((scores - scores[-1]) / (scores[0] - scores[-1]), 0)))

def atom_curve(model, name, smi, record, order):
    "Deletion and insertion areas of atoms in an order."
    n = len(order)
    gone = np.array([np.isin(np.arange(n), order[:k]) for k in range(n + 1)])
    z, stored = _embed_without(model, smi, np.concatenate([gone, ~gone]))
    s = _score_table(model, name, z, [None] * len(z), [record], {})[:, 0]
    down, up = s[:n + 1], s[n + 1:][::-1]
    return area(down), float(np.mean((up - down[-1]) / (down[0] - down[-1])))

def part_curve(model, name, z, parts, order):
    "Deletion area of the parts of a record in an order."
    n = len(order)
    records = [_left(parts, ~np.isin(np.arange(n), order[:k])) for k in range(n)]
    return area(np.r_[_score_table(model, name, z, [None], records, {})[0], 0.])

def curves(model, random_model, name, smi, record, rng):
    "Areas by what was left out, and by the order."
    why, out, n = attribute(model, smi, 'occlusion', score='global', solvent='none', **{name: record}), {}, None
    n = len(why.atoms)
    orders = dict(occlusion=np.argsort(-why.atoms, kind='stable'), morgan=_morgan_order(smi),
                  weights=np.argsort(-attribute(random_model, smi, 'occlusion', score='global', solvent='none',
                                                **{name: record}).atoms, kind='stable'))
    if GRADIENTS: orders['gradients'] = np.argsort(-attribute(model, smi, 'gradients', n_steps=16, solvent='none',
                                                              **{name: record}).atoms, kind='stable')
    for how, order in orders.items(): out['atoms', how] = atom_curve(model, name, smi, record, order)
    several = [atom_curve(model, name, smi, record, rng.permutation(n)) for _ in range(3)]
    out['atoms', 'random'] = tuple(np.mean(several, 0))
    parts, z = why.records[name], model.embed('graph', [smi])
    if 2 < len(parts) <= 60:
        scores = why.parts.score.to_numpy()
        out['parts', 'occlusion'] = part_curve(model, name, z, parts, np.argsort(-scores, kind='stable')),
        several = [part_curve(model, name, z, parts, rng.permutation(len(parts))) for _ in range(3)]
        out['parts', 'random'] = np.mean(several),
    return out

def records_of(name, split, rows):
    "Molecules and records of a modality."
    table = pd.read_parquet(shared_data(f'{TABLES.get(name, TABLES["cnmr"])}.parquet') or sys.exit('no table'))
    if 'split_alt' in table: table = table.assign(split=table['split_alt'])
    table = table_rows(table, name if name in TABLES else 'cnmr')
    table = table[(table['split'] == split) & ~is_suspect(table)]
    table = table[[4 <= to_mol(s).GetNumAtoms() <= MAX_ATOMS for s in table['smiles']]]
    table = one_per_molecule(table.sample(frac=1, random_state=0)).head(rows)
    made = [make(name, s) for s in table['smiles']] if name in MADE else table_records(table, name)
    pairs = [(s, o) for s, o in zip(table['smiles'], made) if o is not None]
    return [s for s, _ in pairs], [o for _, o in pairs]

def make(name, smi):
    "A record of a molecule; None where there is none, e.g. no conformer."
    try: return MADE[name](smi)
    except RecordError as e: print(f'{name} {smi}: {e}', file=sys.stderr)

def n_records(name, rows): return max(rows // 3, 10) if name == 'image' else rows

def usable(found, who):
    """Areas (n_records, n_orders, 1 or 2) of the records that all orders can be judged on, and their orders.

    The scale of a curve is how far the whole molecule is from nothing: where that is next to nothing for a record, it
    is left out for every order, so that all means are over the same records."""
    orders = list(dict.fromkeys(how for f in found for w, how in f if w == who))
    areas = [[f[who, how] for how in orders] for f in found if orders and all((who, how) in f for how in orders)]
    areas = np.array(areas, float)
    fits = [bool((np.isfinite(a) & (np.abs(a) < 20)).all()) for a in areas]
    return areas[np.flatnonzero(fits)], orders

def gain(areas, orders):
    "1 - area / area of the random order, of deletion, with its 95 % interval; records are drawn with both areas."
    pairs = areas[:, [orders.index('occlusion'), orders.index('random')], 0]
    better = lambda p: 1 - p[:, 0].mean() / p[:, 1].mean()
    return float(better(pairs)), [float(x) for x in bootstrap_ci(pairs, better)]

def curves_row(found):
    "Columns and intervals of a modality, and what stands beside them."
    (atoms, orders), (parts, part_orders) = usable(found, 'atoms'), usable(found, 'parts')
    if not len(atoms): raise AcmlError('no record whose molecule is closer to it than nothing is')
    columns, ci95 = {}, {}
    columns['better than random'], ci95['better than random'] = gain(atoms, orders)
    if len(parts): columns[PARTS], ci95[PARTS] = gain(parts, part_orders)
    areas, areas_ci95 = {}, {}
    for way, name, k in [(how, LABELS[how], 0) for how in LABELS] + [(o, f'insertion: {o}', 1) for o in INSERTED]:
        if way not in orders: continue
        of = atoms[:, orders.index(way), k]
        areas[name], areas_ci95[name] = float(of.mean()), [float(x) for x in bootstrap_ci(of, np.mean)]
    return dict(columns=columns, ci95=ci95, signed=list(columns), plain=dict(areas, records=len(atoms)),
                areas_ci95=areas_ci95, n_left_out=len(found) - len(atoms))

def curves_part(split, rows, names, save):
    model, rng = ACML.from_pretrained('joint'), np.random.default_rng(0)
    random_model = with_random_weights(model)
    for name in names:
        found, start = [], time.time()
        for smi, record in zip(*records_of(name, split, n_records(name, rows))):
            try: found.append(curves(model, random_model, name, smi, record, rng))
            except AcmlError as e: print(f'{name} {smi}: {e}', file=sys.stderr)
        try: row = curves_row(found)
        except AcmlError as e:
            print(f'{name}: left out, {e}', flush=True)
            continue
        print(name, f'{time.time() - start:.0f} s', row, flush=True)
        place = [*TABLES, *MADE].index(name)
        save(f'faithfulness-curves-{name}', dict(table='faithful_curves', label=name, order=place, **row,
                                                seconds=round(time.time() - start)),
             shared_data(f'{TABLES.get(name, TABLES["cnmr"])}.parquet'), model)

# ----

def slug(text): return text.replace(', ', '-').replace(' ', '-')

def save_as(parser, args, name, result, path, model):
    result = dict(result, task='faithfulness', data_sha256=file_sha256(path))
    save_result(name, result, 'faithfulness', parser, args, (), model, harmless=['only', 'modalities'])

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--split', default='test', choices=('valid', 'test'))
    parser.add_argument('--rows', type=int, help='spectra (default 200), and records of each modality (default 100)')
    parser.add_argument('--only', choices=('lit', 'curves'))
    parser.add_argument('--modalities', nargs='+', default=[*TABLES, *MADE])
    args = parser.parse_args()
    save = partial(save_as, parser, args)
    if args.only != 'curves': lit_part(args.split, 200 if args.rows is None else args.rows, save)
    if args.only != 'lit': curves_part(args.split, args.rows or 100, args.modalities, save)

try: import captum
except ImportError: GRADIENTS = False
else: GRADIENTS = True

if __name__ == '__main__': main()
