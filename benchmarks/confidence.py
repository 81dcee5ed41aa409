"""Measure how true the promised probabilities are: one result for each model and modality.

    python benchmarks/confidence.py                     # the model cnmr
    python benchmarks/confidence.py hnmr joint:cnmr     # the model hnmr; the modality cnmr of the model joint
    python benchmarks/confidence.py --fit cnmr          # learn them first, and write them into the model's config.json

Written to benchmarks/results/; of a model that does not ship to runs/results/. Needs nmrshiftdb2.parquet and
massbank.parquet (in $ACML_DATA, else ../shared/data). Learnt on the `valid` spectra, measured on `test`, with a library
of all molecules of the table; nothing is chosen by `test`. The molecule counts by the first block of its InChIKey, ties
count against the model, intervals are 95 % bootstrap over molecules.
"""
import argparse, re, sys, time

from acml.combine import parse_modalities
from acml.confidence import confidence_key, fit_confidence, measure_confidence
from acml.core import file_sha256, read_json, shared_data
from acml.data import load_table
from acml.disk import write_sealed
from acml.model import ACML
from acml.modality import pretrained_path
from acml.retrieval import RetrievalTask

from saving import save

FILES = {'cnmr': 'nmrshiftdb2', 'hnmr': 'nmrshiftdb2', 'gcms': 'massbank', 'lcms': 'massbank'}

def slug(asked):
    "A model and modality as part of a file's name."
    return re.sub(r'[:/\\]+', '-', asked).strip('-')

def read(modality):
    "The tables of these modalities, and their hashes."
    paths = [shared_data(f'{f}.parquet') or sys.exit(f'{f}.parquet is not in $ACML_DATA nor in ../shared/data')
             for f in dict.fromkeys(FILES[m] for m in parse_modalities(modality))]
    return [load_table(p) for p in paths], '+'.join(map(file_sha256, paths))

def questions(model, modality, tables, split):
    "One query each, among all molecules of these tables."
    task = RetrievalTask(model, tables, modality, split, scope=modality)
    return task.combine(task.prepare())

def scoring(asked):
    "What the scores are."
    return 'both' if asked.second else 'global'

def fit(model, name, modality, tables):
    "Learn on `valid`, and write it beside what config.json says already."
    path = pretrained_path(name)/'config.json'
    saved = read_json(path)
    asked = questions(model, modality, tables, 'valid')
    found, key = fit_confidence(asked), confidence_key(modality, scoring(asked))
    known = {**saved['info'].get('confidence', {}), key: found}
    saved['info']['confidence'] = model.info['confidence'] = known
    write_sealed(path, saved)
    return found['about']

def measure(model, modality, tables):
    "Both promises on `test`, for each filter."
    asked = questions(model, modality, tables, 'test')
    known = model.info.get('confidence', {}).get(confidence_key(modality, scoring(asked)))
    if not known: sys.exit(f'the model promises nothing for {modality}: learn it with --fit')
    return dict(filters={f: measure_confidence(known, asked, f) for f in ('none', 'formula', 'mass')},
                learnt=known['about'])

def row(asked, filters):
    "The line of the results page."
    name, columns, ci95 = asked.replace(':', '`, modality `'), {}, {}
    for f, before in (('none', ''), ('formula', 'formula known, ')):
        for what, key in (('first is right', 'first'), ('in the library', 'in_library')):
            for metric, says in (('ece', 'calibration error'), ('auroc', 'AUROC')):
                column = f'{before}{what}: {says}'
                columns[column], (low, high) = filters[f][key][metric], filters[f][key]['ci95'][metric]
                # resampling adds to a calibration error: its interval may begin above it
                ci95[column] = [min(low, columns[column]), max(high, columns[column])]
    return dict(table='confidence', label=f'`{name}`', order=len(asked), columns=columns, ci95=ci95,
                plain=dict(queries=filters['none']['n_queries'], library=filters['none']['n_library']))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='*', default=['cnmr'], metavar='MODEL[:MODALITY]')
    parser.add_argument('--fit', action='store_true', help='learn on valid first')
    args = parser.parse_args()
    for asked in args.models:
        name, _, modality = asked.partition(':')
        model, modality, start = ACML.from_pretrained(name), modality or name, time.time()
        tables, sha256 = read(modality)
        if args.fit: print(asked, 'valid:', fit(model, name, modality, tables), flush=True)
        found = measure(model, modality, tables)
        result = dict(task='confidence', modality=modality, **row(asked, found['filters']), **found, ties='worst',
                      data_sha256=sha256, seconds=round(time.time() - start))
        save(f'confidence-{slug(asked)}', result, 'confidence', parser, args, [asked], model, harmless=['fit'],
             parts=('local', 'confidence'))
        for f, o in result['filters'].items():
            first, there = o['first'], o['in_library']
            ci95 = [round(x, 3) for x in first['ci95']['ece']]
            print(f'{asked} {f}: right {first["share"]:.3f}, calibration error {first["ece"]:.3f} {ci95}, area '
                  f'{first["auroc"]:.3f}; not in the library: area {there["auroc"]:.3f}, calibration error '
                  f'{there["ece"]:.3f}', flush=True)

if __name__ == '__main__': main()
