"""Tables of peaks as MestReNova, TopSpin and ACD/Labs export them, in files and pasted."""
import warnings

import numpy as np
import pandas as pd
import pytest

from acml.core import RecordError
from acml.nmrfiles import read_nmr
from acml.spectra import read_spectra
from acml.spectrum import parse_peaks

MNOVA = '''\tppm\tIntensity\tWidth\tArea\tType\tFlags\tImpurity/Compound\tAnnotation
1\t171.48\t18.3\t1.44\t166.20\tCompound\tNone\t\tC1
2\t77.16\t18.6\t1.35\t155.29\tSolvent\tNone\tCDCl3\t
3\t60.29\t-25.3\t1.44\t-219.82\tCompound\tNone\t\t
4\t59.90\t0.3\t1.44\t9.82\tCompound\tWeak + C13_Sat\t\t
'''
MULTIPLETS = '''\tName\tShift\tRange\tH's\tIntegral\tClass\tJ's\tMethod
1\tA (d)\t7.42\t7.46 .. 7.38\t2\t2.03\td\t8.10\tSum
2\tB (qd)\t4.12\t4.18 .. 4.06\t2\t1.99\tqd\t7.1, 2.3\tSum
3\tC (m)\t2.05\t2.1 .. 2.0\t3\t3\tm\t\tSum
'''
ACD = '''Table of Peaks
acetate.esp

No.\t(ppm)\t(Hz)\tHeight
1\t14.20\t1428.7\t0.81
2\t21.00\t2112.9\t0.61
3\t171.10\t17214.0\t0.21
'''
TOPSPIN = '''Peak\tv(F1) [ppm]\tIntensity [rel]\tAnnotation
1\t171.1001\t0.32\t
2\t60.4002\t1.00\tOCH2
'''

def sources(text, tmp_path):
    "The text pasted, and in files of each ending; with carriage returns, and without the blanks at the ends of lines."
    yield text
    stripped = '\n'.join(o.rstrip() for o in text.split('\n'))
    for i, (name, t) in enumerate([('a.txt', text), ('a.csv', text), ('a.tsv', stripped), ('b.txt', stripped)]):
        path = tmp_path/name
        path.write_bytes(t.replace('\n', '\r\n' if i % 2 else '\n').encode())
        yield path

@pytest.mark.parametrize('text, shifts', [(ACD, [14.2, 21., 171.1]), (TOPSPIN, [60.4002, 171.1001])])
def test_the_column_of_shifts(tmp_path, text, shifts):
    for source in sources(text, tmp_path):
        np.testing.assert_allclose(read_spectra(source)[0].shift_ppm, shifts, atol=1e-4)

def test_what_mnova_calls_solvent_or_satellite_is_left_out_with_a_warning(tmp_path):
    for source in sources(MNOVA, tmp_path):
        with pytest.warns(UserWarning, match='77.16, 59.90 left out'): found, = read_spectra(source, '13C')
        np.testing.assert_allclose(found.shift_ppm, [60.29, 171.48], atol=1e-4)
        np.testing.assert_allclose(found.intensities, [-25.3, 18.3], atol=1e-4)
        assert found.meta['assignments'] == (None, 'C1') and 'picked' not in found.meta

def test_multiplets_of_mnova(tmp_path):
    for source in sources(MULTIPLETS, tmp_path):
        found, = read_spectra(source, '1H')
        np.testing.assert_allclose(found.shift_ppm, [2.05, 4.12, 7.42], atol=1e-5)
        assert found.multiplicities == ('m', 'qd', 'd') and found.meta['integrals'] == (3., 2., 2.)
        assert found.meta['couplings_hz'] == ((), (7.1, 2.3), (8.1,)) and 'picked' not in found.meta

def test_the_header_without_a_name_for_the_numbers(tmp_path):
    found, = read_spectra(MULTIPLETS.replace('\tName', 'Name'), '1H')
    np.testing.assert_allclose(found.shift_ppm, [2.05, 4.12, 7.42], atol=1e-5)

def test_hydrogen_lines_of_a_peak_table_are_of_multiplets(tmp_path):
    found, = read_spectra(MNOVA.replace('171.48', '7.12').replace('60.29', '7.14'), '1H')
    assert found.meta['picked']

