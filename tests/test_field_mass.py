"""Mass spectra as programs and libraries write them: orders of fields, names of adducts, placeholders, levels."""
import re, warnings

import pytest

from acml.chem import hill_formula
from acml.core import AcmlError, RecordError, Rejected
from acml.massfiles import _parse_energy, read_mass_spectra, read_massbank
from acml.massspec import MassSpectrum, parse_adduct
from acml.spectra import read_spectra
from test_mass_readers import RECORD, mzml

PEAKS = '91.0542 41\n119.0491 999\n192.1383 803\n'
FIRST = dict(SMILES='CCO', NAME='a', PRECURSORTYPE='[M+H]+', PRECURSORMZ='47.0491', COLLISIONENERGY='35')
SECOND = dict(SMILES='CCN', NAME='b', PRECURSORTYPE='[M+Na]+', PRECURSORMZ='68.0471', COLLISIONENERGY='60')

def saved(folder, text, name='a.msp', encoding='utf-8'):
    (folder/name).write_bytes(text.encode(encoding))
    return folder/name

def read(folder, text, name='a.msp', **options):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return read_mass_spectra(saved(folder, text, name), **options)

def msp(fields, peaks=PEAKS, n=3, **more):
    return ''.join(f'{k}: {v}\n' for k, v in {**fields, **more}.items()) + f'Num Peaks: {n}\n{peaks}'

def mgf(peaks=PEAKS, **fields):
    return 'BEGIN IONS\n' + ''.join(f'{k}={v}\n' for k, v in fields.items()) + f'{peaks}END IONS\n\n'

# ---- which field belongs to which spectrum

@pytest.mark.parametrize('between', ['\n', '\n\n\n', '', '  \n'])
@pytest.mark.parametrize('first', list(FIRST))
def test_fields_stay_with_their_spectrum(tmp_path, first, between):
    blocks = [msp({first: d[first], **d}) for d in (FIRST, SECOND, FIRST)]
    found = read(tmp_path, between.join(blocks))
    told = [(s.meta['name'], s.meta['smiles'], s.adduct, s.precursor_mz, s.collision_energy) for s in found]
    a, b = ('a', 'CCO', '[M+H]+', 47.0491, 35.), ('b', 'CCN', '[M+Na]+', 68.0471, 60.)
    assert told == [a, b, a]

@pytest.mark.parametrize('key', ['NAME', 'Name', 'COMPOUND_NAME', 'TITLE', 'CompoundName'])
def test_names_of_the_name(tmp_path, key):
    s, = read(tmp_path, msp({'IONMODE': 'positive', key: 'DEET'}))
    assert s.meta['name'] == 'DEET' and s.ion_mode == 'positive'

def test_fields_behind_the_peaks_and_empty_lines_before_them(tmp_path):
    text = 'NAME: a\n\nNum Peaks: 3\n\n' + PEAKS + 'SMILES: CCO\n\nNAME: b\nNum Peaks: 3\n' + PEAKS + 'SMILES: CCN\n'
    assert [(s.meta['name'], s.meta['smiles'], len(s)) for s in read(tmp_path, text)] == [('a', 'CCO', 3),
                                                                                          ('b', 'CCN', 3)]

# ---- placeholders

@pytest.mark.parametrize('value', ['0', '0.0', '-1', 'NA', 'N/A', 'Unknown', 'None', 'null', 'nan', '?', '-', '',
                                   'not available', 'heavy'])
def test_a_placeholder_never_costs_the_peaks(tmp_path, value):
    s, = read(tmp_path, msp(dict(NAME='a', PrecursorMZ=value)))
    t, = read(tmp_path, mgf(TITLE='a', PEPMASS=value), 'a.mgf')
    assert [s.precursor_mz, len(s), t.precursor_mz, len(t)] == [None, 3, None, 3]

@pytest.mark.parametrize('value', ['Unknown', 'N/A', 'none', 'neutral', 'null', '?', '0', 'both'])
@pytest.mark.parametrize('key', ['Ion_mode', 'IONMODE', 'polarity'])
def test_an_unknown_ion_mode(tmp_path, key, value):
    s, = read(tmp_path, msp({'NAME': 'a', 'PrecursorMZ': '192.1383', key: value}))
    assert s.ion_mode is None and s.precursor_mz == 192.1383

