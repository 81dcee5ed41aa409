"""Search and libraries: exactness against brute force, filters, and every way in which a library can be spoiled."""
import json, os, shutil, subprocess, sys, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip('rdkit')
from hypothesis import given, settings, strategies as st

from acml.build import _begin
from acml.candidates import Known, describe_molecules
from acml.core import AcmlError, RecordError, Rejected, file_sha256, read_json
from acml.library import Hits, Library
from acml.search import full_ranks, pair_scores, top_k
from acml.model import ACML

def unit(x): return (x/np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

class FakeModel:
    "Embeds a SMILES by its letters: the same string gives the same vector, the order of a batch plays no part."
    def __init__(self, seed=0, dim=32, fail_after=None):
        self.w, self.fail_after, self.n = np.random.default_rng(seed).normal(size=(128, dim)), fail_after, 0
    def fingerprint(self): return f'{abs(hash(self.w.tobytes())):016x}'[:16]
    def one(self, smi): return unit(sum(np.roll(self.w[ord(c)], i) for i, c in enumerate(smi)))
    def embed(self, modality, records, report=None):
        self.n += len(records)
        if self.fail_after and self.n > self.fail_after: raise KeyboardInterrupt
        out = np.stack([self.one(o) for o in records])
        for i, o in enumerate(records):
            if 'Xe' in o: out[i] = np.nan; report.add(i, o, 'xenon is not understood')
        return out

SMILES = ['C'*i + 'O' for i in range(1, 13)] + ['C'*i + 'N' for i in range(1, 13)] + [
    'CC(C)O', 'CC(C)CO', 'CCC(C)O', 'COC', 'CCOC', 'c1ccccc1', 'CC1(C)C2CCC1(C)C(=O)C2']

@pytest.fixture(scope='module')
def model(): return FakeModel()

@pytest.fixture
def library(model, tmp_path): return Library.build(model, SMILES, tmp_path/'lib', progress=False)

# ---- exact search

def brute(query, candidates):
    "Scores in 64 bits, pair by pair, in plain Python order."
    i, j = np.divmod(np.arange(len(query)*len(candidates)), len(candidates))
    return pair_scores(query, candidates.astype(np.float32), i, j).reshape(len(query), len(candidates))

def test_pair_scores_equal_64_bit_product():
    rng = np.random.default_rng(0)
    q, c = unit(rng.normal(size=(30, 512))), unit(rng.normal(size=(70, 512)))
    assert np.abs(brute(q, c) - q.astype(float) @ c.astype(float).T).max() < 1e-15

@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 300), st.integers(1, 50),
       st.sampled_from([1, 3, 17, 64, 8192]), st.booleans())
def test_top_k_and_ranks_equal_brute_force_with_many_ties(seed, n_query, n, k, chunk, half):
    "Vectors of +-1/4 in 16 dimensions: all scores are multiples of 1/8, so nearly all of them tie."
    rng = np.random.default_rng(seed)
    q, c = (rng.choice([-.25, .25], (m, 16)).astype(np.float32) for m in (n_query, n))
    if half: c = c.astype(np.float16)
    full = q.astype(float) @ c.astype(float).T
    scores, rows = top_k(q, c, k, chunk=chunk)
    order = np.argsort(-full, axis=1, kind='stable')[:, :k]
    assert (rows == order).all() and (scores == np.take_along_axis(full, order, 1)).all()
    target = rng.integers(n, size=n_query)
    assert (full_ranks(q, c, target, chunk=chunk) == (full >= full[np.arange(n_query), target][:, None]).sum(1)).all()

@pytest.mark.parametrize('dtype', [np.float32, np.float16])
@pytest.mark.parametrize('dim', [1, 7, 512])
def test_copies_of_a_candidate_tie_wherever_they_stand(dtype, dim):
    "Each candidate is there five times at random places; the true one never wins over its copies."
    rng = np.random.default_rng(dim)
    base = unit(rng.normal(size=(200, dim))).astype(dtype)
    who = rng.permutation(np.repeat(np.arange(200), 5))
    q, c = unit(rng.normal(size=(50, dim))), base[who]
    target = np.array([np.flatnonzero(who == i)[0] for i in range(50)])
    full = brute(q, c)
    expected = (full >= full[np.arange(50), target][:, None]).sum(1)
    for chunk in (29, 4096): assert (full_ranks(q, c, target, chunk=chunk) == expected).all()
    assert (expected % 5 == 0).all()
    for chunk in (29, 8192):
        assert (top_k(q, c, 7, chunk=chunk)[1] == np.argsort(-full, axis=1, kind='stable')[:, :7]).all()

def test_one_query_alone_scores_as_among_others():
    rng = np.random.default_rng(5)
    q, c = unit(rng.normal(size=(1500, 64))), unit(rng.normal(size=(3000, 64))).astype(np.float16)
    scores, rows = top_k(q, c, 5)
    for i in (0, 700, 1499):
        s, r = top_k(q[i:i+1], c, 5, chunk=111)
        assert (s[0] == scores[i]).all() and (r[0] == rows[i]).all()

def test_collapsed_model_is_last():
    c = np.repeat(unit(np.ones((1, 64))), 500, 0)
    assert (full_ranks(c[:20], c, np.arange(20)) == 500).all()
    assert (top_k(c[:3], c, 4)[1] == np.arange(4)).all()

def test_memory_map(tmp_path):
    c = unit(np.random.default_rng(1).normal(size=(300, 24))).astype(np.float16)
    c.tofile(tmp_path/'c')
    mapped = np.memmap(tmp_path/'c', np.float16, 'r', shape=c.shape)
    q = c[:9].astype(np.float32)
    assert (top_k(q, mapped, 3, chunk=50)[1] == top_k(q, c, 3)[1]).all()
    assert (full_ranks(q, mapped, np.arange(9), rows=np.arange(0, 300)) == 1).all()

def test_no_candidates_no_hits():
    q = unit(np.ones((2, 4)))
    assert top_k(q, q[:0], 5)[1].shape == (2, 0) and top_k(q, q, 5, rows=np.array([], int))[1].shape == (2, 0)

# ---- what a library keeps

