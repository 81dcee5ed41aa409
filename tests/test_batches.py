"""Batches: a list of records is a list of questions, one table of hits, bad records named, runs that go on."""
import io, json, os, re, signal, subprocess, sys, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from acml.batches import identify_batch, _more_reports, read_questions
from acml.cli import main
from acml.core import AcmlError, RecordError

ROOT = Path(__file__).resolve().parents[1]

@pytest.fixture(scope='module')
def model():
    from acml.model import ACML
    return ACML.from_pretrained('cnmr')

@pytest.fixture(scope='module')
def table():
    from acml.data import demo_table
    return demo_table('cnmr').drop_duplicates('inchikey', ignore_index=True).head(120)

@pytest.fixture(scope='module')
def place(tmp_path_factory, model, table):
    "A folder with a library and files of spectra."
    from acml.library import Library
    d = tmp_path_factory.mktemp('batches')
    Library.build(model, table[['smiles', 'name']], d/'lib', progress=False)
    lines = [f'{i},"{", ".join(f"{x:.1f}" for x in s)}"' for i, s in enumerate(table['shifts'][:40])]
    lines[7] = '7,13.2 carbonyl'
    (d/'spectra.csv').write_text('id,cnmr\n' + '\n'.join(lines) + '\n')
    (d/'sheet.tsv').write_text('Name\tPeaks\n-)-first\t18.1 57.8 60.1\n=1+1\t"13.2; 22.9; 31.0"\n')
    (d/'day').mkdir()
    (d/'day'/'a.txt').write_text('18.1 57.8')
    (d/'day'/'b.csv').write_text('ppm;intensity\n18,1;1\n57,8;1\n')
    (d/'day'/'c.txt').write_text('nothing')
    (d/'day'/'.hidden').write_text('18.1')
    return d

@pytest.fixture
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    return place

@pytest.fixture(scope='module')
def library(place, model):
    from acml.library import Library
    return Library.load(place/'lib', model)

# ---- in Python

def test_a_list_is_a_list_of_questions(library, table):
    asked = [np.asarray(s) for s in table['shifts'][:6]]
    several, single = library.identify(asked, k=4), [library.identify(s, k=4) for s in asked]
    assert len(several) == 6
    for a, b in zip(several, single):
        assert a.table['smiles'].tolist() == b.table['smiles'].tolist()
        assert a.table['score'].to_numpy() == pytest.approx(b.table['score'].to_numpy(), abs=1e-5)
        assert a.confidence == pytest.approx(b.confidence, abs=1e-3) and a.scoring == b.scoring and not a.inputs
        assert np.array_equal(a.query, b.query)
    mean = library.identify(asked[:2], k=4, together=True)
    assert mean.inputs['cnmr']['records'] == 2

def test_one_bad_record_costs_only_itself(library, table):
    good = list(table['shifts'][0])
    hits = library.identify([good, [1250.], [], ['carbonyl'], None, good], k=2)
    assert [len(h) for h in hits] == [2, 0, 0, 0, 0, 2]
    assert '1250 ppm' in hits[1].title and 'empty' in hits[2].set_aside['cnmr']
    assert hits[4].set_aside == {'cnmr': 'nothing given'}
    assert hits[0].table['smiles'].tolist() == hits[5].table['smiles'].tolist()
    with pytest.raises(RecordError, match='1250'): library.identify([1250.])

def test_solvent_lines_are_left_out_of_each_question_alone(library, table):
    first, second = list(table['shifts'][0]), list(table['shifts'][1])
    a, b = library.identify([[*first, 77.48, 77.16, 76.84], second], k=2)
    assert a.notes == ('77.48, 77.16, 76.84: CDCl3, left out',) and b.notes == ()
    assert a.table['smiles'].tolist() == library.identify(first, k=2).table['smiles'].tolist()

def test_lists_of_several_kinds_must_be_of_one_length(library):
    with pytest.raises(AcmlError, match='2 of cnmr, 1 of hnmr: a list is a list of questions'):
        library.identify(cnmr=[[1.], [2.]], hnmr=[3.])

def test_a_batch_is_quicker_than_a_loop(library, table):
    asked = [np.asarray(s) for s in table['shifts']]
    library.identify(asked[:2])
    def seconds(f):
        start = time.process_time()
        f()
        return time.process_time() - start
    loop = min(seconds(lambda: [library.identify(s, k=5) for s in asked]) for _ in range(2))
    batch = min(seconds(lambda: library.identify(asked, k=5)) for _ in range(2))
    assert batch < .8*loop, (batch, loop)

