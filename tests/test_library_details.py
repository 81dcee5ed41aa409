"""What small faults in build and library went unnoticed (tests/mutation.py): details that nothing else looked at."""
import errno, os, time
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from acml import build, pieces
from acml.candidates import Known
from acml.core import AcmlError, Rejected
from acml.disk import read_sealed, write_sealed
from acml.library import Library, _questions, _record_lists, _usable, gather_candidates
from acml.model import ACML
from test_library import SMILES, FakeModel, Senses, unit

@pytest.fixture
def model(): return FakeModel()

@pytest.fixture
def library(model, tmp_path): return Library.build(model, SMILES, tmp_path/'lib', progress=False)

# ---- asking

def test_an_index_that_finds_enough_is_not_checked_by_a_scan(library, model, monkeypatch):
    pytest.importorskip('usearch')
    library.index(threads=1)
    q = model.one(SMILES[0])
    whole = library.search(q, 3)
    monkeypatch.setattr(Library, 'nearest', lambda *a: pytest.fail('all candidates were scanned'))
    found = library.search(q, 3, approximate=True)
    assert found[0].smiles == SMILES[0] and list(found.table.smiles) == list(whole.table.smiles)

class Backwards:
    "A second stage that likes what the first does not."
    def __call__(self, i, rows): return np.asarray(rows, float)

def test_the_first_hits_do_not_depend_on_how_many_are_asked_for():
    z = unit(np.random.default_rng(0).normal(size=(700, 8)))
    known = pd.DataFrame(dict(smiles=[f'C{i}' for i in range(700)], inchikey='', formula='C', exact_mass=12.,
                              connectivity=[f'BLOCK{i:09}' for i in range(700)]))
    library, q = Library.from_embeddings(z, known), z[:2]
    few, most = (library._hits(q, k, Known(), False, Backwards()) for k in (10, 650))
    for a, b, rows in zip(few[0], most[0], most[1]):
        assert a.table['smiles'].tolist() == b.table['smiles'].tolist()[:10] and a.profile == b.profile
        assert (np.diff(rows[:200]) < 0).all() and (np.diff(rows[200:]) < 0).all() and len(set(rows)) == 650
    nearest = library.nearest(q, 200)[1]
    assert [set(r[:200]) for r in most[1]] == [set(r) for r in nearest]

def test_of_isotopologues_the_plain_molecule_stays(model, tmp_path):
    smiles = ['[2H]C(Cl)(Cl)Cl', 'CCO', 'ClC(Cl)Cl', '[13CH3]CO', 'C[Si](C)(C)C', 'OC([2H])([2H])[2H]']
    merged = ['CCO', 'ClC(Cl)Cl', 'C[Si](C)(C)C', 'OC([2H])([2H])[2H]']
    library = Library.build(model, smiles, merge='connectivity', progress=False)
    assert library.table()['smiles'].tolist() == merged
    assert library.table()['exact_mass'][1] == pytest.approx(117.9144, abs=1e-3)
    kept = Library.build(model, smiles, tmp_path/'l', merge='connectivity', progress=False)
    assert kept.table()['smiles'].tolist() == merged
    pieces = Library.build(model, smiles, tmp_path/'p', merge='connectivity', chunk_size=2, progress=False)
    assert pieces.table()['smiles'].tolist() == merged and pieces.info['n_merged'] == 2 # also from another piece
    apart = [[s] for s in smiles] # whichever source it comes from
    assert gather_candidates(model, apart, Rejected()).table()['smiles'].tolist() == merged
    every = Library.build(model, smiles, progress=False) # by InChIKey each is itself
    assert len(every) == 6 and gather_candidates(model, [every], Rejected()).table()['smiles'].tolist() == merged

