"""How well `verify` tells right structures from wrong ones: one result for each model and kind of spectrum.

    python benchmarks/verify.py cnmr                              # measure on `test`
    python benchmarks/verify.py --fit cnmr hnmr joint:cnmr        # learn on `valid` first, into the model's config.json
    python benchmarks/verify.py --fit joint:cnmr+hnmr             # both spectra of a molecule, asked about together

Written to benchmarks/results/; of a model that does not ship, or with --n, to runs/results/. Needs nmrshiftdb2.parquet
(in $ACML_DATA, else ../shared/data). A molecule gives one right pair, and wrong ones: two drawn isomers (a substituent
at another place of its ring, one bond moved), a molecule of its formula, and any molecule of the table. Half of the
weight is on right pairs, a sixth on each of: drawn isomers, the same formula, any molecule. Learnt on `valid`, measured
on `test`; nothing is chosen by `test`. Weights and their checksums are not touched: only info['verify'] of config.json
is written.
"""
import argparse, time

import numpy as np

from confidence import read, slug
from saving import save
from acml.asymmetry import DECOYS
from acml.chem import connectivity
from acml.combine import parse_modalities
from acml.confidence import confidence_key
from acml.core import AcmlError, read_json
from acml.data import is_suspect, table_records, table_rows
from acml.disk import write_sealed
from acml.hard_pairs import _key
from acml.metrics import _calibration_bins, auroc, calibration_error
from acml.modality import pretrained_path
from acml.model import ACML
from acml.agreement import GREEN, RED, _evidence, _fit_agreement, _inputs, _isomers, _probability, _shelf

KINDS = {'drawn isomers': tuple(DECOYS), 'same formula': ('formula',), 'any molecule': ('random',)}

def molecules(table):
    "One row a molecule: smiles, formula, and the first block of the InChIKey as index."
    rows = table.assign(key=connectivity(table['inchikey'])).drop_duplicates('key')
    return rows.set_index('key')[['smiles', 'formula']]

def questions(table, names, split, n, seed=0):
    "At most `n` molecules that have a record of each kind: key to {modality: record}."
    parts = {}
    for m in names:
        rows = table_rows(table, m)
        rows = rows[(rows['split'] == split) & ~is_suspect(rows)]
        keys, records = connectivity(rows['inchikey']), table_records(rows, m)
        parts[m] = {k: r for k, r in zip(reversed(list(keys)), reversed(records))} # the first of each molecule
    common = sorted(set.intersection(*map(set, parts.values())))
    order = np.random.default_rng(seed).permutation(len(common))[:n]
    return {common[i]: {m: parts[m][common[i]] for m in names} for i in order}

def wrong_ones(own, known, by_formula, rng):
    "Pairs (kind, SMILES) of other molecules."
    for kind, draw in DECOYS.items():
        made = [s for s in draw(known.at[own, 'smiles'], 50) if _key(s) not in ('', own)]
        if made: yield kind, made[rng.integers(len(made))]
    same = [k for k in by_formula[known.at[own, 'formula']] if k != own]
    if same: yield 'formula', known.at[same[rng.integers(len(same))], 'smiles']
    others = known.index[known.index != own]
    yield 'random', known.at[others[rng.integers(len(others))], 'smiles']

def evidence(model, table, names, split, n):
    "What `verify` looks at, for all pairs: kinds, evidence (n, m), molecules."
    known = molecules(table)
    by_formula, rng, out, lost = known.groupby('formula').groups, np.random.default_rng(1), [], 0
    fingerprint = model.fingerprint()
    model.fingerprint = lambda: fingerprint # it is asked for with every pair
    for own, records in questions(table, names, split, n).items():
        try:
            inputs, _ = _inputs(model, records, None)
            for kind, smi in [('right', known.at[own, 'smiles']), *wrong_ones(own, known, by_formula, rng)]:
                found, _ = _evidence(model, _shelf(model, smi, _isomers(smi, 30)), inputs)
                out.append((kind, found, own))
        except AcmlError: lost += 1 # a list with nothing but solvent, a molecule that cannot be drawn
    kinds, x, groups = zip(*out)
    return np.array(kinds), np.array(x), np.array(groups), lost

