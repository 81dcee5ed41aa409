"""Text as chemists paste it: reports, tables, labels, glyphs; what is printed is read, or refused, or told of."""
import sys, time, warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from acml.core import AcmlError, RecordError
from acml.spectrum import parse_peaks, _read_hrms, read_report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
ACETATE = [14.2, 21.0, 60.4, 171.1]
HEAD = '13C NMR (101 MHz, CDCl3) δ '
fuzz = settings(max_examples=300, deadline=None, derandomize=True)

def read(text, nucleus='13C'):
    "The lines of a text, each once, with warnings as errors of the test."
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        return np.unique(parse_peaks(text, nucleus)).tolist()

def told(text, nucleus='13C'):
    "The lines of a text, and what was warned of."
    with pytest.warns(UserWarning) as caught: ppm = parse_peaks(text, nucleus, 'row 7')
    assert all(str(w.message).startswith('row 7: ') for w in caught)
    return np.unique(ppm).tolist(), ' | '.join(str(w.message) for w in caught)

def same(got, want): assert got == pytest.approx(sorted(want), abs=2e-3)

# ---- which report

OTHERS = ['11B NMR (128 MHz, CDCl3) δ 30.9 (br s)', '31P NMR (162 MHz) δ 21.7', '19F{1H} NMR δ –113.4',
    '15N NMR: δ 120.1',
          '77Se NMR δ 250.3', '119Sn-NMR δ 30.1', '195Pt NMR δ -2,100', '29Si NMR (79 MHz): 7.2',
              'DEPT-135 δ 60.4 (CH2)',
          'DEPT (101 MHz): δ 60.4, 21.0', '13C DEPT-90 NMR δ 60.4', 'HSQC: 4.12/60.4, 2.04/21.0',
              'HMBC (δ): 2.04/171.1',
          '1H NMR (400 MHz, CDCl3) δ 4.12 (q, 2H)', 'δF –113.4', 'δP(162 MHz) 21.7', 'RMN 1H δ 4.12 (q, 2H)']

@pytest.mark.parametrize('other', OTHERS)
@pytest.mark.parametrize('order', ['behind', 'before', 'instead'])
def test_a_report_of_another_nucleus_is_never_taken(other, order):
    mine = HEAD + '171.1, 60.4, 21.0, 14.2'
    if order == 'behind': same(read(f'{mine}; {other}.'), ACETATE)
    if order == 'before': same(read(f'{other}. {mine}.'), ACETATE)
    if order == 'instead':
        with pytest.raises(RecordError, match='no 13C in it'): parse_peaks(other)

@pytest.mark.parametrize('header', [
    '13C NMR', '¹³C NMR', '13C-NMR', '13CNMR', 'C-13 NMR', 'C13 NMR', '13C{1H} NMR', '13C-{1H}-NMR', '13C NMR {1H}',
        'RMN 13C',
    'RMN-13C', 'RMN de 13C', '<sup>13</sup>C NMR', '13C APT NMR', '13C DEPTQ NMR', 'CP/MAS 13C NMR', '13C CP-MAS NMR',
        '13C N.M.R.',
    'Carbon NMR', '13C-NMR spectrum', '13C NMR (APT)', 'NMR 13C'])
@pytest.mark.parametrize('settings', [' (101 MHz, CDCl3) δ', ' (CDCl3, 100,6 MHz): δ =', ', 101 MHz, CDCl3: δC',
    ' [δ, ppm]:',
                                      '\n(101 MHz, CDCl3, δ, ppm)', ' (CDCl3) δC (ppm):',
                                          ' (101 MHz; [D6]DMSO, 25 °C) δ/ppm'])
def test_headers(header, settings): same(read(f'{header}{settings} 171.1, 60.4, 21.0, 14.2'), ACETATE)

def test_several_reports_of_a_nucleus():
    with pytest.raises(RecordError, match='2 13C NMR reports, give one'):
        parse_peaks(f'3a: {HEAD}171.1, 60.4. 3b: {HEAD}170.2, 61.3.')
    same(read('The 1H NMR and 13C NMR spectra were recorded at 300 K. 13C NMR δ 171.1, 60.4, 21.0, 14.2'), ACETATE)
    with pytest.raises(RecordError, match='no 13C'): parse_peaks('1H and 13C NMR: see Table 2')
    with pytest.raises(RecordError): parse_peaks('13C NMR (101 MHz, CDCl3): Table 1')

