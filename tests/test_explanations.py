"Explanations as a user asks for them: every modality, several records, bad input."
import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from acml.attribution import attribute
from acml.core import AcmlError
from acml.counterfactuals import counterfactuals
from acml.explain import explain_match
from acml.faithfulness import deletion_curve
from acml.isomer_widget import IsomerWidget
from acml.model import ACML
from acml.probes import probe

ETHYL_ACETATE = 'CCOC(C)=O'
RECORDS = dict(cnmr=[14.2, 21.0, 60.4, 171.1], hnmr=[1.26, 2.04, 4.12],
               gcms=dict(mz=[43., 45., 61., 70., 88.], intensity=[1., .15, .16, .12, .05]),
               lcms=dict(mz=[43.0178, 61.0284], intensity=[1., .6], precursor_mz=89.0597, adduct='[M+H]+'),
               text='an acetate ester of ethanol', smiles='CCOC(C)=O', fingerprint='CCOC(C)=O', image='CCOC(C)=O',
               conformer='CCOC(C)=O')

@pytest.fixture(scope='module')
def joint(): return ACML.from_pretrained('joint')

@pytest.mark.parametrize('name', RECORDS)
def test_every_modality_is_explained(joint, name):
    why = attribute(joint, ETHYL_ACETATE, **{name: RECORDS[name]})
    assert why.atoms.shape == (6,) and np.isfinite(why.atoms).all() and np.abs(why.atoms).max() > 1e-4
    assert np.isfinite(why.parts['score']).all() and why.pairs.shape == (6, len(why.parts))
    assert why.to_svg().startswith('<svg') and len(why.table) == len(why.parts)

@pytest.mark.parametrize('name, ions', [('gcms', {'C2H3O+', 'C4H8O2+'}),
                                        ('lcms', {'C2H3O+', 'C2H5O2+'})])
def test_peaks_are_pieces_of_the_molecule(joint, name, ions):
    found = explain_match(joint, ETHYL_ACETATE, RECORDS[name], name)
    assert {m.formula for m in found.pairs} >= ions and 'probability' in found.table
    assert attribute(joint, ETHYL_ACETATE, 'assignment', **{name: RECORDS[name]}).atoms.any()

def test_several_records_add_up(joint):
    both = attribute(joint, ETHYL_ACETATE, cnmr=RECORDS['cnmr'], hnmr=RECORDS['hnmr'])
    assert sum(both.inputs.values()) == pytest.approx(both.score) and len(both.parts) == 7

def test_equal_atoms_are_worth_the_same(joint):
    why = attribute(joint, 'CC(C)O', cnmr=[25.3, 64.0])
    assert why.atoms[0] == pytest.approx(why.atoms[2])

def test_names_in_a_text_stay_text(joint):
    svg = attribute(joint, ETHYL_ACETATE, text='an <img src=x onerror=alert(1)> ester').to_svg()
    assert '<img' not in svg

def test_a_curve_goes_from_the_whole_to_nothing(joint):
    why = attribute(joint, ETHYL_ACETATE, score='global', cnmr=RECORDS['cnmr'])
    for what in ('atoms', 'parts'): assert deletion_curve(joint, why, what=what)[[0, -1]] == pytest.approx([1, 0])

@pytest.mark.parametrize('name, parts', [('fingerprint', 'bit 807 '), ('conformer', 'O3'), ('image', 'O')])
def test_bits_drawn_atoms_and_atoms_in_space_are_left_out_one_by_one(joint, name, parts):
    why = attribute(joint, ETHYL_ACETATE, score='global', **{name: RECORDS[name]})
    assert len(why.parts) >= 6 and any(p.startswith(parts) for p in why.parts.part) and why.parts.score.std() > 0
    curve = deletion_curve(joint, why, what='parts')
    assert len(curve) == len(why.parts) + 1 and curve[[0, -1]] == pytest.approx([1, 0])

@pytest.mark.parametrize('records, says', [
    ({}, 'no record'), (dict(cnmr=[]), 'empty peak list'), (dict(cnmr=[float('nan')]), 'not a number'),
    (dict(gcms=dict(mz=[], intensity=[])), 'no peaks'), (dict(text=' '), 'text'),
    (dict(pocket='a.pdb'), 'no modality')])
def test_bad_records_are_named(joint, records, says):
    with pytest.raises(AcmlError, match=says): attribute(joint, ETHYL_ACETATE, **records)

@pytest.mark.parametrize('name', RECORDS)
def test_gradients_of_every_modality_are_drawn_also_where_parts_have_none(joint, name):
    pytest.importorskip('captum')
    why = attribute(joint, ETHYL_ACETATE, 'gradients', n_steps=4, **{name: RECORDS[name]})
    known = why.parts['score'].notna()
    assert np.isfinite(why.atoms).all() and (known.all() or not known.any())
    assert known.all() == ('parts not known' not in repr(why)) and 'nan' not in repr(why)
    assert why.to_svg().startswith('<svg') and '<table' in why._repr_html_()

def test_isomers_are_compared_by_lines_not_by_a_mass_spectrum(joint):
    with pytest.raises(AcmlError, match='a mass spectrum has no lines'):
        IsomerWidget([ETHYL_ACETATE, 'COC(=O)CC'], RECORDS['gcms'], joint)

def test_a_probe_names_the_property_that_has_a_gap():
    values = pd.DataFrame(dict(whole=np.arange(40.), gap=[*range(39), np.nan]))
    with pytest.raises(AcmlError, match='gap: a value is missing'): probe(np.eye(40), values, np.arange(40) < 20)

def test_written_hydrogens_are_refused_and_shift_no_atom(joint):
    "A model knows no hydrogens as atoms: with them all lines went to wrong atoms, and nothing was said."
    mol = Chem.MolFromSmiles(ETHYL_ACETATE)
    full = Chem.AddHs(mol)
    for ask in (lambda m: explain_match(joint, m, RECORDS['cnmr']), lambda m: attribute(joint, m, cnmr=[60.4]),
                lambda m: counterfactuals(joint, m, cnmr=[60.4], n_max=0)):
        with pytest.raises(AcmlError, match='8 hydrogens are atoms of their own: give Chem.RemoveHs'): ask(full)
    for plain in (mol, Chem.RemoveHs(full), ETHYL_ACETATE, 'C([H])([H])([H])COC(C)=O'):
        found = explain_match(joint, plain, RECORDS['cnmr'])
        assert [m.atoms for m in found.matches] == [(3,), (1,), (4,), (0,)]
    with pytest.raises(AcmlError, match='give Chem.RemoveAllHs'): explain_match(joint, '[2H]C(Cl)(Cl)Cl', [77.2])

def test_one_record_at_a_time_is_changed(joint):
    with pytest.raises(AcmlError, match='one record'): counterfactuals(joint, 'CCO', cnmr=[18.], hnmr=[1.2])