@pytest.mark.parametrize('key', ['SMILES', 'INCHIKEY', 'COLLISION_ENERGY', 'PRECURSOR_TYPE', 'CHARGE', 'SPECTRUMID'])
@pytest.mark.parametrize('value', ['N/A', 'unknown', '', 'NA'])
def test_other_placeholders(tmp_path, key, value):
    for text, name in ((msp({'NAME': 'a', key: value}), 'a.msp'), (mgf(**{'TITLE': 'a', key: value}), 'a.mgf')):
        s, = read(tmp_path, text, name)
        assert value == '' or value not in [*map(str, s.meta.values()), s.adduct]

def test_placeholders_of_massbank_and_mzml(tmp_path):
    text = RECORD.format(id='A').replace('PRECURSOR_M/Z 192.1383', 'PRECURSOR_M/Z N/A')
    assert read(tmp_path, text, 'a.txt')[0].precursor_mz is None
    assert read_massbank(saved(tmp_path, text, 'a.txt'))['precursor_mz'].isna().all()
    pytest.importorskip('pyteomics')
    text = mzml([([91.05, 119.05], [1., 2.])]).replace('value="192.1383"', 'value="0"')
    assert read(tmp_path, text, 'a.mzML')[0].precursor_mz is None

# ---- adducts

SAME = {
    '[M+H]+': ['M+H', 'MH+', '(M+H)+', '[M+H]⁺', '[m+h]+', '[M+H]1+', '[M+H+]', '[MH]+', '[M + H]+', '[M+H]+1', 'M+H+'],
    '[M-H]-': ['M-H', '[M–H]⁻', '[M−H]−', '(M-H)-', '[m-h]-', '[M-H-]'],
    '[M]+': ['M+', 'M•+', 'M⁺', '[M]•+', '[M]+•', '[M]+.', 'M+*', '[M].+', 'M-e', '[M-e]+', 'M⁺•', '[M-e-]+'],
    '[M+2H]2+': ['[M+2H]++', '[M+2H]+2', '[M+2H]²⁺', 'M+2H', '(M+2H)2+', '[M+2H](2+)', 'MH2++'],
    '[M+Na]+': ['M+Na', 'MNa+', '[M+NA]+', '[m+na]+'], '[M+NH4]+': ['M+NH4', '[M+nh4]+', '[M+NH₄]⁺'],
    '[M+H-H2O]+': ['[M-H2O+H]+', '[M+H-H20]+', 'M-H20+H', '[M+H-(H2O)]+', '[M+H-H₂O]+', '[M-h2o+h]+'],
    '[M+H-2H2O]+': ['[M+H-2(H2O)]+', '[M+H-(H2O)2]+', '[M-2H20+H]+'], '[M+H-C12H20O9]+': ['[M+H-(C12H20O9)]+'],
    '[M+CH3OH+H]+': ['[M+MeOH+H]+', '[M+MEOH+H]+'],
    '[M+C2H3N+H]+': ['[M+ACN+H]+', '[M+AcN+H]+', '[M+MeCN+H]+', '[M+CH3CN+H]+'],
    '[M+HCOO]-': ['[M+FA-H]-', '[M+HCOOH-H]-', '[M+Formate]-', '[M+FA]-'],
    '[M+C2H3O2]-': ['[M+HAc-H]-', '[M+AcOH-H]-', '[M+OAc]-', '[M+Acetate]-', '[M+CH3COO]-'],
    '[M+C2F3O2]-': ['[M+TFA-H]-', '[M+CF3COO]-', '[M+TFA]-'], '[M+H-CO2]+': ['[M+H-C02]+'],
    '[M+C3H8O+H]+': ['[M+IsoProp+H]+', '[M+IPA+H]+', '[M+iPrOH+H]+'], '[M+C2H6OS+H]+': ['[M+DMSO+H]+']}

@pytest.mark.parametrize('usual', SAME)
def test_spellings_of_adducts(usual):
    for other in SAME[usual]:
        assert tuple(parse_adduct(other)) == pytest.approx(tuple(parse_adduct(usual)), abs=1e-6), other

