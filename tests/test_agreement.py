"""Verifying a structure: the verdict, what disagrees, and `acml verify`."""
import json, math

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from acml.agreement import GREEN, RED, Verification, verify
from acml.cli import main
from acml.core import AcmlError
from acml.library import Library
from acml.massspec import MassSpectrum
from acml.model import ACML
from acml.spectrum import read_report

PARA, META = 'CC(=O)c1ccc(OC)cc1', 'CC(=O)c1cccc(OC)c1'
LINES = [26.3, 55.4, 113.7, 130.3, 130.6, 163.5, 196.7]
FACTS = {'cnmr': 6, 'hnmr': 6}

@pytest.fixture(scope='module')
def model(): return ACML.from_pretrained('cnmr')

@pytest.fixture(scope='module')
def protons(): return ACML.from_pretrained('hnmr')

@pytest.fixture(scope='module')
def joint(): return ACML.from_pretrained('joint')

@pytest.fixture(scope='module')
def right(model): return verify(model, PARA, cnmr=LINES)

@pytest.fixture(scope='module')
def wrong(model): return verify(model, META, cnmr=LINES)

def what(found, kind): return found.disagreements[found.disagreements['what'] == kind]

# ---- the verdict

def test_the_right_structure_is_green_and_its_isomer_red(right, wrong):
    assert (right.light, wrong.light) == ('green', 'red')
    assert right.probability >= GREEN and wrong.probability <= RED
    assert right.judged_by == wrong.judged_by == ('cnmr',)

def test_the_isomer_that_fits_better_is_the_right_one(right, wrong):
    assert not right.n_better and not len(right.disagreements)
    best = wrong.isomers.iloc[0]
    assert best['better'] and Chem.CanonSmiles(best['smiles']) == Chem.CanonSmiles(PARA)

def test_the_calibration_says_what_it_rests_on(right):
    assert right.about['split'] == 'valid' and right.about['n_pairs'] > right.about['n_molecules'] > 100
    assert 'half of the weight' in right.about['negatives']

@pytest.mark.parametrize('name', ['cnmr', 'hnmr', 'joint'])
def test_each_calibration_has_a_weight_for_each_piece_of_evidence(name):
    for key, said in ACML.from_pretrained(name).info.get('verify', {}).items():
        n = sum(FACTS[m] for m in key.split('+')) + 1 # six of each spectrum, and the lead
        assert len(said['weights']) == n + 1 and np.isfinite(said['weights']).all(), f'{name}, {key}'

def test_without_a_calibration_nothing_is_judged_and_that_is_said(model):
    bare = ACML.from_pretrained('cnmr')
    bare.info = {k: v for k, v in bare.info.items() if k != 'verify'}
    found = verify(bare, META, cnmr=LINES)
    assert (found.light, found.probability) == ('grey', None)
    assert 'no calibration' in repr(found) and 'no calibration' in found._repr_html_()
    assert len(found.disagreements) and found.n_better # what can be seen is told

def test_a_calibration_of_another_version_is_refused():
    old = ACML.from_pretrained('cnmr')
    old.info = {**old.info, 'verify': {'cnmr': dict(weights=[0., 1.], about={})}}
    with pytest.raises(AcmlError, match='fit it again'): verify(old, PARA, cnmr=LINES)

def test_the_answer_does_not_depend_on_the_order_of_lines_or_the_spelling(model, right):
    again = verify(model, 'COc1ccc(C(C)=O)cc1', cnmr=LINES[::-1])
    assert again.probability == pytest.approx(right.probability, abs=2e-3)
    assert verify(model, Chem.MolFromSmiles(PARA), cnmr=LINES).light == 'green'

# ---- what disagrees

def test_a_line_that_is_moved_is_found_with_its_atom(model):
    found = verify(model, PARA, cnmr=[36.3, *LINES[1:]])
    rows = found.disagreements
    assert ((rows['observed_ppm'] == 36.3) | (rows['predicted_ppm'].between(20, 33))).any()
    assert any('C1' in o for o in rows['atoms'])

