"""Measure how true the promised probabilities are: one result for each model and modality.

    python benchmarks/confidence.py                     # the model cnmr
    python benchmarks/confidence.py hnmr joint:cnmr     # the model hnmr; the modality cnmr of the model joint
    python benchmarks/confidence.py --fit cnmr          # learn them first, and write them into the model's config.json
    python benchmarks/confidence.py --fit-only joint:lcms # learn them, and measure nothing

Written to benchmarks/results/; of a model that does not ship to runs/results/. Needs nmrshiftdb2.parquet and
massbank.parquet (in $ACML_DATA, else ../shared/data). Learnt on the `valid` spectra, measured on `test`, with a library
of all molecules of the table; nothing is chosen by `test`. The molecule counts by the first block of its InChIKey, ties
count against the model, intervals are 95 % bootstrap over molecules. Where a modality tells the mass of its molecule,
spectra with it and without it have a calibration each, learnt and measured apart: the first by the spectra that tell
one, the other by the same questions of which none does, half of them without their adduct, half without their precursor
too.
"""
import argparse, re, sys, time
from dataclasses import replace

from acml.combine import embed_questions, parse_modalities
from acml.confidence import confidence_key, fit_confidence, measure_confidence
from acml.core import file_sha256, read_json, shared_data
from acml.data import load_table
from acml.disk import write_sealed
from acml.model import ACML
from acml.modality import get_modality, pretrained_path
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

def untold(record, i):
    "A spectrum that tells no mass: every second one has lost its precursor too."
    lost = ('adduct', 'precursor_mz')[:1 + i % 2]
    return {k: v for k, v in record.items() if k not in lost}

def without_mass(model, prepared):
    "The same questions, as they are without a mass."
    tells = lambda m: get_modality(m).mass is not None
    records = {m: [[untold(r, i) for r in o] for i, o in enumerate(rows)] if tells(m) else rows
               for m, rows in prepared.records.items()}
    again = [dict(zip(filter(tells, records), o)) for o in zip(*(v for m, v in records.items() if tells(m)))]
    return replace(prepared, queries={**prepared.queries, **embed_questions(model, again)[0]}, records=records)

def questions(model, modality, tables, split):
    "How the candidates are scored, and one query each, among all molecules of these tables."
    task = RetrievalTask(model, tables, modality, split, scope=modality)
    prepared = task.prepare()
    asked = task.combine(prepared)
    if not asked.second: return {'global': asked}
    if not any(w.get('mass') for w in asked.second.weights.values()): return {'both': asked}
    return {'both': asked.part(asked.second.tells_mass()), 'no-mass': task.combine(without_mass(model, prepared))}

def fit(model, name, modality, tables):
    "Learn on `valid`, and write it beside what config.json says already."
    path, found = pretrained_path(name)/'config.json', {}
    for scoring, asked in questions(model, modality, tables, 'valid').items():
        key = confidence_key(modality, scoring)
        found[key] = fit_confidence(asked)
        print(name, key, found[key]['about'], flush=True)
    saved = read_json(path) # now, since others may have written meanwhile
    saved['info']['confidence'] = model.info['confidence'] = {**saved['info'].get('confidence', {}), **found}
    write_sealed(path, saved)

def measure(model, modality, tables):
    "Both promises on `test`, for each filter; by how the candidates are scored."
    out = {}
    for scoring, asked in questions(model, modality, tables, 'test').items():
        known = model.info.get('confidence', {}).get(confidence_key(modality, scoring))
        if not known: sys.exit(f'the model promises nothing for {modality}, {scoring}: learn it with --fit')
        out[scoring] = dict(filters={f: measure_confidence(known, asked, f) for f in ('none', 'formula', 'mass')},
                            learnt=known['about'])
    return out

def row(asked, filters, scoring):
    "The line of the results page."
    name, columns, ci95 = asked.replace(':', '`, modality `'), {}, {}
    label = f'`{name}`' + (', no mass told' if scoring == 'no-mass' else '')
    for f, before in (('none', ''), ('formula', 'formula known, ')):
        for what, key in (('first is right', 'first'), ('in the library', 'in_library')):
            for metric, says in (('ece', 'calibration error'), ('auroc', 'AUROC')):
                column = f'{before}{what}: {says}'
                columns[column], (low, high) = filters[f][key][metric], filters[f][key]['ci95'][metric]
                # resampling adds to a calibration error: its interval may begin above it
                ci95[column] = [min(low, columns[column]), max(high, columns[column])]
    return dict(table='confidence', label=label, order=len(asked) + (scoring == 'no-mass'), columns=columns, ci95=ci95,
                plain=dict(queries=filters['none']['n_queries'], library=filters['none']['n_library']))

def tell(name, filters):
    "The figures as lines of text."
    for f, o in filters.items():
        first, there = o['first'], o['in_library']
        ci95 = [round(x, 3) for x in first['ci95']['ece']]
        print(f'{name} {f}: {o["n_queries"]} queries, {o["n_single"]} of one candidate; of the others right '
              f'{first["share"]:.3f}, calibration error {first["ece"]:.3f} {ci95}, area {first["auroc"]:.3f}; '
              f'not in the library: area {there["auroc"]:.3f}, calibration error {there["ece"]:.3f}', flush=True)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='*', default=['cnmr'], metavar='MODEL[:MODALITY]')
    parser.add_argument('--fit', action='store_true', help='learn on valid first')
    parser.add_argument('--fit-only', action='store_true', help='learn on valid, and measure nothing')
    args = parser.parse_args()
    for asked in args.models:
        name, _, modality = asked.partition(':')
        model, modality, start = ACML.from_pretrained(name), modality or name, time.time()
        tables, sha256 = read(modality)
        if args.fit or args.fit_only: fit(model, name, modality, tables)
        for scoring, found in ({} if args.fit_only else measure(model, modality, tables)).items():
            result = dict(task='confidence', modality=modality, score=scoring,
                          **row(asked, found['filters'], scoring), **found, ties='worst', data_sha256=sha256,
                          seconds=round(time.time() - start))
            save(f'confidence-{slug(asked)}' + '-no-mass'*(scoring == 'no-mass'), result, 'confidence', parser, args,
                 [asked], model, harmless=['fit'], parts=('local', 'confidence'))
            tell(f'{asked}, {scoring}', result['filters'])

if __name__ == '__main__': main()