@pytest.mark.parametrize('text', ['[M+?]+', '[M+Foo]+', '[M+Ac]+', '[M+No]+', '[M+Xe+H]+', '[M+Co]+', 'protonated', '',
                                  'M', '[Cat]+', '[M+1]+', 'MH-', '[M+H]0', '+', '[M+' + 'H'*500 + ']+'])
def test_what_is_no_adduct(text):
    with pytest.raises(AcmlError): parse_adduct(text)

def test_an_adduct_that_cannot_be_read_costs_only_itself(tmp_path):
    text = msp(dict(NAME='x', PrecursorMZ=192.1383, Precursor_type='[M+Foo]+', Ion_mode='P'))
    with pytest.warns(UserWarning, match=r'1 of 1 spectra.*Foo'): s, = read_mass_spectra(saved(tmp_path, text))
    assert (s.adduct, s.precursor_mz, s.ion_mode, len(s)) == (None, 192.1383, 'positive', 3)
    assert 'Foo' in s.meta['notes'][0]
    assert read(tmp_path, text, adduct='[M+H]+')[0].adduct is None, 'it is something else'

KEYS = ['PRECURSOR_TYPE', 'PRECURSORTYPE', 'Precursor_type', 'ADDUCT', 'adduct', 'ION', 'ION_TYPE',
        'IonType', 'ADDUCTIONNAME', 'ADDUCT_TYPE', 'adduct_type', 'Precursor type']

@pytest.mark.parametrize('key', KEYS)
def test_names_of_the_adduct(tmp_path, key):
    for value in ('[M+H]+', 'M+H'):
        for text, name in ((msp({key: value, 'NAME': 'a', 'PRECURSORMZ': '192.1383'}), 'a.msp'),
                           (mgf(**{'PEPMASS': '192.1383 5000', key: value}), 'a.mgf')):
            s, = read(tmp_path, text, name)
            assert s.neutral_mass == pytest.approx(191.131, abs=1e-3) and s.adduct == '[M+H]+'

@pytest.mark.parametrize('name,mass', [('DEET M+H', 191.131), ('DEET [M+H]+', 191.131), ('DEET (M+H)+', 191.131),
                                       ('DEET - 40.0 eV M+Na', 169.149), ('N M-H', 193.1456), ('DEET', None),
                                       ('Vitamin M', None), ('x; LC-ESI-QTOF; MS2; CE=35; [M+H]+', 191.131)])
def test_adducts_at_the_end_of_names(tmp_path, name, mass):
    s, = read(tmp_path, mgf(PEPMASS='192.1383', CHARGE='0', NAME=name), 'a.mgf')
    assert s.neutral_mass == (mass and pytest.approx(mass, abs=1e-3)) and s.meta['name'] == name

# ---- charges

def test_charge_and_adduct(tmp_path):
    masses = [read(tmp_path, mgf(PEPMASS='500.25', CHARGE=z), 'a.mgf', adduct=a)[0].neutral_mass
              for z, a in (('2+', '[M+H]+'), ('2-', '[M-H]-'), ('1+', '[M+H]+'), ('3+', '[M+Na]+'))]
    assert masses == [pytest.approx(998.4854, abs=1e-3), pytest.approx(1002.5146, abs=1e-3),
                      pytest.approx(499.2427, abs=1e-3), None]
    s, = read(tmp_path, mgf(PEPMASS='500.25', CHARGE='2+', ADDUCT='[M+H]+'), 'a.mgf', adduct='[M+H]+')
    assert s.adduct is None and 'charge 2' in s.meta['notes'][0]
    s, = read(tmp_path, mgf(PEPMASS='500.25', CHARGE='1+', ADDUCT='[M+2H]2+'), 'a.mgf')
    assert s.neutral_mass == pytest.approx(998.4854, abs=1e-3)
    s, = read(tmp_path, mgf(PEPMASS='500.25', IONMODE='negative', ADDUCT='[M+H]+'), 'a.mgf')
    assert (s.adduct, s.ion_mode) == (None, 'negative') and s.meta['notes']

# ---- levels