# ---- δ, ppm, numbers, ranges, labels, glyphs

C = {
    'δ before each': ('δ 170.6 (C=O), δ 160.6 (C-4), δ 55.1 (OCH3)', [55.1, 160.6, 170.6]),
    'δ in the middle': (HEAD + '171.1, 60.4, δ 21.0, 14.2', ACETATE),
    'δC of journals': ('δH(400 MHz; CDCl3) 4.12 (2 H, q), 2.04 (3 H, s); δC(100 MHz; CDCl3) 171.1, 60.4, 21.0, 14.2',
        ACETATE),
    'δC first': ('δC(100 MHz) 171.1, 60.4, 21.0, 14.2; δH(400 MHz) 4.12 (2 H, q)', ACETATE),
    'ppm.': (HEAD + '171.1, 60.4, 21.0, 14.2 ppm.', ACETATE), 'p.p.m.': (HEAD + '171.1, 60.4, 21.0, 14.2 p.p.m.',
        ACETATE),
    '(ppm)': (HEAD + '171.1, 60.4, 21.0, 14.2 (ppm)', ACETATE),
        'ppm first': ('13C NMR δC, ppm: 171.1; 60.4; 21.0; 14.2', ACETATE),
    'German': ('13C-NMR (100,6 MHz, CDCl3): δ = 171,1 (C=O), 60,4 (CH2), 21,0 (CH3), 14,2 ppm.', ACETATE),
    'labels first': ('C-1\t171.1\nC-2\t60.4\nC-3\t21.0\nC-4 14.2', ACETATE),
    'labels in a line': ('C-1 171.1, C-2 60.4, C-2\' 21.0, 4-CH3 14.2', ACETATE),
    'label commas': ("C-1 171.1; C-2,6 60.4; C-3',5' 21.0; C-4 14.2", ACETATE),
    'CH: groups': ('Cq: δ=171.1; CH2: 60.4; CH3: 21.0, 14.2 ppm', ACETATE),
    'count with blank': (HEAD + '171.1, 60.4 2 C, 21.0 (2C), 14.2 x 3', ACETATE),
    'glued count': (HEAD + '171.1×2, 60.4(2C), 21.0 2xCH3, 14.2 (×2)', ACETATE),
    'formula behind': (HEAD + '171.1 C=O, 60.4 C(CH3)3, 21.0 Si(CH3)2, 14.2 N(CH2CH3)2', ACETATE),
    'table numbers': (HEAD + '171.1(1), 60.4(2), 21.0*, 14.2†', ACETATE),
    'footnotes': (HEAD + '171.1ᵃ, 60.4<sup>b</sup>, 21.0¹, 14.2 a', ACETATE),
    'multiplicity glued': ('171.1s, 60.4t, 21.0q, 14.2q', ACETATE),
    'words between': (HEAD + '171.1 (C=O), minor isomer), 60.4, 21.0 and 14.2', ACETATE),
    'bracket never closed': (HEAD + '171.1 (C(1), 60.4 (CH2), 21.0 (CH3), 14.2', ACETATE),
    'square brackets': (HEAD + '171.1 [C=O], 60.4 [2 × CH3(CH2)15CH2CO], 21.0 [4C; (Ge(CO)4], 14.2', ACETATE),
    'couplings without brackets': (HEAD + '171.1, d, J = 245.0 Hz, 60.4, 21.0, d, JCF = 21.4 Hz, 14.2', ACETATE),
    'coupling 2J(13C-117/119Sn)': (HEAD + '171.1, 60.4 (2J(13C-117/119Sn) = 40 Hz, C-β), 21.0, 14.2', ACETATE),
    'temperature': ('13C NMR, 101 MHz, DMSO-d6, 298 K, T = 25 °C: 171.1, 60.4, 21.0, 14.2', ACETATE),
    'HRMS behind': (HEAD + '171.1, 60.4, 21.0, 14.2; HRMS (ESI): m/z [M + Na]+ calcd for C4H8O2Na: 111.0422', ACETATE),
    'MS behind': (HEAD + '171.1, 60.4, 21.0, 14.2. MS (EI, 70 eV) m/z (%): 88 (M+, 5.1), 43 (100)', ACETATE),
    'analysis behind': (HEAD + '171.1, 60.4, 21.0, 14.2. Anal. Calcd for C4H8O2: C, 54.53; H, 9.15', ACETATE),
    'IR behind': (HEAD + '171.1, 60.4, 21.0, 14.2 ppm. IR (film): 1735.2, 1240.5 cm–1', ACETATE),
    'prose before': ('Ethyl acetate, 3.52 g (85 %), Rf 0.35, bp 77.1 °C. ' + HEAD + '171.1, 60.4, 21.0, 14.2', ACETATE),
    'number across lines': (HEAD + '171.1, 60.\n4, 21.0, 14.2', ACETATE),
    'list across lines': (HEAD + '171.1,\n60.4, 21.0,\n14.2.', ACETATE),
    'missing comma': (HEAD + '171.1, 60.4 21.0, 14.2', ACETATE),
    'minus': (HEAD + '63.1, 18.3, –5.2, −4.7.', [-5.2, -4.7, 18.3, 63.1]),
    'minus with blank': (HEAD + '63.1, 18.3, − 5.2', [-5.2, 18.3, 63.1]),
    'APT signs': ('13C APT NMR (101 MHz) δ 171.1 (+), 60.4 (+), 21.0 (–), 14.2 (−)', ACETATE),
    'changes of shift': (HEAD + '157.49 (C4), Δδ(1)-Hkin = 6.55; 154.9 (C6), Δδ = –0.61', [154.9, 157.49]),
    'ranges': (HEAD + '128.5–128.1 (m), 60.4 - 60.2, 21.0~20.8, 14.2 to 14.0', [14.1, 20.9, 60.3, 128.3]),
    **{f'glyph {delta}': (f'13C NMR (101 MHz, CDCl3){delta} 171.1, 60.4, 21.0, 14.2', ACETATE) for delta in
       (' 𝛿', ' ẟ', ' \uf064', ' \ufffd', ' ∂', ' delta', ' &delta;', ' Î´', ' dC', ' δ_C', ': d', ' ð:')},
    'full width': ('１３Ｃ ＮＭＲ（１０１ ＭＨｚ，ＣＤＣｌ３）δ １７１．１， ６０．４； ２１．０，\u2003１４．２', ACETATE),
    'no-break blanks': ('13C\u202fNMR δ\u2009171.1,\u00a060.4,\u200321.0,\u200b 14.2\ufeff', ACETATE)}

