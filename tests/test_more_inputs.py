"More texts and files that chemists have, each with what a chemist reads in it; `None` where nobody should be sure."
import warnings

import numpy as np
import pytest

from acml.core import AcmlError, RecordError, Rejected
from acml.massfiles import read_mass_spectra
from acml.spectra import read_spectra
from acml.spectrum import NMRSpectrum, parse_peaks

C, H = '13C NMR (101 MHz, CDCl3) δ ', '1H NMR (400 MHz, CDCl3) δ '

def read(text, nucleus='13C'):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return parse_peaks(text, nucleus, 'row 1')

def same(got, want): np.testing.assert_allclose(np.sort(got), np.sort(want), atol=.006)

# ---- carbons, counted

@pytest.mark.parametrize('text, want', [
    ('130.1 (C-3 and C-5), 14.2', [130.1]*2 + [14.2]), ('130.1 (C-3, C-5), 14.2', [130.1]*2 + [14.2]),
    ('130.1 (C3/C5), 14.2', [130.1]*2 + [14.2]), ("130.1 (d, J = 8.1 Hz, C-2',6'), 14.2", [130.1]*2 + [14.2]),
    ("159.3 (C-4′), 130.1 (C-2′, C-6′)", [159.3, 130.1, 130.1]), ('128.0 (2-C, 6-C), 14.2', [128]*2 + [14.2]),
    ('130.1 (2C, C-3, C-5), 14.2', [130.1]*2 + [14.2]), ('29.5 (C-4 to C-6), 14.2', [29.5]*3 + [14.2]),
    ('130.1 (C-2 or C-6), 125.1 (C-6 or C-2)', [130.1, 125.1]), ('76.7 (C-3/C-5), 76.5 (C-5/C-3)', [76.7, 76.5]),
    ('60.4 (C-2, 6-OMe), 14.2 (2-CH3)', [60.4, 14.2]), ('171.1 (C-1, H-2, H-3), 14.2', [171.1, 14.2]),
    ('129.3 (CHx2), 60.4 (C×2), 14.2', [129.3]*2 + [60.4]*2 + [14.2]), ('129.3 (two C), 60.4 (3 carbons)',
     [129.3]*2 + [60.4]*3),
    ('129.0 (4 ArC), 55.3 (2OCH3), 21.0 (2 OCH3)', [129.]*4 + [55.3]*2 + [21.]*2),
    ('28.3 ((CH3)3C), 18.0 (3 × CH3)', [28.3] + [18.]*3)])
def test_carbons_are_counted_by_their_labels(text, want): same(read(C + text), want)

# ---- numbers of something else

LIST = C + '171.1, 60.4, 14.2'

@pytest.mark.parametrize('behind', [
    ' Ki 12.3', ' Kd 3.4 nM', ' CC50 12.3', ' MIC 3.4', '; >99.5% ee', '. λem 450.2', '; Mn 12.3 kDa', ' Rf 0.35',
    ' mp 101.5–103.2 °C', '; [α]D 25.3 (c 1.0, CHCl3)', ', [a]D -12.3 (c 0.5)', '. [α]25/D –12.3° (c 0.5, MeOH)',
    '. C12H14O3 (206.24): calcd C 69.88',
    '; UV (MeOH) λmax (log ε) 254.2 (4.12)', '; pKa 9.4', '. EC50 = 3.4 nM', '. [α]D δ 25.3 (c 1.0)'])
def test_what_stands_behind_a_list(behind): same(read(LIST + behind), [171.1, 60.4, 14.2])

@pytest.mark.parametrize('text', [
    LIST + ' EA 12.3', LIST + ', +25.3 (c 1.0, CHCl3)', LIST + '; E1/2 = 0.45', LIST + '; 206.0943 [M]+',
    C + '25.3 (c 1.0)', 'δ 25.3 (c = 1.0, CHCl3)', '25.3 (c 1.0)', '[α]D 25.3', '[α]D20 25.3 (c 1.0)',
    C + '16O.2, 118.3', C + '17l.1, 118.3'])
def test_another_quantity_is_no_shift(text):
    with pytest.raises(RecordError, match='row 1'): read(text)