def test_full_scans_are_no_fragments(tmp_path):
    full = '192.1383 1000\n193.1416 130\n214.1202 80\n'
    text = mgf(full, PEPMASS='192.1383', MSLEVEL=1) + mgf(PEPMASS='192.1383', MSLEVEL=2)
    assert [s.mz[s.intensity.argmax()] for s in read(tmp_path, text, 'a.mgf')] == [119.0491]
    for key, one, two in (('Spectrum_type', 'MS1', 'MS2'), ('MSLEVEL', '1', '2'), ('MS_level', 'MS', 'MS/MS')):
        a = msp({'NAME': 'a', 'PRECURSORMZ': 192.1383, key: one}, full)
        b = msp({'NAME': 'b', 'PRECURSORMZ': 192.1383, key: two})
        assert [s.meta['name'] for s in read(tmp_path, a + '\n' + b)] == ['b']
        with pytest.raises(AcmlError, match='only MS1'): read(tmp_path, a)
    ei = msp(dict(NAME='c', Spectrum_type='MS1', Instrument_type='EI-B', PrecursorMZ=191))
    assert [s.meta['name'] for s in read(tmp_path, ei + '\n' + b)] == ['c', 'b']

def test_levels_of_massbank(tmp_path):
    text = RECORD.format(id='A').replace('MS_TYPE MS2', 'MS_TYPE MS')
    for reader in (read_mass_spectra, read_massbank):
        report = Rejected()
        reader(saved(tmp_path, text + RECORD.format(id='B'), 'a.txt'), report)
        assert report.n_ok == 1 and 'full scan' in report.rows[0]['reason']

def test_deprecated_records(tmp_path):
    text = RECORD.format(id='A').replace('LICENSE', 'DEPRECATED: 2019-11-05 wrong precursor\nLICENSE')
    for reader in (read_mass_spectra, read_massbank):
        report = Rejected()
        reader(saved(tmp_path, text + RECORD.format(id='B'), 'a.txt'), report)
        assert report.n_ok == 1 and 'deprecated: 2019-11-05' in report.rows[0]['reason']

def test_mzml_precursors_and_levels(tmp_path):
    pytest.importorskip('pyteomics')
    text = mzml([([91.05, 119.05], [1., 2.])])
    window = ('<precursor><isolationWindow><cvParam cvRef="MS" accession="MS:1000827" '
              'name="isolation window target m/z" value="192.1383"/></isolationWindow>')
    for t in (text.replace('<precursor>', window).replace('name="selected ion m/z" value="192.1383"',
              'name="charge" value="1"'),
              text.replace('<precursor>', window).replace('name="selected ion m/z" value="192.1383"',
                                                          'name="selected ion m/z" value="0"')):
        assert read(tmp_path, t, 'a.mzML')[0].precursor_mz == 192.1383
    charged = text.replace('<selectedIon>', '<selectedIon><cvParam cvRef="MS" accession="MS:1000041" '
                           'name="charge state" value="2"/>')
    assert read(tmp_path, charged, 'a.mzML', adduct='[M+H]+')[0].neutral_mass == pytest.approx(382.262, abs=1e-3)
    with pytest.raises(AcmlError, match='no MS2 scans in it, only MS3'):
        read(tmp_path, text.replace('name="ms level" value="2"', 'name="ms level" value="3"'), 'a.mzML')

# ---- peaks

LINES = {
    'third column': '91.0542 41 410\n119.0491 999 9990\n192.1383 803 8030\n', 'tabs': PEAKS.replace(' ', '\t'),
    'two more columns': '91.0542 41 1 0\n119.0491 999 1 0\n192.1383 803 1 0\n',
    'one line': '91.0542 41; 119.0491 999; 192.1383 803;',
    'annotations': '91.0542 41 "C7H7+ 2.1ppm"\n119.0491 999 "?"\n192.1383 803 "p"\n',
    'commas': PEAKS.replace(' ', ', '),
    'formulas': '91.0542 41 C7H7+\n119.0491 999 C8H7O+\n192.1383 803 M+H\n',
    'colons': '91.0542:41 119.0491:999 192.1383:803\n',
    'decimal commas': PEAKS.replace('.', ','),
    'brackets': '(91.0542, 41) (119.0491, 999)\n(192.1383, 803)'.replace(') (', ')\n('),
    'pairs in a line': '91.0542 41 119.0491 999\n192.1383 803\n', 'a peak at 0': '0 5\n' + PEAKS,
    'exponents': '9.10542e1 4.1E+01\n119.0491 999\n192.1383 803\n', 'Windows': PEAKS.replace('\n', '\r\n')}

