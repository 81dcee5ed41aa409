"Explanations and their pictures say what is so: right atoms, all peaks, nothing left out without a word."
import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

import acml.fragments
from acml.attribution import attribute
from acml.conformer_widget import ConformerView
from acml.core import AcmlError, RecordError
from acml.counterfactuals import counterfactuals
from acml.drawing import depict
from acml.explain import _symmetric_atoms, assign_peaks, explain_match
from acml.fragments import assign_fragments
from acml.identify_widget import IdentifyWidget
from acml.library import Library
from acml.mass import _peak_parts
from acml.massspec import MassSpectrum
from acml.model import ACML
from acml.panels import _signals
from acml.reading import read_drawings
from acml.solvents import leave_out_solvent
from acml.space_widget import ChemicalSpaceWidget
from acml.spectrum import NMRSpectrum, read_report
from acml.view import plot_spectrum, show_mols
from acml.widgets import SpectrumMoleculeView

CARBARYL, TOLUENE, ACETOPHENONE = 'CNC(=O)Oc1cccc2ccccc12', 'Cc1ccccc1', 'CC(=O)c1ccccc1'
CARBONS = [198.1, 137.1, 133.0, 128.5, 128.3, 26.4] # of acetophenone
MSP = 'NAME: {}\nPRECURSORMZ: 202.0863\nPRECURSORTYPE: [M+H]+\nNum Peaks: 3\n127.0542 20\n145.0648 100\n202.0863 60\n\n'
PROTONS = '1H NMR (400 MHz, CDCl3) δ 7.9 (m, 1H), 7.5 (m, 4H), 2.9 (d, J = 4.9 Hz, 3H)'

@pytest.fixture(scope='module')
def joint(): return ACML.from_pretrained('joint')

@pytest.fixture(scope='module')
def library(joint):
    molecules = [CARBARYL, 'CC(=O)Oc1cccc2ccccc12', ACETOPHENONE]
    return Library.build(joint, pd.DataFrame(dict(smiles=molecules)), progress=False)

def chosen(name, data): return dict(file=name, data=base64.b64encode(data).decode())

def picture():
    depict(CARBARYL)[0].save(out := io.BytesIO(), 'PNG')
    return out.getvalue()

# ---- the form

def test_a_file_of_one_tandem_spectrum_is_asked_as_such(library):
    hits = IdentifyWidget(library).ask(**chosen('a.msp', MSP.format('a').encode()))
    assert set(hits.query) == {'lcms'} if isinstance(hits.query, dict) else hits.modality == 'lcms'
    assert hits[0]['smiles'] == CARBARYL

def test_a_drawing_is_asked_as_such(library):
    assert IdentifyWidget(library).ask(**chosen('a.PNG', picture())).modality == 'image'

@pytest.mark.parametrize('name, data, reason', [
    ('two.msp', (MSP.format('a') + MSP.format('b')).encode(), '2 mass spectra in it, give one'),
    ('a.pdf', b'%PDF-1.4 foo', 'lcms: a.pdf: neither MSP')])
def test_a_file_that_cannot_be_asked_says_why(library, name, data, reason):
    with pytest.raises(AcmlError, match=reason): IdentifyWidget(library).ask(**chosen(name, data))

def test_a_field_left_empty_does_not_undo_an_option(library):
    form = IdentifyWidget(library, formula='C8H8O', mass=120.0575, solvent='none')
    assert set(form.ask('198.1, 137.1, 77.48, 77.16, 76.84, 26.4').table['formula']) == {'C8H8O'}
    assert form.hits.compared == {} and len(form.ask('198.1, 137.1, 26.4', formula='C12H11NO2', mass=201.079)) == 1

def test_the_still_picture_shows_all_inputs(library):
    form = IdentifyWidget(library)
    form.ask('13C NMR (CDCl3) δ 154.9, 146.4, 134.3, 127.6, 126.0, 125.2, 117.8, 27.7. ' + PROTONS)
    svg = form.to_svg()
    assert '>154.9<' in svg and '>7.90 m 1H<' in svg and svg.count('<svg') == 3