def test_a_build_of_isotopologues_goes_on_where_it_was(model, tmp_path, monkeypatch):
    smiles = ['[2H]C(Cl)(Cl)Cl', 'CCO', 'ClC(Cl)Cl', '[13CH3]CO', 'C[Si](C)(C)C', 'OC([2H])([2H])[2H]', 'CCN']
    make = lambda out: Library.build(model, smiles, out, merge='connectivity', chunk_size=2, progress=False)
    put, pieces = build._put_piece, []
    def stop(part, begun, found, report):
        if len(pieces) == 3: raise KeyboardInterrupt
        pieces.append(put(part, begun, found, report))
    monkeypatch.setattr(build, '_put_piece', stop)
    with pytest.raises(KeyboardInterrupt): make(tmp_path/'a')
    monkeypatch.undo()
    again, whole = make(tmp_path/'a'), make(tmp_path/'b')
    assert again.table().equals(whole.table()) and (again.embeddings == whole.embeddings).all()
    assert sorted(again.table()['smiles']) == sorted(['CCO', 'ClC(Cl)Cl', 'C[Si](C)(C)C', 'OC([2H])([2H])[2H]', 'CCN'])

def test_predictions_are_kept_where_the_first_piece_holds_no_molecule(tmp_path):
    cnmr = ACML.from_pretrained('cnmr')
    library = Library.build(cnmr, ['C(', 'C((', 'CCO', 'CCN'], tmp_path/'l', chunk_size=2, progress=False)
    assert len(library) == 2 and len(library.predicted['cnmr']) == 2
    assert library.identify([18., 57.]).scoring == 'both'

def test_answers_that_are_none_are_drawn_in_words(tmp_path):
    cnmr = ACML.from_pretrained('cnmr')
    library = Library.build(cnmr, ['CCO', 'CCN'], progress=False)
    good, bad = library.identify([[18., 57.], ['a', 'b']])
    assert '<table>' in good.to_html() and 'not all numbers' in bad.to_html() and '<table>' not in bad.to_html()
    mean = library.identify([['a'], [18., 57.]], together=True)
    assert mean.to_html().count('cnmr: 100% of the answer') == 1

def test_profiles_are_the_best_scores_of_different_molecules(model):
    library = Library.build(model, ['C[C@H](O)CC', 'C[C@@H](O)CC', 'CCO', 'CCN'], progress=False)
    q = model.one('CCO')
    scores = unit(np.asarray(library.embeddings, np.float32)) @ q
    best = sorted([scores[:2].max(), *scores[2:]], reverse=True)
    profile = np.array(library.search(q).profile)
    assert np.allclose(profile[:3], best, atol=1e-3) and np.isnan(profile[3:]).all()
    assert library.search(q, formula='C99').profile == ()

def test_a_search_without_records_has_no_notes(library, model):
    library.model = model
    hits = library.search({'text': model.one('CCO')}, 2)
    assert hits.notes == () and hits.scoring == 'global'
    assert library.search(model.one('CCO'), 1).note == ''
    assert library.search(model.one('CCO'), 1, formula='C99').note == 'no molecule of the library passes'

def test_records_of_queries():
    assert _record_lists('cnmr', {'cnmr': [58.1, 18.3]}, 1) == [[[58.1, 18.3]]] # one record
    assert _record_lists('cnmr', {'cnmr': [[58.1], [18.3]]}, 2) == [[[58.1]], [[18.3]]]
    with pytest.raises(AcmlError, match='2 records of cnmr for 3 queries'):
        _record_lists('cnmr', {'cnmr': [[58.1], [18.3]]}, 3)

def test_the_records_that_were_used():
    assert _usable('cnmr', [[58.1], [18.3]], {'cnmr 1': 'bad'}) == [[18.3]]
    assert _usable('cnmr', [58.1, 18.3], {'cnmr 1': 'bad'}) == [[58.1, 18.3]]
    assert _usable('cnmr', [58.1, 18.3], {'cnmr': 'bad'}) == []

def test_questions_of_several_kinds():
    one, two = [58.1, 18.3], [6.5]
    assert _questions({'cnmr': one, 'text': 'a'}, False) == ([{'cnmr': one, 'text': 'a'}], True)
    several, single = _questions({'cnmr': [one, two], 'text': ['a', 'b']}, False)
    assert several == [{'cnmr': one, 'text': 'a'}, {'cnmr': two, 'text': 'b'}] and not single
    for records in ({'cnmr': [one, two], 'text': 'a'}, {'cnmr': [one, two], 'text': ['a', 'b', 'c']}):
        with pytest.raises(AcmlError, match='a list is a list of questions'): _questions(records, False)
        assert _questions(records, True) == ([records], True)

