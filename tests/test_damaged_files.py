"""Truncated, bit-flipped, empty files: every reader gives what is whole, or the package's own error."""
import gzip, tarfile, warnings

import numpy as np
import pytest

from acml.chem import read_smiles
from acml.core import AcmlError, Rejected, read_text
from acml.massfiles import read_mass_spectra, read_massbank
from acml.pocket import read_pocket
from acml.spectra import read_spectra
from test_mass_readers import MGF, MSP, RECORD, mzml

PDB = ''.join(f'{kind:6s}{i:5d}  {atom:4s}{name} A{1 + (name == "LIG"):4d}    '
              f'{x:8.3f}{x:8.3f}{0:8.3f}  1.00 10.00           {atom[0]}\n'
              for i, (kind, atom, name, x) in enumerate([('ATOM', 'CA', 'ALA', 0), ('ATOM', 'CB', 'ALA', 1.5),
                                                         ('HETATM', 'C1', 'LIG', 3), ('HETATM', 'C2', 'LIG', 4),
                                                         ('HETATM', 'O1', 'LIG', 5)], 1)).encode() + b'END\n'

def archive(folder):
    (folder/'r.txt').write_text(RECORD.format(id='A') * 2)
    with tarfile.open(folder/'r.tar.gz', 'w:gz') as f: f.add(folder/'r.txt', 'r.txt')
    return (folder/'r.tar.gz').read_bytes()

def whole_files(folder):
    "Name, content, reader."
    mass = lambda p: read_mass_spectra(p, Rejected())
    smiles = lambda p: list(read_smiles(p))
    yield from ((f'a.{k}', (t.format(id='A') * 2).encode(), mass) for k, t in (
        ('msp', MSP), ('mgf', MGF), ('txt', RECORD)))
    yield 'a.msp.gz', gzip.compress(MSP.format(id='A').encode()), mass
    yield 'a.tar.gz', archive(folder), mass
    yield 'b.tar.gz', archive(folder), lambda p: read_massbank(p, Rejected())
    yield 'b.txt', (RECORD.format(id='A') * 2).encode(), lambda p: read_massbank(p, Rejected())
    yield 'a.mzML', mzml([([91.05, 119.05], [1., 2.])] * 2).encode(), mass
    yield 'a.csv', 'smiles,name\nCCO,Äthanol\nCCN,"a, b"\n'.encode(), smiles
    yield 'a.csv.gz', gzip.compress(b'smiles,name\nCCO,ethanol\n'), smiles
    yield 'a.smi', 'CCO Äthanol\nCCN amine\n'.encode(), smiles
    atom = b'    0.0000    0.0000    0.0000 C   0  0\n'
    yield 'a.sdf', b'x\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n' + atom + b'M  END\n$$$$\n', smiles
    yield 'peaks.csv', b'ppm,Type\n21.0,s\n60.4,t\n', read_spectra
    yield 'peaks.txt', '13C NMR (101 MHz, CDCl3) δ 171.1, 60.4, 21.0'.encode(), read_spectra
    yield 'a.pdb', PDB, read_pocket
    yield 'a.pdb.gz', gzip.compress(PDB), read_pocket

NAMES = ['a.msp', 'a.mgf', 'a.txt', 'a.msp.gz', 'a.tar.gz', 'b.tar.gz', 'b.txt', 'a.mzML', 'a.csv', 'a.csv.gz', 'a.smi',
         'a.sdf', 'peaks.csv', 'peaks.txt', 'a.pdb', 'a.pdb.gz']

@pytest.mark.parametrize('name', NAMES)
def test_damaged_files(tmp_path, name):
    if name == 'a.mzML': pytest.importorskip('pyteomics')
    raw, reader = next((raw, reader) for n, raw, reader in whole_files(tmp_path) if n == name)
    path, rng = tmp_path/name, np.random.default_rng(0)
    path.write_bytes(raw)
    assert len(reader(path)), 'the whole file is read'
    for trial in range(60):
        bad = bytearray(raw[:rng.integers(len(raw))] if trial % 3 == 0 else raw)
        for _ in range(trial % 4 if bad else 0): bad[rng.integers(len(bad))] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(bad) if trial else b'')
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                reader(path)
        except AcmlError as e: assert str(e)

@pytest.mark.parametrize('name', NAMES)
def test_noise_is_an_error(tmp_path, name):
    if name == 'a.sdf': pytest.skip('a row without a molecule, which whoever reads it reports')
    reader = next(reader for n, _, reader in whole_files(tmp_path) if n == name)
    path = tmp_path/name
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    with pytest.raises(AcmlError):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            reader(path)

def test_missing_files_and_folders(tmp_path):
    for name in ('none.txt', 'none.txt.gz'):
        with pytest.raises(AcmlError, match='no such file'): read_text(tmp_path/name)
    with pytest.raises(AcmlError, match='a folder'): read_text(tmp_path)

def test_a_header_beyond_the_limit_names_the_file(tmp_path):
    (tmp_path/'x.csv').write_text('smiles,' + 'x' * 140_000 + '\nC,1\n')
    with pytest.raises(AcmlError, match='x.csv.*first line'): list(read_smiles(tmp_path/'x.csv'))
