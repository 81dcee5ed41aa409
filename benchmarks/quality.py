"""Measure the 13C tables, one JSON file a row, written to benchmarks/results/.

    python benchmarks/quality.py                  # every row whose model is there
    python benchmarks/quality.py cnmr pooled      # some rows
    python benchmarks/quality.py isomers          # the rows of one table: retrieval, libraries, isomers
    python benchmarks/quality.py --train pooled   # train the recipe first, into runs/ (minutes to an hour each)

Tables: `retrieval` compares recipes, `libraries` the shipped model `cnmr` with other libraries, protocols and floors,
`isomers` among molecules of one formula. Needs nmrshiftdb2.parquet, and library_1m.parquet for the row `million` (in
$ACML_DATA, else ../shared/data). Queries are the `test` spectra, those marked suspect left out; candidates all
molecules of the table unless the row says otherwise; the whole library is ranked, ties count against the model,
molecules of one connectivity are one, intervals are 95 % bootstrap over molecules. The million distractors are embedded
the first time (a quarter of an hour), into the library that benchmarks/scale.py measures, and again when the model has
changed.
"""
import argparse, json, os, sys, time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from acml.core import AcmlError, Rejected, file_sha256, shared_data
from acml.data import load_table
from acml.isomers import IsomerTask
from acml.library import Library, gather_candidates
from acml.model import ACML
from acml.recipes import Recipe, get_recipe, train
from acml.retrieval import RetrievalTask, ReverseRetrievalTask
from acml.upstream import _NMRSHIFTDB2_LICENCE

from saving import save

ROOT = Path(__file__).resolve().parents[1]
MILLION = ROOT/'runs'/'scale'/'cnmr-all'/'library'
RECIPES = { # row: (model, label, recipe that makes it)
    'published': ('runs/published', "the authors' settings: pooled GIN 5x64, their loss", 'published'),
    'pooled': ('runs/pooled', "the paper's way, tuned: pooled graph embedding, InfoNCE", 'pooled'),
    'lines': ('runs/cnmr/lines', 'spectral readout, lines only (no contrastive training)', 'cnmr'),
    'cnmr': ('cnmr', '**spectral + pooled readout, then InfoNCE** (ships as `cnmr`)', 'cnmr'),
    'cnmr_cosine': ('cnmr', 'the same model, cosine only', 'cnmr'),
    'per_carbon': ('runs/per_carbon', '*leaky, for comparison*: pooled, per-carbon lists', 'per_carbon')}
LIBRARIES = {'batch': 'in random batches of 128, the protocol of the paper', 'test': 'molecules of the test split only',
             'all': '**all molecules of the table**', 'million': '**all, and a million distractors**',
             'to_spectrum': 'the other way: each test molecule looks for its spectrum among all',
             'shuffled': 'floor: queries given to wrong molecules', 'formula_only': 'floor: no spectrum, formula known',
             'mass_only': 'floor: no spectrum, mass known within 10 ppm'}
ISOMERS = {'any': '**all that have an isomer in the table**', '2': '2 molecules of the formula', '3-5': '3 to 5',
           '6-20': '6 to 20', '>20': 'more than 20', 'positional': 'against positional isomers only',
           'constitutional': 'against all others only',
           'decoys': 'with up to 20 positional isomers drawn for each test molecule',
           'decoys_positional': 'the same, against positional isomers only'}
SCORES = {'global': 'cosine', 'both': 'cosine and lines'} # What the candidates are ordered by
TABLES = dict(retrieval=RECIPES, libraries=LIBRARIES, isomers=ISOMERS)


@lru_cache
def shipped(): return ACML.from_pretrained('cnmr')

@lru_cache
def embedded(path='cnmr'):
    "The task of a model, with everything embedded."
    task = RetrievalTask(shipped() if path == 'cnmr' else ACML.from_pretrained(ROOT/path), data())
    return task, task.prepare()

def data():
    path = shared_data('nmrshiftdb2.parquet')
    return path or sys.exit('nmrshiftdb2.parquet is not in $ACML_DATA nor in ../shared/data')

def columns_of(summary, prefix='', ks=(1, 10)):
    "Columns and intervals of a summary."
    names = {f'top{k}': f'{prefix}top-{k}' for k in ks}
    return {n: summary[m] for m, n in names.items()}, {n: summary['ci95'][m] for m, n in names.items()}

def row(task, evaluation, filters=('formula',)):
    "Top-1 and top-10 among all candidates, top-1 with a filter."
    plain = task.score(evaluation).summary
    columns, ci95 = columns_of(plain)
    prefix = {'formula': 'formula known, ', 'mass': 'mass within 10 ppm, '}
    for f in filters:
        more = columns_of(task.score(evaluation, filter=f).summary, prefix[f], (1,))
        columns.update(more[0])
        ci95.update(more[1])
    return plain, dict(columns=columns, ci95=ci95, plain={'MRR': round(plain['mrr'], 3), 'queries': plain['n_queries'],
                                                          'library': plain['n_library'], 'ties': 'worst'})

def recipe_row(name):
    "A recipe: no filter and formula known, the in-batch protocol beside them."
    task, evaluation = embedded(RECIPES[name][0])
    if name.endswith('_cosine'): task = replace(task, scoring='global')
    plain, out = row(task, evaluation)
    out['plain'] = {'score': SCORES[plain['score']], **out['plain']}
    column, batch = 'in batches of 128, top-1', plain['in_batch']
    out['columns'][column], out['ci95'][column] = batch['top1'], batch['ci95']['top1']
    info = task.model.info
    if name not in ('lines', 'cnmr_cosine'): # its training is part of that of the row below it
        out['plain']['training, min'] = round(info['seconds']/60)
    return {**out, 'recipe': info.get('recipe'), 'valid': info.get('valid')}

