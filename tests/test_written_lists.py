"""Lists as people write them: couplings, counts and labels beside shifts, data behind them, spellings of a nucleus."""
import warnings

import pytest

from acml.core import RecordError
from acml.nmrfiles import read_nmr
from acml.spectrum import parse_peaks, parse_spectrum

CARBON = '13C NMR (101 MHz, CDCl3) δ 171.1, 60.4, 14.2'
SHIFTS = [14.2, 60.4, 171.1]
PROTON = 'δ 7.26 (d, J = 8.0 Hz, 1H), 2.04 (s, 3H)'

def read(text, nucleus='13C'):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return parse_spectrum(text, nucleus)

def shifts(text, nucleus='13C'): return read(text, nucleus).shift_ppm.tolist()

@pytest.mark.parametrize('text, couplings', [
    ('7.26, 1H, dd, J 8.0, 2.1; 6.80, 1H, d, J 2.1; 3.81, 3H, s', [(), (2.1,), (8.0, 2.1)]),
    ('7.26, dd, J = 8.0, 2.1, 1H; 6.80, d, J = 2.1, 1H; 3.81, s, 3H', [(), (2.1,), (8.0, 2.1)]),
    ('7,26, dd, J 8,0; 2,1; 6,80, d, J 2,1; 3,81, s', [(), (2.1,), (8.0, 2.1)]),
    ('7.26 dd 8.0 2.1 1H, 6.80 d 2.1 1H, 3.81 s 3H', [(), (2.1,), (8.0, 2.1)]),
    ('7.26 (dd, J = 8.4, 2.1, 1H), 6.80 (dd, 8.4, 2.1 Hz, 1H), 3.81 (s)', [(), (8.4, 2.1), (8.4, 2.1)]),
    ('7.26 (d, J2-3 8.4, 1H), 6.80 (d, J1,2 3.5 Hz, 1H), 3.81 (s)', [(), (3.5,), (8.4,)]),
    ('7.26 d 6.80 d 3.81 s', [(), (), ()])])
def test_couplings_are_no_shifts(text, couplings):
    spectrum = read('1H NMR δ ' + text, '1H')
    assert spectrum.shift_ppm.tolist() == pytest.approx([3.81, 6.8, 7.26])
    assert list(spectrum.meta['couplings_hz']) == couplings

@pytest.mark.parametrize('text', ['H-2\t7.26\td\t8.0\nH-3\t6.80\td\t8.0\nOMe\t3.81\ts\t',
    'δ 7.26, dd, 8.0, 2.1; 6.8, s',
                                  'δ 7.26 d 6.80', 'δ 0.05 -0.02', 'δ 7.4–2 (m, 5H), 4.1 (q, 2H)', 'δ 6.8\n0 (s, 1H)',
                                  'δ 2.80,-2.70 (m, 1H), 2.0 (s)', '1H NMR τ 2.74 (d, 1H), 3.20 (s, 1H)'])
def test_doubtful_protons(text):
    with pytest.raises(RecordError): read(text, '1H')

def test_integrals_are_no_multiplicity():
    spectrum = read('1H NMR δ 7.26 (2H, d, J = 8.0 Hz, ArH), 7.1 (d, 0.6 H), 3.1 (½H, s), 2.0 (1/2H, s)', '1H')
    assert spectrum.meta['integrals'] == (.5, .5, .6, 2.)
    assert spectrum.meta['patterns'] == ('s', 's', 'd', 'd')

@pytest.mark.parametrize('text', [
    '. [M+H]+: 163.0765', '\nExact mass: 163.0765', '. MW: 163.20', '\nMass (ESI): 163.2', '. RT: 2.31',
    '\nPurity (HPLC): 98.5', '\nOptical rotation: +25.3 (c 1.0)', '. Fp. 121.3', '. pKa 4.5', ', SFC: 12.3',
    '. M+ 162.1',
    '; IC50 12.3 nM', '\nLiterature: 171.0, 60.1, 14.0', '. [a]D 25.3 (c 1.0, CHCl3)', '. CHN: C 73.15'])
def test_data_behind_the_list(text): assert shifts(CARBON + text) == pytest.approx(SHIFTS)