@pytest.mark.parametrize('what', LINES)
def test_layouts_of_peaks(tmp_path, what):
    s, = read(tmp_path, msp(dict(NAME='a'), LINES[what] + '\n', 4 if what == 'a peak at 0' else 3))
    assert s.mz.tolist() == pytest.approx([91.0542, 119.0491, 192.1383]) and s.intensity.argmax() == 1

@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-8'])
@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_marks_and_ends_of_lines(tmp_path, encoding, end):
    for name, text in {'a.mgf': mgf(TITLE='DEET', PEPMASS='192.1') + mgf(TITLE='B', PEPMASS='192.1'),
                       'a.msp': msp(dict(NAME='DEET')) + '\n' + msp(dict(NAME='B')),
                       'a.txt': RECORD.format(id='A') + RECORD.format(id='B')}.items():
        spectra = read_mass_spectra(saved(tmp_path, text.replace('\n', end), name, encoding))
        assert [len(s) for s in spectra] == [3, 3] and spectra[0].meta['name'] == 'DEET'
    table = read_massbank(saved(tmp_path, text.replace('\n', end).replace('  ', '\t'), 'a.txt', encoding))
    assert table['accession'].tolist() == ['MSBNK-Test-A', 'MSBNK-Test-B']

# ---- energies

@pytest.mark.parametrize('text,value,unit', [
    ('35 V +/- 15', 35, 'V'), ('35 eV ± 5', 35, 'eV'), ('35 eV (HCD, R=17500)', 35, 'eV'),
    ('30,0 eV', 30, 'eV'), ('25 (z=1)', 25, ''), ('20,5-31,5 eV', 26, 'eV'),
    ('35 eV, isolation width 1.3 Da', 35, 'eV'),
    ('HCD 35 %, resolution 60000', 35, 'NCE'), ('35 eV (30 % nominal)', 35, 'eV'), ('NCE 20-30-40%', 30, 'NCE'),
    ('HCD35', 35, ''), ('15, 30, 45 eV', 30, 'eV'), ('Ramp 20%-70% (nominal)', 45, 'NCE'),
    ('25,60,100% (stepped)', 185/3, 'NCE'),
    ('35 eV (2+)', 35, 'eV'), ('20 kV', None, ''), ('45V', 45, 'V'), ('30(NCE)', 30, 'NCE'),
    ('40 (NCE), 17500 resolution', 40, 'NCE')])
def test_energies(text, value, unit):
    assert _parse_energy(text) == (value and pytest.approx(value), unit)

def test_energies_of_massbank(shared):
    "All spellings of the table, against what was worked out for it elsewhere."
    import pandas as pd
    df = pd.read_parquet(shared('massbank.parquet'), columns=['collision_energy', 'ce_value']).drop_duplicates()
    same = [(_parse_energy(t)[0] or 0) == pytest.approx(v if v == v else 0, rel=1e-4) for t, v in df.values]
    assert sum(same) / len(same) > .99

def test_polarity_words():
    assert [MassSpectrum.polarity(o) for o in ('P', 'positive', 'ESI+', '+', '1+', 'N', 'NEGATIVE', '-', 'neg.')] == [
        'positive'] * 5 + ['negative'] * 4
    with pytest.raises(RecordError, match='neither positive'): MassSpectrum([100.], [1.], ion_mode='none')

@pytest.mark.parametrize('text,value,unit', [
    ('Cone 25 V, CE 35 eV', 35, 'eV'), ('35 V (cone 20 V)', 35, 'V'), ('cone 20 V', 20, 'V'),
    ('CE 30 eV; fragmentor voltage 135 V', 30, 'eV'), ('45 HCD (NCE 20-30-40%)', 30, 'NCE'),
    ('NCE=20-35-50', 35, 'NCE'), ('0.35 keV', 350, 'eV'), ('35 ±5 eV', 35, 'eV'), ('35 eV ± 5 eV', 35, 'eV'),
    ('30 eV 1e5 gain', 30, 'eV'), ('25 eV (lab), 10 eV (com)', 25, 'eV'), ('45 (MS3 35)', 45, ''),
    ('(20, 40) eV', 30, 'eV'), ('3.5e1 eV', 35, 'eV')])
