"""Measure the table of modalities: what the joint model finds from each kind of record, and from several.

    python benchmarks/modalities.py                  # every row
    python benchmarks/modalities.py hnmr gcms        # some rows
    python benchmarks/modalities.py --model DIR ...  # another model
    python benchmarks/modalities.py --split valid ... # the figures that choices are made by; printed, not kept

Needs nmrshiftdb2.parquet, massbank.parquet and chebi20.parquet (in $ACML_DATA, else ../shared/data). Queries are `test`
records (ChEBI-20: `split_alt`), candidates all molecules of the table, ties count against the model, intervals are 95 %
bootstrap over molecules. Beside each row its floors: queries given to the wrong molecules, guessing among the molecules
of the right formula, or of the right mass within 10 ppm; and what a chemist would do without acml
(benchmarks/baselines.py; at most 600 queries): spectra and texts by the nearest *training* record, whose molecule
always comes first, so that top-1 is no measure; records that show the structure by likeness to the same kind of record
of each candidate (conformers: among the queries and 3,000 others only).
"""
import argparse, datetime, json, sys, time
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from acml.core import file_sha256, shared_data, write_json
from acml.data import one_per_molecule, table_rows
from acml.image import image_modality
from acml.model import ACML
from acml.retrieval import CrossModalTask, RetrievalTask

sys.path.insert(0, str(Path(__file__).resolve().parent))
from baselines import baseline_ranks, likeness_ranks

ROOT = Path(__file__).resolve().parents[1]
ROWS = { # row: (table, modalities, what the label says)
    'smiles': ('nmrshiftdb2', 'smiles', 'SMILES'),
    'image': ('nmrshiftdb2', 'image', 'structure image, RDKit drawing'),
    'image_held_out': ('nmrshiftdb2', 'image', 'structure image, drawing style never trained on (`comic`)'),
    'fingerprint': ('nmrshiftdb2', 'fingerprint', 'ECFP counts'),
    'conformer': ('nmrshiftdb2', 'conformer', '3D conformer'),
    'cnmr': ('nmrshiftdb2', 'cnmr', '13C NMR lines'),
    'hnmr': ('nmrshiftdb2', 'hnmr', '1H NMR lines'),
    'hnmr_alone': ('nmrshiftdb2', 'hnmr', '1H NMR lines, model `hnmr` (no other modality)'),
    'cnmr_alone': ('nmrshiftdb2', 'cnmr', '13C NMR lines, model `cnmr` (no other modality)'),
    'cnmr+hnmr': ('nmrshiftdb2', 'cnmr+hnmr', '13C and 1H together, molecules that have both'),
    'cnmr_of_both': ('nmrshiftdb2', 'cnmr+hnmr', '13C alone, the same molecules'),
    'gcms': ('massbank', 'gcms', 'GC-MS (EI)'),
    'lcms': ('massbank', 'lcms', 'LC-MS/MS with precursor'),
    'lcms_no_mass': ('massbank', 'lcms', 'LC-MS/MS, the mass of the precursor not a term of the local score'),
    'text': ('chebi20', 'text', 'description (ChEBI-20)'),
    'cnmr_to_lcms': ('both', 'cnmr', 'zero-shot: 13C finds the LC-MS/MS of the same molecule'),
    'cnmr_to_gcms': ('both', 'cnmr', 'zero-shot: 13C finds the GC-MS')}
SPECTRA, STRUCTURES = {'cnmr', 'hnmr', 'gcms', 'lcms', 'text'}, {'smiles', 'image', 'fingerprint', 'conformer'}


def tables(name):
    "The table of a row: what `RetrievalTask` takes."
    def read(n):
        path = shared_data(f'{n}.parquet')
        return pd.read_parquet(path or sys.exit(f'{n}.parquet is not in $ACML_DATA nor in ../shared/data'))
    if name == 'both': return [read('nmrshiftdb2'), read('massbank')]
    df = read(name)
    return df.assign(split=df['split_alt']) if name == 'chebi20' else df