@pytest.mark.parametrize('name', C)
def test_carbon_text(name):
    text, want = C[name]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        same(np.unique(parse_peaks(text)).tolist(), want)

H = {
    'ranges with blanks': ('δ 8.20 (d, J= 15.5 Hz, 1H), 2.41 -2.33 (m, 2H), 1.78- 1.65 (m, 2H), 1.5 – 1.3 (m, 2H)',
                           [1.4, 1.715, 2.37, 8.2]),
    'tilde and to': ('8.0~8.2 (m, 2H), 7.41 (d, 1H, J = 7.8 Hz), 7.4∼7.5 (m, 2H), 3.2 to 3.4 (m, 1H)', [3.3, 7.41,
        7.45, 8.1]),
    'minus after a range': ('0.27–(–)0.05 (m, 6H), –0.12 (s, 9H)', [-.12, .11]),
    'δ twice': ('δ 4.52 (qt, J = 6.6, 1.9 Hz, 1H), 2.67 (td, J = 7.2, 1.9 Hz, 2H), δ 1.74 (s, 1H)', [1.74, 2.67, 4.52]),
    'RSC': ('δH(400 MHz; CDCl3) 7.06 (4 H, s), 2.31 (6 H, s); δC(100 MHz; CDCl3) 134.7, 129.0, 20.9', [2.31, 7.06]),
    'without brackets': ('7.26, dd, J = 8.0, 1.5 Hz, 2H; 2.31, s, 3 H', [2.31, 7.26]),
    'J behind': ('6.52 (br. d, 1H), 4.71 (m, 1H, H-3), J3,4 = 12.8, J3,4′ = 7.0, J4,NH = 2.0', [4.71, 6.52]),
    'two with one bracket': ('8.15 and 7.79 (two m, 2H each), 6.47, 7.42 (each 1H, d, J = 15.6 Hz)', [6.47, 7.42,
        7.79, 8.15]),
    'with a slash': ('5.19/5.18 (1H, d, 5.3/3.6, H-21), 2.12 (3H, s)', [2.12, 5.18, 5.19]),
    'in brackets': ('(9.76 ppm, d, 3J = 8.5 Hz, 1H, NH), (7.34–7.16 ppm, m, 5H), (3.01 ppm, dd, 1H, 1/2xCH2)', [3.01,
        7.25, 9.76]),
    'ppm inside': ('7.65 (1 H, bs, OH), 2.39 ppm (3 H, s, CH3)', [2.39, 7.65]),
    'mixtures': ('Azo: 8.18 (2H, d, JH2,H3 = 8.5 Hz), 7.13–7.09 (1H, m); 6.96 (s, 0.13H, Fu)', [6.96, 7.11, 8.18]),
    'no bracket at the end': ('7.26 (d, J = 8 Hz, 2H), 2.31 (s, 3H.', [2.31, 7.26])}

