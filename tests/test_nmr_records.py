"""SD files with NMR data, and nmrML: NMReDATA, NMRShiftDB2, fields of shifts; faults name record and reason."""
import base64, zlib
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from acml.core import AcmlError, RecordError, Rejected
from acml.nmrdata import _field_nucleus, read_sd_spectra
from acml.nmrml import read_nmrml
from acml.spectra import read_spectra

FILES = Path(__file__).parent/'files'

def sd(smi='CCOC(C)=O', title='', **fields):
    block = Chem.MolToMolBlock(Chem.MolFromSmiles(smi))
    return title + block + ''.join(f'>  <{k.replace("__", " ")}>\n{v}\n\n' for k, v in fields.items()) + '$$$$\n'

def near(spectrum, *ppm): return len(spectrum) == len(ppm) and np.allclose(spectrum.shift_ppm, ppm, atol=1e-4)

@pytest.fixture
def write(tmp_path):
    def f(text, name='x.sdf'):
        (tmp_path/name).write_text(text, encoding='utf-8')
        return tmp_path/name
    return f

# ---- NMReDATA

def test_signals_with_all_their_attributes(write):
    found, = read_spectra(write(sd(
        NMREDATA_VERSION='1.1\\', NMREDATA_SOLVENT='(CD3)2CO\\',
        NMREDATA_1D_1H='Larmor=500.13\\\nSpectrum_Location=file:./nmr/10/1/pdata/1\\\nPulseprogram=zg30 \\\n'
                       '; a comment\n7.600-7.200, N=5, L=H-C1, H-C2\\\n'
                       '4.8000, S=dd, N=1, L=a, J=9.30(b), 4.89 ; comment\\\n2.1, S=bs')))
    assert found.nucleus == '1H' and near(found, 2.1, 4.8, 7.4)
    assert found.multiplicities == ('bs', 'dd', '')
    assert found.meta == dict(
        file='x.sdf: record 1', smiles='CCOC(C)=O', solvent='(CD3)2CO', title=None, field_mhz=500.13,
        assignments=(None, 'a', 'H-C1, H-C2'), couplings_hz=((), (9.3, 4.89), ()), integrals=(None, 1., 5.))

def test_everything_in_one_line(write):
    text = 'Larmor=125.0\\\nDecoupled=1H\\\n51.812, I=118.0\\\n20.123, I=123.1\\'
    found, = read_spectra(write(sd(NMREDATA_1D_13C=text)))
    assert len(found) == 2 and found.meta['field_mhz'] == 125.

def test_a_label_of_two_carbons_counts_twice(write):
    text = sd('c1ccccc1C', NMREDATA_ASSIGNMENT='o, 129.0, 1, 5\\\nm, 128.2, 2, 4\\\np, 125.3, 3\\',
              NMREDATA_1D_13C='129.0, L=o\\\n128.2, L=m\\\n125.3, L=p\\\n137.8')
    assert near(read_spectra(write(text))[0], 125.3, 128.2, 128.2, 129, 129, 137.8)
    ambiguous = text.replace('L=o', 'L=(o|m)').replace('L=m', 'L=(o|m)')
    assert len(read_spectra(write(ambiguous))[0]) == 4

def test_assignments_alone_are_a_spectrum(write):
    text = sd(NMREDATA_ASSIGNMENT='a, 14.2, 1\\\nb, 60.4, 2\\\nc, 777.777, 4\\\nd, 21.0, 5\\\nHa, 1.26, H1\\\n'
                                  'Hb, 4.12, H2\\\nO, 300, 3\\\nInterchangeable=a, d\\\nEquivalent=a, a\\')
    carbon, hydrogen = read_spectra(write(text))
    assert near(carbon, 14.2, 21, 60.4) and carbon.meta['assignments'] == ('a', 'd', 'b')
    assert near(hydrogen, 1.26, 4.12)

def test_a_second_spectrum_of_a_nucleus_and_a_structure_only_as_smiles(write):
    text = 'no structure\n' + ''.join(f'>  <{k}>\n{v}\n\n' for k, v in dict(
        NMREDATA_SMILES='CCO\\', NMREDATA_1D_13C='58.1\\\n18.3',
        **{'NMREDATA_1D_13C#2': '57.9\\\n18.1'}).items()) + '$$$$\n'
    found = read_spectra(write(text))
    assert [len(s) for s in found] == [2, 2] and {s.meta['smiles'] for s in found} == {'CCO'}