def test_a_hit_without_an_overlay_is_a_note_in_the_still_picture(joint):
    labelled = Library.build(joint, pd.DataFrame(dict(smiles=['[2H]C([2H])([2H])C(=O)c1ccccc1'])), progress=False)
    form = IdentifyWidget(labelled)
    form.ask('198.1, 137.1, 133.0, 128.5, 128.3, 26.4')
    assert 'hydrogens are atoms of their own' in form.to_svg()

# ---- atoms

@pytest.mark.parametrize('smi, groups', [('C[C@@H]1CCCC[C@@H]1C', [(0, 7), (1, 6), (2, 5), (3, 4)]),
                                         ('[CH3:1][CH:2]([CH3:3])[OH:4]', [(0, 2), (1,), (3,)])])
def test_mirror_images_and_labels_leave_equal_atoms_equal(joint, smi, groups):
    assert _symmetric_atoms(mol := Chem.MolFromSmiles(smi)) == groups
    atoms = attribute(joint, mol, score='global', cnmr=[34.5, 31.6, 23.8, 15.8]).atoms
    for group in groups: assert np.allclose(atoms[list(group)], atoms[group[0]])

def test_a_molecule_with_atoms_in_another_order_is_the_same_molecule(joint):
    mixed = Chem.RenumberAtoms(Chem.MolFromSmiles(ACETOPHENONE), [5, 1, 0, 2, 8, 7, 3, 4, 6])
    why = attribute(joint, mixed, cnmr=CARBONS)
    assert why.score == pytest.approx(attribute(joint, ACETOPHENONE, cnmr=CARBONS).score, abs=1e-4)
    assert isinstance(why.smiles, str) and why.atom_table.atom.tolist().count('O4') == 1 # as the molecule numbers them

@pytest.mark.parametrize('smi', ['[2H]C([2H])([2H])C(=O)c1ccccc1', '[H]/N=C(\\N)c1ccccc1'])
def test_hydrogens_that_are_atoms_of_their_own_are_refused(joint, smi):
    with pytest.raises(RecordError, match=r'give Chem.RemoveAllHs\(mol\)'): explain_match(joint, smi, CARBONS)

def test_a_line_that_was_set_apart_has_no_credit(joint):
    protons = NMRSpectrum('1H', [11.5, 7.26, 7.17, 2.35, 1.56], meta=dict(solvent='CDCl3'))
    why = attribute(joint, TOLUENE, method='assignment', hnmr=protons)
    found = explain_match(joint, TOLUENE, protons, 'hnmr').pairs
    on = lambda ppm: {i for m in found if abs(m.observed_ppm - ppm) < .01 for i in m.atoms}
    assert on(7.26) and why.parts['at'].round(2).tolist() == [2.35, 7.17, 11.5] # the solvent's line has atoms
    for k, ppm in enumerate(why.parts['at']): assert set(np.flatnonzero(why.pairs[:, k])) == on(ppm)
    assert why.atom_of(2) is None and why.table['atom'].tolist()[-1] == ''

def test_lines_of_a_picked_multiplet_are_one_part(joint):
    picked = NMRSpectrum('1H', [7.18, 7.16, 7.15, 2.352], intensities=[1, 1, 1, 3.],
                         meta=dict(picked=True, field_mhz=400.))
    for method in ('occlusion', 'gradients'):
        assert len(attribute(joint, TOLUENE, method=method, hnmr=picked).parts) == 2

def test_the_step_is_that_of_the_nucleus(joint):
    found = counterfactuals(joint, 'C[Si](C)(C)C=C', n_max=0, cnmr=[-1.8, 15., 10.])
    assert '15.0 ppm by +4' in set(found['what'])

# ---- lines

def report(text): return read_report(text)['1H']

def test_what_is_known_of_a_line_goes_with_it():
    protons = report('1H NMR (400 MHz, CDCl3) δ 8.05 (d, J = 8.0 Hz, 2H), 7.26 (s, 1H), 7.20 (d, J = 8.2 Hz, 2H), '
                     '3.90 (s, 3H)')
    rest, _ = leave_out_solvent(protons, nucleus='1H')
    assert rest.shift_ppm.round(2).tolist() == pytest.approx([3.9, 7.2, 8.05])
    assert rest.meta['integrals'] == (3, 2, 2) and rest.meta['couplings_hz'] == ((), (8.2,), (8.0,))
    assert rest.meta['patterns'] == ('s', 'd', 'd') and len(rest.meta['ranges']) == 3

