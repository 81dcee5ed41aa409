"""The table, its splits, its downloads: every kind of wrong file, a server that breaks off, the real tables."""
import dataclasses, json, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa, pyarrow.parquet as pq
import pytest, requests
from hypothesis import given, settings, strategies as st

from acml import upstream
from acml.chem import to_scaffold
from acml.core import AcmlError, Rejected
from acml.data import (demo_table, _duplicate_molecules, _formula_groups, load_table, modality_rows,
                       molecule_table, record_ids, save_table, split_by_connectivity, split_by_scaffold,
                       validate_records)
from acml.spectrum import check_shifts
from acml.upstream import _ResumingDownloader, _Source, fetch, prepare, read_nmrshiftdb2

FILES = Path(__file__).parent/'files'

@pytest.fixture
def table():
    df = read_nmrshiftdb2(FILES/'nmrshiftdb2_layout.sd')
    return df.assign(split=split_by_connectivity(df.inchikey))

# ---- load_table

def test_round_trip(table, tmp_path):
    save_table(table, tmp_path/'t.parquet')
    back = load_table(tmp_path/'t.parquet')
    assert pq.ParquetFile(tmp_path/'t.parquet').metadata.row_group(0).column(0).compression == 'ZSTD'
    assert pq.read_schema(tmp_path/'t.parquet').field('shifts').type == pa.list_(pa.float32())
    assert back.row.tolist() == [0, 1, 2, 3] and list(back.columns) == [*table.columns, 'row']
    for a, b in zip(back.shifts, table.shifts): np.testing.assert_array_equal(a, b)
    save_table(back, tmp_path/'again.parquet') # a second trip does not add a second `row`
    assert list(load_table(tmp_path/'again.parquet').columns) == list(back.columns)

def test_a_modality_object_says_which_rows_are_its_own(table, tmp_path):
    class Mine: where, column = {'nucleus': '1H'}, 'shifts'
    save_table(table, tmp_path/'t.parquet')
    assert load_table(tmp_path/'t.parquet', Mine()).equals(load_table(tmp_path/'t.parquet', 'hnmr'))
    where, _ = modality_rows('cnmr')
    where['nucleus'] = '1H'
    assert modality_rows('cnmr')[0] == {'nucleus': '13C'} # a copy is given out

@pytest.mark.parametrize('content, words', [(None, 'no such file'), (b'', 'empty file'),
                                            (b'hello', 'not a Parquet file'), (b'PAR1hello', 'not a Parquet file')])
def test_not_a_table(tmp_path, content, words):
    path = tmp_path/'bad.parquet'
    if content is not None: path.write_bytes(content)
    with pytest.raises(AcmlError, match=f'bad.parquet: {words}'): load_table(path)