def test_decimal_commas(tmp_path):
    text = 'Shift [ppm];Höhe\n171,1;0,3\n60,4;1\n'
    for source in sources(text, tmp_path):
        np.testing.assert_allclose(read_spectra(source)[0].shift_ppm, [60.4, 171.1], atol=1e-4)

@pytest.mark.parametrize('text, reason', [
    ('\tf2 (ppm)\tf1 (ppm)\tIntensity\n1\t7.42\t128.1\t7\n', r'a 2D table \(f1 and f2\)'),
    ('ppm\tIntensity\n171.1\n', 'peak 1: not as long as the header'), 
    ('ppm\tIntensity\n171.1\tx\n', 'intensities: .* is not a number'),
    ('ppm\tIntensity\nCDCl3\t1\n', 'shift_ppm: .* is not a number'), ('ppm\tIntensity\n', 'empty peak list')])
def test_faults(tmp_path, text, reason):
    for source in sources(text, tmp_path):
        with pytest.raises(RecordError, match=f'(a.(txt|csv|tsv)|b.txt|table): {reason}'): read_spectra(source)

@pytest.mark.parametrize('text', ['13C NMR (CDCl3); δ; 171.1; 60.4', '13C NMR (CDCl3), δ, ppm: 171.1, 60.4',
                                  '171.1\t60.4',
                                  '13C NMR\tδ\t171.1\t60.4'])
def test_reports_are_no_tables(text):
    np.testing.assert_allclose(read_spectra(text)[0].shift_ppm, [60.4, 171.1], atol=1e-4)

@pytest.mark.parametrize('text, carbons, hydrogens', [
    ('Position,δC\n1,171.1\n2,60.4\n', [60.4, 171.1], 'holds 13C, not 1H'),
    ('Position;δC;mult\n1;171,1;C\n2;60,4;CH2\n', [60.4, 171.1], 'holds 13C, not 1H'),
    ('Position\tδC\tδH\n1\t171.1\t\n2\t60.4\t4.12\n3\t21.0\t2.04\n', [21., 60.4, 171.1], [2.04, 4.12]),
    ('Position,13C,1H\n1,171.12,–\n2,60.44,4.12\n', [60.44, 171.12], [4.12]),
    ('Atom,1H (ppm),13C (ppm)\nC-1,n.d.,171.12\nN,7.31,-\nC-2,4.12,60.44\n', [60.44, 171.12], [4.12, 7.31]),
    ('Position,exp. shift\n1,171.1\n2,60.4\n', [60.4, 171.1], 'shift 171.1 ppm is outside'),
    ('Atom,δH\n1,7.26\n2,4.12\n', 'holds 1H, not 13C', [4.12, 7.26]),
    ('no.,"H shift (400 MHz, CDCl3)"\n1,7.26\n2,4.12\n', 'holds 1H, not 13C', [4.12, 7.26]),
    ('Position,Height\n1,0.5\n2,0.6\n', 'the column Position counts', 'the column Position counts'),
    ('Position,Height\n171.12,0.5\n60.44,0.6\n', [60.44, 171.12], 'shift 171.12 ppm is outside'),
    ('δC (CDCl3),δC (DMSO-d6)\n171.1,170.2\n', r'the shifts: δC \(CDCl3\) or δC', 'holds 13C, not 1H'),
    ('1H (ppm),13C (ppm)\n4.12,60.44\n', r'a 2D table \(1H and 13C\)', r'a 2D table \(1H and 13C\)'),
    (MULTIPLETS, '1H, not 13C', [2.05, 4.12, 7.42])])
@pytest.mark.parametrize('nucleus', ['13C', '1H'])
def test_columns_that_name_their_nucleus(tmp_path, text, carbons, hydrogens, nucleus):
    want = carbons if nucleus == '13C' else hydrogens
    (tmp_path/'a.csv').write_text(text)
    if isinstance(want, str):
        with pytest.raises(RecordError, match=f'a.csv: .*{want}'): read_spectra(tmp_path/'a.csv', nucleus)
    else: np.testing.assert_allclose(read_spectra(tmp_path/'a.csv', nucleus)[0].shift_ppm, want, atol=1e-4)

