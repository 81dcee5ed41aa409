"""Damaged, mutated and hostile inputs for every reader: what is no AcmlError, crashes, or takes too long, is found.

    python tests/fuzz.py                         # 200 inputs a reader
    python tests/fuzz.py -n 100000 msp jcamp     # some readers; the same seed gives the same inputs
    python tests/fuzz.py --show msp 4711         # one input again, with its traceback
    python tests/fuzz.py -n 100000 --keep DIR    # goes on where it was stopped; DIR holds what was done and found

Each reader runs in a process of its own with limits: 8 GB of address space (16 where torch is loaded), 20 s of
processor time for one input. A process that ends or runs over is noted, with the input, and another one goes on behind
it. Inputs are whole files (those of tests/test_damaged_files.py and more) with bits flipped, parts cut out, doubled,
exchanged with parts of others, and numbers and words put in that have hurt readers before; of a folder one file is
damaged; objects are those of tests/fuzz_objects.py. An error counts as right if it is an AcmlError that names the file.
Needs a system with resource limits (Linux, macOS)."""
import argparse, gzip, io, json, os, subprocess, sys, tempfile, time, traceback, warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
WORDS = [b'nan', b'inf', b'-1', b'0', b'1e308', b'1e-308', b'9'*30, b'9'*5000, b'\x00', b'\xff\xfe', b'\xef\xbb\xbf',
         b'\r', b'\n\n', b'\t', b'"', b"'", b'<', b'>', b'&', b'(', b')', b'[', b']', b'{', b'}', b'%', b'$$', b'##',
         b'//', b'\xe2\x80\x83', b'\xe2\x80\xae', b'\x1b[2J', '\u03b4'.encode(), '\u2212'.encode(), b' '*3000,
         b'('*3000, b'null', b'true', b'[]', b'{}', b'1.2.3', b'1,2', b'2-3', b'C'*6000, b'S99999999', b'=1+1', b'\\',
         b'..', b'../..', b'x'*140000]

# ---- the inputs

def mutate(rng, seeds):
    "One input from whole ones, or from a function that makes them."
    if callable(seeds): return seeds(rng)
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
                digits = np.flatnonzero(np.isin(np.frombuffer(bytes(raw), 'u1'), range(48, 58)))
                if len(digits): raw[digits[rng.integers(len(digits))]] = rng.integers(48, 58)
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
    "A folder, one file of which is damaged."
    def __init__(self, make, name, load):
        self.root = make(Path(tempfile.mkdtemp()))
        self.file, self.load = self.root/name, load

    def __call__(self, path):
        self.file.write_bytes(path.read_bytes())
        return self.load(self.root)

def _model(folder):
    from acml.model import ACML
    ACML.from_pretrained('cnmr').save_pretrained(folder/'m')
    return folder/'m'

def _library(folder):
    from acml.library import Library
    from acml.model import ACML
    Library.build(ACML.from_pretrained('cnmr'), ['CCO', 'CCN', 'CCC'], folder/'m', progress=False)
    return folder/'m'

def _checkpoint(folder):
    import torch
    from acml.checkpoint import write_checkpoint
    write_checkpoint(folder/'m', dict(a=torch.zeros(3, 4)), dict(b=torch.ones(5)), dict(step=3, best=[1., None]))
    from acml.checkpoint import find_folder
    return find_folder(folder/'m')

def _training_record(folder):
    from acml.training_record import write_training_record
    write_training_record(folder, dict(weights=['LFQSCWFLJHTTHZ-UHFFFAOYSA-N', 'QUSNBJAOOMFDIB-UHFFFAOYSA-N']))
    return folder

# ---- spectrometers

def _bruker(folder):
    import test_vendor as t
    exp = t.bruker(folder/'acetate'/'10', n=1024, peaks=t.ACETATE)
    (exp/'pdata'/'1'/'peak.txt').write_text(t.PEAK_TXT)
    return exp

def _bruker_trace(folder):
    import test_vendor as t
    return t.bruker(folder/'acetate'/'10', n=1024, extra='##$FTSIZE= 1024\n##$STSI= 1024\n')

def _bruker_old(folder):
    exp = _bruker(folder)
    (exp/'pdata'/'1'/'peaklist.xml').unlink()
    return exp

def _fid(folder):
    import test_vendor as t
    return t.bruker_fid(folder/'acetate'/'10')

