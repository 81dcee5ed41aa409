"""Damaged, mutated and hostile inputs for every reader: what is no AcmlError, crashes, or takes too long, is found.

    python tests/fuzz.py                         # 200 inputs a reader
    python tests/fuzz.py -n 100000 msp jcamp     # some readers; the same seed gives the same inputs
    python tests/fuzz.py --show msp 4711         # one input again, with its traceback

Each reader runs in a process of its own with limits: 8 GB of address space (16 where torch is loaded), 20 s of
processor time for one input. A process that ends or runs over is noted, with the input, and another one goes on behind
it. Inputs are whole files (those of tests/test_damaged_files.py and more) with bits flipped, parts cut out, doubled,
exchanged with parts of others, and numbers and words put in that have hurt readers before. An error counts as right if
it is an AcmlError that names the file. Needs a system with resource limits (Linux, macOS)."""
import argparse, gzip, io, json, os, subprocess, sys, tempfile, traceback, warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
WORDS = [b'nan', b'inf', b'-1', b'0', b'1e308', b'1e-308', b'9'*30, b'9'*5000, b'\x00', b'\xff\xfe', b'\xef\xbb\xbf',
         b'\r', b'\n\n', b'\t', b'"', b"'", b'<', b'>', b'&', b'(', b')', b'[', b']', b'{', b'}', b'%', b'$$', b'##',
         b'//', b'\xe2\x80\x83', b'\xe2\x80\xae', b'\x1b[2J', '\u03b4'.encode(), '\u2212'.encode(), b' '*3000,
         b'('*3000, b'null', b'true', b'[]', b'{}', b'1.2.3', b'1,2', b'2-3', b'C'*6000, b'S99999999', b'=1+1', b'\\',
         b'..', b'../..']

# ---- the inputs

def mutate(rng, seeds):
    "One input from whole ones."
    raw = bytearray(seeds[rng.integers(len(seeds))])
    for _ in range(rng.integers(1, 5)):
        n = len(raw)
        a, b = sorted(rng.integers(0, n + 1, 2).tolist())
        b = min(b, a + int(rng.integers(1, 200)))
        match rng.integers(9):
            case 0 if n: raw[rng.integers(n)] ^= 1 << rng.integers(8)
            case 1 if n: raw[rng.integers(n)] = rng.integers(256)
            case 2: del raw[rng.integers(n + 1):]
            case 3: del raw[a:b]
            case 4: raw[a:a] = raw[a:b] * int(rng.integers(1, 4))
            case 5: raw[a:a] = WORDS[rng.integers(len(WORDS))]
            case 6: raw[a:b] = WORDS[rng.integers(len(WORDS))]
            case 7:
                other = seeds[rng.integers(len(seeds))]
                at = int(rng.integers(len(other) + 1))
                raw[a:b] = other[at:at + int(rng.integers(1, 400))]
            case 8: # a number becomes another
                digits = [i for i in range(n) if 48 <= raw[i] <= 57]
                if digits: raw[digits[rng.integers(len(digits))]] = rng.integers(48, 58)
    return bytes(raw)

def as_text(raw): return raw.decode('utf-8', 'surrogateescape')

def _pictures():
    "A drawing in six formats."
    from acml.drawing import depict
    image, out = depict('CCO')[0].convert('RGB').resize((90, 90)), {}
    for kind in ('PNG', 'JPEG', 'GIF', 'BMP', 'TIFF', 'WEBP'):
        image.save(file := io.BytesIO(), kind)
        out[kind] = file.getvalue()
    return out