@pytest.mark.parametrize('text', ['Atom,δH\n1,7.26\n2,4.12\n', MULTIPLETS])
def test_a_table_of_hydrogens_is_found_to_be_one(tmp_path, text):
    (tmp_path/'a.csv').write_text(text)
    assert read_spectra(tmp_path/'a.csv')[0].nucleus == '1H'

def test_a_table_of_pandas_with_positions():
    found, = read_spectra(pd.DataFrame({'Position': [1, 2], 'δC': [171.1, 60.4]}))
    np.testing.assert_allclose(found.shift_ppm, [60.4, 171.1], atol=1e-4)

@pytest.mark.parametrize('column', ['Label', 'Type', 'Annotation', 'Assignment', 'Compound'])
@pytest.mark.parametrize('cell', ['CDCl3', 'Residual solvent', 'Water', 'solvent', 'DMSO-d5', '(CHCl3 residual)',
                                  'res. CHCl3', 'Lösungsmittel', 'H2O', 'impurity', 'grease'])
def test_lines_with_the_label_of_a_solvent(tmp_path, column, cell):
    (tmp_path/'a.csv').write_text(f'ppm,Intensity,{column}\n7.12,0.3,C1\n7.26,1.0,{cell}\n4.44,0.3,C2\n')
    with pytest.warns(UserWarning, match='7.26 left out'): found, = read_spectra(tmp_path/'a.csv', '1H')
    np.testing.assert_allclose(found.shift_ppm, [4.44, 7.12], atol=1e-4)

@pytest.mark.parametrize('cell', ['OH', 'EtOAc', 'acetone', 'CH2Cl', 'TMS', 'dioxane', 'C-1'])
def test_lines_with_the_label_of_a_group_are_kept(tmp_path, cell):
    (tmp_path/'a.csv').write_text(f'ppm,Intensity,Assignment\n7.12,0.3,C1\n0.21,1.0,{cell}\n4.44,0.3,C2\n')
    assert len(read_spectra(tmp_path/'a.csv', '1H')[0]) == 3

@pytest.mark.parametrize('counts, n', [('1 2 1', 4), ('1 x 1', 3), ('100 250 90', 3), ('1 0 1', 3)])
def test_a_count_of_carbons_repeats_the_line(tmp_path, counts, n):
    rows = ''.join(f'{x},{c},{i}\n' for i, (x, c) in enumerate(zip((171.1, 128.5, 60.4), counts.split()), 1))
    (tmp_path/'a.csv').write_text(f'shift_ppm,count,intensity\n{rows}')
    found, = read_spectra(tmp_path/'a.csv')
    assert len(found) == n and found.intensities[-1] == pytest.approx(1)

# ---- as spreadsheets and other programs write the same table

GERMAN = 'Verschiebung [ppm];Intensität\n171,12;0,35\n60,44;1,00\n14,21;0,97\n'
HANDED = {
    'BOM': '\ufeff' + GERMAN, 'a line for Excel': 'sep=;\n' + GERMAN, 'old Mac': GERMAN.replace('\n', '\r'),
    'empty columns': GERMAN.replace('\n', ';;\n') + ';;;\n', 'a title': 'Probe 12\n\n' + GERMAN,
    'quoted commas': '"ppm","height"\n"171,12","0,35"\n"60,44","1,00"\n"14,21","0,97"\n',
    'thousands': GERMAN.replace('0,35', '1.234,5').replace('1,00', '3.526,0').replace('0,97', '3.420,2'),
    'thousands in quotes': 'ppm,height\n171.12,"1,234.5"\n60.44,"3,526.0"\n14.21,"3,420.2"\n',
    'both decimals': 'ppm;height\n171,12;0.35\n60.44;1.00\n14,21;0.97\n',
    'units in cells': 'Shift,height\n171.12 ppm,35%\n60.44 ppm,100%\n14.21 ppm,97%\n',
    'units in a row': 'shift,intensity\n(ppm),(a.u.)\n171.12,0.35\n60.44,1\n14.21,0.97\n',
    'ν': 'ν (ppm),intensity\n171.12,0.35\n60.44,1\n14.21,0.97\n',
    'calculated beside': 'C,exp.,calc.,height\n1,171.12,165.0,0.35\n2,60.44,64.2,1\n3,14.21,15.1,0.97\n',
    'Hz beside': 'No.;(ppm);(Hz);Height\n1;14,21;1428,5;0,97\n2;60,44;6076,2;1,00\n3;171,12;17212,6;0,35\n'}