@pytest.mark.parametrize('text', [
    PROTON, 'NMR (400 MHz, CDCl3) ' + PROTON, 'Proton: 7.26 (m, 5H), 4.12 (q, 2H)', 'PMR (CDCl3) 7.26, 4.12',
    'lH NMR 7.26, 4.12', '[1H] NMR: 7.26, 4.12', 'δ(1H) 7.26', '7.26 s 1H\n4.12 q 2H', '1Н NMR 7.26'])
def test_protons_are_no_carbons(text):
    with pytest.raises(RecordError, match='1H'): read(text)
    assert [s.nucleus for s in read_nmr(text)] == ['1H']

@pytest.mark.parametrize('text', [
    'δSe 287.1', 'δSn 120.1', 'P-NMR: 23.4', 'B NMR 30.9', 'Si NMR 7.4', 'δ(31P) 23.4', '31P-{1H} 23.4 ppm',
    'Phosphorus NMR: 23.4', 'm/z 163.2, 105.1, 77.0', 'MS: 163.2, 105.1', '171.1 100.0', '171.1% 60.4',
    'HSQC (CDCl3): δH/δC 4.12/60.4, 2.04/21.0', '171.1 C\n60.4 CH2 4.12 q\n21.0 CH3 2.04 s',
    '3a: δC 171.1, 60.4; 3b: δC 131.1, 50.4', '13C NMR (1): δ 171.1, 60.4; (2): δ 131.1, 50.4',
    '13C NMR δ 171.1, 12\n8.5, 60.4, 14.2', '13C NMR δ 171.1, 12-\n8.5, 60.4', '13C NMR δ 171.1, 60.4,\n12\n21.0, 14.2',
    '13C NMR δ 171.1 C-1, 38.7 C-2, 6; 14.2 C-7', '13C NMR δ 171.1, 129.0-128.0-127.0'])
def test_no_list_of_carbons(text):
    with pytest.raises(RecordError): read(text)

@pytest.mark.parametrize('text, want', [
    ('"171.1, 60.4, 14.2"', SHIFTS), ("171.1', 60.4', 14.2", SHIFTS), ('[171.1, 60.4, 14.2]', SHIFTS),
    ("['171.1', '60.4', '14.2']", SHIFTS), ('171.1|60.4|14.2', SHIFTS), ('1: 171.1\n2: 60.4\n3: 14.2', SHIFTS),
    ('171.1<br>60.4<br>14.2', SHIFTS), ('\\delta 171.1, 60.4, 14.2', SHIFTS), ('171.1、60.4、14.2。', SHIFTS),
    ('$^{13}$C NMR: 171.1, 60.4, 14.2; $^{1}$H NMR 4.1', SHIFTS), ('13С NMR δ 171.1, 60.4, 14.2', SHIFTS),
    ('13C NMR δ 171·1, 60·4, 14·2', SHIFTS), ('171.1: 0.3\n60.4: 0.9\n14.2: 0.4', SHIFTS),
    ('1.711e2 6.04e1 1.42e1', SHIFTS),
    ('13C NMR δ 171.1, 60.4 CD, 14.2. CD (MeOH): 254.1', SHIFTS),
    ('13C NMR δ 171.1, (60.4), 14.2', SHIFTS), ('13C NMR (CDCl3): C-1 (171.1), C-2 (60.4), 14.2', SHIFTS),
    ('13C NMR δ 171.1, 60.4 C(CH3)3,22.6,14.2', [14.2, 22.6, 60.4, 171.1]), ('δ 171.1 C-1, 60.4 C-2,6, 14.2.',
     [14.2, 60.4, 60.4, 171.1]),
    ('13C NMR δ 171.1, 2 × 60.4, 14.2', [14.2, 60.4, 60.4, 171.1]), ('171.1; 2C 60.4', [60.4, 60.4, 171.1]),
    ('13C NMR δ 171.1, (2C) 60.4', [60.4, 60.4, 171.1]), ('171.1, 60.4, (2C), 14.2', [14.2, 60.4, 60.4, 171.1]),
    ('13C NMR δ 171.1 60.4 14.2 -0.2', [-.2, *SHIFTS]),
    ('13C NMR (101 MHz, CDCl3, δ 77.16) δ 171.1, 60.4, 14.2', SHIFTS),
    ('13C NMR (D2O; dioxane at δ 67.19 as reference): 171.1, 60.4, 14.2', SHIFTS),
    ('13C NMR 11.7 T CDCl3 171.1, 60.4, 14.2', SHIFTS), ('13C NMR pH 7.4 D2O 171.1, 60.4, 14.2', SHIFTS),
    ('13C NMR, CDCl3/CD3OD 9.5:0.5, 100.6 MHz: 171.1, 60.4, 14.2', SHIFTS),
    ('Le spectre RMN 13C présente des signaux à 171,1, 60,4 et 14,2 ppm.', SHIFTS),
    ('Das 13C-NMR-Spektrum zeigt Signale bei 171,1 (C=O), 60,4 (CH2) und 14,2 ppm (CH3).', SHIFTS)])
