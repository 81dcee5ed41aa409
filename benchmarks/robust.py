"""Measure what happens to answers where peak lists are as chemists have them: one result for each fault of a list.

    python benchmarks/robust.py                         # 13C, the model cnmr, all faults
    python benchmarks/robust.py --modality hnmr         # 1H, the model hnmr
    python benchmarks/robust.py clean cdcl3_tms         # some of them
    python benchmarks/robust.py --split valid --rows 100

Written to benchmarks/results/; of another split or number of spectra to runs/results/. Needs nmrshiftdb2.parquet (in
$ACML_DATA, else ../shared/data). 300 spectra of the `test` split, the same in each row, among all molecules of the
table; the solvent is not told unless the row says so. Each list is made faulty as told in `FAULTS`, goes the way of
`Library.identify` (lines of a solvent are looked for), and is ranked by both scores. Settings were chosen on `valid`.
Ties count against the model.
"""
import argparse, sys, time

import numpy as np

from acml.core import RecordError, file_sha256, shared_data
from acml.data import load_table, molecule_table
from acml.candidates import N_SECOND
from acml.library import Library
from acml.local import LocalScore, local_weights
from acml.metrics import bootstrap_ci
from acml.model import ACML
from acml.modality import get_modality
from acml.spectrum import NMRSpectrum

from saving import save

SEED, N_QUERIES, MHZ = 0, 300, (75.5, 100.6, 125.8, 150.9) # Of 13C; of the spectrometers whose multiplets are added