@pytest.mark.parametrize('name', H)
@pytest.mark.parametrize('head', ['1H NMR (400 MHz, CDCl3) ', '1H (400 MHz, DMSO-d6): ', '1H-NMR, 300 MHz, DMSO-d6: '])
def test_proton_text(name, head):
    text, want = H[name]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        same(np.unique(parse_peaks(head + text, '1H')).tolist(), want)

# ---- tables

@pytest.mark.parametrize('text', [
    '171.12 0.35\n60.44 1.00\n21.03 0.92\n14.21 0.97\n', '171.12\t35.2\n60.44\t100.0\n21.03\t92.1\n14.21\t97.3\n',
    '1 171.12\n2 60.44\n3 21.03\n4 14.21', '1. 171.12\n2. 60.44\n3. 21.03\n4. 14.21',
        '1\t171.12\t35\n2\t60.44\t100\n3\t21.03\t92\n4\t14.21\t97',
    'shift intensity\n171.12 35%\n60.44 100%\n21.03 92%\n14.21 97%',
        'C-1 171.12 0.35\nC-2 60.44 1.00\nC-3 21.03 0.92\nC-4 14.21 0.97',
    'intensity shift\n0.35 171.12\n1.00 60.44\n0.92 21.03\n0.97 14.21',
        '171,12;0,35\n60,44;1,00\n21,03;0,92\n14,21;0,97',
    '14.21 0.97\n21.03 0.92\n60.44 1.00\n171.12 0.35'])
def test_columns(text):
    got, said = told(text)
    same(got, [171.12, 60.44, 21.03, 14.21])
    assert 'taken for the shifts' in said

def test_what_is_no_table():
    same(read('171.1 60.4\n21.0 14.2'), ACETATE) # A sorted list with a line end
    same(read('171.1, 60.4,\n21.0, 14.2'), ACETATE)
    same(told('7.26 2.00\n2.31 3.00', '1H')[0], [2.31, 7.26]) # Integrals
    for text in ['60.4 21.0\n171.1 14.2', '171.1 30.2\n60.4 20.1', '171.1 0.35 s\n60.4 14.2 1.0 x\n21.0 0.2 y']:
        with pytest.raises(RecordError, match='which are the shifts|cannot read'): parse_peaks(text)

# ---- what is told, what is refused

@pytest.mark.parametrize('text, nucleus, said', [
    (HEAD + '171.1, 102.9–72.9 (C1-C5), 60.4', '13C', 'range of 30 ppm is no line, left out'),
    (HEAD + '171.1, 60.4, 21.0, 14.2. HRMS (ESI) m/z 111.0422', '13C', 'left out: HRMS'),
    (HEAD + '135.6, 134.6, 133.5, 130.7, 129.4, 128.8, 12.698, 126.7, 123.8', '13C', '12.698 stands out of the order'),
    (HEAD + '171.1, 60. 4, 21.0', '13C', 'read as 60.4'), (HEAD + '171.1 (C=O), 75,8 (d), 60.4', '13C', 'read as 75.8'),
    ('1H NMR δ 1.65-.80 (m, 2H), 7.26 (s, 1H)', '1H', 'read as 1.65-1.8'),
    ('13C NMR δ 171.1 (C(1), 60.4 (CH2)', '13C', 'does not close'),
    ('The 13C NMR spectrum of 2 showed a ketone (δC 200.2) and methyl groups at 13.4 and 19.5 ppm.', '13C',
        'running text')])