JCAMP = [b'''##TITLE= x\n##JCAMP-DX= 5.0\n##DATA TYPE= NMR PEAK TABLE\n##.OBSERVE FREQUENCY= 100.0\n
##.OBSERVE NUCLEUS= ^13C\n##XUNITS= HZ\n##NPOINTS= 3\n##PEAK TABLE= (XY..XY)\n13470.0, 30.0\n12900.0, 100.0
2090.0, 60.0\n##END=\n''', b'''##TITLE= x\n##JCAMP-DX= 5.0\n##DATA TYPE= NMR SPECTRUM\n##.OBSERVE NUCLEUS= ^1H
##.OBSERVE FREQUENCY= 100.0\n##XUNITS= HZ\n##FIRSTX= 1000\n##LASTX= 0\n##XFACTOR= 1\n##YFACTOR= 1\n##NPOINTS= 11
##XYDATA= (X++(Y..Y))\n1000A0J0K0L0m0\n500A5S9T3%J2k4\n##END=\n''', b'''##TITLE= x\n##DATA TYPE= LINK\n##BLOCKS= 1
##TITLE= y\n##DATA TYPE= NMR SPECTRUM\n##.OBSERVE NUCLEUS= 13C\n##NTUPLES= X\n##SYMBOL= X, R, I\n##FIRST= 10,1,1
##LAST= 0,2,2\n##UNITS= PPM, A, A\n##PAGE= N=1\n##DATA TABLE= (X++(R..R)), XYDATA\n10 1 2 3 9 3 2 1\n##END NTUPLES=\n
##END=\n##END=\n''']
REPORTS = [o.encode() for o in (
    '1H NMR (400 MHz, CDCl3) δ 7.45 – 7.38 (m, 3H), 7.26 (dd, J = 8.0, 1.5 Hz, 2H, H-2), 2.31 (s, 3H). 13C{1H} NMR '
    '(101 MHz, DMSO-d6): δC, ppm: 170.1 (C=O), 128.5 (d, J = 21 Hz, 2C), 48.1*, –5.2. 31P NMR (162 MHz) δ 21.7.',
    '171.1, 60.4, 21.0, 14.2', '171,1; 60,4; 21,0', 'no shift intensity\n1 171.12 35%\n2 60.44 100%\n3 21.03 92%')]
SMILES = [b'CC1(C)[C@@H]2CC[C@@]1(C)C(=O)C2', b'c1ccc2c(c1)[nH]cc2', b'[Na+].[O-]C(=O)c1ccccc1 |c:1| salt', b'[2H]C#N',
          b'C/C=C\\C', b'OB1OC1', b'[Fe+2]%10%11.C%10CC%11', b'*C(=O)O']
CIF = (b'data_X\n#\nloop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n'
       b'_atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_entity_id\n'
       b'_atom_site.label_seq_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n_atom_site.occupancy\n'
       b'_atom_site.B_iso_or_equiv\n_atom_site.auth_seq_id\n_atom_site.auth_asym_id\n'
       b'ATOM 1 C CA . ALA A 1 1 0.0 0.0 0.0 1.00 10.0 1 A\nATOM 2 C CB . ALA A 1 1 1.5 1.5 0.0 1.00 10.0 1 A\n'
       b'HETATM 3 C C1 . LIG B 2 . 3.0 3.0 0.0 1.00 10.0 2 A\nHETATM 4 C C2 . LIG B 2 . 4.0 4.0 0.0 1.00 10.0 2 A\n'
       b'HETATM 5 O O1 . LIG B 2 . 5.0 5.0 0.0 1.00 10.0 2 A\n#\n')

def _parquet():
    "A table for training."
    from acml.data import demo_table, save_table
    with tempfile.TemporaryDirectory() as d:
        save_table(demo_table('cnmr').head(20), Path(d)/'t.parquet')
        return (Path(d)/'t.parquet').read_bytes()

def _made(folder, name):
    "A whole file of tests/test_damaged_files.py and its reader."
    import test_damaged_files as t
    return next((raw, reader) for n, raw, reader in t.whole_files(folder) if n == name)

def _weights():
    import torch
    from safetensors.torch import save
    return save(dict(a=torch.zeros(3, 4), b=torch.ones(5)))

def _read_weights(path):
    from acml.modality import read_weights
    (path.parent/'config.json').write_text('{}')
    return read_weights(path.parent)

class Folder:
    "A library or a model, one file of which is damaged."
    def __init__(self, name):
        from acml.library import Library
        from acml.model import ACML
        self.root, self.name = Path(tempfile.mkdtemp()), name
        model = ACML.from_pretrained('cnmr')
        if name == 'config.json': model.save_pretrained(self.root/'m')
        else: Library.build(model, ['CCO', 'CCN', 'CCC'], self.root/'m', progress=False)
        self.file = self.root/'m'/name
        self.load = (lambda: ACML.from_pretrained(self.root/'m')) if name == 'config.json' else (
            lambda: Library.load(self.root/'m', verify=True))

    def __call__(self, path):
        self.file.write_bytes(path.read_bytes())
        return self.load()