@pytest.mark.parametrize('name, impurity', [('CDCl3, MeOH', 'methanol'), ('CDCl3, tetrahydrofuran', 'THF'),
                                            ('CDCl3, DCM', 'dichloromethane')])
def test_a_second_solvent_is_an_impurity(name, impurity):
    lines = [150., 53.52, 50.41, 67.97, 25.62]
    assert impurity in [o.name for o in leave_out_solvent(lines, name)[1]]

def test_a_second_solvent_with_deuterium_is_told():
    with pytest.warns(UserWarning, match='CD3OD: lines of one solvent'): leave_out_solvent([150., 50.], 'CDCl3, CD3OD')

def test_impurities_are_those_in_the_solvent_of_the_user(joint):
    said = {m.observed_ppm: m.remark for m in explain_match(joint, 'CCO', [170.31, 59.74, 58., 18.], 'cnmr',
                                                            solvent='DMSO-d6').matches}
    assert said[170.31] == 'ethyl acetate' # 171.4 in CDCl3

def test_signals_on_one_shift_are_all_told():
    both = _signals(report('1H NMR (400 MHz, CDCl3) δ 7.36 (d, J = 8.0 Hz, 2H), 7.36 (m, 3H), 2.30 (s, 3H)'))
    assert both[7.36][:2] == ('d 2H + m 3H', 1.)

@pytest.mark.parametrize('ppm', [290., -70.])
def test_a_predicted_shift_that_cannot_be_kept_is_refused(ppm):
    with pytest.raises(AcmlError, match=f'{ppm:g} ppm: -50 to 277.675 ppm'): assign_peaks([20.], [20., ppm])

def test_an_atom_has_the_colour_of_its_worst_line():
    found = assign_peaks([134., 126.], [127.]*6, mol='c1ccccc1')
    of = lambda svg: set(re.findall(r'<circle[^>]*fill="(#\w+)"', svg))
    assert len(found.pairs) == 2 and of(found.show()) == {'#b5174b'}

def test_negative_lines_are_drawn():
    ax = plot_spectrum([10, 20, 30], [1., -2., .5])
    ends = [o[1, 1] for o in ax.collections[0].get_segments()]
    assert ends == [.5, -1, .25] and ax.get_ylim() == pytest.approx((-1.08, .54))

# ---- peaks

@pytest.mark.parametrize('smi, mz, intensity', [
    ('Clc1c(Cl)c(Cl)c(Cl)c(Cl)c1Cl', [282, 284, 286, 288, 290], [52, 100, 81, 35, 9]),
    ('BrC(Br)Br', [171, 173, 175, 250, 252, 254, 256], [50, 100, 49, 5, 15, 15, 5])])
def test_isotope_peaks_of_several_heavy_atoms_are_explained(smi, mz, intensity):
    assert not assign_fragments(smi, MassSpectrum(mz, intensity)).unexplained

def test_one_chlorine_has_one_isotope_peak():
    assert assign_fragments('CCl', MassSpectrum([50, 52, 54], [100, 32, 30])).unexplained == [54]

@pytest.mark.parametrize('adduct, mz', [('[M+Na]+', 224.0682), ('[M+K]+', 240.0421), ('[M+NH4]+', 219.1128)])
def test_the_precursor_is_known(adduct, mz):
    found = assign_fragments(CARBARYL, dict(mz=[145.0648, mz], intensity=[.5, 1.], precursor_mz=mz, adduct=adduct))
    assert not found.unexplained and found.explained_intensity == pytest.approx(1)
    assert found.matches[-1].sentence() == f'm/z {mz:g}: the precursor, {adduct}'
    other = assign_fragments(TOLUENE, dict(mz=[91.0542, mz], intensity=[.5, 1.], precursor_mz=mz, adduct=adduct))
    assert other.unexplained == [mz]

