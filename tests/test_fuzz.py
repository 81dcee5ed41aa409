"""A short run of tests/fuzz.py, and text from all of Unicode: what is no AcmlError is a mistake of ours."""
import gzip, re, time, warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import fuzz, test_mass_readers, test_nmr_records, test_vendor
from acml.chem import read_smiles
from acml.core import AcmlError, RecordError, Rejected
from acml.nmrdata import read_sd_spectra
from acml.nmrml import read_nmrml
from acml.peaktable import read_peaks
from acml.records import to_records
from acml.spectra import read_spectra
from acml.upstream import read_nmrshiftdb2
from acml.vendor import read_experiments

LIGHT = ['report', 'peaks', 'smiles', 'formula', 'adduct', 'energy', 'msp', 'mgf', 'massbank', 'massbank_table',
         'massbank_archive', 'msp_gz', 'csv', 'csv_gz', 'smi', 'sdf', 'parquet', 'table', 'jcamp', 'peaktable', 'json',
         'png', 'jpeg', 'gif', 'bmp', 'tiff', 'webp', 'pdb', 'pdb_gz', 'mmcif', 'weights', 'nmredata', 'nmrshiftdb2',
         'nmrml', 'peaklist', 'peaktxt', 'acqus', 'procs', 'trace', 'title', 'fid', 'fid_acqus', 'procpar', 'varian',
         'zip', 'any_name', 'questions', 'labels', 'checkpoint', 'tensors', 'training', 'objects', 'records']

@pytest.mark.parametrize('target', LIGHT)
def test_damaged_inputs(tmp_path, target):
    seeds, name, reader = fuzz.targets()[target](tmp_path)
    for i in range(60):
        raw = fuzz.mutate(np.random.default_rng([1, i]), seeds)
        assert fuzz.read_one(reader, raw, name, tmp_path) is None, f'python tests/fuzz.py --seed 1 --show {target} {i}'

def test_what_is_found_is_said(tmp_path):
    def bad(path): raise KeyError('x')
    def nameless(path): raise AcmlError('it does not work')
    assert fuzz.read_one(bad, b'x', 'a.txt', tmp_path).startswith('KeyError at test_fuzz.py')
    assert fuzz.read_one(nameless, b'x', 'a.txt', tmp_path) == 'names no file: it does not work'
    assert fuzz.read_one(lambda p: None, b'x', 'a.txt', tmp_path) is None

SIGNS = '0123456789.,;:-–~δ()[]{}HCJNMRppmHz= \n\t"\'\u2003\u202e'
TEXT = st.text(max_size=300) | st.text(st.sampled_from(SIGNS), max_size=300)

@pytest.mark.parametrize('where, what', [
    ('spectrum', 'parse_peaks'), ('spectrum', 'read_report'), ('chem', 'to_inchikey'), ('chem', 'formula_mass'),
    ('massspec', 'parse_adduct'), ('massfiles', '_parse_energy'), ('spectra', 'read_spectra'), ('core', 'printable')])
@settings(max_examples=80)
@given(text=TEXT)
def test_any_text(where, what, text):
    from importlib import import_module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            getattr(import_module(f'acml.{where}'), what)(text)
    except AcmlError as e: assert str(e)

# ---- what runs found, and what a look at the patterns found

def sd(*lines): return '\n'.join(('x', '', '', '  0  0  0  0  0  0  0  0  0  0999 V2000', 'M  END', *lines, '$$$$', ''))

def read_within(seconds, reader, *args):
    "What a reader says of an input, in time: processor time, since others work beside."
    t = time.process_time()
    try: return reader(*args)
    except AcmlError as e: return str(e)
    finally: assert time.process_time() - t < seconds

@pytest.mark.parametrize('name, text', [
    ('a tag of opening signs', sd('> ' + '<'*60_000, '7.26', '')),
    ('a field of many lines', sd('>  <13C NMR>', *['7.26']*200_000, '')),
    ('a field of blanks', sd('>  <Solvent>', '0:' + ' '*200_000 + 'x', '', '>  <Spectrum 13C 0>', '7.2;0;1|')),
    ('a shift of many digits', sd('>  <Spectrum 13C 0>', '9'*60_000 + 'x;0;1|', '')),
    ('an atom of many digits', sd('>  <NMREDATA_ASSIGNMENT>', 'a, 7.2, ' + '9'*6000 + '\\', '')),
    ('a record of 6 MB', sd('>  <13C NMR>', *['7.26'*20]*80_000, '')),
    ('more atoms than there may be', sd('').replace('  0  0  0', '999999  0', 1)),
])
def test_sd_records_that_would_take_for_ever(tmp_path, name, text):
    (tmp_path/'a.sdf').write_text(text)
    report = Rejected()
    read_within(5, read_sd_spectra, tmp_path/'a.sdf', None, report)
    read_within(5, read_nmrshiftdb2, tmp_path/'a.sdf', Rejected())
    assert report.n_ok + len(report) == 1

