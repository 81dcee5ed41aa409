"""Measure searches with NMR data as papers print them: 450 molecules of NMR-Solver's benchmark.

    python benchmarks/literature.py                # all rows
    python benchmarks/literature.py cnmr joint     # some

Written to benchmarks/results/. Needs literature_nmr.parquet and nmrshiftdb2.parquet (in $ACML_DATA, else
../shared/data). The printed text goes to `read_report` as it is, and what that reads to `Library.identify`; candidates
are all molecules that have a 13C spectrum in NMRShiftDB2, and the molecules themselves. A report that cannot be read
counts as missed. The molecule counts by the first block of its InChIKey; equal scores count against the model;
intervals are 95 % bootstrap. Nothing was tuned on these molecules; those that the model learnt from are counted, not
left out.
"""
import argparse, sys, time, warnings
from functools import lru_cache

import numpy as np
import pandas as pd

from acml.chem import connectivity
from acml.core import AcmlError, file_sha256, shared_data
from acml.data import load_table, table_rows
from acml.library import Library
from acml.metrics import bootstrap_ci
from acml.model import ACML
from acml.spectrum import read_report
from acml.training_record import count_in_training

from saving import save

TEXTS = {'cnmr': ('c_text', '13C'), 'hnmr': ('h_text', '1H')}
ROWS = {'cnmr': ('cnmr', ('cnmr',), '¹³C, `cnmr`'), 'joint_cnmr': ('joint', ('cnmr',), '¹³C, `joint`'),
        'hnmr': ('hnmr', ('hnmr',), '¹H, `hnmr`'), 'joint_hnmr': ('joint', ('hnmr',), '¹H, `joint`'),
        'joint': ('joint', ('cnmr', 'hnmr'), '¹³C and ¹H together, `joint`')}

def paths():
    names = 'literature_nmr.parquet', 'nmrshiftdb2.parquet'
    return [shared_data(n) or sys.exit(f'{n} is not in $ACML_DATA nor in ../shared/data') for n in names]

@lru_cache
def molecules():
    "The records asked about, and all candidates."
    literature, table = paths()
    asked = pd.read_parquet(literature)
    asked = asked[(asked['use'] == 'benchmark') & asked['smiles'].notna()].reset_index(drop=True)
    known = table_rows(load_table(table), 'cnmr')
    return asked, pd.concat([known, asked])[['smiles', 'inchikey', 'formula']].drop_duplicates('inchikey')

@lru_cache
def library(name):
    "One row a molecule: stereoisomers of the truth are no rivals."
    return Library.build(ACML.from_pretrained(name), molecules()[1], merge='connectivity', progress=False)

def place_of(lib, row, modalities, **known):
    "The rank of the true molecule; None where nothing can be read or it does not come among the first 200."
    spectra = {}
    for m in modalities:
        column, nucleus = TEXTS[m]
        found = read_report(row[column]).get(nucleus)
        if found is None: raise AcmlError(f'no {nucleus} report')
        spectra[m] = found
    table, own = lib.identify(k=200, **spectra, **known).table, connectivity(row['inchikey'])
    there = np.flatnonzero(table['inchikey'].map(connectivity) == own)
    return int((table['score'] >= table['score'].iloc[there[0]]).sum()) if len(there) else None

def seen(record, inchikeys):
    "Of these molecules, how many any part of a training record holds: the model's own, and those of its encoders."
    learnt = np.unique(np.concatenate([*record.values()]))
    return count_in_training(inchikeys, learnt)[1]

def measure(row):
    name, modalities, label = ROWS[row]
    lib, (asked, _) = library(name), molecules()
    asked = asked.dropna(subset=[TEXTS[m][0] for m in modalities])
    places, formula, unread = [], [], []
    for _, o in asked.iterrows():
        try: found = place_of(lib, o, modalities), place_of(lib, o, modalities, formula=o['formula'])
        except AcmlError as e:
            unread.append(f'{o["reference"]}: {e}')
            found = None, None
        places.append(found[0])
        formula.append(found[1])
    rank = np.array([p or 10**6 for p in places])
    hits = {'top-1': rank == 1, 'top-10': rank <= 10, 'formula known, top-1': np.array([p == 1 for p in formula])}
    groups = asked['inchikey'].map(connectivity).to_numpy()
    interval = lambda v: [float(x) for x in bootstrap_ci(v.astype(float), lambda x: x.mean(), groups=groups)]
    columns, ci95 = ({k: f(v) for k, v in hits.items()} for f in (lambda v: float(v.mean()), interval))
    n_seen = seen(lib.model.training_record, asked['inchikey'])
    plain = {'queries': len(asked), 'library': len(lib), 'not read': len(unread), 'seen in training': n_seen}
    return lib.model, dict(label=label, modality='+'.join(modalities), columns=columns, ci95=ci95, plain=plain,
                           unread=unread)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', default=list(ROWS), metavar='ROW', help=', '.join(ROWS))
    warnings.simplefilter('ignore', UserWarning) # what read_report mended; the record says it too
    args = parser.parse_args()
    for row in args.rows:
        start = time.time()
        model, out = measure(row)
        print(row, out['columns'], out['plain'], *out['unread'][:3], sep='\n  ', flush=True)
        result = dict(task='literature', table='literature', order=list(ROWS).index(row), **out, ties='worst',
                      data_sha256='+'.join(map(file_sha256, paths())), seconds=round(time.time() - start))
        save(f'literature-{row}', result, 'literature', parser, args, [row], model)

if __name__ == '__main__': main()