@pytest.mark.parametrize('fields, reason', [
    (dict(NMREDATA_1D_13C='51.8\\\nfifty\\'), "cannot read the signal 'fifty'"),
    (dict(NMREDATA_1D_13C='Larmor=125\\'), 'no 13C shift in it'),
    (dict(NMREDATA_1D_13C='Sequence=DEPT135\\\n51.8\\'), 'DEPT135, which does not show all carbons'),
    (dict(NMREDATA_1D_13C='518.1\\'), 'outside -50..350 ppm'),
    (dict(NMREDATA_2D_13C_1J_1H='a/C1\\'), 'no NMR data in its fields'),
    (dict(NMREDATA_1D_19F='-110\\'), 'no NMR data in its fields'),
    (dict(ID='17'), r'no NMR data in its fields \(ID\)')])
def test_faults_name_file_record_and_reason(write, fields, reason):
    with pytest.raises(RecordError, match=f'x.sdf: eugenol: .*{reason}|x.sdf: record 1: .*{reason}') as e:
        read_spectra(write(sd(title='eugenol', **fields)))
    assert str(e.value).startswith('x.sdf: eugenol: ')

def test_bad_records_are_set_aside(write):
    report = Rejected()
    text = sd(NMREDATA_1D_13C='51.8') + sd(NMREDATA_1D_13C='x') + sd(ID='1') + sd(NMREDATA_1D_13C='20')[:-5]
    assert len(read_spectra(write(text), report=report)) == 1
    assert [r['row'] for r in report] == [1, 2, 3] and 'truncated' in report.rows[2]['reason'] and report.n_ok == 1

def test_the_nucleus_asked_for(write):
    path = write(sd(NMREDATA_1D_13C='51.8', NMREDATA_1D_1H='3.2'))
    assert [s.nucleus for s in read_spectra(path)] == ['13C', '1H']
    assert [s.nucleus for s in read_spectra(path, '1H')] == ['1H']
    path = write(sd(NMREDATA_1D_13C='51.8'))
    with pytest.raises(RecordError, match='13C in its fields .*, no 1H'): read_spectra(path, '1H')

# ---- other fields

def test_nmrshiftdb2(write):
    text = sd(nmrshiftdb2__ID='102', Solvent='0:Chloroform-D1 (CDCl3) 1:Unreported', **{
        'Field Strength [MHz]': '0:100 1:400', 'Spectrum 13C 0': '171.1;0.0S;1|60.4;0.0T;4|21.0;0.0Q;0|14.2;0.0Q;5|',
        'Spectrum 13C 2': '170.6;0.0;1|60.2;0.0;4|', 'Program': '2:HOSE code using nmrshiftdb2 data '})
    found, = read_spectra(write(text))
    assert found.multiplicities == ('Q', 'Q', 'T', 'S') and found.meta['solvent'] == 'Chloroform-D1 (CDCl3)'
    assert found.meta['field_mhz'] == 100.

def test_the_file_of_the_database_reads_as_it_does_for_the_table():
    from acml.upstream import read_nmrshiftdb2
    path, report = FILES/'nmrshiftdb2_layout.sd', Rejected()
    rows = read_nmrshiftdb2(path)
    ours = read_sd_spectra(path, report=report)
    key = lambda nucleus, shifts: (nucleus, tuple(np.round(shifts, 2)))
    assert {key(r.nucleus, r.shifts) for r in rows.itertuples()} <= {key(s.nucleus, s.shift_ppm) for s in ours}

@pytest.mark.parametrize('tag, nucleus', [
    ('13C NMR', '13C'), ('NMR_13C', '13C'), ('CNMR', '13C'), ('C13_shifts', '13C'), ('<1H>', '1H'),
    ('1H NMR (CDCl3)', '1H'), ('proton_ppm', '1H'), ('Carbon shifts', '13C'), ('13C_predicted', None),
    ('13C NMR calc', None), ('InChI', None),
    ('1H-13C HSQC peaks', None), ('NAME', None), ('CH1', None), ('H1', None), ('113Cd NMR', None), ('11B NMR', None)])
def test_which_fields_hold_shifts(tag, nucleus): assert _field_nucleus(tag) == nucleus

@pytest.mark.parametrize('text', ['171.1, 60.4, 21.0, 14.2', '171.1 60.4 21.0 14.2', '171.1\n60.4\n21.0\n14.2',
                                  '13C NMR (101 MHz, CDCl3): δ 171.1 (C=O), 60.4 (CH2), 21.0 (CH3), 14.2 (CH3).'])
def test_lists_as_people_write_them(write, text):
    found, = read_spectra(write(sd(**{'13C NMR': text})))
    np.testing.assert_allclose(found.shift_ppm, [14.2, 21, 60.4, 171.1], atol=1e-3)
    assert found.meta['smiles'] == 'CCOC(C)=O'

# ---- nmrML