def test_ways_to_write_carbons(text, want): assert shifts(text) == pytest.approx(want)

@pytest.mark.parametrize('text, want', [
    ('7.26 (d, 1H), 2.80\n–2.70 (m, 1H)', [2.75, 7.26]), ('7.26 (d, 1H), 2.80-\n2.70 (m, 1H)', [2.75, 7.26]),
    ('(7.26-7.20) (m, 5H), 2.7 (m)', [2.7, 7.23]), ('CH2 (4.12, q), CH3 (2.04, s), 1.2 (t)', [1.2, 2.04, 4.12]),
    ('7.26 (s, 1H), 0.05 to −0.02 (m, 6H)', [.015, 7.26]), ('4.32, 3 H, bs; 10.81 - 10.68, 9 H, m', [4.32, 10.745]),
    ('7.26 (s, CHCl3), 4.12 (q, 2H), 3.33 (br s, H2O), 2.50 (m, DMSO)', [4.12]),
    ('3.65 (s, 3H), 0.00 (TSP)', [3.65]), ('3.65 (s, 3H), -0.02 (s, DSS-d6)', [3.65]), ('3.65, 0.01 (TMS)', [3.65]),
    ('4.12 (EtOAc), 3.65 (s, 3H), 1.26 (hexanes)', [3.65]), ('4.12 (s, 2H, EtOAc)', [4.12])])
def test_ways_to_write_protons(text, want): assert shifts('1H NMR δ ' + text, '1H') == pytest.approx(want)

@pytest.mark.parametrize('label', ['t, CDCl3', 'solvent CDCl3', 't, J = 32 Hz, CDCl3'])
def test_a_line_that_is_labelled_as_solvent(label):
    with pytest.warns(UserWarning, match='the text calls it a solvent'):
        assert parse_peaks(f'171.1, 77.16 ({label}), 60.4, 14.2').tolist() == pytest.approx(SHIFTS)

@pytest.mark.parametrize('text', ['171.1, 60.4, 14.2 (CDCl3)', 'δ 171.1, 60.4, 14.2 ppm (CDCl3, 101 MHz)'])
def test_a_solvent_told_behind_the_list(text):
    spectrum = read(text)
    assert spectrum.shift_ppm.tolist() == pytest.approx(SHIFTS) and spectrum.meta['solvent'] == 'CDCl3'

# ---- integrals that are no whole number, axes of two dimensions, mass spectra, lists side by side

@pytest.mark.parametrize('told, n', [('2.5H', 2.5), ('2.5 H', 2.5), ('2,5H', 2.5), ('2,5 H', 2.5), ('12.5 H', 12.5),
    ('0.333H', .333), ('2.02 H', 2.02), ('2.5 × H', 2.5), ('½ H', .5), ('2½ H', 2.5), ('1/2 H', .5), ('5/2 H', 2.5),
    ('2 × 1H', 2.), ('0.4 × 2H', .8), ('2 protons', 2.)])
@pytest.mark.parametrize('form', ['7.26 (d, J = 8.0 Hz, {}, ArH), 4.12 (q, 2H)', '7.26 ({}, d, J 8.0), 4.12 (2H, q)',
                                  '7.26, d, J = 8.0 Hz, {}; 4.12, q, 2H', '7.26 d {}, 4.12 q 2H'])
