"What a chemist would do without acml, as the benchmarks measure it."
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors

from acml.data import demo_table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
from baselines import baseline_ranks, likeness_ranks


@pytest.fixture(scope='module')
def molecules():
    table = demo_table('cnmr')
    return table[~table['inchikey'].str[:14].duplicated()].groupby('split').head(30).reset_index(drop=True)


@pytest.mark.parametrize('name', ['smiles', 'image', 'fingerprint', 'conformer'])
def test_a_record_of_the_structure_finds_its_like(molecules, name):
    ranks = likeness_ranks(molecules, name, n_queries=20)
    assert len(ranks) == 20 and set(molecules.loc[ranks.index, 'split']) == {'test'}
    assert ranks.between(1, len(molecules)).all()
    assert (ranks == 1).mean() > (.5 if name == 'conformer' else .9)


def test_another_style_is_less_alike(molecules):
    mine, comic = (likeness_ranks(molecules, 'image', style=style, n_queries=20) for style in ('default', 'comic'))
    assert (mine == 1).mean() > (comic == 1).mean()


def test_few_others_for_conformers(molecules):
    assert likeness_ranks(molecules, 'conformer', n_queries=5, n_others=10).max() <= 15


def test_the_nearest_training_record_ranks_the_molecules_of_its_modality(molecules):
    ranks = baseline_ranks(molecules, 'cnmr', n_queries=20)
    assert len(ranks) == 20 and ranks.attrs['n_library'] == len(molecules)
    assert ranks['rank'].between(1, len(molecules)).all() and ranks['rank'].median() < len(molecules) / 2


def test_suspect_rows_are_neither_asked_nor_learnt_from(molecules):
    table = molecules.assign(suspect=molecules['split'].eq('test') & (np.arange(len(molecules)) % 2 == 0))
    asked = table[(table['split'] == 'test') & ~table['suspect']]
    ranks = baseline_ranks(table, 'cnmr')
    assert list(ranks.index) == list(asked.index) and ranks.attrs['n_library'] == len(molecules)
    assert len(likeness_ranks(table, 'smiles', n_queries=None)) == len(asked)


def test_the_mass_of_the_precursor_comes_first():
    smiles, split = ['CCO', 'CCCO', 'CCCCO', 'CC(C)CO', 'c1ccccc1', 'CCN'], ['train', *['test']*3, 'train', 'train']
    mols = [Chem.MolFromSmiles(s) for s in smiles]
    table = pd.DataFrame(dict(smiles=smiles, split=split, family='lcms', inchikey=[Chem.MolToInchiKey(m) for m in mols],
                              mz=[[31., 45.], *[[31., 45.1]]*3, [51., 77.], [30., 44.]], intensity=[[1., 2.]]*6,
                              precursor_mz=[Descriptors.ExactMolWt(m) + 1.007276 for m in mols], adduct='[M+H]+'))
    ranks = baseline_ranks(table, 'lcms', modified=True) # all look like ethanol
    assert ranks['within_mass'].tolist() == [1, 1, 2] # two isomers: the one more like ethanol comes first
    assert (ranks['rank'] > ranks['within_mass']).all()