def multiplet(rng, ppm, n, hz):
    "Lines of a solvent's multiplet, rounded as lists are."
    places = rng.normal(ppm, .05) + hz / rng.choice(MHZ) * (np.arange(n) - n // 2)
    return places.round(int(rng.integers(1, 3)) if n == 3 else 2)

def water(rng):
    "A line of water in CDCl3, which wanders."
    return round(float(rng.normal(1.56, .02)), 2)

def merged(rng, lines):
    "The two lines that are nearest to each other become one."
    if len(lines) < 2: return lines
    i = int(np.diff(lines).argmin())
    return np.r_[lines[:i], lines[i:i + 2].mean(), lines[i + 2:]]

def lost(rng, lines):
    "One line, drawn."
    return np.delete(lines, rng.integers(len(lines))) if len(lines) > 1 else lines

def foreign(low, high):
    "One line from anywhere."
    return lambda rng, lines: np.r_[lines, rng.uniform(low, high)]

plus = lambda *ppm: lambda rng, lines: np.r_[lines, ppm]
FAULTS = {'cnmr': { # Name: (what the results page says, lines -> faulty lines, solvent that is told)
    'clean': ('as they are', lambda rng, lines: lines, None),
    'cdcl3_tms': ('CDCl₃ triplet and TMS added', lambda rng, l: np.r_[l, multiplet(rng, 77.16, 3, 32.), 0.], None),
    'cdcl3_tms_kept': ('the same, solvents not looked for', lambda rng, l: np.r_[l, multiplet(rng, 77.16, 3, 32.), 0.],
                       'none'),
    'dmso_tms': ('DMSO-d6 septet and TMS added', lambda rng, l: np.r_[l, multiplet(rng, 39.52, 7, 21.), 0.], None),
    'solvent_line': ('one line of CDCl₃ added', plus(77.16), None),
    'solvent_line_told': ('the same, CDCl₃ told', plus(77.16), 'CDCl3'),
    'foreign': ('one line from anywhere added', foreign(10., 180.), None),
    'lost': ('one line lost', lost, None),
    'merged': ('two nearest lines merged', merged, None),
    'offset': ('all lines 0.5 ppm too high', lambda rng, l: l + .5, None),
    'dept': ('C, CH, CH₂, CH₃ known of each line', 'SDTQ', None),
    'dept_phases': ('phases of DEPT-135 known: CH and CH₃, or CH₂', '?+-+', None)}, 'hnmr': {
    'clean': ('as they are', lambda rng, lines: lines, None),
    'cdcl3_tms': ('CHCl₃, water and TMS added', lambda rng, l: np.r_[l, 0., 7.26, water(rng)], None),
    'cdcl3_tms_kept': ('the same, solvents not looked for', lambda rng, l: np.r_[l, 0., 7.26, water(rng)], 'none'),
    'cdcl3_told': ('CHCl₃ and water added, CDCl₃ told', lambda rng, l: np.r_[l, 7.26, water(rng)], 'CDCl3'),
    'foreign': ('one line from anywhere added', foreign(.8, 8.5), None),
    'lost': ('one line lost', lost, None),
    'merged': ('two nearest lines merged', merged, None),
    'offset': ('all lines 0.05 ppm too high', lambda rng, l: l + .05, None)}}

def with_kinds(row, words):
    "The peaks of a row of the table with what DEPT tells of each, as four letters say for C, CH, CH2, CH3."
    told = dict(zip('SDTQ', words))
    return NMRSpectrum('13C', row['shifts'], [told.get(str(o), '?') for o in row['multiplicities']])

def faulty_lists(fault, name, table):
    "The lists of a table with one fault, without solvent lines; None where nothing else is left."
    _, change, solvent = FAULTS[name][fault]
    if isinstance(change, str): return [with_kinds(row, change) for _, row in table.iterrows()]
    lists = [np.unique(np.float32(s)).astype(float) for s in table['shifts']]
    rng, leave_out, records = np.random.default_rng(SEED), get_modality(name).leave_out, []
    for lines in lists:
        try: records.append(leave_out(np.clip(change(rng, lines), -20., 240.), solvent)[0])
        except RecordError: records.append(None)
    return records

def ranks(model, library, name, records, target):
    "Ranks of the true molecules by both scores; those that are not found count as last."
    out, there = np.full(len(records), len(library)), [i for i, r in enumerate(records) if r is not None]
    asked = [records[i] for i in there]
    queries = {name: model.embed(name, asked)}
    second = LocalScore(library, queries, {name: [[r] for r in asked]}, local_weights(model, {name: 1.}, kept=[name]))
    for j, rows in enumerate(library.nearest(queries[name], N_SECOND)[1]):
        scores = second(j, rows)
        right = scores[rows == target[there[j]]]
        if len(right): out[there[j]] = (scores >= right[0]).sum()
    return out

def row(name, fault, place, rank, groups, library):
    "The line of the results page."
    columns, ci95 = {}, {}
    for label, k in (('top-1', 1), ('top-10', 10)):
        found = (rank <= k).astype(float)
        columns[label], ci95[label] = found.mean(), [float(x) for x in bootstrap_ci(found, np.mean, groups=groups)]
    return dict(table=f'robust_{name}', label=FAULTS[name][fault][0], order=place, columns=columns, ci95=ci95,
                plain=dict(queries=len(rank), library=len(library)))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('faults', nargs='*', metavar='FAULT')
    parser.add_argument('--modality', default='cnmr', choices=list(FAULTS))
    parser.add_argument('--split', default='test', choices=('valid', 'test'))
    parser.add_argument('--rows', type=int, default=N_QUERIES)
    args = parser.parse_args()
    name, path = args.modality, shared_data('nmrshiftdb2.parquet') or sys.exit('nmrshiftdb2.parquet is not there')
    model, table = ACML.from_pretrained(name), load_table(path, get_modality(name))
    if name not in model.info.get('local', {}): sys.exit(f'{name} has no local score: benchmarks/local.py learns it')
    library = Library.build(model, molecule_table(table)[['smiles', 'inchikey']], merge='connectivity', progress=False)
    asked = table[(table['split'] == args.split) & ~table['suspect']]
    asked = asked.sample(min(args.rows, len(asked)), random_state=SEED)
    blocks = asked['inchikey'].str[:14].to_numpy()
    target = library.rows_of(blocks)
    for place, fault in enumerate(FAULTS[name]):
        if args.faults and fault not in args.faults: continue
        start = time.time()
        rank = ranks(model, library, name, faulty_lists(fault, name, asked), target)
        told = row(name, fault, place, rank, blocks, library)
        print(name, fault, *(f'{k} {v:.3f}' for k, v in told['columns'].items()), flush=True)
        result = dict(task='robust', modality=name, **told, ties='worst', local=model.info['local'][name],
                      data_sha256=file_sha256(path), seconds=round(time.time() - start))
        save(f'robust-{name}-{fault}', result, 'robust', parser, args, [fault], model, harmless=['modality'])

if __name__ == '__main__': main()