def test_describe_keeps_names_and_ids_and_a_given_inchikey():
    df = pd.DataFrame(dict(smiles=['CCO', 'CC'], inchikey=['AAAAAAAAAAAAAA-BBBBBBBBBB-C', 'no key'],
                           cas_id=[64175, None], peaks=[[1], [2]]))
    out = describe_molecules(df)
    assert list(out.inchikey) == ['AAAAAAAAAAAAAA-BBBBBBBBBB-C', 'OTMSDBZUPAUEDD-UHFFFAOYSA-N']
    assert 'cas_id' in out and 'peaks' not in out and out.formula[0] == 'C2H6O'

@pytest.mark.parametrize('smi', ['', None, float('nan'), 'C1CC', 'C(C)(C)(C)(C)C', 'hello', '*', 7])
def test_bad_smiles_are_named(smi):
    report = Rejected()
    out = describe_molecules(pd.DataFrame(dict(smiles=['CCO', smi, 'CC'])), report)
    assert list(out.index) == [0, 2] and [r['row'] for r in report] == [1] and report.rows[0]['reason']
    with pytest.raises(RecordError): describe_molecules(pd.DataFrame(dict(smiles=[smi])))

def test_salts_and_single_atoms(model, tmp_path):
    library = Library.build(model, ['[Na+].[Cl-]', '[He]', '[13CH4]', 'C'], tmp_path/'lib', progress=False)
    assert list(library.table().formula) == ['ClNa', 'He', 'CH4', 'CH4']
    assert len(library.select(Known(formula='CH4'))) == 2
    assert len(library.select(Known(mass=16.0313, ppm=10))) == 1 # the isotope weighs more

# ---- building

def test_pieces_do_not_change_the_library(model, tmp_path):
    a, b = (Library.build(model, SMILES, tmp_path/str(n), chunk_size=n, progress=False) for n in (7, 1000))
    assert (a.embeddings == b.embeddings).all() and a.table().equals(b.table())
    assert a.info['parts']['embeddings.f16'] == b.info['parts']['embeddings.f16']

def test_repeats_are_merged_also_across_pieces(model, tmp_path):
    both = ['C[C@H](O)CC', 'C[C@@H](O)CC']
    for merge, n in (('inchikey', 2), ('connectivity', 1)):
        library = Library.build(model, both*5, tmp_path/merge, chunk_size=3, merge=merge, progress=False)
        assert (len(library), library.info['n_merged']) == (n, 10 - n)

@pytest.mark.parametrize('name', ['a.smi', 'a.smi.gz', 'a.csv', 'a.parquet'])
def test_reads_files(model, tmp_path, name):
    df = pd.DataFrame(dict(smiles=SMILES, id=[f'm{i}' for i in range(len(SMILES))]))
    path = tmp_path/name
    if name.endswith('.parquet'): df.to_parquet(path)
    elif name.endswith('.csv'): df.to_csv(path, index=False)
    else: df.to_csv(path, sep=' ', header=False, index=False)
    library = Library.build(model, path, tmp_path/'lib', chunk_size=10, progress=False)
    assert list(library.table().id) == list(df.id) and list(library.table().smiles) == SMILES

def test_names_may_be_missing_in_a_piece(model, tmp_path):
    df = pd.DataFrame(dict(smiles=SMILES, name=[None]*20 + ['late']*(len(SMILES) - 20)))
    assert list(Library.build(model, df, tmp_path/'lib', chunk_size=5,
                              progress=False).table().name.isna()) == [True]*20 + [False]*(len(SMILES) - 20)

def test_bad_molecules_go_to_the_report_and_beside_the_library(model, tmp_path):
    report = Rejected('input')
    library = Library.build(model, ['CCO', 'C1CC', 'F[Xe]F', 'CC', ''], tmp_path/'lib', report, chunk_size=2,
                            progress=False)
    assert list(library.table().smiles) == ['CCO', 'CC'] and report.n_ok == 2 and library.info['n_set_aside'] == 3
    saved = pd.read_csv(tmp_path/'lib'/'report.csv')
    assert list(saved.row) == [1, 2, 4] == sorted(r['row'] for r in report) and 'xenon' in saved.reason[1]