@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
@pytest.mark.parametrize('name', HANDED)
def test_tables_as_they_are_handed_over(tmp_path, name, encoding):
    (tmp_path/'a.csv').write_bytes(HANDED[name].encode(encoding))
    found, = read_spectra(tmp_path/'a.csv', '13C')
    np.testing.assert_allclose(found.shift_ppm, [14.21, 60.44, 171.12], atol=1e-4)
    np.testing.assert_allclose(found.intensities / found.intensities.max(), [.97, 1., .35], atol=1e-3)

@pytest.mark.parametrize('minus', '−–—-')
def test_any_dash_before_a_number_is_a_minus(tmp_path, minus):
    (tmp_path/'a.csv').write_text(f'ppm;h\n60,44;1\n{minus}4,50;1\n')
    np.testing.assert_allclose(read_spectra(tmp_path/'a.csv', '13C')[0].shift_ppm, [-4.5, 60.44], atol=1e-4)

@pytest.mark.parametrize('text, reason', [
    ('δH;δC\n4,12;60,44\n1,26;14,21\n', r'a 2D table \(1H and 13C\)'),
    ('Peak,v(F2) [ppm],v(F1) [ppm]\n1,4.12,60.44\n2,1.26,14.21\n', 'a 2D table'),
    ('ppm\n171.12\n#N/A\n60.44\n', "'#N/A' is not a number"),
    ('ppm\n171,12\n#NV\n60,44\n', "'#NV' is not a number"),
    ('ppm\n171.12\n14. Feb\n', "'14. Feb' is not a number"),
    ('m/z,intensity\n43,100\n58,35\n', 'no column of shifts'),
    ('171,12\n60,44\n', 'are its commas decimal'), ('43.05,100\n58.04,35\n88.05,5\n', 'of shifts, or of m/z'),
    ('4.12,60.44\n1.26,14.21\n', 'which are the shifts'), ('171.1,170.9\n60.4,60.3\n21.0,20.9\n', 'side by side')])
def test_tables_that_are_no_list_of_carbons(tmp_path, text, reason):
    (tmp_path/'a.csv').write_text(text)
    with pytest.raises(RecordError, match=f'a.csv: .*{reason}'): read_spectra(tmp_path/'a.csv', '13C')

@pytest.mark.parametrize('text', ['171,12;0,35\n60,44;1,00\n14,21;0,97\n', '171.12,0.35\n60.44,1.00\n14.21,0.97\n',
                                  '1,171.12,0.35\n2,60.44,1.00\n3,14.21,0.97\n', '171.12\n60.44\n14.21\n'])
@pytest.mark.parametrize('ending', ['csv', 'tsv', 'txt'])
def test_without_a_header(tmp_path, text, ending):
    (tmp_path/f'a.{ending}').write_text(text)
    found, = read_spectra(tmp_path/f'a.{ending}', '13C')
    np.testing.assert_allclose(found.shift_ppm, [14.21, 60.44, 171.12], atol=1e-4)

def test_carbons_and_their_hydrogens_are_no_axes(tmp_path):
    (tmp_path/'a.csv').write_text('δC,δH\n171.12,\n60.44,4.12\n14.21,1.26\n')
    np.testing.assert_allclose(read_spectra(tmp_path/'a.csv', '13C')[0].shift_ppm, [14.21, 60.44, 171.12], atol=1e-4)
    np.testing.assert_allclose(read_spectra(tmp_path/'a.csv', '1H')[0].shift_ppm, [1.26, 4.12], atol=1e-4)

OTHER = {'heights': '45 100 98 97.5', 'theory': '170.0 61.5 20.1 13.3', 'error': '1.2 1.1 0.9 1.0', 'atoms': '2 3 1 4',
         'hertz': '17112 6044 2103 1421'}
SEPARATORS = {',': 'csv', ';': 'csv', '\t': 'tsv', '  ': 'txt'}

