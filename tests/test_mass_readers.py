"""Readers of mass spectra: the four formats, damaged files, agreement with matchms and with the table."""
import base64, gzip, struct, tarfile

import numpy as np
import pytest

from acml.core import AcmlError, RecordError, Rejected, shared_data
from acml.massfiles import _parse_massbank, read_mass_spectra, read_massbank
from acml.massspec import MassSpectrum, modified_cosine, neutral_mass, parse_adduct, to_mass_spectrum

RECORD = '''ACCESSION: MSBNK-Test-{id}
LICENSE: CC0
CH$NAME: DEET
CH$SMILES: CCN(CC)C(=O)C1=CC(C)=CC=C1
AC$INSTRUMENT_TYPE: LC-ESI-QFT
AC$MASS_SPECTROMETRY: MS_TYPE MS2
AC$MASS_SPECTROMETRY: ION_MODE POSITIVE
AC$MASS_SPECTROMETRY: COLLISION_ENERGY 35 eV
MS$FOCUSED_ION: PRECURSOR_M/Z 192.1383
MS$FOCUSED_ION: PRECURSOR_TYPE [M+H]+
PK$NUM_PEAK: 3
PK$PEAK: m/z int. rel.int.
  91.0542 41 41
  119.0491 999 999
  192.1383 803 803
//
'''
DEET = '91.0542 41\n119.0491 999\n192.1383 803\n'
MSP = ('Name: DEET\nDB#: {id}\nPrecursor_type: [M+H]+\nPrecursorMZ: 192.1383\nIon_mode: P\nNum Peaks: 3\n'
       + DEET + '\n')
MGF = 'BEGIN IONS\nTITLE={id}\nPEPMASS=192.1383 1000\nCHARGE=1+\n' + DEET + 'END IONS\n\n'

def mzml(spectra):
    "A small mzML file: (mz, intensity) lists as MS2 scans."
    def term(number, name, value=''):
        return f'<cvParam cvRef="MS" accession="MS:{number}" name="{name}" value="{value}"/>'
    def array(values, number, name):
        data = base64.b64encode(struct.pack(f'<{len(values)}d', *values)).decode()
        return (f'<binaryDataArray encodedLength="{len(data)}">{term(1000523, "64-bit float")}'
                f'{term(1000576, "no compression")}{term(number, name)}<binary>{data}</binary></binaryDataArray>')
    def scan(i, mz, y):
        return (f'<spectrum index="{i}" id="scan={i + 1}" defaultArrayLength="{len(mz)}">{term(1000511, "ms level", 2)}'
                f'{term(1000130, "positive scan")}<precursorList count="1"><precursor><selectedIonList count="1">'
                f'<selectedIon>{term(1000744, "selected ion m/z", 192.1383)}</selectedIon></selectedIonList>'
                '</precursor></precursorList><binaryDataArrayList count="2">'
                f'{array(mz, 1000514, "m/z array")}{array(y, 1000515, "intensity array")}'
                '</binaryDataArrayList></spectrum>')
    scans = ''.join(scan(i, mz, y) for i, (mz, y) in enumerate(spectra))
    return ('<?xml version="1.0"?><mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0"><run id="r">'
            f'<spectrumList count="{len(spectra)}">{scans}</spectrumList></run></mzML>')

FORMATS = {'msp': MSP, 'mgf': MGF, 'txt': RECORD}

@pytest.mark.parametrize('kind', FORMATS)
def test_good_records(tmp_path, kind):
    path = tmp_path/f'two.{kind}'
    path.write_text(''.join(FORMATS[kind].format(id=f'A{i}') for i in range(2)))
    spectra = read_mass_spectra(path)
    assert [len(s) for s in spectra] == [3, 3]
    assert np.allclose(spectra[0].mz, [91.0542, 119.0491, 192.1383]) and spectra[0].intensity.max() == 1
    assert spectra[0].precursor_mz == pytest.approx(192.1383)

BAD = {'text among the peaks': ('119.0491', 'base'), 'huge m/z': ('119.0491', '1190491')}
SINGLE = {'negative intensity': ('999', '-999'), 'not a number': ('119.0491', 'nan'), 'zero m/z': ('119.0491', '0.0')}

