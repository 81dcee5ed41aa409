"""Texts and fingerprints as they come: any string, no extra installed, a recipe that remakes the encoder."""
import subprocess, sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acml.core import RecordError
from acml.data import demo_table
from acml.fingerprint import fingerprint_modality
from acml.modality import encode_features
from acml.text import MINILM, TextEncoder, _pretrain_text, text_modality

@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_string_is_read_or_refused(record):
    text = text_modality()
    try: features = text.featurize(record)
    except RecordError as e: assert 'text' in str(e); return
    hidden = encode_features(text, small(), [features])
    assert hidden.shape == (1, 50) and np.isfinite(hidden).all()

def small():
    if not hasattr(small, 'encoder'):
        small.encoder = TextEncoder(50).eval()
        _pretrain_text(small.encoder,
                      ['a methyl ester of an acid', 'an ethyl ester', 'a methyl ketone', 'an acid and a ketone'])
    return small.encoder

@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='CNOcno()[]=#123+-@/\\.H ', max_size=40))
def test_any_smiles_is_read_or_refused(record):
    fp = fingerprint_modality()
    try: assert fp.featurize(record).shape == (2048,)
    except RecordError: pass

def test_terms_need_no_extra():
    "Without sentence-transformers the shipped encoder works, and the other one says what to install."
    code = ("import sys; sys.modules['sentence_transformers'] = None\n"
            "from acml.text import MINILM, text_modality\n"
            "for m in (text_modality(), text_modality(MINILM)):\n"
            "    e = m.encoder()\n"
            "    try: print(tuple(e(m.collate([m.featurize('benzene')])).shape))\n"
            "    except ValueError as x: print(x)")
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert out == ['(1, 6000)', 'sentences need pip install sentence-transformers']

def test_recipe_remakes_and_saves(tmp_path):
    from acml.recipes import pretrain_encoder
    table = demo_table('cnmr').drop_duplicates('inchikey').head(60)
    table = table.assign(description=[f'The molecule has the formula {f} and is called {n}.'
                                      for f, n in zip(table['formula'], table['name'])])
    made = pretrain_encoder('text', table, tmp_path/'text')
    again = TextEncoder.from_pretrained(tmp_path/'text')
    assert again.fingerprint() == made.fingerprint() and (again.weight > 0).any()

def test_sentences_in_any_company():
    pytest.importorskip('sentence_transformers')
    pytest.importorskip(MINILM.replace('-', '_'))
    text = text_modality(MINILM)
    encoder, features = text.encoder(), [text.featurize(t) for t in ('methyl benzoate', 'ester ' * 3000)]
    together = encode_features(text, encoder, features)
    assert np.allclose(together[:1], encode_features(text, encoder, features[:1]), atol=1e-4)