def _varian(folder):
    import test_vendor as t
    return t.varian(folder/'acetate.fid')

def _zipped():
    import zipfile
    with tempfile.TemporaryDirectory() as d:
        exp = _bruker(Path(d))
        with zipfile.ZipFile(file := io.BytesIO(), 'w', zipfile.ZIP_DEFLATED) as z:
            for p in sorted(exp.rglob('*')): z.write(p, p.relative_to(d))
    return [file.getvalue()]

def _sd_files():
    "NMReDATA, NMRShiftDB2, fields of shifts."
    import test_nmr_records as t
    sd = t.sd(NMREDATA_VERSION='1.1\\', NMREDATA_SOLVENT='(CD3)2CO\\',
              NMREDATA_ASSIGNMENT='a, 14.2, 1\\\nHa, 1.2, H1\\',
              NMREDATA_1D_13C='Larmor=125\\\n51.8, L=a\\\n20.1\\',
              NMREDATA_1D_1H='Larmor=500.13\\\nSequence=zg30 \\\n; a comment\\\n7.60-7.20, N=5, L=H-C1, H-C2\\\n'
                             '4.8, S=dd, N=1, L=a, J=9.30(b), 4.89 ; c\\')
    fields = t.sd(**{'13C NMR': '58.1, 18.3', 'Spectrum 1H 0': '1.2;0.0T;0|3.6;0.0Q;1|', 'Solvent': '0:CDCl3'})
    return [(sd + fields).encode(), (t.FILES/'nmrshiftdb2_layout.sd').read_bytes()]

def _nmrml():
    import test_nmr_records as t
    atoms = ('<structure><atomList><atom id="a1" elementType="C"/><atom id="a2" elementType="O"/></atomList><bondList>'
             '<bond atomRefs="a1 a2" order="1"/></bondList></structure>')
    rows = t.multiplet(7.2, 'd', 'a1', (7.1, 7.3)) + t.multiplet('', 's', 'a2', (1.2,))
    return [o.encode() for o in (t.nmrml(atoms + rows), t.nmrml(t.array(t.TRACE[:300])),
                                 t.nmrml(t.array(t.TRACE[:300], compressed=False, kind='float32')))]

def _everything():
    "Seeds of all text formats of spectra."
    import test_mass_readers as m, test_vendor as t
    mass = [o.format(id='A').encode() for o in (m.MSP, m.MGF, m.RECORD)]
    return [*JCAMP, *REPORTS, *TABLES, *mass, *_sd_files(), *_nmrml(), t.xml(t.ACETATE).encode(), t.PEAK_TXT.encode()]

ENDINGS = '.txt .csv .tsv .xml .sdf .jdx .nmrML .msp .mgf .mzML .sd.gz .gz'.split()