def test_one_limit_for_all_sd_files(tmp_path):
    "A record that is too large is named, those around it are read; line ends and encodings are those of any system."
    good = sd('>  <13C NMR>', '58.1, 18.3', '').replace('x\n', 'Grün\n', 1)
    large = sd('>  <13C NMR>', *['7.26'*20]*80_000, '')
    raw = (good + large + good).replace('\n', '\r').encode('cp1252')
    (tmp_path/'a.sdf').write_bytes('\ufeff'.encode() + raw)
    report = Rejected()
    found = read_sd_spectra(tmp_path/'a.sdf', report=report)
    assert [s.meta['file'].partition(': ')[2] for s in found] == ['Grün']*2
    assert [r['reason'] for r in report] == ['more than 4 MB']
    rows = pd.concat(read_smiles(tmp_path/'a.sdf'))
    assert len(rows) == 3 and rows.smiles[1].reason == 'more than 4 MB' and rows.id[2] == 'Grün'

def test_a_damaged_archive_of_the_database(tmp_path):
    raw = bytearray(gzip.compress(sd('>  <nmrshiftdb2 ID>', '1', '').encode() * 50))
    raw[len(raw)//2] ^= 255
    (tmp_path/'a.sd.gz').write_bytes(raw)
    for reader in (read_nmrshiftdb2, read_sd_spectra):
        with pytest.raises(AcmlError, match='a.sd.gz: cannot be read'): reader(tmp_path/'a.sd.gz')

@pytest.mark.parametrize('settings, reason', [
    (dict(NC_proc='1e300'), 'NC_proc= 1e\\+300: no power of 2'),
    (dict(SI='1e300'), '1r truncated: 1024 points, not 1e\\+300')])
def test_settings_that_are_no_size(tmp_path, settings, reason):
    exp = test_vendor.bruker(tmp_path/'acetate'/'10', n=1024)
    procs = exp/'pdata'/'1'/'procs'
    for k, v in settings.items(): procs.write_text(re.sub(rf'(##\${k}=).*', rf'\g<1> {v}', procs.read_text()))
    with pytest.raises(RecordError, match=f'acetate/10: {reason}'): read_experiments(exp, pick=True)

@pytest.mark.parametrize('old, new, reason', [('SW_h= ', 'SW_h= -', 'SW_h= -.*: it must be positive'),
                                              ('SFO1= 1', 'SFO1= 0 $$1', 'SFO1')])
def test_a_signal_without_a_width(tmp_path, old, new, reason):
    exp = test_vendor.bruker_fid(tmp_path/'acetate'/'10')
    (exp/'acqus').write_text((exp/'acqus').read_text().replace(old, new))
    with pytest.raises(RecordError, match=f'acetate/10: {reason}'): read_experiments(exp, pick=True)

def test_a_drawn_cage_in_nmrml_is_left_out(tmp_path):
    atoms = ''.join(f'<atom id="a{i}" elementType="C"/>' for i in range(2000))
    rows = test_nmr_records.multiplet(7.2, 's', 'a1')
    text = test_nmr_records.nmrml(f'<atomList>{atoms}</atomList>{rows}')
    (tmp_path/'a.nmrML').write_text(text)
    assert read_nmrml(tmp_path/'a.nmrML').meta['smiles'] is None

def test_a_table_whose_numbers_do_not_end():
    with pytest.raises(RecordError): read_peaks('x', '13C', 'shift\tint\n' + '9'*5000 + '\t7.2\t1\n')

BAD = float('nan'), [], [[1.], [2., 3.]], [1 + 2j], {1: 2}, object(), 10**400, np.zeros((2, 3)), pd.NA, 'x'

@pytest.mark.parametrize('bad', BAD, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize('key', ['shifts', 'nucleus', 'multiplicities', 'intensities', 'mz', 'precursor_mz', 'adduct'])
def test_objects_with_something_else_in_a_field(key, bad):
    "Two good ones beside it are read."
    nmr, ms = dict(shifts=[58.1, 18.3], nucleus='13C'), dict(mz=[31., 45.], intensity=[1., .5], precursor_mz=47.05)
    good = nmr if key in ('shifts', 'nucleus', 'multiplicities', 'intensities') else ms
    report = Rejected()
    found = read_spectra([good, {**good, key: bad}, good], report=report)
    assert len(found) + len(report) == 3 and len(found) >= 2

@pytest.mark.parametrize('other', [None, 3.5, object], ids=str)
def test_what_is_no_spectrum_among_others_is_set_aside(other):
    report = Rejected()
    assert len(read_spectra([dict(shifts=[7.26]), other], report=report)) == 1
    assert [r['id'] for r in report] == ['item 1']

def test_an_object_of_another_program_that_fails(monkeypatch):
    class Row(tuple):
        def _asdict(self): raise KeyError('gone')
    for reader in (read_spectra, lambda o: to_records('cnmr', [o])):
        with pytest.raises(RecordError, match='cannot be read .KeyError'): reader(Row((1,)))

def test_a_scan_whose_level_is_told_twice(tmp_path):
    pytest.importorskip('pyteomics')
    text = test_mass_readers.mzml([([91.05, 119.05], [1., 2.])] * 2)
    level = re.search(r'<cvParam[^>]*"ms level"[^>]*/>', text)[0]
    (tmp_path/'a.mzML').write_text(text.replace(level, level*2, 1))
    assert len(read_spectra(tmp_path/'a.mzML')) == 2
