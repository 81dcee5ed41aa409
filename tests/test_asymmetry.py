"""Asymmetry by name: what is made of records and molecules, and that nothing changes where nobody asks for it."""
import numpy as np
import pytest

pytest.importorskip('torch')
pytest.importorskip('rdkit')

import torch
from acml.asymmetry import (DECOYS, VARIANTS, index_neighbours, isomer_neighbours, one_bond_isomers,
                            protonation_states, tautomers, weaken)
from acml.chem import to_formula, to_inchikey, to_smiles
from acml.core import AcmlError, RecordError
from acml.data import demo_table
from acml.loss import AsymmetryLoss, InfoNCELoss
from acml.modality import FeatureStore
from acml.model import ACML
from acml.recipes import RECIPES, Stage, make_learner
from acml.registry import SHIPPED, get_modality

RECORDS = {'cnmr': [128.4, 128.4, 21., 137.8], 'hnmr': [7.26, 2.31, 7.1],
           'gcms': dict(mz=[91., 65., 51.], intensity=[1., .3, .002]),
           'lcms': dict(mz=[91.0542, 65.0386, 119.049], intensity=[1., .3, .002], precursor_mz=192.138,
                        adduct='[M+H]+')}

def flat(features):
    return features if isinstance(features, np.ndarray) else np.concatenate([np.ravel(features[k]) for k in features])

@pytest.mark.parametrize('name', RECORDS)
@pytest.mark.parametrize('how', ['lost', 'merged', 'shifted', 'foreign', 'coarse'])
def test_a_weaker_record_can_be_read_and_says_something_else(name, how):
    modality, record = get_modality(name), RECORDS[name]
    plain, again = modality.featurize(record), weaken(name, record, how, np.random.default_rng(1))
    made = flat(modality.featurize(again))
    np.testing.assert_array_equal(made, flat(modality.featurize(weaken(name, record, how, np.random.default_rng(1)))))
    same = (name, how) in [('gcms', 'shifted'), ('gcms', 'coarse')] # nominal masses have no more to lose
    assert np.array_equal(made, flat(plain)) == same

@pytest.mark.parametrize('name', RECORDS)
def test_a_single_peak_is_never_lost(name):
    record = dict(mz=[91.], intensity=[1.]) if isinstance(RECORDS[name], dict) else [RECORDS[name][0]]
    for how in get_modality(name).weaker:
        for seed in range(5): get_modality(name).featurize(weaken(name, record, how, np.random.default_rng(seed)))

def test_only_spectra_can_be_made_weaker():
    assert {m for m in SHIPPED if get_modality(m).weaker} == set(RECORDS)
    rng = np.random.default_rng(0)
    with pytest.raises(AcmlError, match='there are no ways'): weaken('text', 'a red dye', 'lost', rng)
    with pytest.raises(RecordError, match='empty'): weaken('cnmr', [], 'lost', rng)

SMILES = ['CC(=O)Nc1ccc(O)cc1', 'C[C@H](N)C(=O)O', 'O=C1NC(=O)c2ccccc12', 'c1ccc2[nH]cnc2c1', 'CN1CCC[C@H]1c1cccnc1',
          'OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O', 'C=CCCC(C)=O', 'O=[N+]([O-])c1ccccc1', 'ClC=CCl',
          '[Na+].CC(=O)[O-]']

@pytest.mark.parametrize('smi', SMILES)
def test_variants_are_the_same_compound_and_decoys_isomers(smi):
    for f in VARIANTS.values():
        made = f(smi)
        assert made == sorted(set(made)) and to_smiles(smi) not in made
        assert {to_inchikey(s)[:14] for s in made} <= {to_inchikey(smi)[:14]}
    for f in DECOYS.values():
        made = f(smi, 8)
        assert len(made) <= 8 and made == f(smi, 8) and {to_formula(s) for s in made} <= {to_formula(smi)}
        assert not {to_smiles(s) for s in made} & {to_smiles(smi)}

@pytest.mark.parametrize('f', [*VARIANTS.values(), *DECOYS.values()])
@pytest.mark.parametrize('smi', ['C1CC', '', None])
def test_a_bad_molecule_is_named(f, smi):
    with pytest.raises(RecordError): f(smi)

def test_chemistry_by_hand():
    assert tautomers('Cc1c[nH]cn1') == ['Cc1cnc[nH]1']
    assert 'C=C(C)O' in tautomers('CC(C)=O', same=False) and tautomers('CC(C)=O') == []
    assert protonation_states('CCN') == ['CC[NH3+]'] and protonation_states('CC[NH3+]') == ['CCN']
    assert protonation_states('Nc1ccccc1') == [] # an aniline is hardly a base
    assert one_bond_isomers('CCCCC') == ['CCC(C)C']

def test_neighbours_by_hand():
    z = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    assert [o.tolist() for o in isomer_neighbours(['A', 'A', 'A', 'B'], z, 1)] == [[1], [0], [0], []]
    assert index_neighbours(z, 1)[:2].ravel().tolist() == [1, 0]
    assert index_neighbours(z[:0], 2).shape == (0, 2)

def test_the_sum_is_weighted():
    torch.manual_seed(0)
    a, b, c = torch.randn(3, 6, 8)
    terms = [InfoNCELoss()(*o) for o in ((a, b), (c, b), (a, c))]
    rows = torch.arange(6)
    both = AsymmetryLoss(shares=(.5, .3, .2))(a, b, positives_a=(rows, c), positives_b=(rows, c))
    assert torch.allclose(both, .5*terms[0] + .3*terms[1] + .2*terms[2])
    assert torch.equal(AsymmetryLoss(shares=(1, 0, 0))(a, b, positives_a=(rows, c)), terms[0])

def test_recipes_by_name_ask_for_none_of_it():
    new = {'asymmetry', 'weaker', 'variants', 'decoys', 'n_decoys', 'hard_from'}
    for recipe in RECIPES.values():
        for stage in recipe.to_dict()['stages']: assert not new & set(stage)

def test_a_stage_trains_with_all_of_it(tmp_path):
    "Two steps: finite, every kind is in the batches, isomers of other splits are not."
    table = demo_table('cnmr').groupby('split').head(48)
    stage = Stage('asymmetry', epochs=1, batch_size=24, lr=1e-3, weaker=('lost', 'foreign'), n_decoys=8, lines=.3,
                  variants=('tautomer', 'protonation', 'stereo'), decoys=('positional', 'one_bond'), n_negatives=16,
                  hard_from='formula', hard_group_size={'cnmr': 2}, valid=dict(n_others=0, n_queries=10))
    model = ACML.from_config(graph=dict(hidden_dim=32, n_layers=2), space=32, head_dim=32,
                             towers={'cnmr': dict(spectral=True)})
    learn = make_learner(model, stage, table, None, FeatureStore(tmp_path))
    batch = next(iter(learn.train_dl))
    assert {'weaker', 'variants'} <= set(batch) and len(batch['ids']) == len(batch['graph']['ptr']) - 1
    held = set(table.inchikey[table.split != 'train'].str[:14])
    assert not held & {key for made in learn.train_dl.decoys.values() for _, key in made}
    learn.fit()
    assert np.isfinite(learn.history['train_loss']).all()