def test_a_line_that_is_left_out_is_an_atom_without_a_line(model):
    found = verify(model, PARA, cnmr=LINES[:-1])
    row, = what(found, 'atom without a line').to_dict('records')
    assert row['atoms'] == 'C2' and 185 < row['predicted_ppm'] < 208

def test_a_line_of_something_else_is_named(model):
    found = verify(model, PARA, cnmr=[*LINES, 206.9, 30.9], solvent='CDCl3')
    rows = what(found, 'line without an atom')
    assert 206.9 in set(rows['observed_ppm']) and rows['remark'].str.contains('acetone').any()

def test_solvent_lines_are_named_and_no_disagreement(model):
    found = verify(model, PARA, cnmr=[*LINES, 77.3, 77.0, 76.7])
    assert 'cnmr 77.3, 77.0, 76.7: CDCl3, left out' in found.notes
    assert found.light == 'green' and not len(found.disagreements)

def test_solvent_none_keeps_all_lines(model):
    found = verify(model, PARA, cnmr=[*LINES, 77.3, 77.0, 76.7], solvent='none')
    assert len(what(found, 'line without an atom')) >= 2
    assert found.notes == ('cnmr: 10 lines, but 9 carbon atoms: some of the lines are of something else', )

def test_more_lines_than_atoms_are_told(model):
    found = verify(model, 'CO', cnmr=[50.1, 30.2, 20.3])
    assert any('3 lines, but 1 carbon atom:' in o for o in found.notes)

def test_exchangeable_hydrogens_are_no_fault(protons):
    found = verify(protons, 'CCO', hnmr=[3.72, 1.25])
    assert not len(what(found, 'atom without a line'))
    row = found.counts.set_index('what').loc['exchangeable hydrogens']
    assert row['expected'] == 1

def test_multiplicities_must_fit_the_atoms(model):
    text = '13C NMR (100 MHz, CDCl3) δ 64.1 (CH2), 41.7 (CH2), 24.7 (CH), 22.6 (CH3)'
    branched = verify(model, 'CC(C)CCO', cnmr=read_report(text)['13C'])
    straight = verify(model, 'CCCCCO', cnmr=read_report(text)['13C'])
    assert not len(what(branched, 'another multiplicity'))
    assert branched.counts.set_index('what').loc['lines of CH'].tolist()[1:] == [1, 1]
    assert straight.counts.set_index('what').loc['lines of CH'].tolist()[1:] == [1, 0]
    assert straight.probability < branched.probability

# ---- libraries and masses

def test_a_library_has_the_better_one(model):
    names = pd.DataFrame(dict(smiles=[PARA, META, 'CCO'], name=['para <b>', 'meta', 'ethanol']))
    library = Library.build(model, names, progress=False)
    found = verify(model, META, cnmr=LINES, library=library)
    assert found.neighbours['name'].tolist()[0] == 'para <b>' and found.neighbours['better'].tolist() == [True, False]
    assert 'para &lt;b&gt;' in found._repr_html_() or '<b>' not in found.sections()['Library']
    assert 'fit better' in repr(found)
    right = verify(model, PARA, cnmr=LINES, library=library)
    assert not right.neighbours['better'].any() and 'no other molecule of the library fits better' in repr(right)

def ion(mz): return MassSpectrum([43.0178, 135.0441], [.3, 1.], precursor_mz=mz, adduct='[M+H]+')

def test_a_precursor_of_another_mass_is_red(joint):
    assert verify(joint, PARA, lcms=ion(165.0910)).light == 'red'
    fits = verify(joint, PARA, lcms=ion(151.0754))
    assert (fits.light, fits.probability) == ('grey', None) and any('fits' in o for o in fits.notes)