def test_integrals(told, n, form):
    spectrum = read('1H NMR (400 MHz, CDCl3) δ ' + form.format(told), '1H')
    assert spectrum.shift_ppm.tolist() == pytest.approx([4.12, 7.26])
    assert spectrum.meta['integrals'] == (2., n) and spectrum.meta['patterns'] == ('q', 'd')

@pytest.mark.parametrize('text', ['7.26 (d, J=8,2H), 4.12 (q, J = 7.1,2H)', '7.26,2H,d; 4.12,2H,q'])
def test_a_comma_before_an_integral(text):
    spectrum = read('1H NMR δ ' + text, '1H')
    assert spectrum.shift_ppm.tolist() == pytest.approx([4.12, 7.26]) and spectrum.meta['integrals'] == (2., 2.)

def test_a_number_before_h_may_be_a_shift():
    for text in ('7.26 H, 4.12 H', '7.26 (d, 2H), 4.12 H'):
        with pytest.raises(RecordError, match='cannot read'): read('1H NMR δ ' + text, '1H')

@pytest.mark.parametrize('text', [
    'HMBC (500 MHz, CDCl3) δH 4.12 → δC 171.1, 14.2', 'gHSQC: 4.12/60.4, 1.26/14.2', '(4.12, 60.4), (1.26, 14.2)',
    'HSQC: δC 60.4, δH 4.12; δC 14.2, δH 1.26', 'gHMBCAD (CDCl3): 60.4, 14.2', '4.12/60.4, 1.26/14.2',
    '13C gHSQC NMR 60.4',
    'DEPT-135: δC 60.4, 14.2', 'HSQC-TOCSY (CDCl3): 60.4, 14.2', '[(4.12, 60.4), (1.26, 14.2)]',
    'HSQC:\nδC 60.4\nδC 14.2'])
def test_two_dimensions_are_no_list_of_carbons(text):
    with pytest.raises(RecordError): read(text)
    if not text.startswith(('(', '[', '4')): assert shifts(f'{CARBON}. {text}') == pytest.approx(SHIFTS)

@pytest.mark.parametrize('text', [
    '121 (M+, 100), 93 (45), 65 (20)', '121 (100), 93 (45), 65 (20), 51', '121.1 (100%), 93.0 (45%)',
    '43 100\n58 35\n88 5',
    '121.0648 100\n93.0335 45\n65.0386 20', '65.0386 20\n93.0335 45\n121.0648 100', '43:100 58:35 88:5',
    'm/z\tintensity\n43\t100\n58\t35\n88\t5', 'mz,intensity\n43.05,100\n58.14,35\n88.35,5',
    '[(43, 100), (58, 35), (88, 5)]',
    '121 (M+•, 100), 93 (45)', '121.1 (M+H, 100), 93.1 (M+H-CO, 45)', '127 0.5\n128 1.0\n129 0.8',
    '1 43 100\n2 58 35\n3 88 5'])
def test_mass_spectra_are_no_list_of_carbons(text):
    with pytest.raises(RecordError): read(text)

@pytest.mark.parametrize('text', ['171.1 170.9\n134.5 134.2\n60.4 60.2\n21.0 20.9',
                                  'a b\n171.1 171.0\n60.4 60.3\n14.2 14.1',
                                  '171.1/170.9, 60.4/60.3, 14.2/14.1'])
def test_lists_side_by_side_are_a_question(text):
    with pytest.raises(RecordError, match='two lists of shifts side by side'): read(text)

@pytest.mark.parametrize('text, want', [
    ('1 171.1 17212.6 0.35\n2 60.4 6076.2 1.0\n3 14.2 1428.5 0.97', SHIFTS),
    ('17212.6 171.1\n6076.2 60.4\n1428.5 14.2', SHIFTS),
    ('exp.\tcalc.\n171.1\t165.0\n60.4\t64.3\n14.2\t15.1', SHIFTS), ('(171.1, 0.35), (60.4, 1.0), (14.2, 0.97)', SHIFTS),
    ('0 171.1\n1 60.4\n2 14.2', SHIFTS), ('171.1 60.4\n21.0 14.2', [14.2, 21.0, 60.4, 171.1])])