@pytest.mark.parametrize('text', [
    '171.1 CO 60.4 OCH2 14.2 CH3', '171.1 C-1 60.4 C-2 14.2 C-3', '171.1 A 60.4 B 14.2 D', '171.1 s 60.4 t 14.2 q',
    'C-1 = 171.1, C-2 = 60.4, C-3 = 14.2', '171.1 C=O, 60.4 CH2, 14.2 t-Bu', '171.1 (c, C=O), 60.4, 14.2'])
def test_names_of_shifts(text): same(read(C + text), [171.1, 60.4, 14.2])

# ---- headers

@pytest.mark.parametrize('text', [
    '13C-NMR DATA (CDCL3, 75 MHZ): 171.1, 60.4, 14.2',
    '13C NMR (CDCl3) ppm relative to TMS (δ 0.00): 171.1, 60.4, 14.2',
    '13C NMR and DEPT (CDCl3): δC 171.1 (C), 60.4 (CH2), 14.2 (CH3)', '13C NMR：δ 171．1、60．4、14．2。',
    '$^{13}$C NMR (101 MHz, CDCl$_3$) $\\delta$ 171.1, 60.4, 14.2', '"C","171.1"\n"C","60.4"\n"C","14.2"'])
def test_headers_and_quotes(text): same(read(text), [171.1, 60.4, 14.2])

def test_a_quoted_table():
    same(read('"ppm","intensity"\n"171.12","0.35"\n"60.44","1.00"\n"21.03","0.92"\n'), [171.12, 60.44, 21.03])

# ---- tables of papers and of programs

PAPER = 'no.\tδC, type\tδH (J in Hz)\n1\t171.1, C\t\n2\t60.4, CH2\t4.12, q (7.1)\n3\t14.2, CH3\t1.26 (t, 7.1)\n'

@pytest.mark.parametrize('nucleus, text, want', [
    ('13C', PAPER, [171.1, 60.4, 14.2]), ('1H', PAPER, [4.12, 1.26]),
    ('1H', 'position,δH\n1,"2.31, m; 2.10, m"\n2,"1.85–1.80, m"\n3,"0.92, d (6.6)"\n', [2.31, 2.1, 1.825, .92]),
    ('13C', 'no.;δC\n1;171,1 (C)\n2;60,4 (CH2)\n3;14,2\n', [171.1, 60.4, 14.2]),
    ('13C', 'peak_ppm,height\n171.1,1\n60.4,1\n', [171.1, 60.4]),
    ('13C', 'C-1,171.1\nC-2,60.4\nC-3,14.2\n', [171.1, 60.4, 14.2]),
    ('13C', 'ppm\n171.1 0.35\n60.4 1.00\n', None), ('13C', 'shift\n171.1 or so\n60.4\n', None),
    ('13C', 'δC (calc),δC (lit)\n171.1,170.2\n60.4,61.0\n', None)])
def test_cells_that_say_more(tmp_path, nucleus, text, want):
    (tmp_path/'table.csv').write_text(text, encoding='utf-8')
    report = Rejected('tables')
    found = read_spectra(tmp_path/'table.csv', nucleus, report)
    if want is None: assert not found and len(report) == 1
    else: same(found[0].shift_ppm, want)

JCAMP = '''##TITLE=x
##JCAMP-DX=5.00
##DATA TYPE=NMR PEAK TABLE
##.OBSERVE NUCLEUS=13C{1H}
##XUNITS=PPM
##XFACTOR=0.1
##NPOINTS=2
##PEAK TABLE=(XY..XY)
1711,10 604,20
##END=
'''

def test_a_factor_of_a_peak_table(tmp_path):
    (tmp_path/'a.jdx').write_text(JCAMP)
    same(read_spectra(tmp_path/'a.jdx')[0].shift_ppm, [171.1, 60.4])
    (tmp_path/'b.jdx').write_text(JCAMP.replace('1711', '171.1').replace('604', '60.4'))
    with pytest.raises(RecordError, match='b.jdx: XFACTOR= 0.1'): read_spectra(tmp_path/'b.jdx')

# ---- mass spectra

def masses(tmp_path, name, text):
    (tmp_path/name).write_text(text, encoding='utf-8')
    found, = read_spectra(tmp_path/name)
    assert not isinstance(found, NMRSpectrum)
    return found

ROWS = ((65.0386, 120), (91.0542, 999), (119.0491, 300))