def nmrml(inner, nucleus='hydrogen-1 atom', field='<irradiationFrequency value="499.84" unitName="megahertz"/>'):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<nmrML xmlns="http://nmrml.org/schema" version="1.0">'
            '<acquisition><acquisition1D><acquisitionParameterSet><DirectDimensionParameterSet>'
            f'<acquisitionNucleus name="{nucleus}"/>{field}'
            f'</DirectDimensionParameterSet></acquisitionParameterSet></acquisition1D></acquisition>{inner}</nmrML>')

def multiplet(center, shape='', atoms='', peaks=()):
    peak = ''.join(f'<peak center="{p}" amplitude="1"/>' for p in peaks)
    return (f'<multiplet {center and f"center={chr(34)}{center}{chr(34)}"}><atoms atomRefs="{atoms}"/>'
            f'<multiplicity name="{shape}"/><peakList>{peak}</peakList></multiplet>')

@pytest.mark.parametrize('name, nucleus', [('hydrogen-1 atom', '1H'), ('1H', '1H'), ('H1', '1H'), ('carbon-13', '13C'),
                                           ('carbon-13 atom', '13C'), ('13C', '13C'), ('hydrogen', '1H')])
def test_the_nucleus_by_any_name(write, name, nucleus):
    found, = read_spectra(write(nmrml(multiplet(7.2) + multiplet(3.1), name), 'a.nmrML'))
    assert found.nucleus == nucleus and len(found) == 2

def test_a_multiplet_without_centre_has_that_of_its_peaks(write):
    found = read_nmrml(write(nmrml(multiplet('', 'doublet', 'a1', (7.0, 7.2))), 'a.nmrML'))
    np.testing.assert_allclose(found.shift_ppm, [7.1], atol=1e-5)
    assert found.multiplicities == ('doublet',) and found.meta['field_mhz'] == 499.84

def test_field_in_hertz(write):
    found = read_nmrml(write(nmrml(multiplet(7.), field='<irradiationFrequency value="6.0013E8"/>'), 'a.nmrML'))
    assert found.meta['field_mhz'] == pytest.approx(600.13)

def array(values, compressed=True, kind='float64', axis='<xAxis unitName="ppm" startValue="10" endValue="0"/>'):
    raw = values.tobytes()
    text = base64.b64encode(zlib.compress(raw) if compressed else raw).decode()
    said = str(compressed).lower()
    return (f'<spectrumList><spectrum1D><spectrumDataArray compressed="{said}" byteFormat="{kind}">{text}'
            f'</spectrumDataArray>{axis}</spectrum1D></spectrumList>')

PPM = np.linspace(10, 0, 5000)
TRACE = sum(1 / (1 + ((PPM - s) / .01)**2) for s in (1.26, 2.04, 4.12))

@pytest.mark.parametrize('inner', [
    array(TRACE), array(TRACE, False), array(TRACE.astype('<f4'), kind='Float32'),
    array(PPM + 1j*TRACE, kind='Complex128'), array(TRACE + 0j, kind='complex128')
], ids='compressed plain float32 pairs complex'.split())
def test_a_trace(write, inner):
    path = write(nmrml(inner), 'a.nmrML')
    with pytest.raises(RecordError, match='a.nmrML: holds a trace, no multiplets: .*pick=True'): read_spectra(path)
    found, = read_spectra(path, pick=True)
    np.testing.assert_allclose(found.shift_ppm, [1.26, 2.04, 4.12], atol=2e-3)

@pytest.mark.parametrize('text, reason', [
    ('', 'damaged XML'), ('<nmrML', 'damaged XML'), ('<mzML/>', 'not nmrML'), (nmrml('', '31P'), 'a 31P spectrum'),
    (nmrml(''), 'neither multiplets nor a spectrum'), (nmrml(multiplet('x')), 'a multiplet without a centre'),
    (nmrml(multiplet('')), 'a multiplet without a centre'), (nmrml(multiplet('nan')), 'a multiplet without a centre'),
    (nmrml(multiplet('722')), 'outside -5..20 ppm'), (nmrml(array(TRACE, axis='')), 'its spectrum has no axis'),
    (nmrml(array(TRACE, axis='<xAxis unitName="hertz" startValue="10" endValue="0"/>')), "in 'hertz'"),
    (nmrml(array(TRACE, kind='int12')), "byteFormat 'int12' is not known"), (nmrml(array(TRACE[:2])), 'without points'),
    (nmrml(array(TRACE)).replace('</spectrumDataArray>', 'A=A</spectrumDataArray>'), 'damaged spectrum data'),
    (nmrml(array(np.zeros(100))), 'no peak rises above the noise'),
    ('<!DOCTYPE x [<!ENTITY a "b">]>' + nmrml(''), 'DOCTYPE or entities')])
def test_faults_of_nmrml(write, text, reason):
    with pytest.raises(RecordError, match=f'a.nmrML: .*{reason}'): read_spectra(write(text, 'a.nmrML'), pick=True)

