"""Measure how often carbons are given their own line: the alignment of a search, against lines that chemists assigned.

    python benchmarks/assignments.py                    # 13C, the model cnmr, `test`
    python benchmarks/assignments.py --split valid --rows 200

Written to benchmarks/results/ (for all rows of `test`). Needs atom_shifts.parquet (in $ACML_DATA, else ../shared/data):
molecules of NMRShiftDB2 whose experimental 13C lines are assigned to atoms, by way of CASCADE (NMR8K). Each spectrum is
given as a list of different shifts, `explain_match` assigns it, and a carbon is right if its line is its own or that of
an atom of its symmetry class. Beside it, on the same molecules: the same with the multiplicity of each line told (taken
from the assigned molecule, as DEPT would tell it), the nearest line of each carbon, and lines dealt out at random.
Nothing was tuned on `test`.
"""
import argparse, datetime, sys, time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from acml.chem import to_mol
from acml.core import file_sha256, shared_data, write_json
from acml.explain import explain_match
from acml.metrics import bootstrap_ci
from acml.model import ACML
from acml.spectrum import NMRSpectrum

RESULTS = Path(__file__).resolve().parent/'results'
WAYS = {'aligned': '**alignment of a search** (`explain_match`)',
        'dept': 'the same, C, CH, CH₂, CH₃ known of each line (as from DEPT)', 'nearest': 'nearest line of each carbon',
        'random': 'floor: lines dealt out at random'}

def right_of(model, smi, shifts, rng):
    "For each way how many carbons are right, and how many there are."
    there, right, total = np.isfinite(shifts), dict.fromkeys(WAYS, 0.), 0
    lines, hydrogens = np.unique(shifts[there]), np.array([a.GetTotalNumHs() for a in to_mol(smi).GetAtoms()])
    dept = NMRSpectrum('13C', shifts[there], ['SDTQ'[min(h, 3)] for h in hydrogens[there]])
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
    return right, total

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
    found = [right_of(model, s, np.float64(y).round(3), rng) for s, y in zip(table['smiles'], table['heavy_shift'])]
    blocks, total = table['inchikey'].str[:14].to_numpy(), np.array([n for _, n in found])
    for place, (way, label) in enumerate(WAYS.items()):
        share = np.array([r[way] for r, _ in found])
        figure, pairs = share.sum() / total.sum(), np.stack([share, total], 1)
        ci95 = [float(x) for x in bootstrap_ci(pairs, lambda p: p[:, 0].sum() / p[:, 1].sum(), groups=blocks)]
        print(f'{way}: {figure:.3f} of {total.sum():,.0f} carbons, {len(table):,} spectra', flush=True)
        if args.split != 'test' or args.rows: continue
        write_json(RESULTS/f'assignments-{way}.json', dict(
            task='assignments', model='cnmr', modality='cnmr', table='assignments', label=label, order=place,
            columns={'carbons on their own line': float(figure)}, ci95={'carbons on their own line': ci95},
            plain=dict(spectra=len(table), carbons=int(total.sum())), model_fingerprint=model.fingerprint(),
            command='python benchmarks/assignments.py', date=datetime.date.today().isoformat(),
            data_sha256=file_sha256(path), versions={p: version(p) for p in ('acml', 'torch', 'rdkit')},
            seconds=round(time.time() - start)))

if __name__ == '__main__': main()