def targets():
    "Reader to what makes its whole inputs, the name of the file, and what reads it; texts are read without a file."
    from functools import partial
    def file(name, kind=None):
        return lambda folder: ([_made(folder, name)[0]], kind or name, _made(folder, name)[1])
    def simple(seeds, name, where, what, **options):
        def make(folder):
            from importlib import import_module
            given = seeds() if callable(seeds) else seeds
            return given, name, partial(getattr(import_module(f'acml.{where}'), what), **options)
        return make
    def folder_of(name):
        def make(folder):
            o = Folder(name)
            return [o.file.read_bytes()], name, o
        return make
    def smiles(kind, raw):
        def make(folder):
            import pandas as pd
            from acml.candidates import describe_molecules
            from acml.chem import read_smiles
            from acml.core import Rejected
            return raw(), f'a.{kind}', lambda p: [describe_molecules(o, Rejected()) for o in read_smiles(p)]
        return make
    def sdf():
        from rdkit import Chem
        return [(Chem.MolToMolBlock(Chem.MolFromSmiles(s.decode().split()[0])) + '> <name>\nx\n\n$$$$\n').encode() * 2
                for s in SMILES[:3]]
    mass = {k: file(n) for k, n in dict(msp='a.msp', mgf='a.mgf', massbank='a.txt', massbank_table='b.txt',
                                        massbank_archive='b.tar.gz', mzml='a.mzML', msp_gz='a.msp.gz').items()}
    texts = {k: simple(s, None, w, f) for k, (s, w, f) in dict(
        report=(REPORTS, 'spectrum', 'read_report'), peaks=(REPORTS, 'spectrum', 'parse_peaks'),
        smiles=(SMILES, 'chem', 'to_inchikey'), formula=([b'C10H16O', b'(C2H5)2O', b'C8H20N+'], 'chem', 'formula_mass'),
        adduct=([b'[M+H]+', b'[2M+Na]+', b'M-H2O+H', b'[M+H-(C12H20O9)]+'], 'massspec', 'parse_adduct'),
        energy=([b'35 V +/- 15', b'20-30 eV', b'NCE 25'], 'massfiles', '_parse_energy')).items()}
    tables = dict(csv=smiles('csv', lambda: ['smiles,name\nCCO,Äthanol\nCCN,"a, b"\n'.encode()]),
                  csv_gz=smiles('csv.gz', lambda: [gzip.compress(b'smiles,name\nCCO,ethanol\n')]),
                  smi=smiles('smi', lambda: ['CCO Äthanol\nCCN amine\n'.encode(), b'\n'.join(SMILES)]),
                  sdf=smiles('sdf', sdf), parquet=smiles('parquet', lambda: [_parquet()]))
    other = dict(jcamp=simple(JCAMP, 'a.jdx', 'jcamp', 'read_jcamp'),
                 peaktable=simple([b'ppm,Type\n21.0,s\n60.4,t\n', b'f1 (ppm);Intensity\n21,0;1\n'], 'a.csv',
                                  'peaktable', 'read_peaks'),
                 table=simple(lambda: [_parquet()], 'a.parquet', 'data', 'load_table'),
                 json=simple([b'{"a": [1, 2.5, null], "b": {"c": "x"}}'], 'a.json', 'core', 'read_json'),
                 pdb=file('a.pdb'), pdb_gz=file('a.pdb.gz'), mmcif=simple([CIF], 'a.cif', 'pocket', 'read_pocket'),
                 weights=lambda folder: ([_weights()], 'model.safetensors', _read_weights),
                 library=folder_of('library.json'), config=folder_of('config.json'))
    pictures = {k: simple(lambda kind=k: [_pictures()[kind.upper()]], f'a.{k}', 'drawing', 'to_image')
                for k in ('png', 'jpeg', 'gif', 'bmp', 'tiff', 'webp')}
    return {**texts, **mass, **tables, **other, **pictures}