def _under_any_name(path):
    "Read a file as if it were of another format."
    import zlib
    from acml.core import Rejected
    from acml.spectra import read_spectra
    raw = path.read_bytes()
    number = zlib.crc32(raw)
    renamed = path.with_name('a' + ENDINGS[number % len(ENDINGS)])
    renamed.write_bytes(gzip.compress(raw) if renamed.name.endswith('.gz') and number % 3 else raw)
    try: return read_spectra(renamed, (None, '13C', '1H')[number // 16 % 3], Rejected() if number // 64 % 2 else None,
                             pick=True)
    finally: renamed.unlink()

TABLES = [b'ppm,Type\n21.0,s\n60.4,t\n', b'f1 (ppm);Intensity\n21,0;1\n',
          'Nr\tδ (ppm)\tMultiplicity\tJ [Hz]\tNumber of hydrogens\tAssignment\tType\n1\t7.26\td\t8.0, 1.5\t2\tH-2\t'
          'Compound\n2\t2.31\ts\t\t3\tCH3\tSolvent\n'.encode(), b'no,shift,intensity\n1,171.12,35%\n2,60.44,100%\n']
QUESTIONS = [b'id,cnmr,hnmr\n1,"58.1, 18.3","3.6 q, 1.2 t"\nb,a.txt,\n', b'name;shifts\nx;58,1 18,3\n',
             '[{"id": 1, "cnmr": [58.1, 18.3]}]'.encode()]

def _questions(path):
    from acml.batches import read_questions
    return read_questions(path, 'cnmr', ('cnmr', 'hnmr'))

def _labels(path):
    from contextlib import suppress
    from acml.chem import read_smiles
    from acml.core import AcmlError
    from acml.labels import label_table, read_labels
    for table in read_smiles(path):
        with suppress(AcmlError): # names the column; whoever calls it has the file
            read_labels(label_table(table.drop(columns='smiles'))[0])

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
    def folder_of(made, name, where, what, **options):
        def make(folder):
            from importlib import import_module
            of, _, what_of_it = what.partition('.')
            load = getattr(import_module(f'acml.{where}'), of)
            if what_of_it: load = getattr(load, what_of_it)
            o = Folder(made, name, partial(load, **options))
            return [o.file.read_bytes()], Path(name).name, o
        return make
    def objects(reader):
        def make(folder):
            import fuzz_objects
            return fuzz_objects.make, None, getattr(fuzz_objects, reader)
        return make
    def experiment(made, name): return folder_of(made, name, 'vendor', 'read_experiments', pick=True)
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
                 peaktable=simple(TABLES, 'a.csv', 'peaktable', 'read_peaks'),
                 labels=lambda folder: ([b'smiles,y,z\nCCO,1.5,a\nCCN,2.5,b\nCCC,,a\n'], 'a.csv', _labels),
                 table=simple(lambda: [_parquet()], 'a.parquet', 'data', 'load_table'),
                 json=simple([b'{"a": [1, 2.5, null], "b": {"c": "x"}}'], 'a.json', 'core', 'read_json'),
                 pdb=file('a.pdb'), pdb_gz=file('a.pdb.gz'), mmcif=simple([CIF], 'a.cif', 'pocket', 'read_pocket'),
                 weights=lambda folder: ([_weights()], 'model.safetensors', _read_weights),
                 library=folder_of(_library, 'library.json', 'library', 'Library.load', verify=True),
                 config=folder_of(_model, 'config.json', 'model', 'ACML.from_pretrained'),
                 checkpoint=folder_of(_checkpoint, 'state.json', 'checkpoint', 'read_checkpoint'),
                 tensors=folder_of(_checkpoint, 'model.safetensors', 'checkpoint', 'read_checkpoint'),
                 training=folder_of(_training_record, 'training.parquet', 'training_record', 'read_training_record'))
    nmr = dict(nmredata=simple(_sd_files, 'a.sdf', 'nmrdata', 'read_sd_spectra'),
               nmrshiftdb2=simple(_sd_files, 'a.sd', 'upstream', 'read_nmrshiftdb2'),
               nmrml=simple(_nmrml, 'a.nmrML', 'nmrml', 'read_nmrml', pick=True),
               peaklist=experiment(_bruker, 'pdata/1/peaklist.xml'), acqus=experiment(_bruker_trace, 'acqus'),
               peaktxt=experiment(_bruker_old, 'pdata/1/peak.txt'), procs=experiment(_bruker_trace, 'pdata/1/procs'),
               trace=experiment(_bruker_trace, 'pdata/1/1r'), title=experiment(_bruker, 'pdata/1/title'),
               fid=experiment(_fid, 'fid'), fid_acqus=experiment(_fid, 'acqus'), procpar=experiment(_varian, 'procpar'),
               varian=experiment(_varian, 'fid'), zip=simple(_zipped, 'a.zip', 'vendor', 'read_experiments', pick=True),
               any_name=lambda folder: (_everything(), 'any', _under_any_name),
               questions=lambda folder: (QUESTIONS, 'a.csv', _questions),
               objects=objects('read'), records=objects('records'), embed=objects('embed'))
    pictures = {k: simple(lambda kind=k: [_pictures()[kind.upper()]], f'a.{k}', 'drawing', 'to_image')
                for k in ('png', 'jpeg', 'gif', 'bmp', 'tiff', 'webp')}
    return {**texts, **mass, **tables, **nmr, **other, **pictures}

# ---- one process that reads

