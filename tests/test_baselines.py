"What a chemist would do without acml, as the benchmarks measure it."
import sys
from pathlib import Path

import pytest

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
    assert len(ranks) == 20 and ranks.between(1, len(molecules)).all() and ranks.median() < len(molecules) / 2
