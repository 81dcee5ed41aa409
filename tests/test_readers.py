"""Readers of peaks, spectra, molecules on whole files, cut ones, random text: what was read, or an AcmlError."""
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from acml.chem import hill_formula, read_smiles, to_mol
from acml.core import AcmlError, RecordError, Rejected
from acml.jcamp import read_jcamp
from acml.peaktable import read_peaks
from acml.spectrum import SHIFT_RANGE, NMRSpectrum, check_shifts, parse_peaks
from acml.upstream import _parse_signals, read_nmrshiftdb2

FILES = Path(__file__).parent/'files'
ACETATE = [14.2, 21.0, 60.4, 171.1]
fuzz = settings(max_examples=300, deadline=None, derandomize=True)

# ---- text

PIECES = st.sampled_from(['13.2', '22,9', '7', '-5.1', '.5', '1e3', '999999', '13C NMR', '1H NMR', '(101 MHz, CDCl3)',
                          'δ', 'ppm', '(2C)', '(', ')', '[', '–', '-', ',', ';', '|', '\n', '\t', ' ', 'x2', 's',
                          'br s', 'CH2', 'nan', 'inf', '٣', '²', '\x00', 'J = 7.1 Hz', '.', ':', '13.2.1', '--', 'and'])
PASTED = st.lists(PIECES, max_size=25).map(''.join) | st.lists(PIECES, max_size=25).map(' '.join) | st.text(max_size=80)

@fuzz
@given(PASTED, st.sampled_from(['13C', '1H']))
@example('9'*400, '13C')
@example('13C NMR 13C NMR', '13C')
@example('('*5000, '13C')
def test_any_text_gives_peaks_or_a_named_error(text, nucleus):
    try: ppm = parse_peaks(text, nucleus)
    except RecordError as e: assert e.reason and '\n' not in e.reason
    else:
        low, high = SHIFT_RANGE[nucleus]
        assert ppm.dtype == np.float32 and len(ppm) and (np.diff(ppm) >= 0).all() and low <= ppm[0] and ppm[-1] <= high

@fuzz
@given(st.lists(st.floats(-49, 349).map(lambda x: round(x, 2)), min_size=1, max_size=30),
       st.sampled_from([' ', ', ', '; ', '\n', '\t', ',\n', ' ;']))
def test_what_is_written_is_read(shifts, sep):
    text = sep.join(f'{x:.2f}' for x in shifts)
    np.testing.assert_allclose(parse_peaks(text), np.sort(np.float32(shifts)), atol=1e-4)

@fuzz
@given(st.lists(st.floats(1, 349).map(lambda x: round(x, 1)), min_size=2, max_size=30),
       st.sampled_from([' ', '; ', '\n', ', ']))
def test_decimal_commas_are_read(shifts, sep):
    text = sep.join(f'{x:.1f}'.replace('.', ',') for x in shifts)
    np.testing.assert_allclose(parse_peaks(text), np.sort(np.float32(shifts)), atol=1e-4)

@fuzz
@given(st.text(alphabet='0123456789.;|+-eEsdtqQ ()\nx٣', max_size=60) | st.text(max_size=40),
       st.sampled_from(['13C', '1H']))
def test_any_signal_string_gives_peaks_or_a_named_error(text, nucleus):
    try: ppm, letters = _parse_signals(text, nucleus, '17')
    except RecordError as e: assert e.record == '17'
    else: assert len(ppm) == len(letters) and np.isfinite(ppm).all() and (np.diff(ppm) >= 0).all()

@fuzz
@given(st.one_of(st.none(), st.text(max_size=5), st.floats(),
                 st.lists(st.one_of(st.floats(), st.none(), st.text(max_size=3), st.lists(st.floats(), max_size=2)),
                          max_size=6)))
def test_any_object_is_a_peak_list_or_a_named_error(shifts):
    try: ppm = check_shifts(shifts, record=3)
    except RecordError as e: assert e.record == 3
    else: assert np.isfinite(ppm).all()