def test_a_question_nobody_can_read_among_others():
    library = Library.build(Senses(), SMILES, progress=False)
    good, bad = library.identify_all([dict(text='CCO'), dict(text=3.5)], k=2)
    assert good.table.equals(library.identify(text='CCO', k=2).table) and len(good) == 2 and not good.set_aside
    assert len(bad) == 0 and bad.set_aside == dict(text='not readable')

def test_one_query_gives_hits_and_several_a_list(library, model):
    q = model.one('CCO')
    assert library.search(q, 1)[0].smiles == 'CCO'
    assert [h[0].smiles for h in library.search(q[None], 1)] == ['CCO']

def test_lines_of_the_solvent_are_told_with_what_was_compared():
    from acml.model import ACML
    library = Library.build(ACML.from_pretrained('cnmr'), ['CCO', 'CCN', 'CC(C)=O'], progress=False)
    hits = library.identify(cnmr=[58.1, 18.3, 76.84, 77.16, 77.48], solvent='CDCl3')
    compared = hits.compared['cnmr']
    assert np.allclose(np.sort(getattr(compared, 'shift_ppm', compared)), [18.3, 58.1], atol=1e-4)
    assert len(hits.query) == 5 and len(hits.notes) == 1
    plain = library.identify(cnmr=[58.1, 18.3], solvent='CDCl3')
    assert plain.compared == {} and list(plain.table.smiles) == list(hits.table.smiles)

# ---- several sources

def test_sources_are_joined_in_order_with_the_columns_of_all(model):
    from acml.library import gather_candidates
    first = pd.DataFrame(dict(smiles=SMILES[:9], id=[f'a{i}' for i in range(9)]))
    second = pd.DataFrame(dict(smiles=SMILES[6:], id=[f'b{i}' for i in range(len(SMILES) - 6)], more=1))
    library = gather_candidates(model, [first, second], Rejected())
    table = library.table()
    assert list(table.smiles) == SMILES and 'more' not in table
    assert list(table.id) == [f'a{i}' for i in range(9)] + [f'b{i}' for i in range(3, len(SMILES) - 6)]
    assert np.allclose(library.embeddings, np.stack([model.one(s) for s in SMILES]), atol=1e-3)
    assert library.info == dict(n=len(SMILES), model_fingerprint=model.fingerprint(), merged_by='connectivity')

# ---- building

def test_how_many_molecules_there_are(tmp_path):
    pd.DataFrame(dict(smiles=SMILES)).to_parquet(tmp_path/'a.parquet')
    (tmp_path/'a.smi').write_text('CCO\n')
    given = tmp_path/'a.parquet', tmp_path/'A.PARQUET', tmp_path/'a.smi', ['CCO', 'CC']
    assert [pieces._n_molecules(o) for o in given] == [len(SMILES), None, None, 2]
    assert pieces._n_molecules(Chem.MolFromSmiles('CCO')) == 1

def test_a_piece_has_as_much_time_as_it_has_molecules():
    promise = SimpleNamespace(result=lambda seconds: seconds)
    assert pieces._Workers('nowhere', 1, str, patience=(5., 2.)).result(promise, 'abc') == 11.

@pytest.mark.parametrize('n, left', [(0, ['abc', 'de', 'f']), (3, ['de', 'f']), (5, ['f']), (6, [])])
def test_what_is_left_behind_so_many_rows(n, left): assert list(build._left(['abc', 'de', 'f'], n)) == left

def test_a_begun_folder_without_a_piece_is_begun_anew(tmp_path):
    build._begin(tmp_path/'lib.part', dict(model='another'))
    build._begin(tmp_path/'lib.part', dict(model='this'))
    assert read_sealed(tmp_path/'lib.part'/'begun.json') == dict(model='this')

def test_counts_of_pieces_and_of_the_library(model, tmp_path):
    report = Rejected()
    library = Library.build(model, ['CCO', 'OCC', 'C1CC', 'CCN', 'CCO'], tmp_path/'lib', report, chunk_size=2,
                            progress=False)
    facts = {k: library.info[k] for k in ('n', 'embed_dim', 'n_merged', 'n_set_aside', 'merged_by')}
    assert facts == dict(n=2, embed_dim=32, n_merged=2, n_set_aside=1, merged_by='inchikey') and report.n_ok == 4