def test_what_is_mended_or_left_out_is_told(text, nucleus, said): assert said in told(text, nucleus)[1]

@pytest.mark.parametrize('text', [
    HEAD + '17 1.1, 60.4', HEAD + '171.1, 6 0.4', HEAD + '135.0, d, 13.7, 133.1', HEAD + '171.1, 60.4 (CH2',
        HEAD + '171.1 | 60.4',
    HEAD + '171.1, 60.4.2', HEAD + '171.1, nan, 60.4', HEAD + '171.1, purified with 3.5 of it, 60.4', '13,2',
        '13,22,45',
    HEAD + '1711, 60.4', '27.51;0.0Q;3|','7.26 x', '20 thirty', '', '\u2003', 'J = 8 Hz', '2H',
        '200-10'])
def test_doubt_is_an_error(text):
    with pytest.raises(RecordError) as e: parse_peaks(text, record='row 7')
    assert str(e.value).startswith('row 7: ') and '\n' not in str(e.value)

def test_a_typed_range_or_a_minus():
    same(read('-5.1 13.2'), [-5.1, 13.2])
    with pytest.raises(RecordError, match='a range or a minus'): parse_peaks('8.20 2.41 -2.33', '1H')

# ---- everything that a report says

PAPER = '''3a. White solid. 1H NMR (400 MHz, DMSO-d6): δ = 7.45 – 7.38 (m, 3H, Ar), 7.26 (dd, J = 8.0, 1.5 Hz, 2H,
H-2), 2.31 ppm (s, 3H). 13C{1H} NMR (101 MHz, CDCl3 + CD3OD): δC, ppm: 170.1 (C=O), 128.5 (d, 2JCF = 21.4 Hz, 2C),
48.1*, –5.2. 31P NMR (162 MHz) δ 21.7. DEPT-135 δ 48.1. HRMS m/z 89.0597.'''

def test_read_report():
    found = read_report(PAPER)
    assert list(found) == ['1H', '13C', '31P', 'DEPT'] and found['31P'] is None and found['DEPT'] is None
    h, c = found['1H'], found['13C']
    assert h.shift_ppm.tolist() == pytest.approx([2.31, 7.26, 7.415], abs=1e-4)
    assert h.multiplicities == ('s', 'dd', 'm') and h.meta['integrals'] == (3, 2, 3)
    assert h.meta['couplings_hz'] == ((), (8.0, 1.5), ()) and h.meta['assignments'] == (None, 'H-2', 'Ar')
    assert h.meta['ranges'][2] == (7.38, 7.45) and (h.meta['solvent'], h.meta['field_mhz']) == ('DMSO-d6', 400)
    assert c.shift_ppm.tolist() == pytest.approx([-5.2, 48.1, 128.5, 128.5, 170.1], abs=1e-4)
    assert c.meta['couplings_hz'][2] == (21.4,) and c.meta['solvent'] == 'CDCl3 + CD3OD' and c.meta['field_mhz'] == 101
    assert c.meta['assignments'][-1] == 'C=O' and c.meta['patterns'][2] == 'd'
    assert c.multiplicities is None

def test_each_nucleus_gets_its_own_part():
    "A whole report given for one nucleus is read as if only its part had been given."
    found = read_report(PAPER)
    for nucleus in ('1H', '13C'): np.testing.assert_array_equal(read(PAPER, nucleus), found[nucleus].lines())

def test_report_without_a_header():
    with pytest.raises(RecordError, match='use parse_peaks'): read_report('171.1, 60.4')
    with pytest.raises(RecordError, match='text expected'): read_report(None)

@pytest.mark.parametrize('text', [PAPER, '1H NMR δ 4.12 (q, 2H), 2.04 (s, 3H). ' + HEAD + '171.1, 60.4'])
def test_another_list_is_left_out_with_a_word(text):
    with pytest.warns(UserWarning, match='its 1H list is left out'): parse_peaks(text)
    read(text, '13C') # asked for: nothing to say

