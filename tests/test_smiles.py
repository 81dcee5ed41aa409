"""The SMILES modality against strings nobody would write, against RDKit on real tables, and without its extra."""
import importlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acml.chem import to_mol, to_smiles
from acml.core import AcmlError, RecordError, shared_data
from acml.modality import PRETRAINED, encode_features, get_modality
from acml.smiles import (_FIRST_BOND, _MAX_TOKENS, HuggingFaceSMILES, SMILESEncoder, _labelled_tokens, _link_tokens,
                         augment_smiles, _collate_smiles, _featurize_smiles)

def bonds(smi):
    "Bonds between atoms as the links of tokens have them."
    tokens = _featurize_smiles(smi, canonical=False)
    place = {i: k for k, i in enumerate(np.flatnonzero(tokens < _FIRST_BOND).tolist())}
    return sorted(tuple(sorted((place[i], place[j])))
                  for i, j in _link_tokens(tokens.tolist()) if i in place and j in place)

def rdkit_bonds(smi):
    return sorted(tuple(sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx()))) for b in to_mol(smi).GetBonds())

@given(st.text(alphabet='CcNnOo[]()=#123%@+-H.\\/l ', max_size=25))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused(text):
    for canonical in (True, False):
        try: tokens = _featurize_smiles(text, canonical=canonical)
        except RecordError: continue
        assert len(tokens) and tokens.dtype == np.int16
        assert _collate_smiles([tokens])['link'].shape[1] == 3

@given(st.lists(st.integers(1, 190), max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_tokens_have_links(tokens):
    assert all(0 <= i < len(tokens) and 0 <= j < len(tokens) for i, j in _link_tokens(tokens))

@pytest.mark.parametrize('bad', [None, '', ' ', 7, float('nan'), b'CCO', ['C'], 'C1CC', 'CN(C)(C)(C)C', 'c1cccc1',
                                 '[Xx]', 'C' * (_MAX_TOKENS + 1), 'name only'])
def test_bad_records_are_refused(bad):
    for canonical in (True, False):
        with pytest.raises(RecordError): _featurize_smiles(bad, canonical=canonical)

def test_large_molecules():
    "500 atoms are read; a batch of one large and many small ones does not depend on its mates."
    large, modality = 'NCC(=O)' * 125 + 'O', get_modality('smiles')
    encoder = SMILESEncoder(48, 1, 48, 16, (16, 32)).eval()
    assert to_mol(large).GetNumAtoms() == 501
    features = [_featurize_smiles(s) for s in (large, 'C', 'CCO')]
    together = encode_features(modality, encoder, features)
    assert np.allclose(together, np.concatenate([encode_features(modality, encoder, [f]) for f in features]), atol=1e-4)

def test_links_are_the_bonds_of_rdkit():
    "Canonical and random spellings of real molecules."
    path = shared_data('nmrshiftdb2.parquet')
    if path is None: pytest.skip('nmrshiftdb2.parquet is not here')
    import pandas as pd
    smiles = pd.read_parquet(path, columns=['smiles'])['smiles'].drop_duplicates()
    rng, n = np.random.default_rng(0), 0
    for smi in smiles.sample(400, random_state=0):
        for text in (to_smiles(smi), augment_smiles(smi, rng)):
            if (_featurize_smiles(text, canonical=False) < _FIRST_BOND).sum() != to_mol(text).GetNumAtoms(): continue
            assert bonds(text) == rdkit_bonds(text), text
            n += 1
    assert n > 780

def test_explicit_hydrogens_and_dative_bonds_do_no_harm():
    for smi in ('[H]/N=C/C', '[H][H]', '[2H]C([2H])[2H]', 'N->[Fe]', 'C~C', 'C%(123)CC%(123)', 'C1CC.C1'):
        try: tokens, labels = _labelled_tokens(smi)
        except RecordError: continue
        assert labels.shape == (2, len(tokens))

def test_shipped_weights_are_small_and_say_where_they_come_from():
    from acml.core import read_json
    folder = PRETRAINED/'smiles_encoder'
    assert (folder/'model.safetensors').stat().st_size < 6.5e6
    info = read_json(folder/'config.json')
    assert {'recipe', 'losses', 'n_records', 'data', 'data_fingerprint', 'licence', 'scores'} <= set(info)
    assert 'CC BY-SA' in info['licence']

def test_checkpoint_without_transformers(monkeypatch):
    real = importlib.import_module
    def without(name, *args):
        if name == 'transformers': raise ImportError(name)
        return real(name, *args)
    monkeypatch.setattr(importlib, 'import_module', without)
    with pytest.raises(AcmlError, match='pip install'): get_modality('smiles', checkpoint='some/checkpoint')

def test_checkpoint_without_network(monkeypatch):
    pytest.importorskip('transformers')
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    with pytest.raises(AcmlError, match='cannot load it'): HuggingFaceSMILES('nobody/there-is-no-such-checkpoint')

@pytest.mark.parametrize('asked', [False, True])
def test_no_checkpoint_is_asked_for_on_the_network_without_a_word(monkeypatch, asked):
    "The folder of somebody else may name one."
    transformers, told = pytest.importorskip('transformers'), []
    def load(checkpoint, **options):
        told.append(checkpoint)
        raise OSError('not here')
    for kind in ('AutoTokenizer', 'AutoConfig', 'AutoModel'):
        monkeypatch.setattr(getattr(transformers, kind), 'from_pretrained', load)
    if asked: monkeypatch.setenv('ACML_DOWNLOAD', '1')
    else: monkeypatch.delenv('ACML_DOWNLOAD', raising=False)
    with pytest.raises(AcmlError, match='cannot load it'): HuggingFaceSMILES('nobody/not-here')
    assert told == ['nobody/not-here'] * asked # else nobody is asked but the disk
