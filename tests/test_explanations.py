"Explanations as a user asks for them: every modality, several records, bad input."
import numpy as np
import pytest

from acml.attribution import attribute
from acml.core import AcmlError
from acml.counterfactuals import counterfactuals
from acml.explain import explain_match
from acml.faithfulness import deletion_curve
from acml.model import ACML

ETHYL_ACETATE = 'CCOC(C)=O'
RECORDS = dict(cnmr=[14.2, 21.0, 60.4, 171.1], hnmr=[1.26, 2.04, 4.12],
               gcms=dict(mz=[43., 45., 61., 70., 88.], intensity=[1., .15, .16, .12, .05]),
               lcms=dict(mz=[43.0178, 61.0284], intensity=[1., .6], precursor_mz=89.0597, adduct='[M+H]+'),
               text='an acetate ester of ethanol', smiles='CCOC(C)=O', fingerprint='CCOC(C)=O', image='CCOC(C)=O')

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

@pytest.mark.parametrize('records, says', [
    ({}, 'no record'), (dict(cnmr=[]), 'empty peak list'), (dict(cnmr=[float('nan')]), 'not a number'),
    (dict(gcms=dict(mz=[], intensity=[])), 'no peaks'), (dict(text=' '), 'text'),
    (dict(pocket='a.pdb'), 'no modality')])
def test_bad_records_are_named(joint, records, says):
    with pytest.raises(AcmlError, match=says): attribute(joint, ETHYL_ACETATE, **records)

def test_one_record_at_a_time_is_changed(joint):
    with pytest.raises(AcmlError, match='one record'): counterfactuals(joint, 'CCO', cnmr=[18.], hnmr=[1.2])