def pair_weights(kinds):
    "The weight of each pair: half on right ones, a sixth on each kind of wrong ones; the sum is their number."
    w = np.zeros(len(kinds))
    for names, share in [(('right',), .5), *((o, 1/6) for o in KINDS.values())]:
        of = np.isin(kinds, names)
        w[of] = share/of.sum()
    return w*len(kinds)

def fit(model, name, names, table, n):
    "Learn on `valid`, and write it beside what config.json says already."
    kinds, x, groups, lost = evidence(model, table, names, 'valid', n)
    about = dict(n_molecules=len(set(groups)), n_pairs=len(kinds), set_aside=lost, split='valid',
                 negatives='half of the weight: a third each on drawn isomers, the same formula, any molecule')
    found, path = _fit_agreement(x, kinds == 'right', pair_weights(kinds), about), pretrained_path(name)/'config.json'
    saved = read_json(path)
    saved['info']['verify'] = {**saved['info'].get('verify', {}), confidence_key('+'.join(names)): found}
    model.info['verify'] = saved['info']['verify']
    write_sealed(path, saved)
    return about

def measure(model, names, table, n):
    "AUC for each kind of wrong structure, calibration error, and how often each light comes on."
    known = model.info.get('verify', {}).get(confidence_key('+'.join(names)))
    if not known: raise SystemExit(f'the model judges nothing for {"+".join(names)}: learn it with --fit')
    kinds, x, groups, lost = evidence(model, table, names, 'test', n)
    p, right = np.array([_probability(o, known) for o in x]), kinds == 'right'
    lights = lambda of: dict(green=float((p[of] >= GREEN).mean()), red=float((p[of] <= RED).mean()))
    # a sample in which each pair stands as often as its weight says
    drawn = np.random.default_rng(0).choice(len(p), 20_000, p=pair_weights(kinds)/len(p))
    out = dict(n_molecules=len(set(groups)), n_pairs=len(p), set_aside=lost, right=lights(right), learnt=known['about'],
               ece=float(calibration_error(p[drawn], right[drawn], 10)), green=GREEN, red=RED,
               bins=[[float(v) for v in b] for b in _calibration_bins(p[drawn], right[drawn], 10)], kinds={})
    for kind, of in KINDS.items():
        wrong = np.isin(kinds, of)
        some = right | wrong
        out['kinds'][kind] = dict(n=int(wrong.sum()), auroc=float(auroc(p[some], right[some])), **lights(wrong))
    return out

def row(asked, found):
    "The line of the results page."
    columns = {f'{k}: AUROC': o['auroc'] for k, o in found['kinds'].items()} | {
        'calibration error': found['ece'], 'right structures: green': found['right']['green'],
        'right structures: red': found['right']['red'],
        **{f'{k}: green': o['green'] for k, o in found['kinds'].items()}}
    return dict(table='verify', label=f'`{asked.replace(":", "`, modality `")}`', order=len(asked), columns=columns,
                plain=dict(molecules=found['n_molecules'], pairs=found['n_pairs']))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='*', default=['cnmr'], metavar='MODEL[:MODALITY]')
    parser.add_argument('--fit', action='store_true', help='learn on valid first')
    parser.add_argument('--n', type=int, default=300, help='molecules to learn from, and to measure on')
    args = parser.parse_args()
    for asked in args.models:
        name, _, modality = asked.partition(':')
        names, model, start = sorted(parse_modalities(modality or name)), ACML.from_pretrained(name), time.time()
        tables, sha256 = read('+'.join(names))
        if args.fit: print(asked, 'valid:', fit(model, name, names, tables[0], args.n), flush=True)
        found = measure(model, names, tables[0], args.n)
        result = dict(task='verify', modality='+'.join(names), **row(asked, found), **found, data_sha256=sha256,
                      seconds=round(time.time() - start))
        save(f'verify-{slug(asked)}', result, 'verify', parser, args, [asked], model, harmless=['fit'],
             parts=('local', 'verify'))
        print(asked, {k: v for k, v in found.items() if k not in ('bins', 'learnt')}, flush=True)

if __name__ == '__main__': main()