def test_columns_that_tell(text, want): assert shifts(text) == pytest.approx(want)

@pytest.mark.parametrize('text, want', [
    ('Спектр ЯМР 13C (CDCl3), δ, м.д.: 171.1 (C=O), 60.4 (CH2), 14.2 (CH3).', SHIFTS),
    ('ЯМР 1Н (CDCl3, δ, м. д.): 7.26 (д, 2Н, J = 8.0 Гц). ЯМР 13С: 171.1, 60.4, 14.2.', SHIFTS),
    ('13C NMR δ 171.1, 60.4, 14.2; ЯМР 19F: -62.5', SHIFTS), ('核磁共振碳谱（CDCl3，101 MHz）：171.1，60.4，14.2。', SHIFTS),
    ('氢谱：7.26（d，2H）；碳谱：171.1、60.4、14.2', SHIFTS),
    ('RMN 13C (CDCl3, 75 MHz) δ (ppm) : 171,1 (C=O) ; 60,4 (2 CHarom) ; 14,2 (CH3).', [14.2, 60.4, 60.4, 171.1]),
    ('δC 171.1 (C=O), 60.4 (2×CHAr), 14.2 (2xArCH3)', [14.2, 14.2, 60.4, 60.4, 171.1])])
def test_other_languages(text, want): assert shifts(text) == pytest.approx(want)

# ---- what stands before and behind a report

BEHIND = ['n20D 1.3724', 'nD20 = 1.3724', 'd = 0.902', 'LC/MS: 89.1', 'CAS 141-78-6', 'Mr 88.11', 'M = 88.11 g/mol',
          'KIE = 2.3', 'Ki 12.3', 'Mn 12.3 kDa, PDI 1.23', 'E1/2 = 0.54 V', 'μeff 2.83',
          'ΔH 12.3 kcal/mol', 'Smp. 121.5 °C', 'Rf 0.35', 'ee 98.5%', 'Anal. Calcd for C4H8O2: C, 54.53',
          'IR (KBr) 1735.5', '[α]D20 +25.3 (c 1.0, CHCl3)', 'Yield 85.3%']

@pytest.mark.parametrize('more', BEHIND)
@pytest.mark.parametrize('sep', ['. ', '; ', ', ', '\n'])
def test_other_data_behind_are_left_or_asked_about(more, sep):
    "Nothing of them becomes a shift."
    for text, nucleus, want in ((CARBON, '13C', SHIFTS), ('1H NMR ' + PROTON, '1H', [2.04, 7.26])):
        try: got = shifts(text + sep + more, nucleus)
        except RecordError: continue
        assert got == pytest.approx(want)

@pytest.mark.parametrize('more', ['mp 121.5–122.0 °C', 'Mp 121.5-122 °C', 'bp 77.1-78.0 °C', 'ΔH 12.3 kcal/mol',
                                  'Rf = 0.35', 'n20D 1.3724', '[α]D20 +25.3 (c 1.0, CHCl3)', 'Yield 85.3%',
                                  'tR = 12.3-12.9 min'])
@pytest.mark.parametrize('sep', ['. ', '; ', ', ', '\n'])
def test_other_data_before_are_left(more, sep):
    assert shifts(more + sep + CARBON) == pytest.approx(SHIFTS)
    assert shifts(more + sep + '1H NMR ' + PROTON, '1H') == pytest.approx([2.04, 7.26])

@pytest.mark.parametrize('text', ['(major rotamer) δ 171.1, 60.4; (minor rotamer) δ 170.9, 60.2',
                                  'Major: 171.1, 60.4; minor: 170.9, 60.2',
                                  'major isomer: δ 171.1, 60.4, 14.2; minor isomer: δ 170.9, 60.2, 14.1'])
def test_lists_of_two_isomers_are_a_question(text):
    with pytest.raises(RecordError, match='lists of several compounds'): read('13C NMR (CDCl3) ' + text)

def test_decimal_commas_and_slashes(): assert shifts('171,1/60,4/14,2') == pytest.approx(SHIFTS)