@pytest.mark.parametrize('header, row', [
    ('m/z,intensity', '{0},{1}'), ('intensity,m/z', '{1},{0}'), ('m/z,Charge,Intensity', '{0},1,{1}'),
    ('m/z,Delta (ppm),Intensity', '{0},1.2,{1}'), ('No.,m/z,Intensity', '7,{0},{1}'),
    ('mass error\tm/z\tint', '1\t{0}\t{1}'),
    ('"Mass","Rel. Abundance (%)"', '"{0}","{1}"'), ('Mass (m/z)\tIntensity (counts)', '{0}\t{1}'),
    ('m/z,Intensity,Annotation', '{0},{1},C5H5+'), ('m/z,Intensity,Relative', '{0},{1},9'), ('mz;int', '{0};{1}')])
@pytest.mark.parametrize('ending', ['csv', 'tsv', 'txt'])
def test_columns_of_a_mass_spectrum_by_their_names(tmp_path, header, row, ending):
    s = masses(tmp_path, f'a.{ending}', '\n'.join([header, *(row.format(*o) for o in ROWS)]) + '\n')
    assert s.mz.tolist() == [o[0] for o in ROWS]
    np.testing.assert_allclose(s.intensity, np.array([o[1] for o in ROWS]) / 999, rtol=1e-5)

def test_a_pasted_mass_spectrum_is_no_list_of_shifts():
    for text in ('m/z,Charge,Intensity\n65.04,1,120\n91.05,1,999', 'intensity m/z\n120 65.04\n999 91.05'):
        with pytest.raises(RecordError, match='mass spectrum'): read(text)

MSP, MGF = 'Name: A\nNum Peaks: {}\n{}\n', 'BEGIN IONS\nPEPMASS=192.1383\n{1}\nEND IONS\n'

@pytest.mark.parametrize('frame', [MSP, MGF])
@pytest.mark.parametrize('peaks', ['120 65.0386\n999 91.0542\n50 119.0491', '12 41\n999 43\n300 58\n50 71',
                                   '100.0 91.0542\n45.3 119.0491\n12.1 192.1383'])
def test_exchanged_columns_are_told(tmp_path, frame, peaks):
    n = len(peaks.split('\n'))
    ending = 'msp' if frame is MSP else 'mgf'
    (tmp_path/f'a.{ending}').write_text(frame.format(n, peaks))
    with pytest.raises(RecordError, match='columns exchanged'): read_mass_spectra(tmp_path/f'a.{ending}')

@pytest.mark.parametrize('peaks', ['119.0491 999\n91.0542 300\n65.0386 50', '65.0386 50\n119.0491 120\n91.0542 300',
                                   '91.0542 12.5\n65.0386 45.35\n119.0491 99.92', '41 12\n43 300\n58 999', '91.05 1'])
def test_any_order_of_peaks_is_read(tmp_path, peaks):
    (tmp_path/'a.msp').write_text(MSP.format(len(peaks.split('\n')), peaks))
    assert len(read_mass_spectra(tmp_path/'a.msp')[0]) == len(peaks.split('\n'))

def test_a_factor_of_a_mass_spectrum(tmp_path):
    text = '##TITLE=x\n##DATA TYPE=MASS SPECTRUM\n##XFACTOR=0.1\n##PEAK TABLE=(XY..XY)\n270,2240 310,9999\n##END=\n'
    assert masses(tmp_path, 'a.jdx', text).mz.tolist() == [27, 31]

def test_two_adducts_are_none(tmp_path):
    text = 'Name: A\nPrecursorMZ: 195.0877\nAdduct: {}\nPrecursor_type: [M+Na]+\nNum Peaks: 1\n120.0 5\n'
    with pytest.warns(UserWarning, match='without their adduct'):
        s = masses(tmp_path, 'a.msp', text.format('[M+H]+'))
    assert s.adduct is None and s.ion_mode == 'positive'
    assert masses(tmp_path, 'b.msp', text.format('M+Na')).adduct == '[M+Na]+'


def test_text_that_is_too_long_for_the_name_of_a_file_is_text():
    from acml.spectra import read_spectra
    for source in ('1' * 27 + '\x80' * 150, '58.1 18.3 ' + 'ä' * 200):
        with pytest.raises(AcmlError): read_spectra(source)
