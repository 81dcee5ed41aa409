"""Write `training.parquet` (see 19_seen) into shipped models and encoders that were trained before there was such a file.

    python tools/write_seen.py [NAME ...]      # all that are known here; needs the tables of ../shared/data or $ACML_DATA

New ones need no such help: `acml train` and `acml pretrain` write the file themselves.
"""
import sys

import numpy as np
import pandas as pd

from acml.core import read_json, shared_data
from acml.data import load_table
from acml.modality import PRETRAINED
from acml.pretrain import check_train
from acml.seen import SEEN, hash_blocks, read_seen, write_seen

def rows(file, modality):
    return hash_blocks(check_train(load_table(shared_data(f'{file}.parquet'), modality), file)['inchikey'])

def assigned():
    "Molecules whose assigned 1H shifts helped to train hnmr."
    t = pd.read_parquet(shared_data('atom_shifts.parquet'), columns=['inchikey', 'nucleus', 'source', 'split'])
    return hash_blocks(
        t['inchikey'][(t['nucleus'] == '1H') & t['source'].isin(['NMR8K', 'DFT8K']) & (t['split'] == 'train')])

union = lambda *parts: np.unique(np.concatenate(parts))
encoder = lambda m: read_seen(PRETRAINED/f'{m}_encoder')['training']
SOURCES = { # encoders first: models take over what those have seen
    'lcms_encoder': lambda: dict(training=rows('massbank', 'lcms')),
    'cnmr': lambda: dict(training=rows('nmrshiftdb2', 'cnmr'), cnmr=encoder('cnmr')),
    'hnmr': lambda: dict(training=union(rows('nmrshiftdb2', 'cnmr'), rows('nmrshiftdb2', 'hnmr'), assigned()), hnmr=encoder('hnmr'))} # hnmr begins with cnmr

def main():
    for name in sys.argv[1:] or SOURCES:
        seen, saved = SOURCES[name](), read_json(PRETRAINED/name/'config.json')
        write_seen(PRETRAINED/name, seen)
        told = saved.get('n_molecules', saved.get('n_records', saved.get('n_spectra', '')))
        print(name, {k: len(v)
                     for k, v in seen.items()}, f'config.json says {told};' if told else '',
              (PRETRAINED / name / SEEN).stat().st_size, 'bytes', flush=True)

if __name__ == '__main__': main()