@pytest.mark.parametrize('what', BAD)
@pytest.mark.parametrize('kind', FORMATS)
def test_one_bad_record_never_ends_a_file(tmp_path, kind, what):
    good, path, report = [FORMATS[kind].format(id=f'A{i}') for i in range(4)], tmp_path/f'some.{kind}', Rejected()
    old, new = BAD[what]
    path.write_text(good[0] + good[1].replace(old, new) + good[2] + good[3])
    spectra = read_mass_spectra(path, report)
    assert len(spectra) == 3 and len(report) == 1 and report.n_ok == 3
    assert report.rows[0]['row'] == 1 and report.rows[0]['reason']
    with pytest.raises(RecordError): read_mass_spectra(path)

@pytest.mark.parametrize('what', SINGLE)
@pytest.mark.parametrize('kind', FORMATS)
def test_one_bad_peak_never_costs_a_spectrum(tmp_path, kind, what):
    good, path, report = [FORMATS[kind].format(id=f'A{i}') for i in range(3)], tmp_path/f'some.{kind}', Rejected()
    path.write_text(good[0] + good[1].replace(*SINGLE[what]) + good[2])
    assert [len(s) for s in read_mass_spectra(path, report)] == [3, 2, 3] and not len(report)
    assert '1 of 3 peaks' in read_mass_spectra(path)[1].meta['notes'][0]

@pytest.mark.parametrize('kind', FORMATS)
def test_truncated_file_keeps_what_is_whole(tmp_path, kind):
    text = ''.join(FORMATS[kind].format(id=f'A{i}') for i in range(3))
    for cut in (12, 30, 60):
        path, report = tmp_path/f'cut{cut}.{kind}', Rejected()
        path.write_text(text.rstrip()[:-cut])
        assert len(read_mass_spectra(path, report)) == 2 and len(report) == 1, cut

@pytest.mark.parametrize('name,content', [('a.msp', ''), ('a.msp', 'Dear colleague'), ('a.mgf', '%PDF-1.4'),
                                          ('a.mzML', 'nothing'), ('a.tar.gz', 'not an archive')])
def test_files_of_another_kind(tmp_path, name, content):
    (tmp_path/name).write_text(content)
    with pytest.raises(AcmlError): read_mass_spectra(tmp_path/name)

def test_mzml(tmp_path):
    pytest.importorskip('matchms')
    good = ([91.0542, 119.0491], [41., 999.])
    path, report = tmp_path/'a.mzML', Rejected()
    path.write_text(mzml([good, ([0., 0.], [1., 1.]), ([91.0, 92.0], [-1., -1.]), good]))
    spectra = read_mass_spectra(path, report)
    assert len(spectra) == 2 and len(report) == 2 and spectra[1].precursor_mz == pytest.approx(192.1383)
    path.write_text(mzml([good, good, good])[:-700])
    report = Rejected()
    assert 1 <= len(read_mass_spectra(path, report)) <= 2 and len(report) == 1

