"""Measure the table of modalities: what the joint model finds from each kind of record, and from several.

    python benchmarks/modalities.py                  # every row
    python benchmarks/modalities.py hnmr gcms        # some rows
    python benchmarks/modalities.py --keep-baseline  # of another version of joint, on the same data
    python benchmarks/modalities.py --model DIR ...  # another model
    python benchmarks/modalities.py --split valid ... # the figures that choices are made by

Written to benchmarks/results/; of another model, split or number of queries to runs/results/. Needs
nmrshiftdb2.parquet, massbank.parquet and chebi20.parquet (in $ACML_DATA, else ../shared/data). Queries are `test`
records (ChEBI-20: `split_alt`), candidates all molecules of the table, ties count against the model, intervals are 95 %
bootstrap over molecules. Beside each row its floors: queries given to the wrong molecules, guessing among the molecules
of the right formula, or of the right mass within 10 ppm; and what a chemist would do without acml
(benchmarks/baselines.py; at most 600 queries): spectra and texts by the nearest *training* record, whose molecule
always comes first, so that top-1 is no measure (LC-MS/MS also among candidates of the precursor's mass); records that
show the structure by likeness to the same kind of record of each candidate. Conformers are compared among 600 queries
and 3,000 others only, and the model is asked the same there; `baseline: library` says how many candidates there were.
"""
import argparse, json, sys, time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from acml.core import shared_data
from acml.data import one_per_molecule, table_rows
from acml.image import image_modality
from acml.model import ACML
from acml.retrieval import CrossModalTask, RetrievalTask

sys.path.insert(0, str(Path(__file__).resolve().parent))
from baselines import baseline_ranks, likeness_ranks
from saving import RESULTS, save

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


def same_question(evaluation, ranks):
    "The queries that were ranked beside the model, with the candidates of that ranking."
    asked = evaluation.part(evaluation.names['row'].isin(ranks.index).to_numpy())
    rows = evaluation.candidates.rows_of(ranks.attrs['library'])
    rows = np.unique(rows[rows >= 0])
    return replace(asked, candidates=evaluation.candidates.part(rows), target=np.searchsorted(rows, asked.target))


def kept_baseline(row, data_sha256):
    "Columns and numbers of what a chemist would do, from the last result of a row, which had the same data."
    path = RESULTS/f'modality-{row}.json'
    last = json.loads(path.read_text()) if path.exists() else {}
    of_model = [k for k in last.get('columns', {}) if k.startswith('the model on the same')]
    if last.get('data_sha256') != data_sha256 or 'stale' in last or of_model:
        sys.exit(f'{path.name} is not of these data, bears a mark, or asks the model too: leave out --keep-baseline')
    columns = {k: v for k, v in last['columns'].items() if k.startswith(('nearest', 'likeness'))}
    return columns, {k: v for k, v in last['plain'].items() if k.startswith('baseline')}


def measure(row, model, n_baseline=600, split='test', keep=False):
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
    beside = {}
    if keep:
        kept, beside = kept_baseline(row, plain['data_sha256'])
        columns.update(kept)
        n_baseline = 0
    if n_baseline and names in SPECTRA and not row.startswith('cnmr_'):
        ranks = baseline_ranks(data, names, split, modified=names in ('gcms', 'lcms'), n_queries=n_baseline)
        columns['nearest training record, top-10'] = float((ranks['rank'] <= 10).mean())
        if 'within_mass' in ranks:
            within = ranks['within_mass']
            for k in (1, 10): columns[f'nearest, of the precursor mass, top-{k}'] = float((within <= k).mean())
        beside = {'baseline: queries': len(ranks), 'baseline: library': ranks.attrs['n_library']}
    if n_baseline and names in STRUCTURES:
        ranks = likeness_ranks(data, names, split, style, n_baseline)
        for k in (1, 10): columns[f'likeness of records, top-{k}'] = float((ranks <= k).mean())
        beside = {'baseline: queries': len(ranks), 'baseline: library': len(ranks.attrs['library'])}
        if len(ranks.attrs['library']) < plain['n_library']:
            same = t.score(same_question(evaluation, ranks)).summary
            for k in (1, 10): columns[f'the model on the same, top-{k}'] = same[f'top{k}']
    return dict(table='modalities', label=label, order=list(ROWS).index(row), columns=columns, ci95=ci,
                plain={'queries': plain['n_queries'], 'library': plain['n_library'], **beside}, ties='worst',
                mrr=plain['mrr'], median_rank=plain['median_rank'],
                weights=plain.get('weights'), n_set_aside=plain['n_set_aside'], data_sha256=plain['data_sha256'])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*ROWS, []], metavar='ROW',
                        help=f'some of {", ".join(ROWS)}; all if none is named')
    parser.add_argument('--model', default='joint', help='a shipped name or a folder')
    parser.add_argument('--baseline', type=int, default=600, metavar='N',
                        help='queries for what a chemist would do; 0 leaves that out')
    parser.add_argument('--keep-baseline', action='store_true',
                        help='take what a chemist would do, which no model changes, from the last result of the row')
    parser.add_argument('--split', default='test', choices=('test', 'valid'), help='whose records are asked about')
    args = parser.parse_args()
    for row in args.rows or ROWS:
        name = row.removesuffix('_alone') if row.endswith('_alone') else args.model
        model, start = ACML.from_pretrained(name), time.time()
        missing = [m for m in ROWS[row][1].split('+') if m not in model.towers]
        if missing:
            print(f'{row}: {args.model} has no {", ".join(missing)}, skipped')
            continue
        result = measure(row, model, args.baseline, args.split, args.keep_baseline)
        print(row, json.dumps(result['columns']), flush=True)
        result['seconds'] = round(time.time() - start)
        save(f'modality-{row}', result, 'modalities', parser, args, [row], model, harmless=('keep_baseline', ))


if __name__ == '__main__': main()