def read_one(reader, raw, name, folder):
    "None where an input is read or refused as it should be; else what happened."
    from acml.core import AcmlError
    given = as_text(raw) if isinstance(raw, bytes) else raw
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
    found, slowest = [], [0., 0]
    limits = {signal.ITIMER_PROF: 20, signal.ITIMER_REAL: 300} # seconds of work, and of waiting for nothing
    def tell(at):
        memory, seconds = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, round(time.process_time(), 1)
        told = dict(at=at, found=found, slowest=slowest, memory=memory, seconds=seconds)
        Path(note).write_text(json.dumps(told))
    for i in range(begin, end):
        if i % 20 == 0 or i == begin: tell(i)
        for timer, seconds in limits.items(): signal.setitimer(timer, seconds) # its signal ends the process
        raw, t = mutate(np.random.default_rng([seed, i]), seeds), time.process_time()
        if why := read_one(reader, raw, name, folder): found.append([i, why])
        slowest = max(slowest, [round(time.process_time() - t, 3), i])
    for timer in limits: signal.setitimer(timer, 0)
    tell(end)

class Run:
    "Inputs of one reader: how many were read, what was found; kept in a file, if there is one."
    def __init__(self, target, seed, keep=None):
        self.target, self.seed, self.keep = target, seed, keep and Path(keep)/f'{target}-{seed}.json'
        self.known = dict(at=0, found=[], slowest=[0., 0], memory=0, seconds=0.)
        if self.keep and self.keep.exists(): self.known = json.loads(self.keep.read_text())

    def add(self, told):
        k = self.known
        k.update(at=told['at'], found=k['found'] + told['found'], slowest=max(k['slowest'], told['slowest']),
                 memory=max(k['memory'], told['memory']), seconds=k['seconds'] + told['seconds'])
        if self.keep:
            self.keep.parent.mkdir(parents=True, exist_ok=True)
            self.keep.write_text(json.dumps(k))

    def some(self, begin, end, d):
        "Read inputs in a process of its own: whether it came to its end; what it found is noted."
        note = Path(d)/'note'
        note.write_text(json.dumps(dict(at=begin, found=[], slowest=[0., 0], memory=0, seconds=0.)))
        words = ['--work', self.target, str(self.seed), str(begin), str(end), str(note)]
        done = subprocess.run([sys.executable, __file__, *words], capture_output=True,
                              env={**os.environ, 'PYTHONFAULTHANDLER': '1', 'TMPDIR': str(d)})
        told = json.loads(note.read_text())
        ended = done.returncode == 0
        if not ended and end - begin == 1:
            why = f'ended with code {done.returncode}: {done.stderr[-300:].decode()!r}'
            told.update(at=end, found=[[begin, why]])
        self.add(told)
        return ended

    def until(self, n, piece=20_000):
        "Read on to input n."
        while (at := self.known['at']) < n:
            with tempfile.TemporaryDirectory() as d: ended = self.some(at, min(at + piece, n), d)
            if ended: continue
            for i in range(self.known['at'], min(self.known['at'] + 20, n)): # those that may have ended it, one by one
                with tempfile.TemporaryDirectory() as d: self.some(i, i + 1, d)
        return self.known

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('readers', nargs='*', metavar='READER', help='default: all')
    parser.add_argument('-n', type=int, default=200, help='inputs a reader')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--keep', metavar='DIR', help='where to keep what was read, to go on after a stop')
    parser.add_argument('--show', nargs=2, metavar=('READER', 'NUMBER'))
    parser.add_argument('--work', nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work: return work(args.work[0], *map(int, args.work[1:4]), args.work[4])
    known = targets()
    if args.show:
        folder = Path(tempfile.mkdtemp())
        seeds, name, reader = known[args.show[0]](folder)
        raw = mutate(np.random.default_rng([args.seed, int(args.show[1])]), seeds)
        print(raw[:2000] if isinstance(raw, bytes) else ascii(raw))
        if name: (folder/name).write_bytes(raw)
        return print(reader(folder/name if name else as_text(raw) if isinstance(raw, bytes) else raw))
    if unknown := set(args.readers) - set(known): sys.exit(f'no reader {unknown}; there are {", ".join(known)}')
    bad = 0
    for target in args.readers or known:
        known = Run(target, args.seed, args.keep).until(args.n)
        found, (slowest, which) = known['found'], known['slowest']
        print(f'| {target} | {known["at"]:,} | {len(found)} | {slowest:.2f} s ({which}) | {known["memory"]:,} MB | '
              f'{known["seconds"]:.0f} s', flush=True)
        for i, why in found[:8]: print(f'    {i}: {why}', flush=True)
        bad += len(found)
    return bad > 0

if __name__ == '__main__':
    sys.path.insert(0, str(HERE))
    sys.exit(main())