@fuzz
@given(st.text(alphabet='CHNOSBrlDXxé0123456789()+-^ ₂', max_size=20))
def test_any_formula_is_read_or_refused(text):
    try: assert hill_formula(hill_formula(text)) == hill_formula(text)
    except AcmlError: pass

@fuzz
@given(st.text(alphabet='CNOPS[]()=#123@H+-.%/\\ c*\n', max_size=20))
def test_any_smiles_is_a_molecule_or_a_named_error(smi):
    try: assert to_mol(smi, record=5).GetNumAtoms()
    except RecordError as e: assert e.record == 5 and e.reason

# ---- files of peaks

def test_files_of_peaks():
    report = read_peaks(FILES/'p_xylene_report.txt')
    assert report.lines().tolist() == pytest.approx([20.9, 129.0, 134.7], abs=1e-4) and len(report) == 8
    assert read_peaks(FILES/'p_xylene_report.txt', '1H').shift_ppm.tolist() == pytest.approx([2.31, 7.06], abs=1e-4)
    german = read_peaks(FILES/'camphor_german.csv')
    assert german.shift_ppm[-1] == np.float32(219.8) and german.multiplicities[-1] == 'S'
    assert german.intensities[-1] == np.float32(.15)

@fuzz
@given(st.binary(max_size=200), st.sampled_from(['peaks.txt', 'peaks.csv', 'peaks.tsv']))
@example(b'"134.7\n', 'peaks.csv')
@example(b'ppm\n1\0', 'peaks.csv')
@example(b'ppm,shift\n', 'peaks.csv')
def test_any_file_gives_a_spectrum_or_an_error_with_its_name(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp('any')/name
    path.write_bytes(data)
    try: assert isinstance(read_peaks(path), NMRSpectrum)
    except AcmlError as e: assert name in str(e)

# ---- JCAMP-DX

@pytest.mark.parametrize('name, expected',
                         [('camphor_peak_table.jdx', [9.2, 19.1, 19.8, 27.0, 29.9, 43.1, 43.3, 46.8, 57.7, 219.8]),
                          ('ethyl_acetate_trace.jdx', ACETATE), ('ethyl_acetate_link.jdx', ACETATE),
                          ('p_xylene_ntuples.jdx', [20.9, 129.0, 134.7])])
def test_jcamp(name, expected):
    spectrum = read_jcamp(FILES/name)
    assert spectrum.shift_ppm.tolist() == pytest.approx(expected, abs=.02)
    assert spectrum.intensities.max() == 1 and spectrum.meta['file'] == name

def test_jcamp_takes_the_block_of_the_nucleus():
    assert read_jcamp(FILES/'ethyl_acetate_link.jdx',
                      '1H').shift_ppm.tolist() == pytest.approx([1.26, 2.04, 4.12], abs=.01)
    with pytest.raises(RecordError, match='holds 13C, not 1H'): read_jcamp(FILES/'ethyl_acetate_trace.jdx', '1H')

@pytest.mark.parametrize('name', ['camphor_peak_table.jdx', 'ethyl_acetate_trace.jdx', 'ethyl_acetate_link.jdx',
                                  'p_xylene_ntuples.jdx'])
def test_truncated_jcamp_names_the_file(tmp_path, name):
    whole, cut = (FILES/name).read_bytes(), tmp_path/name
    for n in sorted({*range(0, len(whole.rstrip()), max(1, len(whole)//60)), len(whole.rstrip()) - 1}):
        cut.write_bytes(whole[:n])
        with pytest.raises(RecordError, match=name): read_jcamp(cut)

@pytest.mark.parametrize('name', ['ethyl_acetate_trace.jdx', 'ethyl_acetate_link.jdx', 'p_xylene_ntuples.jdx',
                                  'camphor_peak_table.jdx'])
def test_damaged_jcamp_never_ends_in_another_error(tmp_path, name):
    lines, rng, path = (FILES/name).read_text().splitlines(), np.random.default_rng(0), tmp_path/name
    for _ in range(60):
        damaged = list(lines)
        i = rng.integers(len(damaged))
        kind = rng.integers(3)
        if kind == 0: del damaged[i]
        elif kind == 1: damaged[i] = ''.join(rng.permutation(list(damaged[i])))
        else: damaged[i] = damaged[i].split('=')[0] + '='
        path.write_text('\n'.join(damaged))
        try: assert len(read_jcamp(path))
        except AcmlError as e: assert name in str(e)

def test_missing_and_empty_jcamp(tmp_path):
    with pytest.raises(AcmlError, match='no such file'): read_jcamp(tmp_path/'nowhere.jdx')
    (tmp_path/'empty.jdx').write_text('\n')
    with pytest.raises(RecordError, match='empty.jdx: empty file'): read_jcamp(tmp_path/'empty.jdx')
    with pytest.raises(AcmlError): read_jcamp(tmp_path)

# ---- SD files

def test_sd_file():
    report = Rejected()
    df = read_nmrshiftdb2(FILES/'nmrshiftdb2_layout.sd', report)
    assert df[['nmrshiftdb2_id', 'nucleus', 'spectrum_index']].values.tolist() == [
        [900001, '13C', 0], [900002, '1H', 0], [900002, '13C', 1], [900006, '13C', 0]]
    camphor = df.iloc[0]
    assert (camphor.solvent, camphor.temperature_k, camphor.n_atoms) == ('Chloroform-D1 (CDCl3)', 298, 10)
    assert camphor.field_mhz == np.float32(100.6) and camphor.inchikey == 'DSSYKIVIOFKYAU-XCBNKYQSSA-N'
    assert df.suspect_reason.tolist() == ['', '', 'more peaks than atoms', '']
    # as written for 1H, upper case for 13C
    assert df.multiplicities[1] == ['t', 's', 'q'] and df.multiplicities[2][-1] == 'S'
    assert [(r['row'], r['id']) for r in report] == [(0, '900001'), (3, '900004'), (3, '900004'), (4, '900005')]
    assert 'calculated (HOSE code' in report.rows[0]['reason']
    assert "cannot read the peak 'abc'" in report.rows[1]['reason']
    assert set(df.licence.str[:11]) == {'nmrshiftdb2'}

def test_truncated_sd_costs_the_last_record_only(tmp_path):
    whole = (FILES/'nmrshiftdb2_layout.sd').read_text()
    records = whole.split('$$$$\n')[:-1]
    ends = np.cumsum([len(r) + 5 for r in records])
    for n in range(int(ends[0]) + 20, len(whole), 301):
        (tmp_path/'cut.sd').write_text(whole[:n])
        report, done = Rejected(), int((ends <= n).sum())
        df = read_nmrshiftdb2(tmp_path/'cut.sd', report)
        full = read_nmrshiftdb2(FILES/'nmrshiftdb2_layout.sd')
        assert len(df) == (full.nmrshiftdb2_id <= 900000 + done).sum()
        if n not in ends: assert report.rows[-1]['row'] == done and 'truncated' in report.rows[-1]['reason']

def test_gzipped_and_cut_gzipped_sd(tmp_path):
    data = gzip.compress((FILES/'nmrshiftdb2_layout.sd').read_bytes())
    (tmp_path/'a.sd.gz').write_bytes(data)
    assert len(read_nmrshiftdb2(tmp_path/'a.sd.gz')) == 4
    (tmp_path/'b.sd.gz').write_bytes(data[:len(data)//2])
    with pytest.raises(AcmlError, match='b.sd.gz'): read_nmrshiftdb2(tmp_path/'b.sd.gz')
    (tmp_path/'c.sd').write_text('not an SD file\n')
    with pytest.raises(AcmlError, match='no measured'): read_nmrshiftdb2(tmp_path/'c.sd')

def test_reader_gives_the_rows_of_the_shared_table(shared):
    "500 molecules of the real file, against the table that was made from the whole of it elsewhere."
    report = Rejected()
    df = read_nmrshiftdb2(shared('nmrshiftdb2_sample.sd'), report)
    table = pd.read_parquet(shared('nmrshiftdb2.parquet'))
    key = ['nmrshiftdb2_id', 'nucleus', 'spectrum_index']
    both = df.merge(table, on=key, suffixes=('', '_table'))
    assert len(both) == len(df) == table.nmrshiftdb2_id.isin(df.nmrshiftdb2_id).sum()
    assert (both.inchikey.str[:14] == both.inchikey_table.str[:14]).all() and (both.formula == both.formula_table).all()
    assert (both.inchikey == both.inchikey_table).mean() > .9 # the mol blocks were regenerated
    for a, b in zip(both.shifts, both.shifts_table): np.testing.assert_allclose(a, b, atol=1e-4)
    for a, b, c in zip(both.multiplicities, both.multiplicities_table, both.shifts):
        assert sorted(zip(c, a)) == sorted(zip(c, b))
    assert (both.n_atoms == both.n_atoms_table).all() and (both.suspect == both.suspect_table).all()
    for c in ('solvent', 'field_mhz', 'temperature_k'):
        assert ((both[c] == both[f'{c}_table']) | (both[c].isna() & both[f'{c}_table'].isna())).all(), c
    assert all('calculated' in r['reason'] or 'empty' in r['reason'] for r in report), report

def test_older_release_of_the_sd_file(shared):
    report = Rejected()
    df = read_nmrshiftdb2(shared('nmrshiftdb2_mapped_sample.sd'), report)
    assert df.nmrshiftdb2_id.nunique() > 250 and all('calculated' in r['reason'] for r in report), report

# ---- files of molecules

@pytest.mark.parametrize('name, column', [('a.smi', None), ('a.smi.gz', None), ('a.csv', 'SMILES'),
                                          ('a.csv.gz', 'smiles'), ('a.tsv', 'Smiles'), ('a.parquet', 'smiles')])
def test_read_smiles_in_pieces(tmp_path, name, column):
    smiles, path = ['C'*n for n in range(1, 26)], tmp_path/name
    df = pd.DataFrame({column or 'smiles': smiles, 'id': [f'n{i}' for i in range(25)]})
    if name == 'a.parquet': df.to_parquet(path)
    elif column: df.to_csv(path, index=False, sep='\t' if '.tsv' in name else ',')
    else:
        lines = '\n'.join(f'{s} {i}' for s, i in zip(smiles, df['id'])).encode()
        path.write_bytes(gzip.compress(lines) if name.endswith('gz') else lines)
    pieces = list(read_smiles(path, chunk_size=10))
    assert [len(p) for p in pieces] == [10, 10, 5]
    whole = pd.concat(pieces)
    assert whole.smiles.tolist() == smiles and whole['id'].tolist() == df['id'].tolist()
    assert whole.index.tolist() == list(range(25))

@fuzz
@given(st.binary(max_size=300), st.sampled_from(['x.smi', 'x.csv', 'x.parquet', 'x.smi.gz', 'x.csv.gz', 'x.tsv']))
def test_any_file_gives_molecules_or_an_error_with_its_name(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp('any')/name
    path.write_bytes(data)
    try: assert all('smiles' in df.columns for df in read_smiles(path))
    except AcmlError as e: assert name in str(e)

def test_a_big_library_does_not_fill_the_memory(shared):
    n = 0
    for df in read_smiles(shared('library_1m.parquet'), chunk_size=100_000):
        n += len(df)
        assert len(df) <= 100_000 and {'inchikey', 'formula'} <= set(df.columns)
    assert n == 997_393

# ---- JCAMP-DX that could be read as something else

CARBON, DEPT = '##.OBSERVE NUCLEUS= ^13C\n', '##.OBSERVE NUCLEUS= ^13C\n##.PULSE SEQUENCE= dept135\n'
SMALL = '7.12, 1.0\n4.44, 2.0\n1.20, 3.0\n'

def jdx(peaks='171.12, 1.0\n60.44, 2.0\n14.20, 3.0\n', more=CARBON, form='(XY..XY)', n=3, mhz=100.):
    head = '##TITLE= t\n##JCAMP-DX= 5.00\n##DATA TYPE= NMR PEAK TABLE\n'
    head += f'##.OBSERVE FREQUENCY= {mhz}\n{more}##XUNITS= PPM\n##NPOINTS= {n}\n'
    return f'{head}##PEAK TABLE= {form}\n{peaks}##END=\n'

def linked(*blocks):
    head = '##TITLE= link\n##JCAMP-DX= 5.0\n##DATA TYPE= LINK\n'
    return f'{head}##BLOCKS= {len(blocks)}\n' + ''.join(blocks) + '##END=\n'

@pytest.mark.parametrize('text, shifts', [
    (jdx('171,12;1,0\n60,44;2,0\n14,20;3,0\n'), [14.2, 60.44, 171.12]),
    (jdx('17,1;6,2\n14,3;5,1\n', n=4), [5, 6, 14, 17]),
    (jdx('171.12\n60.44\n14.20\n21.0\n', form='(X..X)', n=4), [14.2, 21, 60.44, 171.12]),
    (linked(jdx('60.44, 1\n14.2, 1\n', DEPT, n=2), jdx()), [14.2, 60.44, 171.12]),
    (linked(jdx(), jdx()), [14.2, 60.44, 171.12]),
    (jdx(more='##.OBSERVE NUCLEUS= Carbon-13\n'), [14.2, 60.44, 171.12]),
    (jdx(more='##$NUC1= <13C>\n'), [14.2, 60.44, 171.12]), (jdx(more='', mhz=400.), [14.2, 60.44, 171.12])])
def test_jcamp_peak_tables(tmp_path, text, shifts):
    (tmp_path/'a.jdx').write_text(text)
    np.testing.assert_allclose(read_jcamp(tmp_path/'a.jdx').shift_ppm, shifts, atol=1e-4)

def test_the_table_that_a_chemist_edited_goes_before_the_automatic_one(tmp_path):
    mark = '$$ === CHEMSPECTRA PEAK TABLE {} ===\n'.format
    edit, auto = jdx(), jdx('171.12, 1.0\n77.16, 9.0\n60.44, 2.0\n14.20, 3.0\n', n=4)
    for blocks in ((mark('EDIT') + edit, mark('AUTO') + auto), (mark('AUTO') + auto, mark('EDIT') + edit)):
        (tmp_path/'a.jdx').write_text(linked(*blocks))
        np.testing.assert_allclose(read_jcamp(tmp_path/'a.jdx').shift_ppm, [14.2, 60.44, 171.12], atol=1e-4)

@pytest.mark.parametrize('text, reason', [
    (jdx('171,12;1,0\n60,44;2,0\n', n=1), 'are its commas decimal'),
    (jdx(more=DEPT), 'dept135, which does not show all carbons'),
    (linked(jdx(), jdx('128.1, 1\n30.4, 2\n11.2, 3\n')), '2 peak tables of 13C'),
    (jdx(more='##$PULPROG= <deptsp135>\n' + CARBON), 'deptsp135, which'),
    (jdx(SMALL, '##.NUCLEUS= 1H\n'), 'holds 1H, not 13C'),
    (jdx(SMALL, '##.OBSERVE NUCLEUS= \n', mhz=400.1), '400.1 MHz is no frequency of 13C')])
def test_jcamp_that_is_not_what_is_asked_for(tmp_path, text, reason):
    (tmp_path/'a.jdx').write_text(text)
    with pytest.raises(RecordError, match=f'a.jdx: .*{reason}'): read_jcamp(tmp_path/'a.jdx')