def test_folder_and_archive_of_records(tmp_path):
    folder = tmp_path/'Lab'
    folder.mkdir()
    for i in range(3):
        (folder/f'A{i}.txt').write_text(RECORD.format(id=f'A{i}').replace('999 999', '999 999' if i else '999 high'))
    with tarfile.open(tmp_path/'all.tar.gz', 'w:gz') as archive: archive.add(folder, 'Lab')
    for path in (tmp_path, tmp_path/'all.tar.gz'):
        report = Rejected()
        table = read_massbank(path, report)
        assert len(table) == 2 and len(report) == 1 and set(table['contributor']) == {'Lab'}
        assert 'MSBNK-Test-A0' in report.rows[0]['id']
    raw = (tmp_path/'all.tar.gz').read_bytes()
    (tmp_path/'cut.tar.gz').write_bytes(raw[:len(raw) // 2])
    with pytest.raises(AcmlError): read_massbank(tmp_path/'cut.tar.gz', Rejected())

def test_random_text_is_never_a_crash(tmp_path):
    rng = np.random.default_rng(0)
    for kind, template in FORMATS.items():
        for trial in range(40):
            text = list(template.format(id='A') * 2)
            for _ in range(rng.integers(1, 30)): text[rng.integers(len(text))] = chr(rng.integers(32, 127))
            (tmp_path/f'x.{kind}').write_text(''.join(text))
            try: read_mass_spectra(tmp_path/f'x.{kind}', Rejected())
            except AcmlError: pass

def test_large_spectrum_keeps_the_most_intense():
    rng = np.random.default_rng(0)
    mz, y = rng.uniform(50, 900, 100_000), rng.random(100_000)
    s = MassSpectrum(mz, y)
    assert len(s) == 1024 and (np.diff(s.mz) >= 0).all() and s.intensity.min() >= np.sort(y)[-1024] / y.max() - 1e-6

def test_adducts_of_the_whole_table():
    "Every spelling in MassBank can be read, and the mass is that of the molecule."
    path = shared_data('massbank.parquet')
    if path is None: pytest.skip('massbank.parquet is not here (set ACML_DATA)')
    import pandas as pd
    df = pd.read_parquet(path, columns=['family', 'adduct', 'precursor_mz', 'exact_mass_smiles', 'suspect'])
    df = df[(df['family'] == 'lcms') & ~df['suspect'] & df['adduct'].notna() & df['precursor_mz'].notna()]
    for adduct in df['adduct'].unique(): assert parse_adduct(adduct).charge
    off = [abs(neutral_mass(p, a) - m) for p, a, m
           in df.sample(3000, random_state=0)[['precursor_mz', 'adduct', 'exact_mass_smiles']].itertuples(index=False)]
    assert np.median(off) < .001 and np.quantile(off, .99) < .5

def test_massbank_sample_equals_the_table():
    path, table = shared_data('massbank_sample.tar.gz'), shared_data('massbank.parquet')
    if path is None or table is None: pytest.skip('the MassBank sample is not here (set ACML_DATA)')
    import pandas as pd
    report = Rejected()
    ours, theirs = read_massbank(path, report).set_index('accession'), pd.read_parquet(table).set_index('accession')
    assert len(report) == 0
    common = ours.index.intersection(theirs.index)
    assert len(common) > 100
    for column in ('formula', 'family', 'licence'):
        assert (ours.loc[common, column] == theirs.loc[common, column]).mean() > .99, column
    assert (ours.loc[common, 'inchikey'].str[:14] == theirs.loc[common, 'inchikey'].str[:14]).mean() > .99
    energy = pd.DataFrame(dict(a=ours.loc[common, 'ce_value'].astype(float), b=theirs.loc[common, 'ce_value'])).dropna()
    assert np.isclose(energy['a'], energy['b'], rtol=1e-4).mean() > .97
    # the table keeps 256 peaks, the reader 1,024
    common = common[(theirs.loc[common, 'n_peaks_original'] <= 256).to_numpy()]
    same = [len(a) == len(b) and np.allclose(a, b, atol=1e-3)
            for a, b in zip(ours.loc[common, 'mz'], theirs.loc[common, 'mz'])]
    assert np.mean(same) > .98

def test_modified_cosine_agrees_with_matchms():
    matchms, path = pytest.importorskip('matchms'), shared_data('massbank_sample.msp')
    if path is None: pytest.skip('massbank_sample.msp is not here (set ACML_DATA)')
    from matchms.similarity import ModifiedCosine
    spectra = [s for s in read_mass_spectra(path, Rejected()) if s.precursor_mz and 3 < len(s) < 100][:12]
    theirs = [matchms.Spectrum(mz=s.mz, intensities=s.intensity.astype(float),
                               metadata=dict(precursor_mz=s.precursor_mz)) for s in spectra]
    measure = ModifiedCosine(tolerance=.02)
    for i in range(len(spectra)):
        for j in range(i):
            assert modified_cosine(spectra[i], spectra[j], tol_da=.02,
                                   power=1.) == pytest.approx(float(measure.pair(theirs[i], theirs[j])['score']),
                                                              abs=.02)

def test_rows_of_the_table_are_spectra():
    path = shared_data('massbank.parquet')
    if path is None: pytest.skip('massbank.parquet is not here (set ACML_DATA)')
    import pandas as pd
    df = pd.read_parquet(path).sample(1500, random_state=0)
    bad = []
    for row in df.to_dict('records'):
        try: to_mass_spectrum(row)
        except RecordError as e: bad.append(str(e))
    assert len(bad) < 10, bad[:5]

def test_packed_files(tmp_path):
    "Packed files are read; archives cut off anywhere are an error that says so."
    for kind, text in {'msp': MSP, 'mgf': MGF, 'txt': RECORD}.items():
        path = tmp_path/f'packed.{kind}.gz'
        path.write_bytes(gzip.compress(text.format(id='A').encode()))
        assert [len(s) for s in read_mass_spectra(path)] == [3]
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(AcmlError, match='damaged'): read_mass_spectra(path)
    (tmp_path/'a.txt').write_text(RECORD.format(id='A'))
    with tarfile.open(tmp_path/'a.tar.gz', 'w:gz') as archive: archive.add(tmp_path/'a.txt', 'a.txt')
    whole, cut = (tmp_path/'a.tar.gz').read_bytes(), tmp_path/'cut.tar.gz'
    for size in (2, 5, 20, len(whole) // 2):
        cut.write_bytes(whole[:size])
        with pytest.raises(AcmlError): read_mass_spectra(cut)

def test_adduct_of_files_without_one(tmp_path):
    "MGF and mzML know the precursor, not what it is."
    path = tmp_path/'plain.mgf'
    path.write_text(MGF.format(id='A') + MGF.format(id='B').replace('CHARGE=1+', 'CHARGE=1+\nADDUCT=[M+Na]+'))
    assert read_mass_spectra(path)[0].neutral_mass is None
    given, own = read_mass_spectra(path, adduct='[M+H]+')
    assert given.neutral_mass == pytest.approx(191.131, abs=1e-3) and own.adduct == '[M+Na]+'
    report = Rejected()
    assert len(read_mass_spectra(path, report, adduct='[M-H]-')) == 1 and report.rows[0]['id'] == 'A'

def test_mzml_with_bad_scans(tmp_path):
    pytest.importorskip('matchms'); pytest.importorskip('psims')
    path, report, good = tmp_path/'a.mzML', Rejected(), ([77.04, 105.03], [1., 2.])
    text = mzml([good, ([float('nan')], [2.]), ([], []), ([0.], [2.]), ([77., 105.], [-1., -2.]),
                 ([77.], [1., 2.]), good, good])
    at = text.rindex('<binary>') + 8
    path.write_text(text[:at] + '*' + text[at + 1:]) # the arrays of the last scan are damaged
    spectra = read_mass_spectra(path, report)
    assert [s.ion_mode for s in spectra] == ['positive'] * 2 and report.n_ok == 2
    assert [r['row'] for r in report] == [1, 2, 3, 4, 5, 7] and all(r['reason'] for r in report)

def test_mzml_of_full_scans(tmp_path):
    "EI: no MS2 scan in the file."
    pytest.importorskip('matchms'); pytest.importorskip('psims')
    text = mzml([([77.04, 105.03], [1., 2.])] * 2)
    (tmp_path/'ei.mzML').write_text(text.replace('name="ms level" value="2"', 'name="ms level" value="1"'))
    (tmp_path/'both.mzML').write_text(text.replace('name="ms level" value="2"', 'name="ms level" value="1"', 1))
    assert [len(read_mass_spectra(tmp_path/f)) for f in ('ei.mzML', 'both.mzML')] == [2, 1]

# ---- as they are handed over: other decimals and separators, other endings, pasted

ANY_MSP = 'Name: X\nPrecursorMZ: 181.0707\nPrecursor_type: [M+H]+\nNum Peaks: 3\n'
ANY_MGF = 'BEGIN IONS\nTITLE=X\nPEPMASS=181.0707\nCHARGE=1+\nADDUCT=[M+H]+\n'
ANY_RECORD = ('ACCESSION: X\nCH$NAME: X\nMS$FOCUSED_ION: PRECURSOR_M/Z 181.0707\n'
          'MS$FOCUSED_ION: PRECURSOR_TYPE [M+H]+\n'
          'PK$NUM_PEAK: 3\nPK$PEAK: m/z int. rel.int.\n  43.05 1200 999\n  58.04 420 350\n  88.05 60 50\n//\n')
ANY_PEAKS = ['43.05 1200\n58.04 420\n88.05 60\n',
         '43,05 1200; 58,04 420; 88,05 60\n',
         '43,05\t1200\n58,04\t420\n88,05\t60\n',
         '43.05;1200\n58.04;420\n88.05;60\n', '43,05;1200\n58,04;420\n88,05;60\n',
         '43.05 1,200\n58.04 420\n88.05 60\n',
         '43.05 100%\n58.04 35%\n88.05 5%\n', '43.05:1200 58.04:420 88.05:60\n',
         '(43.05, 1200) (58.04, 420) (88.05, 60)\n']

def is_same(spectrum):
    assert spectrum.precursor_mz == pytest.approx(181.0707) and spectrum.adduct == '[M+H]+'
    np.testing.assert_allclose(spectrum.mz, [43.05, 58.04, 88.05], atol=1e-6)
    np.testing.assert_allclose(spectrum.intensity, [1, .35, .05], atol=1e-3)

@pytest.mark.parametrize('peaks', ANY_PEAKS)
@pytest.mark.parametrize('name, head, end', [('a.msp', ANY_MSP, ''), ('a.mgf', ANY_MGF, 'END IONS\n')])
def test_ways_to_write_peaks(tmp_path, peaks, name, head, end):
    (tmp_path/name).write_text(head + peaks + end)
    found, = read_mass_spectra(tmp_path/name)
    is_same(found)

@pytest.mark.parametrize('name', ['a.txt', 'a', 'a.dat'])
@pytest.mark.parametrize('before', ['', '\n\n', '\ufeff'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
@pytest.mark.parametrize('text', [ANY_MSP + ANY_PEAKS[0], ANY_MGF + ANY_PEAKS[0] + 'END IONS\n', ANY_RECORD])
def test_mass_spectra_are_known_by_how_they_begin(tmp_path, name, before, encoding, text):
    from acml.spectra import read_spectra
    (tmp_path/name).write_bytes((before + text).encode(encoding))
    found, = read_spectra(tmp_path/name)
    is_same(found)

@pytest.mark.parametrize('text', [ANY_MSP + ANY_PEAKS[0], ANY_MGF + ANY_PEAKS[0] + 'END IONS\n', ANY_RECORD,
                                  'mzspec:GNPS:X:scan:1',
                                  '>compound X\n>parentmass 181.0707\n'])
def test_mass_spectra_that_are_pasted_are_no_shifts(tmp_path, text):
    from acml.core import RecordError
    from acml.spectrum import parse_peaks
    (tmp_path/'a.txt').write_text(text)
    from acml.nmrfiles import read_nmr
    for read in (parse_peaks, read_nmr, lambda t: read_nmr(tmp_path/'a.txt')):
        with pytest.raises(RecordError, match='a mass spectrum'): read(text)

TABLES = {'a.csv': 'm/z,intensity\n43.05,1200\n58.04,420\n88.05,60\n',
          'b.csv': '"m/z";"Rel. Int."\n43,05;100\n58,04;35\n88,05;5\n',
          'a.txt': 'mass\tabundance\n43.05\t1200\n58.04\t420\n88.05\t60\n',
          'a.tsv': 'mz\tintensity\n43.05\t1200\n58.04\t420\n88.05\t60\n',
          'a.jdx': '##TITLE=X\n##JCAMP-DX=4.24\n##DATA TYPE=MASS SPECTRUM\n##XUNITS=M/Z\n##NPOINTS=3\n'
                   '##PEAK TABLE=(XY..XY)\n43.05,1200 58.04,420\n88.05,60\n##END=\n'}

@pytest.mark.parametrize('name', TABLES)
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16'])
def test_tables_and_jcamp_of_mass_spectra(tmp_path, name, encoding):
    from acml.spectra import read_spectra
    (tmp_path/name).write_bytes(TABLES[name].encode(encoding))
    for found, in (read_mass_spectra(tmp_path/name), read_spectra(tmp_path/name)):
        np.testing.assert_allclose(found.mz, [43.05, 58.04, 88.05], atol=1e-6)
        np.testing.assert_allclose(found.intensity, [1, .35, .05], atol=1e-3)

@pytest.mark.parametrize('change, reason', [(('=3', '=4'), '4 peaks announced, 3 there'),
                                            (('##END=', ''), '##END= is missing'),
                                            (('88.05,60', '88.05'), 'not pairs of numbers|announced')])
def test_damaged_jcamp_of_mass_spectra(tmp_path, change, reason):
    from acml.core import RecordError
    (tmp_path/'a.jdx').write_text(TABLES['a.jdx'].replace(*change))
    with pytest.raises(RecordError, match=reason): read_mass_spectra(tmp_path/'a.jdx')