def test_cut_parquet(table, tmp_path):
    save_table(table, tmp_path/'t.parquet')
    data = (tmp_path/'t.parquet').read_bytes()
    for n in range(1, len(data), len(data)//25):
        (tmp_path/'cut.parquet').write_bytes(data[:n])
        with pytest.raises(AcmlError, match='cut.parquet'): load_table(tmp_path/'cut.parquet')

def test_wrong_columns_and_no_rows(table, tmp_path):
    path = tmp_path/'t.parquet'
    for c in ('inchikey', 'smiles', 'formula', 'split', 'nucleus', 'shifts'):
        pq.write_table(pa.Table.from_pandas(table.drop(columns=c)), path)
        with pytest.raises(AcmlError, match=f't.parquet: no column {c} among'): load_table(path, 'cnmr')
    save_table(table.assign(split='train'), path)
    with pytest.raises(AcmlError, match='no rows with nucleus = 13C, split = test'): load_table(path, 'cnmr', 'test')
    save_table(table.head(0), path)
    with pytest.raises(AcmlError, match='t.parquet: no rows'): load_table(path)
    with pytest.raises(AcmlError, match="no modality called 'nmr'"): load_table(path, 'nmr')

# ---- validate_records

def test_a_table_of_several_kinds_keeps_rows_without_a_peak_list():
    "Rows of mass spectra have neither shifts nor a nucleus; a row of NMR without its list is still named."
    nmr = demo_table('cnmr').head(3)[['inchikey', 'smiles', 'split', 'nucleus', 'shifts']]
    mass = nmr[['inchikey', 'smiles', 'split']].assign(mz=[[57.]]*3, intensity=[[1.]]*3)
    both = pd.concat([nmr, mass], ignore_index=True)
    both.at[1, 'shifts'] = None
    good, report = validate_records(both)
    assert len(good) == 5 and [r['row'] for r in report.rows] == [1]

BAD = [([], 'empty peak list'), ([1., float('nan')], 'not a number'), ([400.], 'outside'), (None, 'no peak list'),
       ([[1.]], 'dimensions'), (['a'], 'not all numbers'), (float('nan'), 'no peak list')]

@pytest.mark.parametrize('shifts, words', BAD)
def test_bad_peak_lists_are_named(table, shifts, words):
    df = table.astype({'shifts': object})
    df.at[2, 'shifts'] = shifts
    good, report = validate_records(df, report=Rejected('t'))
    assert len(good) == 3 and [(r['row'], r['id']) for r in report] == [(2, '900002')]
    assert words in report.rows[0]['reason']

def test_a_number_in_place_of_a_peak_list_is_named(table):
    "Also where numpy made an array without dimensions of it."
    table = table.copy()
    table['shifts'] = table['shifts'].astype(object)
    table.at[0, 'shifts'] = 7.26
    table['shifts'] = [np.array(7.26) if i == 1 else x for i, x in enumerate(table['shifts'])]
    good, report = validate_records(table, 'cnmr')
    assert [r['row'] for r in report][:2] == [0, 1] and len(good) + len(report) == len(table)

def test_other_bad_columns_are_named(table):
    for change, words in [(dict(smiles=None), 'no SMILES'), (dict(smiles=''), 'no SMILES'),
                          (dict(inchikey='x'), 'InChIKey'), (dict(inchikey=None), 'InChIKey'),
                          (dict(nucleus='15N'), "'15N'"), (dict(nucleus=None), 'nucleus')]:
        df = table.copy()
        for k, v in change.items(): df[k] = [v if i == 1 else x for i, x in enumerate(df[k])]
        good, report = validate_records(df)
        assert len(good) == 3 and report.rows[0]['row'] == 1 and words in report.rows[0]['reason'], change
    df = table.astype({'multiplicities': object})
    df.at[0, 'multiplicities'] = ['S']
    assert validate_records(df)[1].rows[0]['reason'] == '10 shifts but 1 multiplicities'

def test_unreadable_smiles_are_named(table):
    df = table.assign(smiles=['CC(', *table.smiles[1:]])
    assert len(validate_records(df)[0]) == 4
    good, report = validate_records(df, parse_smiles=True)
    assert len(good) == 3 and 'SMILES' in report.rows[0]['reason']
    assert len(validate_records(df, 'smiles', parse_smiles=True)[0]) == 3

@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.floats(width=32), max_size=4), min_size=1, max_size=6), st.sampled_from(['13C', '1H']))
def test_fast_check_agrees_with_the_slow_one(lists, nucleus):
    df = pd.DataFrame(dict(inchikey='LFQSCWFLJHTTHZ-UHFFFAOYSA-N', smiles='CCO', nucleus=nucleus,
                           shifts=[np.float32(x) for x in lists]))
    def fine(x):
        try: return check_shifts(x, nucleus) is not None
        except AcmlError: return False
    bad = [i for i, x in enumerate(lists) if not fine(x)]
    good, report = validate_records(df)
    assert [r['row'] for r in report] == bad and len(good) == len(lists) - len(bad)

def test_row_numbers_are_those_of_the_file(table, tmp_path):
    df = table.assign(shifts=[*table.shifts[:3], np.float32([999.])])
    save_table(df, tmp_path/'t.parquet')
    report = Rejected('t.parquet')
    assert len(load_table(tmp_path/'t.parquet', 'cnmr', report=report)) == 2
    assert report.rows[0]['row'] == 3 and report.n_ok == 2

# ---- the demo table