# ---- one process that reads

def read_one(reader, raw, name, folder):
    "None where an input is read or refused as it should be; else what happened."
    from acml.core import AcmlError
    given = as_text(raw)
    if name:
        given = folder/name
        given.write_bytes(raw)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            reader(given)
    except AcmlError as e:
        if not str(e).strip(): return 'an AcmlError without a word'
        named = name is None or name.split('.')[0] in str(e) or folder.name in str(e) or hasattr(e, 'record')
        return None if named else f'names no file: {e}'
    except Exception as e:
        where = traceback.extract_tb(e.__traceback__)[-1]
        return f'{type(e).__name__} at {Path(where.filename).name}:{where.lineno}: {str(e)[:100]}'

def work(target, seed, begin, end, note):
    "Read inputs begin..end; the file `note` says how far it is, for the case that this process dies."
    import resource, signal
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = Path(tempfile.mkdtemp(prefix='fuzz'))
    seeds, name, reader = targets()[target](folder)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
    resource.setrlimit(resource.RLIMIT_AS, ((16 if used > 1 else 8) << 30,)*2) # libraries reserve more than they use
    found = []
    for i in range(begin, end):
        if i % 20 == 0 or i == begin: Path(note).write_text(json.dumps([i, found]))
        signal.setitimer(signal.ITIMER_PROF, 20) # its signal ends the process
        raw = mutate(np.random.default_rng([seed, i]), seeds)
        if why := read_one(reader, raw, name, folder): found.append([i, why])
    signal.setitimer(signal.ITIMER_PROF, 0)
    Path(note).write_text(json.dumps([end, found]))

def run(target, n, seed=0):
    "Inputs that were read, what was found: pairs of number and reason."
    at, found, step = 0, [], 20
    with tempfile.TemporaryDirectory() as d:
        while at < n:
            note = Path(d)/'note'
            note.write_text(json.dumps([at, []]))
            code = subprocess.run([sys.executable, __file__, '--work', target, str(seed), str(at), str(n), str(note)],
                                  capture_output=True, env={**os.environ, 'PYTHONFAULTHANDLER': '1'})
            done, more = json.loads(note.read_text())
            found += more
            if code.returncode == 0: return found
            if n - at <= 1 or step == 1 and done == at:
                found.append([at, f'the process ended with code {code.returncode}: {code.stderr[-300:].decode()!r}'])
                at += 1
                step = 20
                continue
            # look at the twenty one by one
            for i in range(done, min(done + step, n)):
                words = ['--work', target, str(seed), str(i), str(i + 1), str(note)]
                one = subprocess.run([sys.executable, __file__, *words], capture_output=True)
                why = f'ended with code {one.returncode}: {one.stderr[-200:].decode()!r}'
                if one.returncode: found.append([i, why])
                else: found += json.loads(note.read_text())[1]
            at = min(done + step, n)
    return found

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('readers', nargs='*', metavar='READER', help='default: all')
    parser.add_argument('-n', type=int, default=200, help='inputs a reader')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--show', nargs=2, metavar=('READER', 'NUMBER'))
    parser.add_argument('--work', nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work: return work(args.work[0], *map(int, args.work[1:4]), args.work[4])
    known = targets()
    if args.show:
        folder = Path(tempfile.mkdtemp())
        seeds, name, reader = known[args.show[0]](folder)
        raw = mutate(np.random.default_rng([args.seed, int(args.show[1])]), seeds)
        print(raw[:2000])
        (folder/(name or 'x')).write_bytes(raw)
        return print(reader(folder/name if name else as_text(raw)))
    if unknown := set(args.readers) - set(known): sys.exit(f'no reader {unknown}; there are {", ".join(known)}')
    bad = 0
    for target in args.readers or known:
        found = run(target, args.n, args.seed)
        print(f'| {target} | {args.n:,} | {len(found)} |', flush=True)
        for i, why in found[:8]: print(f'    {i}: {why}', flush=True)
        bad += len(found)
    return bad > 0

if __name__ == '__main__':
    sys.path.insert(0, str(HERE))
    sys.exit(main())
