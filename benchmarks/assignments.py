"""Measure how often carbons are given their own line: the alignment of a search, against lines that chemists assigned.

    python benchmarks/assignments.py                    # 13C, the model cnmr, `test`
    python benchmarks/assignments.py --split valid --rows 200

Written to benchmarks/results/ (for all rows of `test`; else to runs/results/). Needs atom_shifts.parquet (in
$ACML_DATA, else ../shared/data): molecules of NMRShiftDB2 whose experimental 13C lines are assigned to atoms, by way of
CASCADE (NMR8K). Each spectrum is given as a list of different shifts, `explain_match` assigns it, and a carbon is right
if its line is its own or that of an atom of its symmetry class. Beside it, on the same molecules: the same with the
multiplicity of each line told (taken from the assigned molecule, as DEPT would tell it), once as a price in one
alignment and once as four alignments, of C, CH, CH2, CH3, which may cross; the nearest line of each carbon; lines dealt
out at random; and, where csp5 is installed (`pip install csp5==0.3.1`), the lines that it predicts in the place of
ours: it learnt from this very database, so its row is contaminated. What chemists agree on: of the molecules with two
assigned spectra (all splits), the shifts of one serve as the prediction for the other. Nothing was tuned on `test`.
"""
import argparse, sys, time

import numpy as np
import pandas as pd
from rdkit import Chem

from acml.alignment import align_lines, pack_units
from acml.chem import to_mol
from acml.core import file_sha256, shared_data
from acml.explain import _model_units, explain_match
from acml.lines import PRICES
from acml.metrics import bootstrap_ci
from acml.model import ACML
from acml.spectrum import NMRSpectrum

from saving import save

WAYS = {'aligned': '**alignment of a search** (`explain_match`)',
        'dept': 'the same, C, CH, CH₂, CH₃ known of each line (as from DEPT)',
        'crossing': 'the same, each kind aligned by itself, so that kinds may cross',
        'csp5': 'lines of csp5 aligned (contaminated: it learnt from this database)',
        'nearest': 'nearest line of each carbon',
        'repeated': 'ceiling: a second assigned spectrum of the molecule aligned',
        'random': 'floor: lines dealt out at random'}

def own_line(units, members, lines, shifts, hydrogens=None, kinds=None):
    "Carbons on their own line when these units are aligned with these lines; kind by kind if `kinds` are told."
    def part(h):
        i = np.arange(len(lines)) if h is None else np.flatnonzero(kinds == h)
        j = np.arange(len(units)) if h is None else np.flatnonzero(hydrogens == h)
        if not len(i) or not len(j): return 0
        pairs = align_lines(lines[i], units[j], PRICES['13C']).pairs
        taken = {j[b]: lines[i][a] for a, b in pairs}
        return sum(len(members[u]) * np.isclose(shifts[members[u]], line, atol=2e-3).any() for u, line in taken.items())
    return sum(map(part, [None] if kinds is None else range(4)))

def units_of(classes, ppm, spread, hydrogens):
    "Units of equivalent atoms, ascending, and the atoms of each."
    there = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    there = [a[np.isfinite(ppm[a])] for a in there]
    there = sorted((a for a in there if len(a)), key=lambda a: ppm[a].mean())
    centre = [ppm[a].mean() for a in there]
    n_atoms, n_hydrogens = [len(a) for a in there], [hydrogens[a[0]] for a in there]
    return pack_units(centre, np.full(len(there), spread), n_atoms, n_hydrogens), there

def right_of(model, smi, shifts, rng, other=None):
    "For each way how many carbons are right, and how many there are; `other`: shifts that another program predicts."
    there, right, total = np.isfinite(shifts), dict.fromkeys(WAYS, 0.), 0
    mol = to_mol(smi)
    lines, hydrogens = np.unique(shifts[there]), np.array([a.GetTotalNumHs() for a in mol.GetAtoms()])
    kinds = np.minimum(hydrogens, 3)
    dept = NMRSpectrum('13C', shifts[there], ['SDTQ'[h] for h in kinds[there]])
    for m in explain_match(model, smi, dept, solvent='none').pairs:
        right['dept'] += m.n_atoms * np.isclose(shifts[list(m.atoms)], m.observed_ppm, atol=2e-3).any()
    for m in explain_match(model, smi, lines, 'cnmr', solvent='none').matches:
        known = shifts[list(m.atoms)][np.isfinite(shifts[list(m.atoms)])]
        if not len(known): continue
        total += m.n_atoms
        line_of = dict(aligned=m.observed_ppm, nearest=lines[np.abs(lines - m.predicted_ppm).argmin()],
                       random=rng.choice(lines))
        for way, line in line_of.items():
            if line is not None: right[way] += m.n_atoms * np.isclose(known, line, atol=2e-3).any()
    units, members = _model_units(model, smi, 'cnmr')
    members = [np.array(g)[there[list(g)]] for g in members]
    known = np.array([i for i, g in enumerate(members) if len(g)])
    units, members = units[known], [members[i] for i in known]
    line_kinds = np.array([kinds[there & np.isclose(shifts, l, atol=2e-3)][0] for l in lines])
    right['crossing'] = own_line(units, members, lines, shifts,
                                  np.array([kinds[g[0]] for g in members]), line_kinds)
    if other is not None:
        classes = np.array(Chem.CanonicalRankAtoms(mol, breakTies=False))
        units, members = units_of(classes, np.where(there, other, np.nan), 1.2, hydrogens)
        right['csp5'] = own_line(units, members, lines, shifts)
    return right, total

