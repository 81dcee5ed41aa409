"""Measure the retrieval table of the README: one row per trained recipe, written to benchmarks/results/.

    python benchmarks/quality.py                  # every row whose model is there
    python benchmarks/quality.py cnmr pooled      # some rows
    python benchmarks/quality.py --train pooled   # train the recipe first, into runs/ (minutes to an hour each), then measure

Needs nmrshiftdb2.parquet (in $ACML_DATA, else ../shared/data). Queries are the `test` spectra, candidates all molecules of the table,
the whole library is ranked, ties count against the model, intervals are 95 % bootstrap over molecules.
"""
import argparse, datetime, json, sys, time
from importlib.metadata import version
from pathlib import Path

from acml.core import file_sha256, shared_data, write_json
from acml.data import load_table
from acml.model import ACML
from acml.pretrain import NMR_LICENCE, get_recipe, train
from acml.retrieval import RetrievalTask, in_batch_protocol

ROOT = Path(__file__).resolve().parents[1]
ROWS = { # row: (model, label, recipe that makes it)
    'published': ('runs/published', "the authors' settings: pooled GIN 5x64, their loss", 'published'),
    'pooled': ('runs/pooled', "the paper's way, tuned: pooled graph embedding, InfoNCE", 'pooled'),
    'lines': ('runs/cnmr/lines', 'spectral readout, lines only (no contrastive training)', 'cnmr'),
    'cnmr': ('cnmr', '**spectral + pooled readout, then InfoNCE** (ships as `cnmr`)', 'cnmr'),
    'per_carbon': ('runs/per_carbon', '*leaky, for comparison*: pooled, per-carbon lists', 'per_carbon')}

def measure(row, data):
    "One row: no filter and formula known, with the in-batch protocol beside them."
    path, label, _ = ROWS[row]
    model = ACML.from_pretrained(path if path == 'cnmr' else ROOT/path)
    reports = {f: RetrievalTask(model, data, filter=f).run() for f in ('none', 'formula')}
    plain, known = (reports[f].summary for f in ('none', 'formula'))
    columns = {'top-1': plain['top1'], 'top-10': plain['top10'], 'formula known, top-1': known['top1']}
    ci95 = {'top-1': plain['ci95']['top1'], 'top-10': plain['ci95']['top10'], 'formula known, top-1': known['ci95']['top1']}
    queries = load_table(data, 'cnmr', split='test')
    z, q = model.embed('graph', queries.smiles.tolist()), model.embed('cnmr', queries.shifts.tolist())
    batch = in_batch_protocol(q, z)
    training = {} if row == 'lines' else {'training, min': round(model.info['seconds'] / 60)}   # its time is part of the row below
    return dict(table='retrieval', label=label, order=list(ROWS).index(row), columns={**columns, 'in batches of 128, top-1': batch['top1']}, ci95=ci95,
                plain={'MRR': round(plain['mrr'], 3), 'queries': plain['n_queries'], 'library': plain['n_library'], **training},
                ties='worst', recipe=model.info.get('recipe'), valid=model.info.get('valid'), model_fingerprint=model.fingerprint())

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*ROWS, []], metavar='ROW', help=f'some of {", ".join(ROWS)}; all whose model is there if none is named')
    parser.add_argument('--train', action='store_true', help='train the recipe of each row first')
    args = parser.parse_args()
    data = shared_data('nmrshiftdb2.parquet') or sys.exit('nmrshiftdb2.parquet is not in $ACML_DATA nor in ../shared/data')
    for row in args.rows or ROWS:
        path, _, recipe = ROWS[row]
        if args.train:
            train(get_recipe(recipe), load_table(data, 'cnmr'), ROOT/'runs'/recipe, resume=True, data_sha256=file_sha256(data), recipe_name=recipe, licence=NMR_LICENCE)
        if path != 'cnmr' and not (ROOT/path/'config.json').exists():
            print(f'{row}: no model in {path}, skipped (train it with: python benchmarks/quality.py --train {row})')
            continue
        start = time.time()
        result = measure(row, data)
        result.update(command=f'python benchmarks/quality.py {row}', date=datetime.date.today().isoformat(), data_sha256=file_sha256(data),
                      versions={p: version(p) for p in ('acml', 'torch', 'rdkit')}, seconds=round(time.time() - start))
        write_json(ROOT/'benchmarks'/'results'/f'retrieval-{row}.json', result)
        print(row, json.dumps(result['columns']), flush=True)

if __name__ == '__main__': main()