# ---- files

def test_questions_of_files(here):
    found = read_questions(['spectra.csv', 'sheet.tsv', 'day'])
    assert len(found) == 40 + 2 + 3
    assert [q.id for q in found if q.reason] == ['7', 'c.txt'] and all(q.source for q in found)
    assert [q.id for q in found[40:]] == ['-)-first', '=1+1', 'a.txt', 'b.csv', 'c.txt']
    assert found[43].inputs['cnmr'].shift_ppm.tolist() == found[44 - 2].inputs['cnmr'].shift_ppm.tolist()

def test_a_table_of_records_as_acml_has_them(here, table):
    from acml.data import demo_table, save_table
    save_table(demo_table('cnmr').head(5), here/'records.parquet')
    found = read_questions('records.parquet')
    assert len(found) == 5 and not any(q.reason for q in found)
    assert np.array_equal(found[2].inputs['cnmr'], demo_table('cnmr')['shifts'][2])

def test_known_structures_in_a_table_are_no_questions(here):
    Path('known.csv').write_text('name,smiles,cnmr\nethanol,CCO,18.1 57.8\n')
    q, = read_questions('known.csv', columns=['cnmr', 'hnmr'])
    assert list(q.inputs) == ['cnmr'] and q.id == 'ethanol'

def test_mass_spectra_of_a_file_are_questions(here):
    ion = lambda title, peaks: f'BEGIN IONS\nTITLE={title}\nPEPMASS=183.0804\n{peaks}\nEND IONS\n'
    Path('run.mgf').write_text(ion('one', '77.0386 40\n105.0335 100') + ion('two', '77 forty')
                               + ion('three', '77.0 4\n105 9'))
    found = read_questions('run.mgf', 'lcms', adduct='[M+H]+')
    assert [(q.id, bool(q.reason)) for q in found] == [('one', False), ('three', False), ('run.mgf block 2', True)]
    assert found[0].inputs['lcms'].adduct == '[M+H]+'

# ---- the command

def rows(path): return pd.read_csv(path)

def test_one_row_a_question_and_rank(here, capsys):
    assert main('search --library lib --file spectra.csv day --out hits.csv -k 3 --overwrite'.split()) == 0
    out, err = capsys.readouterr()
    assert not out and '43 questions, 2 of them without an answer' in err
    t = rows('hits.csv')
    assert list(t)[:6] == ['query', 'source', 'rank', 'score', 'confidence', 'in_library'] and list(t)[-1] == 'note'
    assert len(t) == 41*3 + 2 and t['confidence'].dropna().between(0, 1).all()
    bad = t[t['rank'].isna()]
    assert bad['query'].tolist() == ['7', 'c.txt'] and "cannot read 'carbonyl'" in bad['note'].iloc[0]
    assert t.groupby('query', sort=False)['rank'].apply(list).iloc[0] == [1, 2, 3]

def test_it_can_be_piped(here, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'stdin', io.StringIO(Path('spectra.csv').read_text()))
    import acml.search_cli
    monkeypatch.setattr(acml.search_cli, '_inbox', [])
    assert main('search --library lib --file - --out - -k 1'.split()) == 0
    out, err = capsys.readouterr()
    assert len(rows(io.StringIO(out))) == 40 and 'questions' not in out
    monkeypatch.setattr(acml.search_cli, '_inbox', [])
    monkeypatch.setattr(sys, 'stdin', io.StringIO('18.1, 57.8\n'))
    assert main('search --library lib --peaks - -k 1 --json'.split()) == 0
    assert json.loads(capsys.readouterr().out)['query'] == [18.1, 57.8]

def test_typed_spectra_are_questions_too(here, capsys):
    assert main(['search', '--library', 'lib', '--cnmr', '18.1 57.8', '--cnmr', '13.2 22.9', '-k', '2', '--json']) == 0
    both = json.loads(capsys.readouterr().out)
    assert [o['query'] for o in both] == [[18.1, 57.8], [13.2, 22.9]]
    assert main(['search', '--library', 'lib', '--cnmr', '18.1 57.8', '--cnmr', '13.2', '--out', '-', '-k', '1']) == 0
    assert rows(io.StringIO(capsys.readouterr().out))['query'].tolist() == [1, 2]
    assert main(['search', '--library', 'lib', '--cnmr', '18.1', '--cnmr', '13.2', '--html', 'x.html']) == 1
    assert '--html is for one question' in capsys.readouterr().err