def test_interrupted_build_leaves_no_library_and_can_be_repeated(model, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Library.build(FakeModel(fail_after=12), SMILES, tmp_path/'lib', chunk_size=5, progress=False)
    assert not (tmp_path/'lib').exists()
    with pytest.raises(AcmlError, match='begun and not finished'): Library.load(tmp_path/'lib')
    with pytest.raises(AcmlError, match='library.json is missing'): Library.load(tmp_path/'lib.part')
    assert len(Library.build(model, SMILES, tmp_path/'lib', chunk_size=5, progress=False)) == len(SMILES)
    assert sorted(os.listdir(tmp_path)) == ['lib']

def test_interrupted_build_goes_on_where_it_was(model, tmp_path):
    whole = Library.build(model, SMILES, tmp_path/'whole', Rejected('a'), chunk_size=5, progress=False)
    with pytest.raises(KeyboardInterrupt):
        Library.build(FakeModel(fail_after=12), SMILES, tmp_path/'lib', chunk_size=5, progress=False)
    second, report = FakeModel(), Rejected('b')
    resumed = Library.build(second, SMILES, tmp_path/'lib', report, chunk_size=5, progress=False)
    assert second.n == len(SMILES) - 10 and report.n_ok == len(SMILES)
    assert (resumed.embeddings == whole.embeddings).all() and resumed.table().equals(whole.table())
    assert resumed.info['parts'] == whole.info['parts']
    assert sorted(os.listdir(tmp_path/'lib')) == ['embeddings.f16', 'library.json', 'molecules.parquet', 'report.csv']

@pytest.mark.parametrize('what', ['wrong column', 'empty file', 'nothing readable', 'stopped', 'killed'])
def test_build_without_a_molecule_leaves_nothing(model, tmp_path, what):
    "Nothing was embedded, so nothing shall stand in the way of the next build."
    (tmp_path/'wrong.csv').write_text('name,formula\nwater,H2O\n')
    (tmp_path/'empty.csv').write_text('')
    first, molecules, error = {'wrong column': (model, tmp_path/'wrong.csv', AcmlError),
                               'empty file': (model, tmp_path/'empty.csv', AcmlError),
                               'nothing readable': (model, ['C1CC', ''], AcmlError),
                               'stopped': (FakeModel(fail_after=2), SMILES, KeyboardInterrupt),
                               'killed': (model, SMILES, None)}[what]
    if error is None: _begin(tmp_path/'lib.part', dict(model='another'))
    else:
        with pytest.raises(error): Library.build(first, molecules, tmp_path/'lib', chunk_size=5, progress=False)
        assert not (tmp_path/'lib.part').exists()
    assert len(Library.build(model, SMILES, tmp_path/'lib', chunk_size=7, progress=False)) == len(SMILES)

BAD = ['CCO', 'C1CC', *SMILES]

@pytest.fixture
def begun(tmp_path):
    "A build that was interrupted behind its second piece."
    with pytest.raises(KeyboardInterrupt):
        Library.build(FakeModel(fail_after=12), BAD, tmp_path/'lib', chunk_size=5, progress=False)
    return tmp_path/'lib.part'

def test_half_a_piece_is_cut_off(begun, tmp_path):
    with open(begun/'embeddings.f16', 'ab') as f: f.write(b'xyz')
    second, report = FakeModel(), Rejected()
    library = Library.build(second, BAD, tmp_path/'lib', report, chunk_size=5, progress=False)
    assert [r['row'] for r in report] == [1] and second.n < len(library)
    assert (library.embeddings == np.stack([second.one(s) for s in library.table().smiles]).astype(np.float16)).all()

@pytest.mark.parametrize('what', ['model', 'molecules', 'merge', 'chunk_size'])
def test_another_build_does_not_go_on_with_what_was_begun(begun, tmp_path, what):
    second = FakeModel(seed=int(what == 'model'))
    molecules = ['CC', *BAD[1:]] if what == 'molecules' else BAD
    options = dict(chunk_size=7 if what == 'chunk_size' else 5, progress=False)
    if what == 'merge': options['merge'] = 'connectivity'
    with pytest.raises(AcmlError, match=f'lib.part is the beginning of another build .different {what}.*overwrite'):
        Library.build(second, molecules, tmp_path/'lib', **options)
    assert begun.exists() and second.n == 0
    library = Library.build(second, molecules, tmp_path/'lib', overwrite=True, **options)
    assert second.n == len(library)
    assert (library.embeddings == np.stack([second.one(s) for s in library.table().smiles]).astype(np.float16)).all()

@pytest.mark.parametrize('spoil,piece', [('embeddings gone', 0), ('embeddings short', 0), ('molecules gone', 1),
                                         ('molecules damaged', 1), ('count damaged', 0)])
def test_damaged_pieces_are_made_again(begun, tmp_path, spoil, piece):
    {'embeddings gone': lambda: (begun/'embeddings.f16').unlink(),
     'embeddings short': lambda: os.truncate(begun/'embeddings.f16', 100),
     'molecules gone': lambda: (begun/'piece-00001.parquet').unlink(),
     'molecules damaged': lambda: os.truncate(begun/'piece-00001.parquet', 60),
     'count damaged': lambda: (begun/'piece-00000.json').write_text('{')}[spoil]()
    second = FakeModel()
    with pytest.warns(UserWarning, match=f'piece {piece} is damaged'):
        library = Library.build(second, BAD, tmp_path/'lib', chunk_size=5, progress=False)
    assert len(library) == len(BAD) - 2 # one is no molecule, one is there twice
    assert (second.n < len(library)) == (piece > 0) # what is intact is not embedded again
    assert (library.embeddings == np.stack([second.one(s) for s in library.table().smiles]).astype(np.float16)).all()

def test_a_beginning_that_does_not_say_what_it_is(begun, tmp_path):
    (begun/'begun.json').write_text('[]')
    build = lambda **kw: Library.build(FakeModel(), BAD, tmp_path/'lib', chunk_size=5, progress=False, **kw)
    with pytest.raises(AcmlError, match='overwrite'): build()
    assert len(build(overwrite=True)) == len(BAD) - 2

def test_overwrite_goes_on_with_the_same_build(begun, tmp_path):
    second = FakeModel()
    assert second.n < len(Library.build(second, BAD, tmp_path/'lib', chunk_size=5, overwrite=True, progress=False))

@pytest.mark.parametrize('where', ['mkdir', 'open', 'replace'])
def test_a_disk_that_takes_nothing(model, tmp_path, where, monkeypatch):
    def refuse(*a, **kw): raise OSError(30, 'Read-only file system')
    import acml.build as module
    if where == 'mkdir': monkeypatch.setattr(module.Path, 'mkdir', refuse)
    if where == 'open': monkeypatch.setattr(module.pq, 'write_table', refuse)
    if where == 'replace': monkeypatch.setattr(module.os, 'replace', refuse)
    with pytest.raises(AcmlError, match='lib(.part)? cannot be written .Read-only file system'):
        Library.build(model, SMILES, tmp_path/'lib', progress=False)
    monkeypatch.undo()
    assert len(Library.build(model, SMILES, tmp_path/'lib', progress=False)) == len(SMILES)

# ---- several processes

MOLECULES = ['CCO', 'C1CC', 'CC(C)O', 'CCO', 'CC(=O)C', 'c1ccccc1O', 'CCN', 'CC(C)O', 'CCCC', 'OCC', 'C1CCCCC1', 'CC#N']

@pytest.mark.slow
def test_several_processes_make_the_same_library(tmp_path):
    from acml.model import ACML
    shipped = ACML.from_pretrained('cnmr')
    reports = [Rejected(), Rejected()]
    one, two = (Library.build(shipped, MOLECULES, tmp_path/str(n), reports[n - 1], chunk_size=3, progress=False,
                              workers=n) for n in (1, 2))
    assert one.table().equals(two.table()) and reports[0].rows == reports[1].rows and two.info['n_merged'] == 3
    # the last bit may depend on the number of threads
    assert np.abs(one.embeddings.astype(float) - two.embeddings).max() < 1e-3

def build_in_a_process(folder):
    "Build a library of repeated molecules with two processes, as a script would."
    code = f'''
from acml.library import Library
from acml.model import ACML
if __name__ == '__main__':
    smiles = ['C'*(i % 60 + 1) + 'O'*(i // 60 % 3 + 1) + 'N'*(i // 180 + 1) for i in range(3000)]
    Library.build(ACML.from_pretrained('cnmr'), smiles, {str(folder)!r}, chunk_size=50, progress=False, workers=2)
'''
    (folder.parent/'script.py').write_text(code)
    return subprocess.Popen([sys.executable, str(folder.parent/'script.py')], start_new_session=True)

@pytest.mark.slow
def test_killed_build_goes_on_and_leaves_no_process(tmp_path):
    "Killed without a chance to clean up; its processes end too, and the second attempt goes on where it was."
    if not Path('/proc').exists(): pytest.skip('needs /proc to see processes')
    first = build_in_a_process(tmp_path/'lib')
    part, children = tmp_path/'lib.part', Path(f'/proc/{first.pid}/task/{first.pid}/children')
    deadline = time.time() + 300
    while not (part/'piece-00004.json').exists():
        assert first.poll() is None and time.time() < deadline
        time.sleep(.05)
    pids = children.read_text().split()
    first.kill()
    first.wait()
    done = len(list(part.glob('piece-*.json')))
    assert 5 <= done < 60 and not (tmp_path/'lib').exists() and len(pids) >= 2
    with pytest.raises(AcmlError, match='begun and not finished'): Library.load(tmp_path/'lib')
    def alive(pid):
        stat = Path(f'/proc/{pid}/stat')
        return stat.exists() and stat.read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    while any(map(alive, pids)):
        assert time.time() < deadline, f'processes {pids} go on'
        time.sleep(.05)
    before = {p.name: p.stat().st_mtime_ns for p in part.glob('piece-*.parquet')}
    second = build_in_a_process(tmp_path/'lib')
    assert second.wait(300) == 0 and len(before) >= 5
    library = Library.load(tmp_path/'lib', verify=True)
    assert len(library) == len(library.table().inchikey.unique()) and library.info['n_merged'] + len(library) == 3000

def test_a_model_that_cannot_be_sent(model, tmp_path):
    with pytest.raises(AcmlError, match='FakeModel cannot be given to other processes; use workers=1'):
        Library.build(model, SMILES, tmp_path/'lib', chunk_size=5, workers=2, progress=False)

# ---- in memory

def test_in_memory_as_on_disk(library, model):
    memory = Library.build(model, SMILES, progress=False)
    assert memory.path is None and (memory.embeddings == library.embeddings).all()
    assert memory.table().equals(library.table())
    assert memory.identify('CCO', 'smiles').to_json() == library.identify('CCO', 'smiles').to_json()

def test_in_memory_bad_molecules_are_set_aside(model):
    table = pd.DataFrame(dict(smiles=['CCO', 'C1CC', 'F[Xe]F', 'OCC', 'CC'], name=list('abcde')))
    library = Library.build(model, table, merge='connectivity', progress=False)
    assert [r['row'] for r in library.set_aside] == [1, 2] and '2 set aside' in repr(library)
    assert list(library.table().name) == ['a', 'e']
    with pytest.raises(AcmlError, match='no molecule could be embedded'): Library.build(model, ['C1CC'], progress=False)

def test_in_memory_from_a_file(model, tmp_path):
    (tmp_path/'a.smi').write_text('CCO ethanol\nCC ethane\n')
    assert list(Library.build(model, tmp_path/'a.smi', progress=False).table().smiles) == ['CCO', 'CC']

def test_the_index_of_a_library_in_memory(model):
    pytest.importorskip('usearch')
    library = Library.build(model, SMILES, progress=False)
    library.index(threads=1)
    assert library.search(model.one('CCO'), approximate=True)[0].smiles == 'CCO'

# ---- the approximate index

def test_index_is_kept_and_found(library, model, tmp_path):
    pytest.importorskip('usearch')
    q = np.stack([model.one(s) for s in SMILES])
    with pytest.raises(AcmlError, match='no approximate index: make it with library.index'):
        library.search(q, approximate=True)
    assert len(library.index(threads=1)) == len(library)
    again = Library.load(tmp_path/'lib', model)
    assert again.neighbours is None, 'it is opened only when it is asked'
    for a, b in zip(again.search(q, 5, approximate=True), library.search(q, 5)): assert a.to_json() == b.to_json()
    assert again.neighbours is not None and again.index() is again.neighbours
    t = library.table()
    assert list(again.search(q[0], 9, formula='C3H8O', approximate=True).table.smiles) == list(
        library.search(q[0], 9, formula='C3H8O').table.smiles)
    assert len(again.search(q[0], 10**6, approximate=True)) == len(t)
    assert len(Library.build(model, ['CC'], tmp_path/'lib', overwrite=True, progress=False)) == 1
    assert sorted(os.listdir(tmp_path/'lib')) == ['embeddings.f16', 'library.json', 'molecules.parquet', 'report.csv']

def test_index_of_another_library_or_damaged(library, model, tmp_path):
    pytest.importorskip('usearch')
    library.index(threads=1)
    other = Library.build(model, SMILES[:20], tmp_path/'other', progress=False)
    for name in ('neighbours.json', 'neighbours.usearch'): shutil.copy(tmp_path/'lib'/name, tmp_path/'other'/name)
    with pytest.raises(AcmlError, match='belongs to other embeddings'): other.search(model.one('C'), approximate=True)
    # exact search does not mind; making it again helps
    assert len(other.search(model.one('C'))) == 10 and len(other.index()) == 20
    os.truncate(tmp_path/'lib'/'neighbours.usearch', 99)
    with pytest.raises(AcmlError, match='is damaged'):
        Library.load(tmp_path/'lib').search(model.one('C'), approximate=True)

def test_index_on_a_disk_that_takes_nothing(library, model, tmp_path, monkeypatch):
    pytest.importorskip('usearch')
    import acml.ann as module
    def refuse(*a, **kw): raise OSError(30, 'Read-only file system')
    monkeypatch.setattr(module, 'write_sealed', refuse)
    with pytest.raises(AcmlError, match='cannot be written .Read-only file system'): library.index()
    assert library.search(model.one('CCO'), approximate=True)[0].smiles == 'CCO'

def test_index_without_the_package(library, monkeypatch):
    monkeypatch.setitem(sys.modules, 'usearch.index', None)
    with pytest.raises(AcmlError, match='pip install usearch'): library.index()
    assert len(library.search(np.asarray(library.embeddings[0], np.float32))) == 10

def test_resume_from_a_file_with_repeats(model, tmp_path):
    (tmp_path/'a.smi').write_text('\n'.join([*SMILES, *SMILES, 'CCS']))
    with pytest.raises(KeyboardInterrupt):
        Library.build(FakeModel(fail_after=30), tmp_path/'a.smi', tmp_path/'lib', chunk_size=6, progress=False)
    library = Library.build(model, tmp_path/'a.smi', tmp_path/'lib', chunk_size=6, progress=False)
    assert list(library.table().smiles) == [*SMILES, 'CCS'] and library.info['n_merged'] == len(SMILES)

def test_interrupted_rebuild_leaves_the_old_library(model, library, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Library.build(FakeModel(seed=1, fail_after=12), SMILES, tmp_path/'lib', chunk_size=5, overwrite=True,
                      progress=False)
    assert len(Library.load(tmp_path/'lib', model)) == len(SMILES)

def test_overwrites_only_when_told_and_only_libraries(model, library, tmp_path):
    with pytest.raises(AcmlError, match='exists'): Library.build(model, ['CC'], tmp_path/'lib', progress=False)
    assert len(Library.build(model, ['CC'], tmp_path/'lib', overwrite=True, progress=False)) == 1
    (tmp_path/'lib'/'notes.txt').write_text('mine')
    with pytest.raises(AcmlError, match='notes.txt'):
        Library.build(model, ['CC'], tmp_path/'lib', overwrite=True, progress=False)
    assert (tmp_path/'lib'/'notes.txt').read_text() == 'mine' and (tmp_path/'lib'/'library.json').exists()
    (tmp_path/'file').write_text('x')
    with pytest.raises(AcmlError, match='is a file'):
        Library.build(model, ['CC'], tmp_path/'file', overwrite=True, progress=False)

def test_an_empty_folder_may_be_used(model, tmp_path):
    (tmp_path/'lib').mkdir()
    assert len(Library.build(model, ['CC'], tmp_path/'lib', progress=False)) == 1

# ---- spoiled libraries

@pytest.mark.parametrize('part', ['embeddings.f16', 'molecules.parquet', 'library.json'])
def test_missing_part(library, part, tmp_path):
    (tmp_path/'lib'/part).unlink()
    with pytest.raises(AcmlError, match=f'{part} is missing'): Library.load(tmp_path/'lib')

@pytest.mark.parametrize('part', ['embeddings.f16', 'molecules.parquet'])
@pytest.mark.parametrize('size', [0, 1, -1])
def test_truncated_part(library, part, size, tmp_path):
    path = tmp_path/'lib'/part
    os.truncate(path, size if size >= 0 else path.stat().st_size - 1)
    with pytest.raises(AcmlError, match=f'{part} has .* bytes, not'): Library.load(tmp_path/'lib')

@pytest.mark.parametrize('part', ['embeddings.f16', 'molecules.parquet'])
def test_flipped_bit(library, part, tmp_path):
    path = tmp_path/'lib'/part
    data = bytearray(path.read_bytes())
    data[len(data)//2] ^= 1
    path.write_bytes(data)
    with pytest.raises(AcmlError, match='SHA-256'): Library.load(tmp_path/'lib')
    with pytest.raises(AcmlError, match='SHA-256'): Library.load(tmp_path/'lib', verify=True)
    if part == 'embeddings.f16': Library.load(tmp_path/'lib', verify=False)

@pytest.mark.parametrize('value', [np.nan, np.inf, 3.])
def test_damaged_numbers_are_named_not_ranked(library, model, tmp_path, value):
    "What a load without checksums (libraries of gigabytes) lets through, the search finds."
    z = np.memmap(tmp_path/'lib'/'embeddings.f16', '<f2', 'r+', shape=library.embeddings.shape)
    z[17, 3] = value
    z.flush()
    spoilt = Library.load(tmp_path/'lib', verify=False)
    for ask in (lambda: spoilt.search(model.one('C')), lambda: spoilt.search(model.one('C')),
                lambda: spoilt.ranks(model.one('C'), np.array([0])),
                lambda: spoilt.search(model.one('C'), mass=spoilt.table().exact_mass[17])):
        with pytest.raises(AcmlError, match='row 17 of the candidates is not a unit vector'): ask()
    with pytest.raises(AcmlError, match='row 17 is not a unit vector'):
        Library.from_embeddings(np.array(z), spoilt.table())

def test_a_library_of_the_first_format_opens(library, model, tmp_path):
    "The column `connectivity` was called `block`."
    here, info = tmp_path/'lib', read_json(tmp_path/'lib'/'library.json')
    library.table().rename(columns=dict(connectivity='block')).to_parquet(here/'molecules.parquet', index=False)
    path = here/'molecules.parquet'
    info['parts']['molecules.parquet'] = dict(bytes=path.stat().st_size, sha256=file_sha256(path))
    (here/'library.json').write_text(json.dumps({**info, 'format': 'acml-library-1', 'merged_by': 'block'}))
    first = Library.load(here, model, verify=True)
    assert first.table().equals(library.table()) and first.rows_of([library.table().inchikey[3]]) == [3]
    assert first.identify('CCO', 'smiles').to_json() == library.identify('CCO', 'smiles').to_json()

def test_a_build_begun_in_the_first_format_does_not_go_on(begun, tmp_path):
    note = read_json(begun/'begun.json')
    note.pop('format')
    (begun/'begun.json').write_text(json.dumps(note))
    with pytest.raises(AcmlError, match='another build .different format'):
        Library.build(FakeModel(), BAD, tmp_path/'lib', chunk_size=5, progress=False)

@pytest.mark.parametrize('text', ['', '{', '[]', '{}', '{"complete": true}', 'null'])
def test_damaged_json(library, text, tmp_path):
    (tmp_path/'lib'/'library.json').write_text(text)
    with pytest.raises(AcmlError): Library.load(tmp_path/'lib')

def test_not_complete(library, tmp_path):
    info = read_json(tmp_path/'lib'/'library.json')
    (tmp_path/'lib'/'library.json').write_text(json.dumps({**info, 'complete': False}))
    with pytest.raises(AcmlError, match='complete library'): Library.load(tmp_path/'lib')

def test_other_model(library, tmp_path):
    other = FakeModel(seed=1)
    with pytest.raises(AcmlError, match='made with another model.*acml embed'): Library.load(tmp_path/'lib', other)
    with pytest.raises(AcmlError, match='another model'): library.identify('CCO', 'smiles', model=other)

def test_a_file_is_no_library(tmp_path):
    (tmp_path/'f').write_text('x')
    with pytest.raises(AcmlError): Library.load(tmp_path/'f')

def test_moved_library_opens(library, model, tmp_path):
    shutil.move(tmp_path/'lib', tmp_path/'elsewhere')
    assert len(Library.load(tmp_path/'elsewhere', model, verify=True)) == len(SMILES)

# ---- filters

def test_filters_equal_a_scan_of_the_table(library):
    t = library.table()
    for formula in t.formula.unique():
        assert list(library.select(Known(formula=formula))) == list(np.flatnonzero(t.formula == formula))
    for mass in t.exact_mass[::3]:
        for ppm in (0, 5, 1000, 200_000):
            assert list(library.select(Known(mass=mass, ppm=ppm))) == list(
                np.flatnonzero(abs(t.exact_mass - mass) <= mass*ppm/1e6 + 1e-12))

def test_search_with_filters(library, model):
    q, t = model.one('CC(C)O'), library.table()
    hits = library.search(q, k=100, formula='O H8 C3')
    assert set(hits.table.smiles) == set(t.smiles[t.formula == 'C3H8O']) and hits.n_candidates == len(hits)
    assert hits.filters == dict(formula='C3H8O')
    near = library.search(q, k=100, mass=60.0575, ppm=10)
    assert list(near.table.smiles) == list(hits.table.smiles) and list(near.table.score) == list(hits.table.score)
    assert library.search(q, formula='C3H8O', mass=50).n_candidates == 0
    assert 'CC(C)O' not in set(library.search(q, k=100, exclude=[hits[0].inchikey]).table.smiles)

def test_filtered_scores_are_those_of_the_whole_search(library, model):
    q = model.one('CCCO')
    whole = library.search(q, k=len(library)).table.set_index('smiles').score
    part = library.search(q, k=99, formula='C3H8O').table.set_index('smiles').score
    assert (whole[part.index] == part).all()

def test_formula_that_matches_nothing(library, model):
    hits = library.search(model.one('C'), formula='C60')
    assert len(hits) == 0 and 'no molecule' in hits.note and 'no molecule' in hits.to_html() and list(hits) == []
    assert json.loads(hits.to_json())['hits'] == []

def test_elements(library, model):
    t = library.table()
    assert set(library.search(model.one('C'), k=99,
                              elements='C H O').table.formula) == {f for f in t.formula if 'N' not in f}
    assert set(library.search(model.one('C'), k=99,
                              elements=['C', 'H', 'N+']).table.formula) == {f for f in t.formula if 'N' in f}
    assert library.search(model.one('C'), elements='C H', formula='C3H8O').n_candidates == 0
    assert list(library.select(Known(elements='C H O', mass=60.0575, exclude=t.inchikey[0]))) == list(
        np.flatnonzero((t.formula == 'C3H8O') & (t.inchikey != t.inchikey[0])))
    for bad in ('carbon', '', 'Xy', []):
        with pytest.raises(AcmlError): library.select(Known(elements=bad))

@pytest.mark.parametrize('share', [0, .05, .3, .9, 1])
def test_any_share_of_the_rows_is_searched_exactly(share):
    rng = np.random.default_rng(7)
    q, c = unit(rng.normal(size=(6, 40))), unit(rng.normal(size=(900, 40))).astype(np.float16)
    rows = np.flatnonzero(rng.random(900) < share)
    full = brute(q, c)[:, rows]
    for chunk in (None, 64):
        assert (top_k(q, c, 5, rows, chunk)[1] == rows[np.argsort(-full, axis=1, kind='stable')[:, :5]]).all()
        if len(rows) > 6:
            assert (full_ranks(q, c, rows[:6], rows,
                               chunk) == (full >= full[np.arange(6), np.arange(6)][:, None]).sum(1)).all()

def test_rows_of(library):
    t = library.table()
    assert list(library.rows_of([t.inchikey[5], 'NOSUCHNOSUCHNO', t.connectivity[0]])) == [5, -1, 0]

@pytest.mark.parametrize('kw', [dict(formula='Xy2'), dict(formula=''), dict(mass=0), dict(mass=float('nan')),
                                dict(mass=100, ppm=-1), dict(k=0)])
def test_filters_that_are_mistakes(library, model, kw):
    with pytest.raises(AcmlError): library.search(model.one('C'), **kw)

# ---- search, hits, ranks

def test_k_larger_than_the_library(library, model):
    hits = library.search(model.one('CCO'), k=10**6)
    assert len(hits) == len(library) and hits[0].smiles == 'CCO'
    assert list(hits.table['rank']) == list(range(1, len(library) + 1))
    assert (np.diff(hits.table.score) <= 0).all()

@pytest.mark.parametrize('query',
                         [np.full(32, np.nan), np.zeros(32), np.ones(32), np.ones((2, 31)), np.zeros((2, 2, 2)), 1.])
def test_bad_queries(library, query):
    with pytest.raises(AcmlError): library.search(query)

def test_library_of_no_molecules_on_disk(library, tmp_path):
    "Sizes and checksums right, but nothing in it."
    here = tmp_path/'lib'
    info = read_json(here/'library.json')
    (here/'embeddings.f16').write_bytes(b'')
    info['n'], info['parts']['embeddings.f16'] = 0, dict(bytes=0, sha256=file_sha256(here/'embeddings.f16'))
    (here/'library.json').write_text(json.dumps(info))
    with pytest.raises(AcmlError, match='the library is empty'): Library.load(here)

def test_empty_library(model):
    empty = Library.from_embeddings(np.zeros((0, 32)), describe_molecules(['C'])[:0])
    with pytest.raises(AcmlError, match='empty'): empty.search(model.one('C'))

def test_equal_scores_in_the_order_of_the_library(model):
    z = np.repeat(model.one('C')[None], 5, 0)
    library = Library.from_embeddings(z, describe_molecules(['CO', 'CC', 'CN', 'CF', 'CS']))
    assert list(library.search(z[0]).table.smiles) == ['CO', 'CC', 'CN', 'CF', 'CS']
    assert list(library.ranks(z, np.arange(5))['rank']) == [5]*5

def test_ranks_are_places_in_the_search(library, model):
    rng = np.random.default_rng(0)
    q = unit(np.asarray(library.embeddings, np.float32) + .1*rng.normal(size=library.embeddings.shape))
    t = library.table()
    for filter, kw in (('none', lambda r: {}), ('formula', lambda r: dict(formula=r.formula)),
                       ('mass', lambda r: dict(mass=r.exact_mass, ppm=20))):
        ranks = library.ranks(q, np.arange(len(q)), filter, ppm=20)
        for i, row in list(enumerate(t.itertuples()))[::4]:
            hits = library.search(q[i], k=1000, **kw(row))
            assert ranks['rank'][i] == 1 + list(hits.table.inchikey).index(row.inchikey)
            assert ranks.n_candidates[i] == hits.n_candidates
            assert ranks.score[i] == hits.table.score[ranks['rank'][i] - 1]
            assert ranks.best_score[i] == hits.table.score[0]

def test_absent_molecule_has_no_rank(library, model):
    with pytest.raises(AcmlError, match='query 1: its molecule is not in the library'):
        library.ranks(np.stack([model.one('C'), model.one('CO')]), np.array([0, -1]))

def test_the_same_on_each_run(library, model, tmp_path):
    a, b = (Library.load(tmp_path/'lib', model).identify('CCO', 'smiles', k=8) for _ in range(2))
    assert a.to_html() == b.to_html() and a.to_json() == b.to_json() and a.query == 'CCO'

# ---- several inputs

class Senses(FakeModel):
    "Three senses of one molecule; what is not a SMILES is refused, as a real model does."
    towers = dict(smiles=0, cnmr=0, text=0)
    def embed(self, modality, records, report=None):
        found = Rejected() if report is None else report
        out = np.full((len(records), self.w.shape[1]), np.nan, np.float32)
        for i, o in enumerate(records):
            if isinstance(o, str):
                noise = np.random.default_rng([len(modality), len(o)]).normal(size=self.w.shape[1])
                out[i] = unit(self.one(o) + .3*noise*(modality != 'graph'))
            elif report is None: raise RecordError(f'{modality} record {i}', 'not readable')
            else: found.add(i, modality, 'not readable')
        return out

@pytest.fixture
def senses(tmp_path): return Library.build(Senses(), SMILES, tmp_path/'senses', progress=False)

def test_one_input_by_name_is_the_plain_question(senses):
    assert senses.identify('CCO', 'text').to_json() == senses.identify(text='CCO').to_json()
    assert not senses.identify(text='CCO').inputs

def test_several_inputs_are_one_query(senses):
    hits = senses.identify(text='CCO', cnmr='CCO', weights=dict(text=3., cnmr=1.), k=3)
    from acml.combine import combine_queries
    q = combine_queries({m: Senses().embed(m, ['CCO']) for m in ('text', 'cnmr')}, dict(text=3., cnmr=1.))
    assert list(hits.table.score) == list(senses.search(q[0], 3).table.score)
    assert hits.modality == 'text+cnmr'
    assert hits.inputs == dict(text=dict(share=.75, records=1), cnmr=dict(share=.25, records=1))
    assert hits.set_aside == {}
    obj = json.loads(hits.to_json())
    assert obj['query'] == dict(text='CCO', cnmr='CCO') and obj['inputs'] == hits.inputs and 'text 75%' in repr(hits)

def test_weights_are_given_when_asking(senses):
    "No library is embedded again, and the terms of a hit add up to its score."
    z = {m: senses.model.embed(m, ['CCO', 'CCN']) for m in ('text', 'cnmr')}
    several = senses.search(z, 5, weights=dict(text=3., cnmr=1.))
    assert len(several) == 2
    for i, hits in enumerate(several):
        one = senses.search({m: q[i] for m, q in z.items()}, 5, weights=dict(text=3., cnmr=1.))
        assert one.to_json() == hits.to_json() and list(hits.contributions) == ['text', 'cnmr']
        assert np.allclose(hits.contributions.sum(axis=1), hits.table.score, atol=1e-6)
        assert hits.inputs == dict(text=dict(share=.75, records=1), cnmr=dict(share=.25, records=1))
        found = np.asarray(senses.embeddings[senses.rows_of(hits.table.inchikey)], float)
        length = hits.contributions['text'].to_numpy()/(found @ z['text'][i])
        assert np.allclose(length, length[0]), 'the same factor for all'
    alone = senses.search({'text': z['text'][0]})
    assert alone.table.equals(senses.search(z['text'][0]).table) and not alone.inputs
    assert list(senses.identify(text='CCO', cnmr='CCO').contributions) == ['text', 'cnmr']

def test_a_missing_input_contributes_nothing(senses):
    z = {m: senses.model.embed(m, ['CCO', 'CCN']) for m in ('text', 'cnmr')}
    z['cnmr'][1] = np.nan
    both, one = senses.search(z, 4)
    assert list(both.contributions) == ['text', 'cnmr'] and list(one.contributions) == ['text']
    assert one.inputs == dict(text=dict(share=1., records=1))
    assert np.allclose(one.contributions['text'], one.table.score)

@pytest.mark.parametrize('weights, why', [(dict(nose=1.), "there is no input 'nose'; there are text, cnmr"),
                                          (dict(smiles=1.), "there is no input 'smiles'"),
                                          (dict(text=0, cnmr=0), 'all weights are zero'),
                                          (dict(text=-1.), 'no usable weight for text'),
                                          (dict(text=float('nan')), 'no usable weight for text')])
def test_weights_that_are_mistakes(senses, weights, why):
    z = {m: senses.model.embed(m, ['CCO'])[0] for m in ('text', 'cnmr')}
    with pytest.raises(AcmlError, match=why): senses.search(z, weights=weights)
    with pytest.raises(AcmlError, match=why): senses.identify(text='CCO', cnmr='CCO', weights=weights)

def test_weights_need_names(senses):
    with pytest.raises(AcmlError, match='give a dict of modality to vector'):
        senses.search(senses.model.embed('text', ['CCO'])[0], weights=dict(text=1.))

@pytest.mark.parametrize('bad, name', [(None, 'nothing given'), (3.5, 'not readable'), ([1., 2.], 'not readable')])
def test_a_missing_or_bad_input_changes_nothing_but_the_note(senses, bad, name):
    hits, alone = senses.identify(text='CCO', cnmr=bad), senses.identify(text='CCO')
    assert list(hits.table.smiles) == list(alone.table.smiles) and np.allclose(hits.table.score, alone.table.score)
    assert hits.set_aside == dict(cnmr=name) and name in hits.title and hits.modality == 'text'

def test_all_bad_is_an_error_that_names_them(senses):
    with pytest.raises(RecordError, match='all inputs: text: nothing given; cnmr: not readable'):
        senses.identify(text=None, cnmr=3.5)
    with pytest.raises(RecordError, match='not readable'): senses.identify(3.5, 'cnmr')
    with pytest.raises(AcmlError, match="no modality 'hearing'"): senses.identify(text='CCO', hearing=1)
    with pytest.raises(AcmlError, match='give one record, or several by name'): senses.identify()
    with pytest.raises(AcmlError, match='give one record, or several by name'): senses.identify('CCO', text='CCO')

def test_several_records_of_one_kind_are_averaged(senses):
    hits = senses.identify(text=['CCO', 'CCCO', None, {}], k=4, together=True)
    z = Senses().embed('text', ['CCO', 'CCCO']).mean(0)
    assert np.allclose(hits.table.score, senses.search(unit(z), 4).table.score, atol=1e-6)
    assert hits.inputs['text']['records'] == 2
    assert hits.set_aside == {'text 3': 'nothing given', 'text 4': 'not readable'}

def test_weights_of_the_model_are_used(senses):
    model = Senses()
    model.info = dict(weights=dict(text=dict(scale=9.)))
    hits = senses.identify(model=model, text='CCO', cnmr='CCN')
    assert hits.inputs['text']['share'] == .5, 'one that is not known counts as the others do'
    model.info['weights']['cnmr'] = dict(scale=1.)
    assert senses.identify(model=model, text='CCO', cnmr='CCN').inputs['text']['share'] == .9

def test_inputs_that_cancel_out():
    from acml.combine import combine_queries
    z = np.eye(4)[:1]
    assert np.isnan(combine_queries(dict(a=z, b=-z))).all()

def test_hits_are_safe_html():
    table = pd.DataFrame(dict(rank=[1], score=[.5], smiles=['CCO'], formula=['C2H6O'], exact_mass=[46.04],
                              inchikey=['X'], name=['<script>alert(1)</script>']))
    page = Hits(table, 1, note='<b>note</b>', query=np.array([58., 18.])).to_html()
    assert '<script' not in page and '<b>' not in page

def test_json_of_hits(library, model, tmp_path):
    hits = library.identify('CCO', 'smiles', k=3)
    obj = json.loads(hits.to_json(tmp_path/'hits.json'))
    assert obj == json.loads((tmp_path/'hits.json').read_text()) and [h['rank'] for h in obj['hits']] == [1, 2, 3]
    assert obj['query'] == 'CCO'
    assert set(obj) == {'query', 'modality', 'n_candidates', 'filters', 'note', 'hits'}

def test_a_molecule_of_which_the_model_predicts_nothing_is_set_aside(monkeypatch):
    "A model of lines alone gives carbon tetrachloride a vector of zeros; the others are kept."
    from acml import candidates
    embed = candidates._embed_and_predict
    def lines_alone(model, smiles, bad):
        z, predicted = embed(model, smiles, bad)
        z[smiles.index('ClC(Cl)(Cl)Cl')] = 0
        return z, predicted
    monkeypatch.setattr(candidates, '_embed_and_predict', lines_alone)
    library = Library.build(ACML.from_pretrained('hnmr'), ['CCO', 'ClC(Cl)(Cl)Cl', 'CC=O'], progress=False)
    assert library.table()['smiles'].tolist() == ['CCO', 'CC=O']
    assert [(r['row'], r['reason']) for r in library.set_aside] == [(1, 'the model gives no embedding')]

def test_a_molecule_without_hydrogen_does_not_win_a_1h_search():
    library = Library.build(ACML.from_pretrained('hnmr'), ['ClC(Cl)(Cl)Cl', 'CCO', 'CCCC'], progress=False)
    assert library.identify([1.2, 3.7], 'hnmr').table['smiles'].tolist() == ['CCO', 'CCCC', 'ClC(Cl)(Cl)Cl']

def test_the_fast_copy_is_made_up_to_a_limit(tmp_path):
    "Of 16 bits, and of what lies on the disk; four bytes a number."
    from acml.search import fast_copy
    half = np.eye(8, dtype=np.float16)
    assert fast_copy(half, 4*64).dtype == np.float32 and fast_copy(half, 4*64 - 1) is half
    whole = np.eye(8, dtype=np.float32)
    assert fast_copy(whole) is whole
    np.save(tmp_path/'z.npy', whole)
    on_disk = np.load(tmp_path/'z.npy', mmap_mode='r')
    assert not isinstance(fast_copy(on_disk), np.memmap) and fast_copy(on_disk, 10) is on_disk

# ---- what an approximate index finds

def test_what_an_index_finds_is_scored_exactly_and_ordered_by_row():
    from acml.ann import near_top_k
    z = np.eye(3, dtype=np.float32)[[0, 1, 0, 2]] # rows 0 and 2 are one vector
    class Index:
        def __len__(self): return 4
        def rows(self, query, n, effort):
            assert n >= 50
            return np.array([[2, 1, -1, 0], [3, -1, -1, -1]])
    scores, rows = near_top_k(Index(), z[[0, 3]], z, k=3)
    assert rows.tolist() == [[0, 2, 1], [3, -1, -1]]
    assert scores.tolist() == [[1, 1, 0], [1, -np.inf, -np.inf]]
