"""Measure how far predicted lines are from measured ones, by kind of atom.

    python benchmarks/shifts.py                    # 13C of `cnmr` and `joint`, 1H of `hnmr` and `joint`, `test`
    python benchmarks/shifts.py --split valid cnmr # goes to runs/results/

Written to benchmarks/results/ (for `test`). Needs nmrshiftdb2.parquet (in $ACML_DATA, else ../shared/data). Each list
of different shifts is aligned with the lines that are predicted for its molecule, as a search does it (`explain_match`,
solvents not looked for); errors are those of the pairs. A line that finds no atom does not count: the share of such
lines stands beside. Nothing was tuned on `test`.
"""
import argparse, sys, time

import numpy as np

from acml.chem import connectivity, to_mol
from acml.core import RecordError, file_sha256, shared_data
from acml.data import is_suspect, load_table, table_records, table_rows
from acml.explain import explain_match
from acml.metrics import bootstrap_ci
from acml.model import ACML

from saving import save

ROWS = {'cnmr': ('cnmr', 'cnmr', '¹³C, `cnmr`'), 'joint_cnmr': ('joint', 'cnmr', '¹³C, `joint`'),
        'hnmr': ('hnmr', 'hnmr', '¹H, `hnmr`'), 'joint_hnmr': ('joint', 'hnmr', '¹H, `joint`')}

def kind(atom, modality):
    "The kind of an atom, in the words of the table."
    if modality == 'hnmr': return 'aromatic' if atom.GetIsAromatic() else str(atom.GetHybridization()).lower()
    if atom.GetIsAromatic(): return 'aromatic CH' if atom.GetTotalNumHs() else 'aromatic C'
    return str(atom.GetHybridization()).lower()

def errors_of(model, modality, smi, shifts):
    "Pairs (kind, error in ppm) of one list; how many lines and atoms there are, and how many found nothing."
    found, atoms = explain_match(model, smi, shifts, modality, solvent='none'), to_mol(smi).GetAtoms()
    pairs = [(kind(atoms[m.atoms[0]], modality), abs(m.observed_ppm - m.predicted_ppm)) for m in found.pairs]
    return pairs, (len(np.unique(shifts)), len(found.unassigned_lines))

def measure(row, table, split):
    "The line of the table for one model and modality."
    name, modality, label = ROWS[row]
    model, rows = ACML.from_pretrained(name), table_rows(table, modality)
    rows, found, n_bad = rows[(rows['split'] == split) & ~is_suspect(rows)], [], 0
    for smi, record in zip(rows['smiles'], table_records(rows, modality)):
        try: found.append(errors_of(model, modality, smi, record))
        except RecordError: n_bad += 1
    flat = [o for pairs, _ in found for o in pairs]
    sums = np.array([(sum(e for _, e in pairs), len(pairs)) for pairs, _ in found])
    mean = lambda p: p[:, 0].sum() / p[:, 1].sum()
    groups = connectivity(rows['inchikey']).to_numpy() if not n_bad else None
    figure, ci95 = float(mean(sums)), [float(x) for x in bootstrap_ci(sums, mean, groups=groups)]
    by_kind = {k: float(np.mean([e for kk, e in flat if kk == k])) for k in sorted({k for k, _ in flat})}
    by_kind = {k: e for k, e in by_kind.items() if sum(kk == k for kk, _ in flat) >= 50}
    lines, lost = np.sum([n for _, n in found], axis=0)
    plain = {'mean error, ppm': round(figure, 3), 'interval': f'{ci95[0]:.3f}–{ci95[1]:.3f}',
             'median, ppm': round(float(np.median([e for _, e in flat])), 3)}
    plain |= {f'{k}, ppm': round(e, 2) for k, e in by_kind.items()}
    columns = {'lines without an atom': float(lost / lines)}
    return model, dict(label=label, modality=modality, columns=columns, ci95={},
                       plain={**plain, 'spectra': len(found)}, n_set_aside=n_bad)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', default=list(ROWS), metavar='ROW', help=', '.join(ROWS))
    parser.add_argument('--split', default='test', choices=('valid', 'test'))
    args = parser.parse_args()
    path = shared_data('nmrshiftdb2.parquet') or sys.exit('nmrshiftdb2.parquet is not in $ACML_DATA or ../shared/data')
    table = load_table(path)
    for row in args.rows:
        start = time.time()
        model, out = measure(row, table, args.split)
        print(row, args.split, out['plain'], out['columns'], flush=True)
        nucleus = {'cnmr': '13c', 'hnmr': '1h'}[out['modality']]
        result = dict(task='shifts', table=f'shifts_{nucleus}', order=list(ROWS).index(row), **out, ties='worst',
                      data_sha256=file_sha256(path), seconds=round(time.time() - start))
        save(f'shifts-{row}', result, 'shifts', parser, args, [row], model)

if __name__ == '__main__': main()