def test_low_peaks_count():
    found = assign_fragments(TOLUENE, MassSpectrum([91., *range(200, 500)], [100.] + [.45]*300))
    assert found.explained_intensity == pytest.approx(100/235, abs=.01) and 'lower peaks left out: 300' in repr(found)

def test_an_accurate_mass_is_not_taken_for_a_nominal_one():
    record = dict(mz=[300.1019, 500.3043], intensity=[1., .5])
    acid = assign_fragments('C'*17 + '(=O)O', dict(record, precursor_mz=300.1019, adduct='[M+NH4]+'))
    assert not acid.pairs and len(acid.unexplained) == 2
    assert _peak_parts(record).names == ['m/z 300.1019', 'm/z 500.3043']

def test_deuterium_and_13c_are_told_in_formulas():
    ions = dict(mz=[123.0758, 105.0335, 46.0367], intensity=[1., .9, .3])
    found = assign_fragments('[2H]C([2H])([2H])C(=O)c1ccccc1', ions, adduct='M+')
    assert [m.formula for m in found.pairs] == ['C2D3O+', 'C7H5O+', 'C8H5D3O+']
    assert assign_fragments('[13CH4]', dict(mz=[17.0341], intensity=[1.])).pairs[0].formula == 'H4[13C]+'

def test_pieces_that_were_not_tried_are_told(monkeypatch):
    monkeypatch.setattr(acml.fragments, '_MAX_PIECES', 30)
    record = MassSpectrum([57., 71.], [1., .5])
    assert 'not all pieces were tried' in repr(assign_fragments('C'*30, record))
    assert 'tried' not in repr(assign_fragments('CCO', record))

# ---- pictures

def test_options_of_a_view_reach_what_assigns():
    ions = MassSpectrum([31.019, 45.034], [100, 50])
    assert len(SpectrumMoleculeView('CCO', ions, min_intensity=.6).assignment.matches) == 1
    for kwargs in (dict(observed_ppm=ions, nonsense=5), dict(observed_ppm=[58., 18.], nonsense=5),
                   dict(assignment=assign_peaks([58.], [58.], atoms=[1], mol='CCO'), spread_ppm=1.)):
        with pytest.raises(AcmlError): SpectrumMoleculeView('CCO', **kwargs)

def test_a_thinned_map_says_so_and_shows_each_group():
    n = 5000
    table = pd.DataFrame(dict(smiles=['C']*n, kind=['a']*2500 + ['b'] + ['a']*(n - 2501)))
    svg = ChemicalSpaceWidget(np.random.default_rng(0).normal(size=(n, 4)), table, color='kind').to_svg()
    drawn = re.findall(r'<circle[^>]*r="3.5"[^>]*fill="(#\w+)"', svg)
    assert len(set(drawn)) == 2 and f'{len(drawn):,} of 5,000 points are drawn' in svg

def test_fragments_of_a_conformer_stand_side_by_side():
    mol = ConformerView('CCO.CCO.[Na+]').mol
    xyz, parts = mol.GetConformer().GetPositions(), [list(p) for p in Chem.GetMolFrags(mol)]
    assert len(parts) == 3 and all(xyz[b, 0].min() - xyz[a, 0].max() > 2 for a, b in zip(parts, parts[1:]))

# ---- bad input

@pytest.mark.parametrize('ask', [
    lambda joint: attribute(joint, 'CCO', method='gradients', n_steps=0, cnmr=[58., 18.]),
    lambda joint: ChemicalSpaceWidget(np.ones((5, 1)), pd.DataFrame(dict(smiles=['C']*5))),
    lambda joint: ChemicalSpaceWidget(np.eye(5), pd.DataFrame(dict(smiles=['C']*5)), n_max=0),
    lambda joint: show_mols(['C'], n_cols=0),
    lambda joint: read_drawings(depict('CCO')[0]),
    lambda joint: read_drawings(np.asarray(depict('CCO')[0])),
    lambda joint: read_drawings('a.png')])
def test_bad_input_is_told_as_such(joint, ask):
    with pytest.raises(AcmlError, match='(?i)n_steps=0|a map needs|n_cols=0|a list of pictures'): ask(joint)