def task(row, model, data, split='test'):
    "The retrieval task of a row."
    _, names, _ = ROWS[row]
    if row.startswith('cnmr_to_'):
        return CrossModalTask(model, data, 'cnmr', split, index=row.removeprefix('cnmr_to_'), through_molecules=True)
    scoring = 'no-mass' if row.endswith('_no_mass') else 'both'
    return RetrievalTask(model, data, names, split, scope='cnmr' if '+' in names else None, scoring=scoring)


def measure(row, model, n_baseline=600, split='test'):
    "One row of the table."
    table, names, label = ROWS[row]
    data = tables(table)
    if names in STRUCTURES: # each molecule that has a 13C spectrum, once
        data = one_per_molecule(table_rows(data, 'cnmr')).reset_index(drop=True)
    style = 'comic' if row == 'image_held_out' else 'default' # `12a_drawing` keeps the former out of training
    if names == 'image': model.towers['image'].modality = image_modality(style)
    t = task(row, model, data, split)
    evaluation = t.prepare()
    if row == 'cnmr_of_both': evaluation.queries = {'cnmr': evaluation.queries['cnmr']}
    ask = lambda **kw: t.score(evaluation, names=tuple(evaluation.queries), **kw).summary
    plain, columns, ci = ask(), {}, {}
    filters = {'none': '', 'formula': 'formula known, '} | ({'mass': 'mass within 10 ppm, '} if names == 'lcms' else {})
    for f, prefix in filters.items():
        s = plain if f == 'none' else ask(filter=f)
        for k in ((1, 10) if f == 'none' else (1,)):
            columns[f'{prefix}top-{k}'], ci[f'{prefix}top-{k}'] = s[f'top{k}'], s['ci95'][f'top{k}']
    shuffled = ask(floor='shuffled')
    columns['floor: shuffled, top-10'] = shuffled['top10']
    for f in ('formula', 'mass'): columns[f'floor: {f} only, top-1'] = ask(floor=f)['top1']
    if n_baseline and names in SPECTRA and not row.startswith('cnmr_'):
        ranks = baseline_ranks(data, names, split, modified=names in ('gcms', 'lcms'), n_queries=n_baseline)
        columns['nearest training record, top-10'] = float((ranks <= 10).mean())
    if n_baseline and names in STRUCTURES:
        ranks = likeness_ranks(data, names, split, style, n_baseline)
        for k in (1, 10): columns[f'likeness of records, top-{k}'] = float((ranks <= k).mean())
    return dict(table='modalities', label=label, order=list(ROWS).index(row), columns=columns, ci95=ci,
                plain={'queries': plain['n_queries'], 'library': plain['n_library']}, ties='worst',
                model_fingerprint=model.fingerprint(), mrr=plain['mrr'], median_rank=plain['median_rank'],
                weights=plain.get('weights'), n_set_aside=plain['n_set_aside'], data_sha256=plain['data_sha256'])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*ROWS, []], metavar='ROW',
                        help=f'some of {", ".join(ROWS)}; all if none is named')
    parser.add_argument('--model', default='joint', help='a shipped name or a folder')
    parser.add_argument('--baseline', type=int, default=600, metavar='N',
                        help='queries for what a chemist would do; 0 leaves that out')
    parser.add_argument('--split', default='test', choices=('test', 'valid'), help='whose records are asked about')
    args = parser.parse_args()
    for row in args.rows or ROWS:
        name = row.removesuffix('_alone') if row.endswith('_alone') else args.model
        model, start = ACML.from_pretrained(name), time.time()
        missing = [m for m in ROWS[row][1].split('+') if m not in model.towers]
        if missing:
            print(f'{row}: {args.model} has no {", ".join(missing)}, skipped')
            continue
        result = measure(row, model, args.baseline, args.split)
        result.update(command=f'python benchmarks/modalities.py {row}', date=datetime.date.today().isoformat(),
                      versions={p: version(p) for p in ('acml', 'torch', 'rdkit')}, seconds=round(time.time() - start))
        if args.split == 'test': write_json(ROOT/'benchmarks'/'results'/f'modality-{row}.json', result)
        print(row, json.dumps(result['columns']), flush=True)


if __name__ == '__main__': main()
