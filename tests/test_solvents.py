"Lines of solvents in lists as chemists have them: found, told, and never a real line without a word."
import numpy as np
import pytest

from acml.core import AcmlError, RecordError
from acml.data import demo_table
from acml.solvents import find_solvent, leave_out_solvent, likely_impurities
from acml.spectrum import NMRSpectrum

MOLECULE = [170.3, 134.9, 128.3, 61.2, 21.4, 14.3]
MHZ = 62.9, 75.5, 100.6, 125.8, 150.9, 201.2

def multiplet(ppm, n, hz, mhz, decimals): return np.round(ppm + hz/mhz*(np.arange(n) - n//2), decimals).tolist()

def left(record, *args): return [round(float(x), 4) for x in getattr(record, 'shift_ppm', record)]

@pytest.mark.parametrize('mhz', MHZ)
@pytest.mark.parametrize('decimals', [1, 2])
@pytest.mark.parametrize('centre', [77.0, 77.16, 77.23])
def test_chloroform_is_known_by_its_triplet(mhz, decimals, centre):
    solvent = multiplet(centre, 3, 32., mhz, decimals)
    rest, found = leave_out_solvent(MOLECULE + solvent + [0.])
    assert left(rest) == sorted(MOLECULE)
    assert [(o.name, sorted(o.ppm)) for o in found] == [('CDCl3', pytest.approx(sorted(solvent))), ('TMS', [0.])]

@pytest.mark.parametrize('mhz', MHZ[1:])
@pytest.mark.parametrize('n', [7, 5])
@pytest.mark.parametrize('name, ppm, hz', [('DMSO-d6', 39.52, 21.), ('CD3OD', 49., 21.4)])
def test_septets_are_known_also_without_their_outer_lines(name, ppm, hz, n, mhz):
    rest, found = leave_out_solvent(MOLECULE + multiplet(ppm, n, hz, mhz, 2))
    assert left(rest) == sorted(MOLECULE) and [o.name for o in found] == [name]

@pytest.mark.parametrize('solvent', [None, 'CDCl3'])
def test_a_single_line_is_not_taken_away(solvent):
    "It may be an alkyne; it stays in the list, at a low price."
    rest, found = leave_out_solvent(MOLECULE + [77.1], solvent)
    assert 77.1 in left(rest) and [(o.how, o.name) for o in found] == [('doubtful', 'CDCl3')]

def test_a_line_inside_the_triplet_stays():
    rest, _ = leave_out_solvent(MOLECULE + [77.48, 77.3, 77.16, 76.84])
    assert 77.3 in left(rest)

def test_lists_without_solvent_are_left_alone():
    rows = demo_table('cnmr')['shifts'].head(300)
    told = [leave_out_solvent(s)[1] for s in rows]
    assert not [o for found in told for o in found if o.how == 'left out']

@pytest.mark.parametrize('name, ppm', [('acetone-d6', [2.05, 2.84]), ('DMSO-d6', [2.5, 3.33]), ('CDCl3', [7.26, 1.56])])
def test_protons_of_solvents_and_their_water(name, ppm):
    rest, found = leave_out_solvent([8.1, 4.0, 1.2, *ppm], name, nucleus='1H')
    assert left(rest) == [1.2, 4.0, 8.1] and all(o.how == 'set apart' for o in found)
    assert [o.name for o in found] == [name, f'water in {name}']

def test_what_the_record_says_counts():
    record = NMRSpectrum('1H', [7.26, 4.1, 2.0], meta=dict(solvent='Chloroform-D1 (CDCl3)'))
    assert left(leave_out_solvent(record, nucleus='1H')[0]) == [2.0, 4.1]
    assert left(leave_out_solvent(record, 'none', '1H')[0]) == [2.0, 4.1, 7.26]
    assert left(leave_out_solvent(NMRSpectrum('1H', [7.26, 4.1, 2.0]), nucleus='1H')[0]) == [2.0, 4.1, 7.26]

def test_multiplicities_stay_with_their_lines():
    record = NMRSpectrum('13C', [77.48, 77.16, 76.84, 60., 20.], list('SSSTQ'))
    assert leave_out_solvent(record)[0].multiplicities == ('Q', 'T')

def test_bad_input_is_named():
    with pytest.raises(RecordError, match='nothing is left but 77.48, 77.16, 76.84: CDCl3'):
        leave_out_solvent([77.48, 77.16, 76.84])
    with pytest.raises(AcmlError, match="solvent 'brandy' is not known; there are CDCl3"):
        leave_out_solvent(MOLECULE, 'brandy')

def test_impurities_are_named_by_place():
    assert likely_impurities(60.5) == ['ethyl acetate'] and likely_impurities(5.3, '1H') == ['dichloromethane']
    assert likely_impurities(54.84, '13C', 'DMSO-d6') == ['dichloromethane'] and not likely_impurities(100.)

@pytest.mark.parametrize('names, key', [
    ('CDCl₃ CDC13 CDCI3 deuterochloroform [D]chloroform CDCl3+TMS', 'CDCl3'), ('[D6]DMSO DMSO_d6 [2H6]DMSO', 'DMSO-d6'),
    ('MeOH-d4 d4-MeOH CD3OD-d4 MeOD', 'CD3OD'), ('Aceton-d6 (CD3)2CO', 'acetone-d6'), ('Benzol-d6 [D6]benzene', 'C6D6'),
    ('D₂O H2O+D2O', 'D2O'), ('Toluol-d8 Tol', 'toluene-d8'), ('d D none TFA solvent', None)])
def test_names_of_solvents_in_other_spellings(names, key):
    assert {find_solvent(o) for o in names.split()} == {key}