# ---- the accurate mass

@pytest.mark.parametrize('text, want', [
    ('HRMS (ESI) m/z calcd for C12H14NO2 [M+H]+ 204.1019, found 204.1025.',
     (204.1025, 204.1019, '[M+H]+', 'C12H14NO2')),
    ('HRMS (ESI-TOF) m/z: [M + Na]⁺ Calcd for C₁₂H₁₃NO₂Na 226.0838; Found 226.0843',
     (226.0843, 226.0838, '[M+Na]+', 'C12H13NO2Na')),
    ('HRESIMS m/z 202.0875 [M−H]⁻ (calcd 202.0874)', (202.0875, 202.0874, '[M-H]-', None)),
    ('HRMS (EI) calcd for C12H13NO2 (M+) 203.0946, found 203.0946', (203.0946, 203.0946, '(M+)', 'C12H13NO2')),
    ('ESI-HRMS: 204.1025 ([M+H]+, C12H14NO2+; calc. 204.1019)', (204.1025, 204.1019, '[M+H]+', 'C12H14NO2')),
    ('HRMS [M+Na]+ found 226.0843, C12H13NO2Na requires 226.0838. Anal. Calcd for C12H13NO2: C, 70.92',
     (226.0843, 226.0838, '[M+Na]+', 'C12H13NO2Na')),
    ('HRMS m/z 89.0597. 13C NMR (101.123 MHz) δ 171.1', None), ('MS (EI) m/z 204 (M+)', None), ('171.1, 60.4', None)])
def test_accurate_mass(text, want):
    found = _read_hrms('Oil. ' + text)
    assert found == (want and dict(zip(('found_mz', 'calcd_mz', 'adduct', 'formula'), want)))
    if want: assert read_report(HEAD + '171.1, 60.4. ' + text)['HRMS'] == found

# ---- any text, in little time

@fuzz
@given(st.text(max_size=300) | st.text(alphabet='13CHNMRδ (),;:.-–=J\n\u2003\t0257dsHzpm[]{}~', max_size=300),
       st.sampled_from(['13C', '1H']))
@example('171.1\u2003', '13C')
@example('13C NMR δ 171.1\u2003', '13C')
@example('²', '13C')
@example('1.٣', '13C')
def test_any_unicode_is_a_spectrum_or_an_error(text, nucleus):
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: assert len(parse_peaks(text, nucleus))
        except AcmlError as e: assert str(e)
        try: read_report(text)
        except AcmlError as e: assert str(e)
    assert time.perf_counter() - begin < 5

@pytest.mark.parametrize('piece', ['\n', ' ', '(', ')', '([', 'J', 'J=', 'δ', '1.', '1,', '1-', '-', '13C NMR',
    '13C ', '<a ', '&', 'C-1,',
                                   '13C NMR (101 MHz', '1H (', 'x2', 'p.', 'br ', 'and ', '1.2 (d, ', 'H-1 ', '{1H}',
                                       "'", '\u2003',
                                   '1H and 13C NMR ', 'δC 1.2, δH ', '171.1 0.35\n', 'between ', '(δ 1',
                                   ';\n', '1:1 ', '(1, 1) ', 'm/z ', '1 (1), ', 'major ', '2 x 2.5 H '])
def test_time_grows_with_the_length(piece):
    "40 kB of one piece, as a report and as a list."
    for text in ('13C NMR ' + piece * (40_000//len(piece)), piece * (40_000//len(piece)) + '171.1'):
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try: parse_peaks(text)
            except AcmlError: pass
        assert time.perf_counter() - begin < 10
    with pytest.raises(AcmlError, match='characters'): parse_peaks(' ' * 1_000_000)

# ---- the mark

@pytest.mark.parametrize('nucleus, least', [('13C', .99), ('1H', .98)])
def test_published_reports(shared, nucleus, least):
    "Paragraphs labelled by hand: benchmarks/reports.py"
    import pandas as pd, reports
    table = pd.read_parquet(shared('literature_nmr.parquet'))
    judged, row = reports.measure(table[table.use == 'parser'], nucleus)
    assert row['columns']['lists: every shift right'] >= least
    assert row['columns']['wrong silently'] == row['columns']['wrong silently there'] == 0
