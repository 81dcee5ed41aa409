"The recipe `joint` from its first stage to its last, made small, on a few records of every kind."
from dataclasses import replace

import numpy as np
import pandas as pd
from acml.composition import COMPOSITION_DIM
from acml.model import ACML
from acml.modality import FeatureStore
from acml.recipes import get_recipe, train

def few_of_each(shared, n):
    "Up to `n` train and 30 valid records of each kind; no train molecule is anything else elsewhere."
    nmr, mass, chebi = (pd.read_parquet(shared(f'{name}.parquet')) for name in ('nmrshiftdb2', 'massbank', 'chebi20'))
    chebi = chebi.assign(split=chebi['split_alt'])
    held = {block for t in (nmr, mass, chebi) for block in t.loc[t['split'] != 'train', 'inchikey'].str[:14]}
    kinds = [nmr[nmr['nucleus'] == '13C'], nmr[nmr['nucleus'] == '1H'], mass[mass['family'] == 'gcms'],
             mass[mass['family'] == 'lcms'], chebi]
    train_only = lambda t: t[(t['split'] == 'train') & ~t['inchikey'].str[:14].isin(held)]
    return pd.concat([part.sample(min(k, len(part)), random_state=0) for t in kinds
                      for part, k in ((train_only(t), n), (t[t['split'] == 'valid'], 30))], ignore_index=True)

def small(recipe):
    "The same stages, a few batches each."
    few = lambda s: dict(epochs=2 if s.hard_group_size else 1, n_batches=3, batch_size=40, n_views={},
                         n_negatives=16 if s.n_negatives else 0,
                         valid=dict(n_others=40, n_queries=15) if s.valid else {},
                         n_records=dict(conformer=20) if s.n_records else {})
    return replace(recipe, stages=[replace(s, **few(s)) for s in recipe.stages])

def test_all_stages_of_joint_run_and_keep_spectra_and_structure_apart(shared, tmp_path):
    recipe = small(get_recipe('joint'))
    model = train(recipe, few_of_each(shared, 60), tmp_path/'joint', store=FeatureStore(tmp_path/'store'))
    stages = ACML.from_pretrained(tmp_path/'joint').info['valid']
    assert list(stages) == [f'stage{i}' for i in range(1, 9)]
    assert set(model.info['local']) == set(model.info['weights']) == {'cnmr', 'hnmr', 'gcms', 'lcms'}
    z = model.embed('graph', ['CCO', 'c1ccccc1O'])
    assert (np.allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)
            and np.ptp(np.linalg.norm(z[:, :320], axis=1)) < 1e-5), 'spectral terms of one length'
    for name, record in dict(smiles='CCO', image='CCO', fingerprint='CCO', conformer='CCO', text='an alcohol').items():
        assert not model.embed(name, [record])[:, :320].any(), f'{name} asks in the dimensions of structure alone'
    for name, record in dict(cnmr=[18., 57.], hnmr=[1.2, 3.7]).items():
        assert not model.embed(name, [record])[:, 320:].any(), f'{name} in those of spectra'

def test_strings_and_pictures_tell_long_chains_and_large_rings_apart():
    "What differs by one CH2 has another composition, however large; spectra, texts, fingerprints do not use it."
    joint, near = ACML.from_pretrained('joint'), ['CCCCCCCCCC1CCCCC1', 'CCCCCCCCCCC1CCCCC1', 'CCCCCCCCCCCC1CCCCC1',
                                                  'C1CCCCCCCCC1', 'C1CCCCCCCCCC1', 'C1CCCCCCCCCCC1']
    z, last = joint.embed('graph', near), slice(-COMPOSITION_DIM, None)
    for name in ('smiles', 'image'):
        assert (joint.embed(name, near) @ z.T).argmax(1).tolist() == list(range(len(near))), name
    of_string, of_graph = (x[:, last] / np.linalg.norm(x[:, last], axis=1, keepdims=True)
                           for x in (joint.embed('smiles', near), z))
    assert np.allclose(of_string, of_graph, atol=1e-4)
    for name, record in dict(cnmr=[18., 57.], text='an alcohol', fingerprint='CCO').items():
        assert not joint.embed(name, [record])[:, last].any(), name

def test_a_stereoisomer_or_an_isotope_changes_no_composition():
    joint = ACML.from_pretrained('joint')
    spellings = ['C[C@H](N)C(=O)O', 'CC(N)C(=O)O', 'OC(=O)C(C)N', '[13CH3]C(N)C(=O)O']
    q = joint.embed('smiles', spellings)[:, -COMPOSITION_DIM:]
    assert np.allclose(q, q[:1], atol=1e-5)