def two_columns(names, kind, sep, swapped=False):
    rows = [names, *zip('171.12 60.44 21.03 14.21'.split(), OTHER[kind].split())]
    return '\n'.join(sep.join(r[::-1] if swapped else r) for r in rows) + '\n'

def answers(text, sep, folder):
    "What a file, the pasted text and `parse_peaks` give: shifts, or the reason of a refusal."
    path = folder/f'a.{SEPARATORS[sep]}'
    path.write_text(text)
    for read in (lambda: read_nmr(path, '13C')[0].shift_ppm, lambda: read_nmr(text, '13C')[0].shift_ppm,
                 lambda: parse_peaks(text)):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            try: yield [round(float(x), 2) for x in read()]
            except RecordError as e: yield e.reason

@pytest.mark.parametrize('swapped', [False, True])
@pytest.mark.parametrize('sep', SEPARATORS)
@pytest.mark.parametrize('names, kind', [(('ppm', 'Intensity'), 'heights'), (('ppm', 'predicted'), 'theory'), 
    (('shift', 'error'), 'error'), (('δC', 'ppm'), 'theory'), (('13C (ppm)', 'shift'), 'error'),
    (('ppm', '13C'), 'atoms'), (('delta', 'Hz'), 'hertz'), (('exp', 'calc'), 'theory'), (('shift', 'S/N'), 'heights'),
    (('delta', '13C'), 'atoms')])
def test_the_column_that_is_meant(tmp_path, names, kind, sep, swapped):
    if sep == '  ' and ' ' in ''.join(names): pytest.skip('names of two words, blanks between columns')
    for got in answers(two_columns(names, kind, sep, swapped), sep, tmp_path):
        assert got == [14.21, 21.03, 60.44, 171.12] or sep != '\t' and 'which' in got and 'δC' in names, got

@pytest.mark.parametrize('swapped', [False, True])
@pytest.mark.parametrize('sep', SEPARATORS)
@pytest.mark.parametrize('names, kind', [(('ppm', '13C'), 'heights'), (('ppm', '13C'), 'theory'),
    (('shift', '13C'), 'heights'), (('delta', '13C'), 'error'), (('shift', 'ppm'), 'theory'),
    (('shift', 'delta'), 'error')])
def test_names_that_leave_a_choice_are_told(tmp_path, names, kind, sep, swapped):
    for got in answers(two_columns(names, kind, sep, swapped), sep, tmp_path):
        assert isinstance(got, str) and 'shifts: ' in got and all(n in got for n in names), got

def test_a_table_that_is_typed_loses_its_solvent_too():
    from acml.modality import get_modality
    with pytest.warns(UserWarning, match='77.16, 59.90 left out'): found, = get_modality('cnmr').read([MNOVA])
    np.testing.assert_allclose(found.shift_ppm, [60.29, 171.48], atol=1e-4)

def test_columns_that_say_the_same(tmp_path):
    for got in answers('ppm,13C\n171.12,171.12\n60.44,60.44\n', ',', tmp_path): assert got == [60.44, 171.12]

@pytest.mark.parametrize('text, nucleus, reason', [
    ('compound 1,compound 2\n171.1,170.9\n60.4,61.5\n21.0,20.1\n', '13C', 'side by side'),
    ('δH\tδC\n7.1\t128.3\n4.12\t60.4\n', '13C', 'a 2D table'),
    ('δH  δC\n7.1  128.3\n4.12  60.4\n', '1H', 'a 2D table'),
    ('ppm\t1H\n7.12\t45\n4.44\t100\n', '13C', 'holds 1H, not 13C')])
def test_two_lists_side_by_side_are_refused(text, nucleus, reason):
    with pytest.raises(RecordError, match=reason): parse_peaks(text, nucleus)

def test_a_list_below_a_title_is_a_list():
    found = parse_peaks('Carbon shifts\n171.1 60.4\n21.0 14.2\n')
    np.testing.assert_allclose(found, [14.2, 21., 60.4, 171.1], atol=1e-4)

def test_a_cell_beyond_the_limit_is_named():
    with pytest.raises(RecordError, match='not a table'): read_spectra('ppm;' + 'x' * 150_000 + '\n1;2')
