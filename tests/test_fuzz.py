"""A short run of tests/fuzz.py, and text from all of Unicode: what is no AcmlError is a mistake of ours."""
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import fuzz
from acml.core import AcmlError

LIGHT = ['report', 'peaks', 'smiles', 'formula', 'adduct', 'energy', 'msp', 'mgf', 'massbank', 'massbank_table',
         'massbank_archive', 'msp_gz', 'csv', 'csv_gz', 'smi', 'sdf', 'parquet', 'table', 'jcamp', 'peaktable', 'json',
         'png', 'jpeg', 'gif', 'bmp', 'tiff', 'webp', 'pdb', 'pdb_gz', 'mmcif', 'weights']

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
