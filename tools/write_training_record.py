"""Write the training record (04a_training_record) into models and encoders trained before there was such a file.

    python tools/write_training_record.py [NAME ...]      # all that are known here

Needs the tables of ../shared/data or $ACML_DATA. New ones need no such help: `acml train` and `acml pretrain` write the
file themselves. `joint` keeps what its training noted, and takes over the records of its encoders that came later.

Of smiles_encoder, structure_recognizer, conformer_encoder and pocket_encoder nothing is written: which molecules were
drawn from the tables was not noted, and all of a table would be more than they have seen.
"""
import sys

import numpy as np
import pandas as pd

from acml.core import fingerprint, read_json, shared_data
from acml.data import load_table
from acml.modality import PRETRAINED
from acml.recipes import check_train
from acml.training_record import hash_molecules, read_training_record, write_training_record

def rows(file, modality):
    return hash_molecules(check_train(load_table(shared_data(f'{file}.parquet'), modality), file)['inchikey'])

def assigned():
    "Molecules whose assigned 1H shifts helped to train hnmr."
    t = pd.read_parquet(shared_data('atom_shifts.parquet'), columns=['inchikey', 'nucleus', 'source', 'split'])
    used = (t['nucleus'] == '1H') & t['source'].isin(['NMR8K', 'DFT8K']) & (t['split'] == 'train')
    return hash_molecules(t['inchikey'][used])

def seen_by_hnmr():
    "It begins with the weights of cnmr."
    return np.unique(np.concatenate([rows('nmrshiftdb2', 'cnmr'), rows('nmrshiftdb2', 'hnmr'), assigned()]))

def descriptions():
    "Molecules of the texts that the text encoder has counted, if these are the texts that config.json tells of."
    t = pd.read_parquet(shared_data('chebi20.parquet'))
    t = t[t['split_alt'] == 'train']
    if fingerprint(t['description'].tolist()) != read_json(PRETRAINED/'text_encoder'/'config.json')['data_fingerprint']:
        sys.exit('text_encoder: chebi20.parquet holds other descriptions than those that it learnt from')
    return hash_molecules(t['inchikey'])

def with_encoders(name):
    "The record of a model, and those of its encoders that it lacks."
    record = read_training_record(PRETRAINED/name)
    lacks = [m for m in read_json(PRETRAINED/name/'config.json')['encoders'] if m not in record]
    return record | {m: encoder(m) for m in lacks if (PRETRAINED/f'{m}_encoder'/'training.parquet').exists()}

encoder = lambda m: read_training_record(PRETRAINED/f'{m}_encoder')['training']
SOURCES = { # encoders first: models take over what those have seen
    'lcms_encoder': lambda: dict(training=rows('massbank', 'lcms')),
    'text_encoder': lambda: dict(training=descriptions()),
    'cnmr': lambda: dict(training=rows('nmrshiftdb2', 'cnmr'), cnmr=encoder('cnmr')),
    'hnmr': lambda: dict(training=seen_by_hnmr(), hnmr=encoder('hnmr')),
    'joint': lambda: with_encoders('joint')}

def main():
    for name in sys.argv[1:] or SOURCES:
        seen, saved = SOURCES[name](), read_json(PRETRAINED/name/'config.json')
        write_training_record(PRETRAINED/name, seen)
        said = saved.get('n_molecules', saved.get('n_records', saved.get('n_spectra', '')))
        counts, size = {k: len(v) for k, v in seen.items()}, (PRETRAINED/name/'training.parquet').stat().st_size
        print(name, counts, f'config.json says {said};' if said else '', size, 'bytes', flush=True)

if __name__ == '__main__': main()
