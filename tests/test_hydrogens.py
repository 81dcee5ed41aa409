"""Deuterium, drawn hydrogens and mirror images: what is one atom to a spectrum is one atom here."""
import numpy as np
import pytest
from acml import Library
from acml.graph import GraphStore, _strip_hydrogens
from acml.chem import to_mol
from acml.model import ACML

LABELLED, PLAIN = '[2H]c1c([2H])c([2H])c(C(=O)C)c([2H])c1[2H]', 'c1cccc(C(=O)C)c1'
ACETOPHENONE = [198.1, 137.1, 133.0, 128.5, 128.3, 26.4]


@pytest.fixture(scope='module')
def model(): return ACML.from_pretrained('cnmr')


@pytest.mark.parametrize('labelled, plain', [
    (LABELLED, PLAIN), ('[2H]OC', 'OC'), ('[H]/N=C(\\N)c1ccc(Cl)cc1', 'N=C(N)c1ccc(Cl)cc1'),
    ('[2H]C([2H])([2H])C', 'CC'), ('C[C@H]([2H])O', 'CCO'), ('[2H]n1cccc1', '[nH]1cccc1')])
def test_hydrogens_of_any_isotope_are_counted(labelled, plain):
    found, wanted = (GraphStore.from_smiles([s]).batch([0]) for s in (labelled, plain))
    assert sorted(found['x'].tolist()) == sorted(wanted['x'].tolist())


@pytest.mark.parametrize('smi', ['[H][H]', '[2H][2H]', '[H+]', '[2H-].[Na+]'])
def test_hydrogen_without_another_atom_stays(smi):
    assert len(GraphStore.from_smiles([smi]).batch([0])['x']) == to_mol(smi).GetNumAtoms()


def test_shifts_keep_the_order_of_the_smiles(model):
    shifts, (_, place) = model.predict_shifts(LABELLED), _strip_hydrogens(to_mol(LABELLED))
    assert len(shifts) == to_mol(LABELLED).GetNumAtoms()
    assert np.isnan(np.delete(shifts, place)).all()
    assert np.nanmax(shifts) == pytest.approx(np.nanmax(model.predict_shifts(PLAIN)), abs=1e-3)


def test_a_deuterated_compound_is_found_by_the_lines_of_the_plain_one(model):
    others = ['CCC(=O)c1ccccc1', 'Cc1ccc(C=O)cc1', 'CC(=O)c1ccc(F)cc1', 'C=Cc1ccccc1']
    library = Library.build(model, [LABELLED, *others], progress=False)
    assert library.identify(ACETOPHENONE, k=1)[0]['smiles'] == library.table()['smiles'][0]


@pytest.mark.parametrize('smi, n', [('C[C@@H]1CCCC[C@@H]1C', 4), ('O[C@@H]([C@H](O)C(=O)O)C(=O)O', 5),
                                    ('C[C@@H]1CCCC[C@H]1C', 4), ('C[C@H](O)C[C@@H](C)CC', 8)])
def test_halves_that_mirror_each_other_are_equal(smi, n):
    assert len(set(GraphStore.from_smiles([smi]).batch([0])['atom_class'].tolist())) == n