def million():
    "The library of distractors, embedded if need be; None where the table is missing."
    path = shared_data('library_1m.parquet')
    try: return Library.load(MILLION, shipped())
    except AcmlError as e: print(f'{e}', file=sys.stderr)
    return path and Library.build(shipped(), path, MILLION, Rejected('distractors'), merge='connectivity',
                                  overwrite=True, workers=os.cpu_count())

def library_row(name):
    "The shipped model with one library, protocol or floor."
    task, evaluation = embedded()
    if name == 'batch':
        b = task.score(evaluation).summary['in_batch']
        return dict(columns={'top-1': b['top1']}, ci95={'top-1': b['ci95']['top1']},
                    plain={'queries': len(np.unique(evaluation.target)), 'library': 128, 'ties': 'worst'})
    if name in ('shuffled', 'formula_only', 'mass_only'):
        s = task.score(evaluation, floor=name.removesuffix('_only')).summary
        columns, ci95 = columns_of(s)
        return dict(columns=columns, ci95=ci95, plain={'MRR': round(s['mrr'], 3), 'queries': s['n_queries'],
                                                       'library': s['n_library'], 'ties': 'worst'})
    if name == 'million': # the molecules of the table come first, so the rows of the truth stay
        distractors = million()
        if distractors is None: return
        merged = gather_candidates(task.model, [evaluation.candidates, distractors], Rejected())
        evaluation = replace(evaluation, candidates=merged)
    if name == 'test': task = replace(task, candidates='test')
    if name == 'to_spectrum': task = ReverseRetrievalTask(task.model, task.data)
    if name in ('test', 'to_spectrum'): evaluation = task.prepare()
    return row(task, evaluation, ('formula', 'mass'))[1]

@lru_cache
def isomers(decoys=0):
    "The isomer report of the shipped model."
    task, evaluation = embedded()
    return IsomerTask(task.model, task.data, decoys=decoys).run(evaluation=None if decoys else evaluation)

def isomer_row(name):
    "One group of isomers."
    report = isomers(20 if name.startswith('decoys') else 0)
    s, part = report.summary, name.removeprefix('decoys_')
    whole = dict(n=s['n_queries'], accuracy=s['top1'], low=s['ci95']['top1'][0], high=s['ci95']['top1'][1],
                 chance=s['chance'])
    o = whole if part in ('any', 'decoys') else {**s['by_group_size'], **s['by_kind']}.get(part)
    if o is None: return
    extra = {'floor: mass within 10 ppm': s['mass_only']} if o is whole else {}
    pairs = {'single rivals beaten': o['pairs']} if 'pairs' in o else {}
    return dict(columns={'first one right': o['accuracy'], 'floor: chance': o['chance'], **extra, **pairs},
                ci95={'first one right': [o['low'], o['high']]},
                plain={'queries': o['n'], 'library': s['n_library'], 'ties': 'worst'})

def measure(table, name):
    "One row of a table, and its model; nothing where something that it needs is not there."
    start, make = time.time(), dict(retrieval=recipe_row, libraries=library_row, isomers=isomer_row)[table]
    found = make(name)
    if found is None: return None, None
    label = RECIPES[name][1] if table == 'retrieval' else TABLES[table][name]
    model = embedded(RECIPES[name][0])[0].model if table == 'retrieval' else shipped()
    return model, dict(table=table, label=label, order=list(TABLES[table]).index(name), **found,
                       data_sha256=file_sha256(data()), seconds=round(time.time() - start))

def main():
    rows = {n: t for t, names in TABLES.items() for n in names}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*TABLES, *rows, []], metavar='ROW',
                        help=f'tables or rows: {", ".join([*TABLES, *rows])}; all if none is named')
    parser.add_argument('--train', action='store_true', help='train the recipe of each row of `retrieval` first')
    args = parser.parse_args()
    for name in [n for o in args.rows or TABLES for n in TABLES.get(o, [o])]:
        table = rows[name]
        if table == 'retrieval':
            path, _, recipe = RECIPES[name]
            if args.train:
                train(get_recipe(recipe), load_table(data(), 'cnmr'), ROOT/'runs'/recipe, resume=True, data=data().name,
                      data_sha256=file_sha256(data()), data_licence=_NMRSHIFTDB2_LICENCE, recipe_name=recipe)
            if args.train and path == 'cnmr':
                print(f'{name}: trained into runs/{recipe}; the row is about the model that ships', flush=True)
            if path != 'cnmr' and not (ROOT/path/'config.json').exists():
                print(f'{name}: no model in {path}, skipped; python benchmarks/quality.py --train {name} makes it')
                continue
        try: model, result = measure(table, name)
        except AcmlError as e:
            print(f'{name}: skipped, {e}', flush=True)
            continue
        if result is None:
            print(f'{name}: skipped, there is nothing to measure it with', flush=True)
            continue
        print(name, json.dumps(result['columns']), flush=True)
        save(f'{table}-{name.replace(">", "more_than_")}', result, 'quality', parser, args, [name], model,
             RECIPES[name][0] if table == 'retrieval' else '', harmless=['train'])

if __name__ == '__main__': main()
