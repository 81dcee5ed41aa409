"""One table of every kind of record, for the recipe `joint`.

    python tools/build_joint_table.py DATA OUT [--library 80000] [--relatives 70000]

DATA: a folder with nmrshiftdb2.parquet, massbank.parquet, chebi20.parquet and, optionally, library_1m.parquet
(molecules without records). Near relatives of their molecules are added, made by small changes; none is a molecule that
a table holds. Names of compounds in MassBank and, if DATA/mmfdl/aqsoldb.csv.gz is there, in AqSolDB are further texts.
ChEBI-20 takes its split from `split_alt`; a molecule that any table has outside `train` is marked with that split
everywhere.
"""
import argparse
from pathlib import Path

import pandas as pd

from acml.chem import relatives
from acml.data import save_table
from acml.text import name_texts

COLUMNS = ['inchikey', 'smiles', 'formula', 'split', 'suspect', 'licence', 'nucleus', 'shifts', 'multiplicities',
           'family', 'accession', 'mz', 'intensity', 'precursor_mz', 'adduct', 'ion_mode', 'ce_value', 'ce_unit',
           'description']
LICENCES = dict(nmrshiftdb2='nmrshiftdb2 Database License', chebi20='CC BY 4.0', library_1m='see the source')
RELATIVES = 'made by small changes to molecules of the other rows'


def read(folder: Path, name: str, n: int | None = None) -> pd.DataFrame:
    df = pd.read_parquet(folder/f'{name}.parquet')
    if 'split_alt' in df: df['split'] = df['split_alt']
    if n is not None: df = df[df['split'] == 'train'].sample(n, random_state=0)
    if 'licence' not in df: df['licence'] = LICENCES[name]
    return df[[c for c in COLUMNS if c in df]]


def names(folder: Path, n: int, held_out: list) -> pd.DataFrame:
    "Names of compounds as texts; only of molecules that are nowhere outside `train`."
    rows = [pd.read_parquet(folder/'massbank.parquet', columns=['inchikey', 'smiles', 'formula', 'name'])]
    aqsol = folder/'mmfdl'/'aqsoldb.csv.gz'
    if aqsol.exists():
        df = pd.read_csv(aqsol).rename(columns=dict(InChIKey='inchikey', SMILES='smiles', Name='name'))
        df = df[~df['InChI'].str.split('/').str[1].str.contains('.', regex=False)] # one molecule, no salts
        rows.append(df.assign(formula=df['InChI'].str.split('/').str[1])[['inchikey', 'smiles', 'formula', 'name']])
    texts = name_texts(pd.concat(rows, ignore_index=True), held_out=tuple(pd.concat(held_out)))
    return texts.sample(min(n, len(texts)), random_state=0).assign(licence='names: MassBank, AqSolDB')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('data', type=Path)
    p.add_argument('out', type=Path)
    p.add_argument('--names', type=int, default=8_000, help='names of compounds as further texts')
    p.add_argument('--library', type=int, default=80_000, help='molecules without records')
    p.add_argument('--relatives', type=int, default=70_000, help='near relatives of the training molecules')
    a = p.parse_args()
    parts = [read(a.data, n) for n in ('nmrshiftdb2', 'massbank', 'chebi20')]
    if a.names: parts.append(names(a.data, a.names, [p['inchikey'][p['split'] != 'train'] for p in parts]))
    if a.library: parts.append(read(a.data, 'library_1m', a.library))
    df = pd.concat(parts, ignore_index=True)
    df['suspect'] = df['suspect'].fillna(False).astype(bool)
    block, order = df['inchikey'].str[:14], {'train': 0, 'valid': 1, 'test': 2}
    df['split'] = df['split'].map(order).groupby(block).transform('max').map({v: k for k, v in order.items()})
    if a.relatives:
        known = [df] + ([pd.read_parquet(a.data/'library_1m.parquet', columns=['inchikey'])] if a.library else [])
        held_out = set(pd.concat(k['inchikey'] for k in known).str[:14])
        smiles = df[(df['split'] == 'train') & df['description'].isna()].drop_duplicates('inchikey')['smiles'].tolist()
        more = relatives(smiles, a.relatives, held_out).assign(split='train', suspect=False, licence=RELATIVES)
        df = pd.concat([df, more], ignore_index=True)
    save_table(df, a.out)
    n_molecules, splits = df['inchikey'].str[:14].nunique(), df['split'].value_counts().to_dict()
    print(f'{a.out}: {len(df):,} rows, {n_molecules:,} molecules; {splits}')


if __name__ == '__main__': main()