@pytest.mark.parametrize('seed', range(30))
def test_damaged_records_are_named_errors(write, seed):
    rng = np.random.default_rng(seed)
    text = sd(NMREDATA_1D_13C='Larmor=125\\\n51.8, L=a\\\n20.1\\', NMREDATA_ASSIGNMENT='a, 51.8, 2\\') * 2
    if seed % 2: text = nmrml(multiplet(7.2, 'd', 'a1', (7.1, 7.3)) + array(TRACE[:200]))
    raw = bytearray(text.encode())
    for i in rng.integers(len(raw), size=rng.integers(1, 20)): raw[i] ^= 1 << rng.integers(8)
    path = write('', 'a.nmrML' if seed % 2 else 'a.sdf')
    path.write_bytes(raw[:rng.integers(len(raw))] if seed % 3 == 0 else raw)
    try: found = read_spectra(path, pick=True, report=Rejected())
    except AcmlError as e: assert str(e)
    else: assert all(len(s) for s in found)

@pytest.mark.parametrize('text, shifts', [
    ('171.1;60.4;21.0;14.2', (14.2, 21., 60.4, 171.1)), ('60.4;21.0;14.2', (14.2, 21., 60.4)),
    ('171,1; 60,4; 21,0', (21., 60.4, 171.1)), ('171.1; 60.4', (60.4, 171.1)), ('171.1|60.4|21.0', (21., 60.4, 171.1)),
    ('60.4;0.0T;3', (60.4,)), ('60.4;0.0T;3|', (60.4,)), ('60.4; T;', (60.4,)),
    ('171.1;0.0S;3|60.4;0.0T;0|', (60.4, 171.1)), ('171.1 (s); 60.4 (t); 21.0 (q)', (21., 60.4, 171.1))])
def test_semicolons_in_a_field(write, text, shifts):
    assert near(read_spectra(write(sd(**{'13C__NMR': text})))[0], *shifts)

@pytest.mark.parametrize('tag', [
    '13C NMR DFT', '13C GIAO shifts', '13C NMR HOSE', 'ML 13C NMR shifts', '13C_NMR_theory', 'computed_13C_shifts',
    '13C NMR (simulated)', '13C shifts (DP4)', '13C NMR estimate', '13C_NMR_count', 'n_13C_NMR_peaks', '13C NMR MHz',
    '13C NMR peak count', '13C NMR multiplicity', '13C NMR intensities', '13C_NMR_J', '13C NMR field', '13C NMR RMSD',
    '13C NMR reference', '13C NMR mae', '13C NMR ID', '13C NMR source year', '13C_NMR_sim', '1H NMR integrals'])
def test_fields_that_are_not_measured_shifts(write, tag):
    assert _field_nucleus(tag) is None
    with pytest.raises(RecordError, match='no NMR data in its fields'): read_spectra(write(sd(**{tag: '171.1, 60.4'})))

@pytest.mark.parametrize('tag', ['13C NMR', 'NMR 13C', 'C NMR', 'CNMR', 'Carbon NMR', 'C13_NMR', '13C NMR (CDCl3)',
                                 'EXP_13C_NMR', '13C', '13C_peaks', 'd13C', 'NMR_C13', 'cnmr_shifts', 'δC', 'delta_C',
                                 'Experimental 13C NMR', '13C NMR list', '13C NMR data (100 MHz)', '13C shifts [ppm]'])
def test_fields_of_measured_shifts(tag): assert _field_nucleus(tag) == '13C'

@pytest.mark.parametrize('text, reason', [
    ('171,1, L=c\\\n60,4, L=b\\', 'a number behind a comma'), ('171.1, 60.4\\', 'a number behind a comma'),
    ('Pulseprogram=dept135\\\n60.4\\', 'dept135, which does not show all carbons'),
    ('Pulseprogram=deptsp135\\\n60.4\\', 'deptsp135'), ('PulseProgram=jmod\\\n60.4\\', 'jmod'),
    ('Sequence=DEPT-90\\\n60.4\\', 'DEPT-90')])
def test_signals_of_nmredata_that_are_in_doubt(write, text, reason):
    with pytest.raises(RecordError, match=reason): read_spectra(write(sd(NMREDATA_1D_13C=text)))

def test_beside_a_full_spectrum_dept_is_left_out(write):
    text = sd(NMREDATA_1D_13C='Pulseprogram=zgpg30\\\n171.1, L=a, S=s\\\n60.4\\',
              **{'NMREDATA_1D_13C#2': 'Pulseprogram=dept135\\\n60.4\\'})
    found, = read_spectra(write(text))
    assert near(found, 60.4, 171.1)