def test_names_are_harmless_in_a_spreadsheet(here):
    assert main('search --library lib --file sheet.tsv --out safe.csv -k 1 --overwrite'.split()) == 0
    assert rows('safe.csv')['query'].tolist() == ["'-)-first", "'=1+1"]

@pytest.mark.parametrize('change, says', [
    ('--file sheet.tsv -k 2', 'another batch (different questions)'),
    ('--file spectra.csv -k 3', 'another batch (different options)'),
    ('--file spectra.csv -k 2 --formula C2H6O', 'another batch (different options)')])
def test_another_batch_is_refused(here, change, says, capsys):
    assert main('search --library lib --file spectra.csv --out kept.csv -k 2'.split()) == 0
    before = Path('kept.csv').read_bytes()
    assert main(f'search --library lib {change} --out kept.csv'.split()) == 1
    assert says in capsys.readouterr().err and Path('kept.csv').read_bytes() == before

def test_a_file_of_somebody_else_is_kept(here, capsys):
    Path('mine.csv').write_text('my own table\n')
    assert main('search --library lib --file sheet.tsv --out mine.csv'.split()) == 1
    assert 'mine.csv exists' in capsys.readouterr().err and Path('mine.csv').read_text() == 'my own table\n'

class Counting:
    "A library that counts what it is asked, and stops after so many."
    def __init__(self, library, stop_after=10**9): self.library, self.left, self.asked = library, stop_after, 0
    def __getattr__(self, name): return getattr(self.library, name)
    def identify_all(self, questions, **options):
        if self.left <= 0: raise KeyboardInterrupt
        self.left -= len(questions)
        self.asked += len(questions)
        return self.library.identify_all(questions, **options)

@pytest.mark.parametrize('torn', [b'', b'40,spectra.csv,1,0.5,,,CC', b'\xff\x00'])
def test_a_stopped_run_goes_on(library, here, torn):
    questions, whole = read_questions('spectra.csv'), here/'whole.csv'
    identify_batch(library, questions, whole, k=2, chunk=4, overwrite=True)
    for p in here.glob('stopped.csv*'): p.unlink()
    with pytest.raises(KeyboardInterrupt):
        identify_batch(Counting(library, 17), questions, here/'stopped.csv', k=2, chunk=4)
    assert not (here/'stopped.csv').exists()
    part = here/'stopped.csv.part'
    part.write_bytes(part.read_bytes() + torn) # cut off in the middle of a row
    again = Counting(library)
    assert identify_batch(again, questions, here/'stopped.csv', k=2, chunk=4) == dict(done=40, set_aside=1)
    assert 0 < again.asked < 39 - 12 and (here/'stopped.csv').read_bytes() == whole.read_bytes()
    assert identify_batch(again, questions, here/'stopped.csv', k=2, chunk=4)['done'] == 40
    (here/'stopped.csv').unlink() # lost: asked anew
    assert identify_batch(Counting(library), questions, here/'stopped.csv', k=2, chunk=4)['done'] == 40
    assert (here/'stopped.csv').read_bytes() == whole.read_bytes()