def test_energies_beside_other_numbers(text, value, unit): assert _parse_energy(text) == (pytest.approx(value), unit)

def test_isotopes_in_adducts():
    assert tuple(parse_adduct('[M+35Cl]-')) == pytest.approx(tuple(parse_adduct('[M+Cl]-')), abs=1e-6)
    assert parse_adduct('[M+37Cl]-').shift_da - parse_adduct('[M+35Cl]-').shift_da == pytest.approx(1.99705, abs=1e-4)
    assert parse_adduct('[M+81Br]-').charge == -1
    assert parse_adduct('[M+65Cu]+').shift_da == pytest.approx(64.9272, abs=1e-3)
    assert parse_adduct('[M+7H]7+').shift_da == pytest.approx(7 * 1.007276, abs=1e-5)

@pytest.mark.parametrize('text', ['[M+H]2+', '[M+H]-', '[M+2H]3+', '[M+Na]-', '[M+NH4]2+', '[M+Cl]2-', '[M+H-H2O]-'])
def test_a_charge_that_the_parts_cannot_have(text):
    with pytest.raises(AcmlError, match='its parts have a charge of'): parse_adduct(text)

@pytest.mark.parametrize('text', ['[M-H]+', '[M+2H]+', '[M-2H]-', '[M+Na-2H]-', '[M+Fe]2+', '[M+H+Fe]2+', '[M]2+',
                                  '[M-CH3]-', '[M+CH3]+', '[M-H+2Na]+', '[M+K-2H]-', '[M+H+Na]2+'])
def test_charges_that_are_left_as_they_are(text):
    size, sign = re.fullmatch(r'.*\](\d?)([+-])', text).groups()
    assert parse_adduct(text).charge == int(f'{sign}{size or 1}')

def test_a_parent_mass_is_not_taken_for_the_precursor(tmp_path):
    s, = read(tmp_path, msp(dict(NAME='x', PARENT_MASS='191.131', ADDUCT='[M+H]+')))
    assert (s.precursor_mz, s.adduct) == (None, '[M+H]+') and 'parent mass 191.131' in s.meta['notes'][0]
    both = msp(dict(NAME='x', PARENT_MASS='191.131', PRECURSOR_MZ='192.1383', ADDUCT='[M+H]+'))
    assert read(tmp_path, both)[0].neutral_mass == pytest.approx(191.131, abs=1e-3)

def test_ms3_records_of_massbank_are_named(tmp_path):
    text = RECORD.format(id='A') + RECORD.format(id='B').replace('MS_TYPE MS2', 'MS_TYPE MS3')
    report = Rejected('x')
    assert len(read(tmp_path, text, 'a.txt', report=report)) == 1
    assert 'an MS3 spectrum' in report.rows[0]['reason'] and report.rows[0]['id'] == 'MSBNK-Test-B'

@pytest.mark.parametrize('text', ['C6H1206', 'C2H60', 'SO4 2-', 'AcOH', 'TsOH', 'ArCl'])
def test_slips_in_formulas(text):
    with pytest.raises(AcmlError, match='formula'): hill_formula(text)

@pytest.mark.parametrize('text, hill', [('C10H16N +', 'C10H16N+'), ('SO4^2-', 'O4S-2'), ('CH4', 'CH4'),
                                        ('(NH4)2SO4', 'H8N2O4S'), ('SiH4', 'H4Si'), ('H2', 'H2'),
                                        ('C100H202', 'C100H202'), ('Ar', 'Ar')])
def test_formulas_that_stay(text, hill): assert hill_formula(text) == hill

def test_numbers_in_cells():
    mz = [91.05, 119.05]
    for cell in ('91,05;119,05', '91.05;119.05', '[91.05, 119.05]', '91.05 119.05'):
        assert read_spectra(dict(mz=cell, intensity=[2., 1.]))[0].mz.tolist() == mz
    with pytest.raises(RecordError, match='are its commas decimal'):
        read_spectra(dict(mz='91,05 119,05', intensity=[2., 1.]))