def repeated(table):
    "Carbons on their own line, and how many, where a molecule has two different assigned spectra."
    found = []
    for smi, g in table.groupby('smiles'):
        if len(g) < 2: continue
        first, second = (np.float64(x).round(3) for x in g['heavy_shift'].iloc[:2])
        both = np.isfinite(first) & np.isfinite(second)
        if np.allclose(first, second, equal_nan=True) or both.sum() < 3: continue
        mol = to_mol(smi)
        classes = np.array(Chem.CanonicalRankAtoms(mol, breakTies=False))
        hydrogens = np.array([a.GetTotalNumHs() for a in mol.GetAtoms()])
        units, members = units_of(classes, np.where(both, first, np.nan), .5, hydrogens)
        found.append((own_line(units, members, np.unique(second[both]), second), both.sum()))
    return np.array(found, float)

def csp5_shifts(smiles):
    "Shifts of each atom that csp5 predicts, NaN where it has none, by SMILES; nothing where csp5 is not installed."
    try: from csp5 import predict_smiles
    except ImportError: return {}
    found = predict_smiles(list(smiles), nucleus='13C', device='cpu', num_workers=1).predictions
    out = {}
    for smi, g in found.groupby('smiles'):
        ppm = np.full(to_mol(smi).GetNumAtoms(), np.nan)
        here = g[g['atom_index'] < len(ppm)]
        ppm[here['atom_index'].to_numpy(int)] = here['shift_ppm']
        out[smi] = ppm
    return out

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--split', default='test', choices=('valid', 'test'))
    parser.add_argument('--rows', type=int, default=0, help='0: all')
    args = parser.parse_args()
    path = shared_data('atom_shifts.parquet') or sys.exit('atom_shifts.parquet is not in ../shared/data')
    model, rng, start = ACML.from_pretrained('cnmr'), np.random.default_rng(0), time.time()
    wanted = [('nucleus', '==', '13C'), ('source', '==', 'NMR8K'), ('split', '==', args.split)]
    table = pd.read_parquet(path, filters=wanted)
    if args.rows: table = table.head(args.rows)
    other = csp5_shifts(table['smiles'].unique())
    found = [right_of(model, s, np.float64(y).round(3), rng, other.get(s))
             for s, y in zip(table['smiles'], table['heavy_shift'])]
    total, done = np.array([n for _, n in found]), np.array([s in other for s in table['smiles']])
    of = {way: np.stack([[r[way] for r, _ in found], total], 1) for way in WAYS}
    molecules = dict.fromkeys(WAYS, table['inchikey'].str[:14].to_numpy())
    of['csp5'], molecules['csp5'] = of['csp5'][done], molecules['csp5'][done]
    of['repeated'] = repeated(pd.read_parquet(path, filters=wanted[:2]))
    molecules['repeated'] = np.arange(len(of['repeated']))
    for place, (way, label) in enumerate(WAYS.items()):
        pairs = of[way]
        if not len(pairs): continue
        share = lambda p: p[:, 0].sum() / p[:, 1].sum()
        figure, ci95 = share(pairs), [float(x) for x in bootstrap_ci(pairs, share, groups=molecules[way])]
        print(f'{way}: {figure:.3f} of {pairs[:, 1].sum():,.0f} carbons, {len(pairs):,} spectra', flush=True)
        result = dict(task='assignments', modality='cnmr', table='assignments', label=label, order=place,
                      columns={'carbons on their own line': float(figure)}, ci95={'carbons on their own line': ci95},
                      plain=dict(spectra=len(pairs), carbons=int(pairs[:, 1].sum())), data_sha256=file_sha256(path),
                      seconds=round(time.time() - start))
        save(f'assignments-{way}', result, 'assignments', parser, args, (), model, parts=())

if __name__ == '__main__': main()