def test_the_report_of_a_finished_build_is_read_back_as_it_was(model, tmp_path):
    molecules = pd.DataFrame(dict(smiles=['CCO', '007', 'CCN'])) # whose report is not of a number
    first, again = Rejected(), Rejected()
    Library.build(model, molecules, tmp_path/'lib', first, progress=False)
    info = read_sealed(tmp_path/'lib'/'library.json')
    write_sealed(tmp_path/'lib'/'begun.json', info['built']) # all but the sweeping up was done
    assert build._was_finished(tmp_path/'lib', info['built'], again)
    assert again.rows == first.rows and again.n_ok == first.n_ok == 2
    assert not (tmp_path/'lib'/'begun.json').exists()
    assert not build._was_finished(tmp_path/'lib', info['built'], Rejected()) # nothing is missing
    assert build._was_finished(tmp_path/'lib', info['built'], Rejected(), index=True) # but the index
    assert not build._was_finished(tmp_path/'lib', dict(info['built'], merge='x'), Rejected(), index=True)

def test_a_disk_that_is_full_at_the_very_end(model, tmp_path, monkeypatch):
    def full(*a): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as m:
        m.setattr(build, '_finish', full)
        with pytest.raises(AcmlError, match='lib.part cannot be written .No space left.*is kept for the next attempt'):
            Library.build(model, SMILES, tmp_path/'lib', progress=False)
    second = FakeModel()
    assert len(Library.build(second, SMILES, tmp_path/'lib', progress=False)) == len(SMILES) and second.n == 0

def test_the_old_library_stands_until_the_new_one_does(model, library, tmp_path):
    new = Library.build(FakeModel(), ['CCO', 'CCN'], tmp_path/'lib', overwrite=True, progress=False)
    assert len(new) == 2 and sorted(os.listdir(tmp_path)) == ['lib']

def test_a_saved_library_knows_its_model(model, tmp_path):
    library = Library.build(model, SMILES, progress=False)
    library.save(tmp_path/'saved')
    built = read_sealed(tmp_path/'saved'/'library.json')['built']
    assert built['model'] == model.fingerprint() and built['molecules'] == 'embedded'

def test_processes_end_with_the_build_even_if_they_are_busy():
    team = pieces._Workers('nowhere', 1, start=str)
    team.submit(pd.DataFrame(), 'inchikey')
    processes = list(team.pool._processes.values())
    team.pool.submit(time.sleep, 600)
    team.stop()
    until = time.monotonic() + 20
    while any(p.is_alive() for p in processes): # asked again: the thread of the pool may be just fetching the exit code
        if time.monotonic() > until: pytest.fail('a process is still there')
        time.sleep(.05)
    assert processes and team.pool is None

def test_the_process_that_looks_for_a_molecule_ends_too(monkeypatch):
    ended, team = [], pieces._Workers('nowhere', 3, start=str)
    def stopped(*a): raise KeyboardInterrupt
    monkeypatch.setattr(pieces, '_bisect', stopped)
    monkeypatch.setattr(pieces._Workers, 'stop', lambda self: ended.append(self.n))
    with pytest.raises(KeyboardInterrupt): pieces._mended(None, team, pd.DataFrame(), 'inchikey')
    assert ended == [1]

def test_what_is_done_is_not_asked_again_when_a_process_has_died(monkeypatch):
    class Team:
        n, asked = 1, []
        def submit(self, piece, merge):
            self.asked.append(piece)
            promise = Future()
            promise.set_result(piece)
            return promise
        def result(self, promise, piece): return None if piece == 'b' else promise.result()
    monkeypatch.setattr(pieces, '_mended', lambda *a: ['b without the molecule'])
    with pytest.warns(UserWarning, match='a process that embedded molecules has died'):
        found = list(pieces._shared(None, Team(), 'abcde', 'inchikey'))
    assert found == ['a', 'b without the molecule', 'c', 'd', 'e'] and Team.asked == [*'abcde']