@pytest.mark.slow
def test_a_killed_process_goes_on(here):
    code = 'import sys; from acml.cli import main; sys.exit(main())'
    ask = [sys.executable, '-c', code, *'search --library lib --out killed.csv --file'.split(), *10*['spectra.csv']]
    env = {**os.environ, 'PYTHONPATH': str(ROOT)}
    p = subprocess.Popen(ask, cwd=here, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(600):
        if (here/'killed.csv.part').exists() and (here/'killed.csv.part').stat().st_size > 1000: break
        time.sleep(.1)
    p.send_signal(signal.SIGKILL)
    p.communicate()
    done = subprocess.run(ask, cwd=here, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert rows(here/'killed.csv')['query'].nunique() == 40 and len(rows(here/'killed.csv')) == 390*10 + 10

def test_mass_spectra_that_are_asked_about_as_nmr_are_named(tmp_path):
    from acml.nmrfiles import read_nmr
    (tmp_path/'day.msp').write_text('NAME: a\nNum Peaks: 1\n29.0386 100\n')
    with pytest.raises(RecordError, match='day.msp: .msp holds mass spectra, no NMR'):
        read_nmr(tmp_path/'day.msp', '13C')

def test_a_row_of_another_nucleus_is_no_question(tmp_path):
    (tmp_path/'mixed.csv').write_text('nucleus,shifts\n13C,18.1 57.8\n1H,1.2 3.6 4.7\n,13.2 12.9 11.0\nC13,9 8 7\n')
    found = read_questions(tmp_path/'mixed.csv', 'cnmr')
    assert [(q.id, q.reason) for q in found] == [('1', ''), ('2', 'question 2: 1H, not 13C'), ('3', ''), ('4', '')]
    assert [q.reason for q in read_questions(tmp_path/'mixed.csv', 'hnmr')] == [
        'question 1: 13C, not 1H', '', '', 'question 4: 13C, not 1H']
    (tmp_path/'protons.csv').write_text('id,nucleus,shifts\na,1H,1.2 3.6 4.7\nb,19F,1 2 3\n')
    with pytest.raises(AcmlError, match='protons.csv: no row is cnmr by its column nucleus .*1 is 1H, not 13C'):
        read_questions(tmp_path/'protons.csv', 'cnmr')
    whole = read_questions(tmp_path, 'cnmr') # one table of the folder costs nothing but itself
    assert len(whole) == 5 and whole[-1].id == 'protons.csv' and 'no row is cnmr' in whole[-1].reason
    t = pd.read_csv(tmp_path/'mixed.csv')
    t['shifts'] = [list(map(float, s.split())) for s in t['shifts']]
    t.to_parquet(tmp_path/'mixed.parquet')
    reasons = [q.reason for q in read_questions(tmp_path/'mixed.parquet', 'hnmr')]
    assert reasons == ['question 1: 13C, not 1H', '', '', 'question 4: 13C, not 1H']

def test_a_row_of_the_other_family_is_no_question(tmp_path):
    t = pd.DataFrame(dict(family=['gcms', 'lcms', None], precursor_mz=[np.nan, 183.08, np.nan], accession=list('abc'),
                          mz=[[29., 31., 45.]]*3, intensity=[[.2, 1., .5]]*3))
    t.to_parquet(tmp_path/'spectra.parquet')
    reasons = [q.reason for q in read_questions(tmp_path/'spectra.parquet', 'lcms')]
    assert reasons == ['question 1: gcms, not lcms', '', '']
    reasons = [q.reason for q in read_questions(tmp_path/'spectra.parquet', 'gcms')]
    assert reasons == ['', 'question 2: lcms, not gcms', '']

def test_a_wide_table_with_a_contradiction_is_named(tmp_path):
    (tmp_path/'wide.csv').write_text('cnmr,hnmr,nucleus\n18.1 57.8,,13C\n,1.2 3.6,1H\n18.1 57.8,1.2 3.6,13C\n')
    found = read_questions(tmp_path/'wide.csv', columns=['cnmr', 'hnmr'])
    assert [list(q.inputs) for q in found] == [['cnmr'], ['hnmr'], []] and found[2].reason == 'question 3: 13C, not 1H'

# ---- a report with several lists

BOTH = ('13C NMR (101 MHz, CDCl3) δ 171.1, 60.4, 21.0, 14.2. 1H NMR (400 MHz, CDCl3) δ 4.12 (q, J = 7.1 Hz, 2H), '
        '2.04 (s, 3H), 1.26 (t, J = 7.1 Hz, 3H).')

def shifts(question): return {m: [round(float(x), 2) for x in r.shift_ppm] for m, r in question.inputs.items()}

def test_both_lists_of_a_report_are_one_question(tmp_path):
    (tmp_path/'a.txt').write_text(BOTH)
    (tmp_path/'b.csv').write_text(f'id,report\nx,"{BOTH}"\n')
    want = dict(cnmr=[14.2, 21., 60.4, 171.1], hnmr=[1.26, 2.04, 4.12])
    for name in ('a.txt', 'b.csv'):
        question, = read_questions(tmp_path/name, 'cnmr', ['cnmr', 'hnmr'])
        assert shifts(question) == want
        with pytest.warns(UserWarning, match='list of hnmr is left out'): question, = read_questions(tmp_path/name)
        assert shifts(question) == dict(cnmr=want['cnmr'])

@pytest.mark.parametrize('text, reason', [('171.1 60.4', None), (BOTH.replace('2.04', '2.04.3'), "1H list .* '2.04.3'"),
                                          (BOTH[BOTH.index('1H NMR'):], None), (BOTH[:BOTH.index('1H NMR')], None)])
def test_no_other_list_or_one_in_doubt(text, reason):
    found, left = _more_reports('cnmr', [text])
    assert found == {} and (re.search(reason, *left) if reason else left == [])

# ---- what is known of each molecule

FACTS = '''sample,cnmr,Formula,exact_mass
formula,"174.9, 51.5, 27.4, 9.1",C4H8O2,
mass,"57.8, 18.1",,46.0419
nothing,"57.8, 18.1",,
unknown,"57.8, 18.1",Quatsch,46.0419
heavy,"57.8, 18.1",,heavy
'''

@pytest.fixture(scope='module')
def shelf(model):
    "A library with a column `source`, as the known compounds have it."
    from acml.library import Library
    smiles = ['CCO', 'COC', 'CCC(=O)OC', 'CC(=O)OCC', 'CCC', 'CCO[SiH](OCC)OCC']
    return Library.build(model, pd.DataFrame(dict(smiles=smiles, source='a shelf')), progress=False)

def test_each_row_asks_among_molecules_of_its_own(shelf, tmp_path):
    (tmp_path/'q.csv').write_text(FACTS)
    questions = read_questions(tmp_path/'q.csv', by_row=True)
    assert [q.known for q in questions] == [dict(formula='C4H8O2'), dict(mass=46.0419), {}, {}, {}]
    rows = identify_batch(shelf, questions, k=9)
    found = rows.dropna(subset='smiles').groupby('query').formula.agg(set)
    assert (found['formula'], found['mass'], len(found['nothing'])) == ({'C4H8O2'}, {'C2H6O'}, 4)
    notes = rows[rows.smiles.isna()].set_index('query').note
    assert 'no element' in notes['unknown'] and "a mass of 'heavy' is no number" in notes['heavy']
    first = rows[rows['rank'] == 1].set_index('query')
    alone = shelf.identify('174.9, 51.5, 27.4, 9.1', formula='C4H8O2')
    assert first.score['formula'] == pytest.approx(alone.table.score[0], abs=1e-4)
    assert (first.source['formula'], first.library_source['formula']) == ('q.csv', 'a shelf')
    with pytest.raises(AcmlError, match='mass: what is known of all questions'):
        identify_batch(shelf, questions, mass=46.)

def test_facts_that_are_not_used_are_told(tmp_path):
    (tmp_path/'q.csv').write_text(FACTS)
    with pytest.warns(UserWarning, match='q.csv: its column Formula is not used'):
        assert not any(q.known for q in read_questions(tmp_path/'q.csv'))

def test_each_report_asks_by_its_accurate_mass(tmp_path):
    hrms = 'HRMS (ESI) calcd for C4H9O2 [M+H]+ 89.0597, found 89.0598.'
    (tmp_path/'a.txt').write_text(f'13C NMR (101 MHz, CDCl3) δ 174.9, 51.5, 27.4, 9.1. {hrms}')
    (tmp_path/'b.txt').write_text('13C NMR (101 MHz, CDCl3) δ 57.8, 18.1.')
    assert [q.known for q in read_questions(tmp_path, by_row=True)] == [dict(mass=88.0525), {}]
    assert [q.known for q in read_questions(tmp_path)] == [{}, {}]

def test_other_facts_are_another_batch(shelf, tmp_path):
    (tmp_path/'q.csv').write_text(FACTS)
    identify_batch(shelf, read_questions(tmp_path/'q.csv', by_row=True), tmp_path/'h.csv')
    with pytest.warns(UserWarning), pytest.raises(AcmlError, match='another batch'):
        identify_batch(shelf, read_questions(tmp_path/'q.csv'), tmp_path/'h.csv')

@pytest.mark.parametrize('more, says', [
    (['--peaks', '57.8 18.1'], 'is for many questions'), (['--file', 'spectra.csv'], 'is for many questions'),
    (['--file', 'spectra.csv', '--out', 'h.csv', '--formula', 'C2H6O'], 'give --by-row, or --formula')])
def test_by_row_where_it_means_nothing(here, more, says, capsys):
    assert main(['search', '--library', 'lib', '--by-row', *more]) == 1
    assert says in capsys.readouterr().err

def test_the_known_compounds_answer_a_batch(model, tmp_path, monkeypatch, capsys):
    "Without --library: these have a column `source` of their own."
    from acml import library
    shelf = library.Library.build(model, pd.DataFrame(dict(smiles=['CCO', 'CCC'], source='chemicals')), progress=False)
    monkeypatch.setattr(library.Library, 'default', classmethod(lambda cls, model, *a: shelf))
    (tmp_path/'q.csv').write_text('id,cnmr\n1,"57.8, 18.1"\n')
    assert main(['search', '--file', str(tmp_path/'q.csv'), '--out', str(tmp_path/'h.csv'), '-k', '1']) == 0
    hits = pd.read_csv(tmp_path/'h.csv')
    assert hits[['source', 'smiles', 'library_source']].values.tolist() == [['q.csv', 'CCO', 'chemicals']]