def test_a_spectrum_that_is_not_counted_is_told(joint):
    known = {'cnmr': dict(weights=[0.]*8, about={})}
    half = ACML.from_pretrained('joint')
    half.info = {**half.info, 'verify': known}
    found = verify(half, 'CCO', cnmr=[18.1, 57.9], hnmr=[1.2, 3.7])
    assert found.judged_by == ('cnmr',) and any('hnmr: not in the probability' in o for o in found.notes)

# ---- words, pages, JSON

def test_json_has_no_nan(wrong):
    told = json.loads(wrong.to_json(), parse_constant=lambda o: pytest.fail(o))
    assert told['light'] == 'red' and told['assignments']['cnmr'] and told['isomers'][0]['better'] is True

def test_text_from_outside_is_escaped():
    found = Verification('CCO', None, 'grey', notes=('<script>alert(1)</script>',))
    assert '<script' not in found._repr_html_() and '&lt;script&gt;' in found._repr_html_()

def test_reports_and_files_are_read(model, tmp_path, right):
    text = '13C NMR (101 MHz, CDCl3) δ 196.7, 163.5, 130.6, 130.3, 113.7, 55.4, 26.3.'
    path = tmp_path/'lines.txt'
    path.write_text('\n'.join(map(str, LINES)))
    for given in (text, str(path)):
        assert verify(model, PARA, cnmr=given).probability == pytest.approx(right.probability, abs=2e-3)

# ---- bad input

@pytest.mark.parametrize('structure, given, says', [
    ('C1CC', dict(cnmr=LINES), 'C1CC'), ('', dict(cnmr=LINES), 'no SMILES'), (None, dict(cnmr=LINES), 'None'),
    ('*CC', dict(cnmr=LINES), 'no InChIKey'), (PARA, dict(cnmr=[]), 'cnmr'),
    (PARA, dict(cnmr=[math.nan]), 'cnmr'), (PARA, dict(cnmr=[412.]), 'outside'),
    (PARA, dict(cnmr=[77.3, 77.0, 76.7]), 'nothing is left but'), (PARA, dict(hnmr=[1.2]), 'it has cnmr'),
    (PARA, {}, 'at least one spectrum'), (PARA, dict(cnmr=[[1.], [2.]]), 'one of each kind'),
    (PARA, dict(cnmr=LINES, solvent='beer'), "solvent 'beer' is not known")])
def test_bad_input_is_named(model, structure, given, says):
    with pytest.raises(AcmlError, match=says): verify(model, structure, **given)

# ---- the command

def test_the_exit_code_is_0_whatever_the_answer_is(capsys):
    for smi in (PARA, META):
        assert main(['verify', '--smiles', smi, '--cnmr', *map(str, LINES), '--json']) == 0
        assert json.loads(capsys.readouterr().out)['smiles'] == smi

def test_the_page_needs_nothing_else(tmp_path, capsys):
    path = tmp_path/'page.html'
    assert main(['verify', '--smiles', META, '--cnmr', *map(str, LINES), '--report', str(path)]) == 0
    text = path.read_text(encoding='utf-8')
    assert 'red: does not agree' in text and 'acml-spectrum' in text
    assert 'src="http' not in text and 'href="http' not in text

@pytest.mark.parametrize('line, code, says', [
    ('verify --smiles C1CC --cnmr 26.3', 1, '--smiles C1CC'), ('verify --smiles CCO', 1, 'at least one spectrum'),
    ('verify --cnmr 26.3', 2, 'required: --smiles'), ('verify --smiles CCO --cnmr 1 --cnmr 2', 1, 'given 2 times'),
    ('verify --smiles CCO --hnmr 1.2 --model cnmr', 1, 'it has cnmr'),
    ('verify --smiles CCO --cnmr 77.3 77.0 76.7', 1, 'nothing is left but'),
    ('verify --smiles CCO --cnmr 18 58 --library nowhere', 1, 'no library here')])
def test_mistakes_have_a_line_and_a_code(line, code, says, capsys):
    assert main(line.split()) == code
    assert says in capsys.readouterr().err
