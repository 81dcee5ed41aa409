"""Build `acml/static/known_compounds.parquet`: the structures, names and CAS numbers that `acml search` looks among.

    python tools/build_known_compounds.py [--out acml/static/known_compounds.parquet] [--chemicals FOLDER]

Structures come from three tables in $ACML_DATA (else ../shared/data), names.parquet (the package `chemicals`),
massbank.parquet and nmrshiftdb2.parquet, and from acml's own demo table (`chemicals` too). Structures and names only,
no spectra. One row a molecule, by the first block of its InChIKey; its stereo marks are those of the first table that
has it, one without isotopes before one with. Names and CAS numbers of all of them stand in the identifiers that
`chemicals` 1.5.2 ships: install it, or name a folder that it was installed into (`pip install --no-deps --target FOLDER
chemicals==1.5.2`). The same inputs and the same version of pyarrow give the same file, byte for byte.
"""
import argparse, importlib.util, re
from pathlib import Path

import pandas as pd
import pyarrow as pa, pyarrow.parquet as pq

from acml.chem import connectivity, to_mol
from acml.core import RecordError, atomic_write, shared_data

OUT = Path(__file__).resolve().parents[1]/'acml'/'static'/'known_compounds.parquet'
DEMO = OUT.parents[1]/'demo'/'demo.parquet'
FILES = [f'chemical identifiers {o}.tsv' for o in ('pubchem large', 'pubchem small', 'example user db')]
FLAT, ISOTOPE = 'UHFFFAOYSA', re.compile(r'\[\d')
NUMBER = re.compile(r'(\d{2,7})-(\d\d)-(\d)')
CATALOGUE = re.compile(
    r'(nsc|stk|zinc|chembl|akos|mls|smr|ac1|agn-pc|einecs|unii|schembl|surecn|dtxsid|bb |cb|st)[\d \-]', re.I)

def is_cas(text):
    "Has a CAS number the form and the check digit of one?"
    m = NUMBER.fullmatch(text)
    return bool(m) and sum(i*int(c) for i, c in enumerate((m[1] + m[2])[::-1], 1)) % 10 == int(m[3])

def identifiers(folder):
    "First block of the InChIKey to (name, CAS number), without those numbers that `chemicals` made up itself."
    if folder is None:
        spec = importlib.util.find_spec('chemicals')
        if spec is None: raise SystemExit('install chemicals==1.5.2, or name its folder by --chemicals')
        folder = Path(spec.origin).parents[1]
    folder = Path(folder)/'chemicals'/'Identifiers'
    rows = lambda name: (l.rstrip('\n').split('\t') for l in open(folder/name, encoding='utf-8'))
    made_up = {word for row in rows('Fake CAS Registry.tsv') for word in row if NUMBER.fullmatch(word)}
    found = {}
    for file in FILES:
        for _, cas, _, _, smi, _, key, iupac, *names in rows(file):
            if len(key) != 27 or ISOTOPE.search(smi): continue
            cas = cas if is_cas(cas) and cas not in made_up else None
            flat = key[15:25] == FLAT # the one without stereo marks has the plain name
            if key[:14] not in found or flat: found[key[:14]] = choose_name(names, iupac), cas
    return found

def choose_name(names, iupac=''):
    "A common name, else the systematic one; None where there is none."
    good = [n for n in names if n and not CATALOGUE.match(n) and not NUMBER.fullmatch(n) and n[:1] != '(']
    return next((n for n in [*good, iupac] if n), None)

def plain(name):
    "A name of MassBank, which may be all in capitals."
    return name.lower() if name == name.upper() and re.search('[A-Z]{4}', name) else name

def read(name, *columns):
    "A table of the data folder."
    path = shared_data(f'{name}.parquet')
    if path is None: raise SystemExit(f'{name}.parquet is not in $ACML_DATA nor in ../shared/data')
    return pd.read_parquet(path, columns=['inchikey', 'smiles', *columns])

def is_readable(smi):
    "Can RDKit read it?"
    try: return bool(to_mol(smi))
    except RecordError: return False

def gather(folder=None):
    "All molecules: smiles, name, cas, source, nmrshiftdb2_id."
    known, demo = identifiers(folder), pd.read_parquet(DEMO, columns=['inchikey', 'smiles', 'name'])
    named, mass, nmr = read('names', 'names'), read('massbank', 'name'), read('nmrshiftdb2', 'nmrshiftdb2_id')
    named['name'], mass['name'] = named['names'].map(choose_name), mass['name'].map(plain)
    tables = dict(demo=demo, chemicals=named.drop(columns='names'), massbank=mass, nmrshiftdb2=nmr)
    table = pd.concat([t.assign(source=s.replace('demo', 'chemicals')) for s, t in tables.items()], ignore_index=True)
    table['key'], table['labelled'] = connectivity(table['inchikey']), table['smiles'].str.contains(ISOTOPE)
    table = table.sort_values('labelled', kind='stable')
    names = table[table['name'].notna() & ~table['labelled']].groupby('key')['name'].first().to_dict()
    names |= {k: name for k, (name, _) in known.items() if name}
    ids = nmr.assign(key=connectivity(nmr['inchikey'])).groupby('key')['nmrshiftdb2_id'].min()
    out = table.drop_duplicates('key').sort_values('smiles', kind='stable')
    out = out[out['smiles'].map(is_readable)]
    out['name'] = [o['name'] if o['labelled'] else names.get(o['key']) for o in out.to_dict('records')]
    out['cas'] = [None if old else known.get(k, (None, None))[1] for k, old in zip(out['key'], out['labelled'])]
    out['nmrshiftdb2_id'] = out['key'].map(ids).astype('Int64').astype('string')
    return out[['smiles', 'name', 'cas', 'source', 'nmrshiftdb2_id']].reset_index(drop=True)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default=OUT, type=Path)
    parser.add_argument('--chemicals', help='folder into which the package chemicals 1.5.2 was installed')
    args = parser.parse_args()
    table = gather(args.chemicals)
    schema = pa.schema([(c, pa.string()) for c in table])
    with atomic_write(args.out) as tmp:
        pq.write_table(pa.Table.from_pandas(table, schema, preserve_index=False).replace_schema_metadata(None), tmp,
                       compression='zstd', compression_level=19, use_dictionary=['source'], row_group_size=1 << 20)
    print(f'{args.out}: {len(table):,} molecules, {args.out.stat().st_size:,} bytes; '
          f'{table["name"].notna().sum():,} with a name, {table["cas"].notna().sum():,} with a CAS number; '
          f'{table["source"].value_counts().to_dict()}')

if __name__ == '__main__': main()