def test_demo_table_is_fit_for_use():
    df = demo_table()
    assert len(validate_records(df)[1]) == 0 and {'name', 'source', 'licence', 'n_atoms'} <= set(df.columns)
    assert df.groupby(df.inchikey.str[:14]).split.nunique().max() == 1
    assert set(demo_table('hnmr').nucleus) == {'1H'} and set(demo_table('cnmr', 'test').split) == {'test'}

# ---- splits and molecules

def test_hash_split_is_pinned():
    "Written down once: if this changes, models are tested on what they were trained on."
    keys = [f'{c*14}-UHFFFAOYSA-N' for c in 'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    sides = ''.join(s[1] for s in split_by_connectivity(keys, fractions=(.5, .25, .25))) # r, a, e: train, valid, test
    assert sides == 'rrereeerarrraeaaererrerrar'

def test_hash_split_has_the_shares_asked_for():
    rng = np.random.default_rng(0)
    keys = [''.join(r) + '-UHFFFAOYSA-N' for r in rng.choice(list('ABCDEFGHIJKLMNOPQRSTUVWXYZ'), (20_000, 14))]
    share = pd.Series(split_by_connectivity(keys)).value_counts(normalize=True)
    assert abs(share['train'] - .9) < .01 and abs(share['valid'] - .05) < .006 and abs(share['test'] - .05) < .006
    assert set(split_by_connectivity(keys[:50], fractions=(0, 0, 1))) == {'test'}
    assert len(split_by_connectivity([])) == 0

@pytest.mark.parametrize('name, column',
                         [('esol', 'smiles'), ('bbbp', 'smiles'), ('bace', 'smiles'), ('freesolv', 'smiles')])
def test_scaffold_split_is_that_of_moleculenet(shared, name, column):
    df = pd.read_csv(shared(f'moleculenet/{name}.csv.gz'))
    expected = json.loads(shared(f'moleculenet/{name}.scaffold.json').read_text())
    report = Rejected(name)
    side = split_by_scaffold(df[column].tolist(), report=report)
    assert {k: np.flatnonzero(side == k).tolist() for k in expected} == {k: sorted(v) for k, v in expected.items()}
    assert len(report) == len(expected['invalid'])

def test_no_scaffold_is_on_two_sides(table):
    smiles = [s for s in demo_table('cnmr').smiles[:300]]
    side = split_by_scaffold(smiles, fractions=(.6, .2, .2))
    scaffolds = pd.Series(side).groupby([to_scaffold(s, chiral=True) for s in smiles]).nunique()
    assert scaffolds.max() == 1 and set(side) == {'train', 'valid', 'test'}
    assert len(split_by_scaffold([])) == 0

def test_molecules_against_a_slow_reference():
    df = demo_table().sample(500, random_state=0, ignore_index=True)
    mols = molecule_table(df)
    slow = {}
    for i, k in enumerate(df.inchikey): slow.setdefault(k[:14], []).append(i)
    assert mols.connectivity.tolist() == list(slow) and [list(r) for r in mols.rows] == list(slow.values())
    assert mols.smiles.tolist() == [df.smiles[r[0]] for r in slow.values()] and mols.n_rows.sum() == 500
    assert {k: list(v) for k, v in _duplicate_molecules(df).items()} == {k: v for k, v in slow.items() if len(v) > 1}
    by_formula = {}
    for i, f in enumerate(df.formula): by_formula.setdefault(f, []).append(i)
    isomers = {f: r for f, r in by_formula.items() if len({df.inchikey[i][:14] for i in r}) > 1}
    assert {f: list(v) for f, v in _formula_groups(df).items()} == isomers
    # positions, whatever the index
    assert molecule_table(df.set_index(df.index[::-1])).rows.map(list).tolist() == list(slow.values())

def test_empty_table_and_missing_formula():
    df = demo_table().head(4)
    assert len(molecule_table(df.head(0))) == 0 and _formula_groups(df.head(0)) == {}
    assert _duplicate_molecules(df.head(0)) == {}
    assert set(_formula_groups(df.assign(formula=[None, *df.formula[1:]]), min_size=1)) == set(df.formula[1:])

def test_shared_table(shared):
    report = Rejected('13C')
    df = load_table(shared('nmrshiftdb2.parquet'), 'cnmr', report=report)
    assert len(df) == 32_580 and len(report) == 0
    mols = molecule_table(df)
    assert len(mols) == 30_112 and df.groupby(df.inchikey.str[:14]).split.nunique().max() == 1
    assert [len(load_table(shared('nmrshiftdb2.parquet'), 'hnmr', s))
            for s in ('train', 'valid', 'test')] == [14_562, 899, 885]
    report = Rejected('1H')
    assert len(load_table(shared('nmrshiftdb2.parquet'), 'hnmr', report=report)) == 16_337
    assert len(report) == 9 and all('outside -5..20 ppm' in r['reason'] for r in report)
    assert len(load_table(shared('massbank.parquet'), 'gcms')) == 12_000

# ---- fetch and prepare

@pytest.fixture
def server(monkeypatch, tmp_path):
    "An upstream server that can be told to stop or to change."
    class Handler(BaseHTTPRequestHandler):
        data, etag, kind = (FILES/'nmrshiftdb2_layout.sd').read_bytes()*40, '"v1"', 'chemical/x-mdl-sdfile'
        stop_after = None # bytes
        ranges = True     # False: it knows no Range
        status = None     # sent in place of 200 and 206
        length = True     # what is said of it; None: nothing
        shift = 0         # added to where the part is said to begin
        more = {}         # further headers
        stall = 0         # seconds without a byte, after `stop_after`
        log = []          # (first byte, status) of each request
        def do_GET(self):
            begin = 0
            if self.ranges and 'Range' in self.headers and self.headers.get('If-Range') in (None, self.etag):
                begin = int(self.headers['Range'][6:-1])
            code = Handler.status or (206 if begin else 200)
            if begin > len(self.data): code = 416
            self.log.append((begin, code))
            self.send_response(code)
            whole = f'bytes {begin + Handler.shift}-{len(self.data) - 1}/{len(self.data)}'
            if code == 206: self.send_header('Content-Range', whole)
            for name, value in Handler.more.items(): self.send_header(name, value)
            if self.etag: self.send_header('ETag', self.etag)
            self.send_header('Content-Type', self.kind)
            length = max(0, len(self.data) - begin) if Handler.length is True else Handler.length
            if length is not None: self.send_header('Content-Length', str(length))
            self.end_headers()
            if code >= 400: return
            self.wfile.write(self.data[begin:self.stop_after])
            if self.stop_after is not None and Handler.stall: time.sleep(Handler.stall)
        def log_message(self, *args): pass
    http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    Handler.url = f'http://127.0.0.1:{http.server_port}'
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.delenv('ACML_MIRROR', raising=False)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    monkeypatch.setitem(upstream._SOURCES, 'nmrshiftdb2',
                        _Source(f'{Handler.url}/download', 'nmrshiftdb2withsignals.sd', 'a licence', 'a test'))
    yield Handler
    http.shutdown()
    http.server_close()

FILE = 'nmrshiftdb2withsignals.sd'

def test_fetch_downloads_once(server, tmp_path):
    path = fetch('nmrshiftdb2', progress=False)
    assert path == tmp_path/'home'/'downloads'/FILE and path.read_bytes() == server.data
    assert fetch('nmrshiftdb2') == path and len(server.log) == 1
    note = json.loads((path.parent/f'{FILE}.json').read_text())
    assert note['bytes'] == len(server.data) and len(note['sha256']) == 64 and note['licence'] == 'a licence'
    assert sorted(p.name for p in path.parent.iterdir()) == [FILE, f'{FILE}.json']

def test_fetch_goes_on_where_it_stopped(server, tmp_path):
    server.stop_after = 100_000
    with pytest.raises(AcmlError, match='Run the command again to go on'):
        fetch('nmrshiftdb2', tmp_path, progress=False)
    kept = (tmp_path/f'{FILE}.part').stat().st_size
    assert 0 < kept <= 100_000 and not (tmp_path/FILE).exists()
    server.stop_after = None
    assert fetch('nmrshiftdb2', tmp_path, progress=False).read_bytes() == server.data
    assert server.log == [(0, 200), (kept, 206)] and not list(tmp_path.glob('*.part*'))

@pytest.mark.parametrize('change', ['other file', 'no ranges', 'no etag', 'part too long'])
def test_fetch_begins_again_when_it_must(server, tmp_path, change):
    server.stop_after = 100_000
    with pytest.raises(AcmlError): fetch('nmrshiftdb2', tmp_path, progress=False)
    server.stop_after = None
    if change == 'other file': server.data, server.etag = server.data[::-1] + b'\n$$$$\n', '"v2"'
    if change == 'no ranges': server.ranges = False
    if change == 'no etag': (tmp_path/f'{FILE}.part.tag').write_text('')
    if change == 'part too long': (tmp_path/f'{FILE}.part').write_bytes(b'x'*(len(server.data) + 1))
    assert fetch('nmrshiftdb2', tmp_path, progress=False).read_bytes() == server.data
    assert server.log[-1] == (0, 200)

@pytest.mark.parametrize('lie', ['begins elsewhere', 'is of another version', 'part not asked for', 'no range said'])
def test_fetch_does_not_join_what_does_not_belong_together(server, tmp_path, lie):
    if lie == 'part not asked for':
        server.status = 206
        server.shift = 100
        with pytest.raises(AcmlError, match='sent another part of the file than it was asked for'):
            fetch('nmrshiftdb2', tmp_path, progress=False)
        assert not list(tmp_path.iterdir())
        return
    server.stop_after = 100_000
    with pytest.raises(AcmlError): fetch('nmrshiftdb2', tmp_path, progress=False)
    server.stop_after = None
    if lie == 'begins elsewhere': server.shift = 1
    if lie == 'no range said': server.more = {'Content-Range': 'pages 1-2'}
    if lie == 'is of another version': # a server that does not know If-Range
        server.data, server.etag = server.data[::-1] + b'\n$$$$\n', '"v2"'
        (tmp_path/f'{FILE}.part.tag').write_text('"v2" ')
    assert fetch('nmrshiftdb2', tmp_path, progress=False).read_bytes() == server.data
    assert server.log[-1] == (0, 200)

def test_fetch_keeps_no_file_whose_length_is_not_said(server, tmp_path):
    "Unless its checksum is known: half of it could be taken for all."
    import hashlib
    server.length, server.stop_after = None, 100_000
    with pytest.raises(AcmlError, match='does not say how long the file is'):
        fetch('nmrshiftdb2', tmp_path, progress=False)
    assert not list(tmp_path.iterdir())
    whole = hashlib.sha256(server.data).hexdigest()
    with pytest.raises(AcmlError, match='another SHA-256'): fetch('nmrshiftdb2', tmp_path, sha256=whole, progress=False)
    server.stop_after = None
    assert fetch('nmrshiftdb2', tmp_path, sha256=whole, progress=False).read_bytes() == server.data

def test_fetch_believes_no_file_that_does_not_end_as_it_should(server, tmp_path):
    server.data = server.data[:-20] # the server itself has half a file
    with pytest.raises(AcmlError, match='does not end with'): fetch('nmrshiftdb2', tmp_path, progress=False)
    assert [p.name for p in tmp_path.iterdir()] == [f'{FILE}.damaged']

@pytest.mark.parametrize('length', [10**12, None])
def test_fetch_has_a_limit_of_size(server, tmp_path, length, monkeypatch):
    small = dataclasses.replace(upstream._SOURCES['nmrshiftdb2'], largest=50_000)
    monkeypatch.setitem(upstream._SOURCES, 'nmrshiftdb2', small)
    server.length = length
    with pytest.raises(AcmlError, match='at most 50,000' if length else 'more than the 50,000'):
        fetch('nmrshiftdb2', tmp_path, sha256='0'*64, progress=False)
    assert not list(tmp_path.iterdir())

def test_fetch_takes_no_more_than_was_said(server, tmp_path):
    server.length = 1000
    with pytest.raises(AcmlError): fetch('nmrshiftdb2', tmp_path, progress=False) # 1,000 bytes of it end in a record
    assert not (tmp_path/FILE).exists() and not (tmp_path/f'{FILE}.json').exists()

def test_fetch_does_not_wait_for_ever(server, tmp_path, monkeypatch):
    server.stop_after, server.stall = 100_000, 20
    get = _ResumingDownloader(tmp_path/'a.part', progress=False, timeout=.5)
    start = time.time()
    with pytest.raises(requests.RequestException): get(f'{server.url}/a', tmp_path/'a')
    assert time.time() - start < 15 and get.part.stat().st_size > 90_000 # kept for the next attempt
    server.stop_after = None
    monkeypatch.setattr(upstream, '_WATCHED', -1.)
    monkeypatch.setattr(upstream, '_SLOW', 1e12)
    with pytest.raises(requests.Timeout, match='too slow'): get(f'{server.url}/a', tmp_path/'a')
    assert not (tmp_path/'a').exists()

def test_fetch_takes_no_packed_data(server, tmp_path):
    server.more = {'Content-Encoding': 'gzip'}
    with pytest.raises(AcmlError, match='packed data'): fetch('nmrshiftdb2', tmp_path, progress=False)

def test_fetch_is_not_led_from_https_to_http(tmp_path):
    class Answer: url, headers = 'http://elsewhere/a', {}
    with pytest.raises(AcmlError, match='leads to http://elsewhere/a, which is not encrypted'):
        upstream._refuse('https://here/a', Answer, 10, 100, True)

def test_a_note_that_was_changed_is_named(server, tmp_path):
    fetch('nmrshiftdb2', tmp_path, progress=False)
    note = tmp_path/f'{FILE}.json'
    note.write_text(note.read_text().replace('"sha256": "', '"sha256": "0'))
    with pytest.raises(AcmlError, match='its checksum differs'): fetch('nmrshiftdb2', tmp_path, progress=False)

def test_two_at_once_download_once(server, tmp_path):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(3) as pool:
        found = set(pool.map(lambda i: fetch('nmrshiftdb2', tmp_path, progress=False), range(3)))
    assert found == {tmp_path/FILE} and len(server.log) == 1

def test_fetch_checks_the_sha256(server, tmp_path):
    from acml.core import file_sha256
    with pytest.raises(AcmlError, match='another SHA-256'):
        fetch('nmrshiftdb2', tmp_path, sha256='0'*64, progress=False)
    assert not (tmp_path/FILE).exists()
    path = fetch('nmrshiftdb2', tmp_path, progress=False)
    assert fetch('nmrshiftdb2', tmp_path, sha256=file_sha256(path).upper()) == path
    with pytest.raises(AcmlError, match='delete it to download it again'): fetch('nmrshiftdb2', tmp_path, sha256='0'*64)
    path.unlink() # upstream changes: the checksum of the first download is still wanted
    server.data = server.data + b'one more spectrum\n$$$$\n'
    with pytest.raises(AcmlError, match=f'To accept a new version delete {FILE}.json'):
        fetch('nmrshiftdb2', tmp_path, progress=False)
    (tmp_path/f'{FILE}.json').unlink()
    assert fetch('nmrshiftdb2', tmp_path, progress=False).read_bytes() == server.data

def test_fetch_refuses_a_web_page_and_an_error(server, tmp_path):
    server.kind = 'text/html; charset=utf-8'
    with pytest.raises(AcmlError, match='sent a web page'): fetch('nmrshiftdb2', tmp_path, progress=False)
    server.kind, server.status = 'text/plain', 503
    with pytest.raises(AcmlError, match='cannot download'): fetch('nmrshiftdb2', tmp_path, progress=False)

@pytest.mark.parametrize('how', ['argument', 'setting', 'url'])
def test_fetch_from_a_mirror(server, tmp_path, monkeypatch, how):
    (tmp_path/'mirror').mkdir()
    (tmp_path/'mirror'/FILE).write_bytes(b'from the mirror\n$$$$\n')
    if how == 'setting': monkeypatch.setenv('ACML_MIRROR', str(tmp_path/'mirror'))
    mirror = dict(argument=tmp_path/'mirror', setting=None, url=f'{server.url}/mirror/')[how]
    data = fetch('nmrshiftdb2', tmp_path/'here', mirror=mirror, progress=False).read_bytes()
    assert data == (server.data if how == 'url' else b'from the mirror\n$$$$\n') and len(server.log) == (how == 'url')
    with pytest.raises(AcmlError, match=f'the mirror has no file {FILE}'):
        fetch('nmrshiftdb2', tmp_path/'there', mirror=tmp_path)

def test_offline_says_what_to_do(server, tmp_path, monkeypatch):
    monkeypatch.setitem(upstream._SOURCES, 'nmrshiftdb2', _Source('http://127.0.0.1:9/x', FILE, '', ''))
    with pytest.raises(AcmlError) as e: fetch('nmrshiftdb2', tmp_path, progress=False)
    for words in ('cannot download', 'http://127.0.0.1:9/x', str(tmp_path/FILE), 'ACML_MIRROR'):
        assert words in str(e.value)
    (tmp_path/FILE).write_bytes(b'put there by hand')
    with pytest.raises(AcmlError, match='does not end with .*; remove it'): fetch('nmrshiftdb2', tmp_path)
    (tmp_path/FILE).write_bytes(b'put there by hand\n$$$$')
    assert fetch('nmrshiftdb2', tmp_path).read_bytes() == b'put there by hand\n$$$$'
    with pytest.raises(AcmlError, match="'pubchem' is not one"): fetch('pubchem')

def test_fetch_shows_its_progress(server, tmp_path, capsys):
    fetch('nmrshiftdb2', tmp_path)
    assert FILE in capsys.readouterr().err

def test_no_network_at_import_and_no_pooch_either():
    import subprocess, sys
    heavy = ('pooch', 'requests', 'torch')
    code = f'import sys, acml.data, acml.upstream; print([m for m in {heavy} if m in sys.modules])'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout.strip() == '[]'

def test_prepare(tmp_path):
    report = prepare('nmrshiftdb2', FILES/'nmrshiftdb2_layout.sd', tmp_path/'t.parquet')
    assert (report.n_ok, len(report)) == (4, 4)
    df = load_table(tmp_path/'t.parquet', 'cnmr')
    assert len(df) == 3 and (df.split == split_by_connectivity(df.inchikey)).all()
    assert len(pd.read_csv(tmp_path/'t.report.csv')) == 4
    save_table(load_table(tmp_path/'t.parquet').assign(split='test').head(1), tmp_path/'old.parquet')
    prepare('nmrshiftdb2', FILES/'nmrshiftdb2_layout.sd', tmp_path/'new.parquet', split_from=tmp_path/'old.parquet')
    new = load_table(tmp_path/'new.parquet')
    assert new.split[0] == 'test' and (new.split[1:] == split_by_connectivity(new.inchikey[1:])).all()
    with pytest.raises(AcmlError, match='no such file'):
        prepare('nmrshiftdb2', tmp_path/'none.sd', tmp_path/'x.parquet')
    assert not (tmp_path/'x.parquet').exists()

def test_a_prepared_table_has_the_columns_of_the_shared_one(shared, tmp_path):
    prepare('nmrshiftdb2', FILES/'nmrshiftdb2_layout.sd', tmp_path/'t.parquet')
    mine, theirs = pq.read_schema(tmp_path/'t.parquet'), pq.read_schema(shared('nmrshiftdb2.parquet'))
    assert set(theirs.names) <= set(mine.names)
    strings = (pa.string(), pa.large_string())
    for f in theirs:
        other = mine.field(f.name).type
        assert (f.type == other or (f.type in strings and other in strings) or pa.types.is_list(f.type)
                or pa.types.is_integer(f.type)), f.name

def test_rows_are_named_one_by_one():
    "Kinds of records beside each other: each row has another id, none is called nan."
    df = pd.DataFrame(dict(accession=['MSBNK-1', None, None, '', 'x'], nmrshiftdb2_id=[None, 234., None, 5., 7.],
                           inchikey=['A', 'B', 'C', 'D', 'E']), index=[9, 9, 3, 0, 1])
    assert record_ids(df) == ['MSBNK-1', '234', 'C', '5', 'x']
    assert record_ids(df.drop(columns='inchikey'))[2] == '2' and record_ids(pd.DataFrame(dict(a=[1, 2]))) == ['0', '1']
    assert record_ids(pd.DataFrame(dict(id=['007', float('nan')], inchikey=['A', 'B']))) == ['007', 'B']
