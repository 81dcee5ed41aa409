"""Locks, checksums and resumed work, with real processes: two writers, and a kill at every operation on the disk."""
import os, signal, subprocess, sys, time, warnings
from pathlib import Path

import numpy as np
import pytest

from acml.core import AcmlError, Rejected, file_sha256, read_json
from acml.disk import hashed_write, is_intact, lock_folder, read_sealed, write_sealed

needs_fork = pytest.mark.skipif(not hasattr(os, 'fork'), reason='this system cannot fork')
EVENTS = 'open', 'os.rename', 'os.remove', 'os.rmdir', 'os.mkdir', 'os.truncate'

def killed_at(n, folder, work):
    "Do `work` in a process that is killed before its n-th operation in `folder`; whether that came."
    pid = os.fork()
    if pid == 0:
        left = [n]
        def hook(event, args):
            if event not in EVENTS or str(folder) not in str(args[0]): return
            left[0] -= 1
            if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        try:
            work()
            os._exit(0)
        except BaseException as e:
            print(repr(e), file=sys.stderr)
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, 'the work itself failed'
    return os.WIFSIGNALED(status)

def kill_everywhere(tmp_path, work, check, prepare=lambda folder: None):
    "`work(folder)` killed at each moment, each time followed by `check(folder)`; how many moments there were."
    for n in range(1000):
        folder = tmp_path/str(n)
        folder.mkdir()
        prepare(folder)
        if not killed_at(n, folder, lambda: work(folder)): return n
        check(folder)

@pytest.fixture
def quick(monkeypatch):
    "A killed process loses nothing that the system has taken; `fsync` is for power cuts, and slow."
    monkeypatch.setattr(os, 'fsync', lambda fd: None)

# ---- locks

HOLD = '''
import sys, time
from acml.disk import lock_folder
with lock_folder(sys.argv[1]):
    print('held', flush=True)
    time.sleep(600)
'''

def test_a_lock_names_its_owner_and_dies_with_it(tmp_path):
    other = subprocess.Popen([sys.executable, '-c', HOLD, tmp_path/'lib'], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == 'held\n'
    with pytest.raises(AcmlError, match=rf'lib is being written by process {other.pid} on .*since'):
        with lock_folder(tmp_path/'lib'): pass
    other.kill()
    other.wait()
    with lock_folder(tmp_path/'lib'): pass

def test_a_lock_is_of_the_folder_not_of_its_name(tmp_path):
    (tmp_path/'other name').symlink_to(tmp_path/'lib')
    with lock_folder(tmp_path/'lib'), pytest.raises(AcmlError, match='is being written by'):
        with lock_folder(tmp_path/'other name'): pass

def test_a_lock_can_be_waited_for(tmp_path):
    code = HOLD.replace('600', '.5')
    other = subprocess.Popen([sys.executable, '-c', code, tmp_path/'lib'], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == 'held\n'
    with lock_folder(tmp_path/'lib', wait=-1): assert other.wait(60) == 0
    assert not list(tmp_path.iterdir()) # nothing is left behind

@pytest.mark.skipif(hasattr(os, 'geteuid') and os.geteuid() == 0, reason='root may write everywhere')
def test_a_folder_whose_parent_is_read_only(tmp_path):
    (tmp_path/'lib').mkdir()
    tmp_path.chmod(0o500)
    try:
        with lock_folder(tmp_path/'lib'), pytest.raises(AcmlError, match='is being written'):
            with lock_folder(tmp_path/'lib'): pass
    finally: tmp_path.chmod(0o700)

# ---- checksums

def test_a_large_file_is_read_again_once_it_was_touched(tmp_path, monkeypatch):
    monkeypatch.setattr('acml.disk._SMALL', 10)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    with hashed_write(tmp_path/'a') as f: f.write(bytes(100))
    os.utime(tmp_path/'a', (1e9, 1e9))
    reads = []
    monkeypatch.setattr('acml.disk.file_sha256', lambda p: reads.append(p) or file_sha256(p))
    assert is_intact(tmp_path/'a', f.sha256) and is_intact(tmp_path/'a', f.sha256) and len(reads) == 1
    assert is_intact(tmp_path/'a', f.sha256, again=True) and len(reads) == 2
    with open(tmp_path/'a', 'r+b') as g: g.write(b'\x01')
    assert not is_intact(tmp_path/'a', f.sha256) and not is_intact(tmp_path/'a', f.sha256) and len(reads) == 4

@pytest.fixture
def verified(tmp_path, monkeypatch):
    "A file that counts as large and was found intact; and a list that grows when it is read."
    monkeypatch.setattr('acml.disk._SMALL', 10)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    with hashed_write(tmp_path/'a') as f: f.write(bytes(100))
    os.utime(tmp_path/'a', (1e9, 1e9))
    assert is_intact(tmp_path/'a', f.sha256)
    reads = []
    monkeypatch.setattr('acml.disk.file_sha256', lambda p: reads.append(p) or file_sha256(p))
    return tmp_path/'a', f.sha256, reads

def test_what_was_intact_a_month_ago_is_read_again(verified, monkeypatch):
    path, sha256, reads = verified
    now = time.time()
    for days, n in ((29, 0), (31, 1)):
        monkeypatch.setattr('acml.disk.time.time', lambda: now + days*86400)
        assert is_intact(path, sha256) and len(reads) == n

def test_a_file_that_was_intact_is_not_what_another_checksum_says(verified):
    path, sha256, reads = verified
    assert not is_intact(path, '0'*64) and len(reads) == 1

def test_a_file_of_this_moment_is_not_remembered(tmp_path, monkeypatch):
    "A change within the same tick of the clock would have the same time."
    monkeypatch.setattr('acml.disk._SMALL', 10)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    with hashed_write(tmp_path/'a') as f: f.write(bytes(100))
    assert is_intact(tmp_path/'a', f.sha256) and not (tmp_path/'home').exists()

@pytest.mark.filterwarnings('error')
def test_a_file_that_was_hashed_goes_without_a_word(tmp_path):
    "Python 3.13 tells of what fails when an object is thrown away. In a process of its own: others leave objects too."
    code = ("import gc, sys\n"
            "from acml.core import file_sha256\n"
            "from acml.disk import hashed_write\n"
            "sys.unraisablehook = lambda o: print('unraisable', o.exc_value)\n"
            "path = sys.argv[1]\n"
            "with hashed_write(path) as f: f.write(b'abc')\n"
            "f.flush()\n"
            "assert f.sha256 == file_sha256(path) and f.size == f.tell() == 3\n"
            "del f\n"
            "gc.collect()\n")
    done = subprocess.run([sys.executable, '-c', code, str(tmp_path/'a')], capture_output=True, text=True, check=True)
    assert done.stdout == ''

def test_every_flipped_bit_of_a_sealed_file_is_found(tmp_path):
    write_sealed(tmp_path/'s.json', dict(epoch=3, scores=[.5, 1.], name='é'))
    whole = (tmp_path/'s.json').read_bytes()
    for i in range(len(whole)*8):
        changed = bytearray(whole)
        changed[i // 8] ^= 1 << i % 8
        (tmp_path/'s.json').write_bytes(changed)
        try: assert read_sealed(tmp_path/'s.json') == dict(epoch=3, scores=[.5, 1.], name='é') # blanks between values
        except AcmlError as e: assert 's.json' in str(e)

# ---- libraries

SMILES = ['CCO', 'CCN', 'CCC', 'C1CC', 'CC(C)O', 'CCO', 'CC(=O)C', 'c1ccccc1O', 'CCCC', 'C1CCCCC1', 'CC#N', 'CCCl']

class Model:
    "A model that needs no weights: what it says of a molecule depends on nothing but its letters."
    def fingerprint(self): return 'letters'
    def embed(self, modality, records, report=None):
        from acml.chem import to_inchikey
        out = np.full((len(records), 8), np.nan, np.float32)
        for i, smi in enumerate(records):
            try: to_inchikey(smi)
            except AcmlError as e: report.add(i, smi, e)
            else:
                z = np.random.default_rng(list(smi.encode())).normal(size=8)
                out[i] = z/np.linalg.norm(z)
        return out

def build(folder, smiles=SMILES, **options):
    from acml.library import Library
    report = Rejected()
    library = Library.build(Model(), smiles, folder/'lib', report, chunk_size=5, progress=False, **options)
    return library, report

def is_right(library, smiles=SMILES):
    "Whether each row holds the vector of its own molecule, and no molecule is missing."
    rows = library.table().smiles
    want = np.stack([Model().embed('graph', [s])[0] for s in rows]).astype(np.float16)
    return (np.asarray(library.embeddings) == want).all() and set(rows) == set(smiles) - {'C1CC'}

@needs_fork
@pytest.mark.slow
def test_a_build_killed_at_any_moment_goes_on(tmp_path, quick):
    from acml.library import Library
    def check(folder):
        try: assert is_right(Library.load(folder/'lib', verify=True))
        except AcmlError as e: assert 'no library here' in str(e)
        else:
            if not (folder/'lib'/'begun.json').exists(): return # the end was reached
        library, report = build(folder)
        assert is_right(library) and [r['row'] for r in report] == [3] and report.n_ok == 11
        assert sorted(p.name for p in folder.iterdir()) == ['lib']
        assert sorted(p.name for p in (folder/'lib').iterdir()) == ['embeddings.f16', 'library.json',
                                                                    'molecules.parquet', 'report.csv']
    assert kill_everywhere(tmp_path, build, check) > 50

@needs_fork
@pytest.mark.slow
def test_a_build_killed_while_it_replaces_another_loses_neither(tmp_path, quick):
    from acml.library import Library
    old = SMILES[:5]
    def check(folder):
        library = Library.load(folder/'lib', verify=True)
        assert is_right(library, old) or is_right(library)
        assert is_right(build(folder, overwrite=True)[0])
    assert kill_everywhere(tmp_path, lambda folder: build(folder, overwrite=True), check,
                           lambda folder: build(folder, old)) > 50

def test_pieces_that_were_changed_are_made_again(tmp_path):
    "Also where the bytes are as many as before."
    class Stops(Model):
        def embed(self, modality, records, report=None):
            if 'CCCl' in records: raise KeyboardInterrupt
            return super().embed(modality, records, report)
    from acml.library import Library
    with pytest.raises(KeyboardInterrupt):
        Library.build(Stops(), SMILES, tmp_path/'lib', chunk_size=5, progress=False)
    values = bytearray((tmp_path/'lib.part'/'embeddings.f16').read_bytes())
    values[-1] ^= 1
    (tmp_path/'lib.part'/'embeddings.f16').write_bytes(values)
    with pytest.warns(UserWarning, match='piece 1 is damaged .embeddings.f16 was changed'): library = build(tmp_path)[0]
    assert is_right(library)

BUILD = '''
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import test_disk
from acml.core import AcmlError
class Slow(test_disk.Model):
    def embed(self, *a, **kw):
        import time
        time.sleep(.3)
        return super().embed(*a, **kw)
test_disk.Model = Slow
try: test_disk.build(Path({folder!r}), overwrite={overwrite})
except AcmlError as e: sys.exit(str(e))
'''

@pytest.mark.slow
@pytest.mark.parametrize('overwrite', [False, True])
def test_two_builds_with_one_folder(tmp_path, overwrite):
    from acml.library import Library
    code = BUILD.format(tests=str(Path(__file__).parent), folder=str(tmp_path), overwrite=overwrite)
    both = [subprocess.Popen([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [p.communicate(timeout=300)[1] for p in both]
    assert is_right(Library.load(tmp_path/'lib', verify=True))
    failed = [e for p, e in zip(both, errors) if p.returncode]
    assert overwrite or len(failed) == 1
    assert all('is being written by process' in e or 'exists; choose another folder' in e for e in failed), failed

# ---- what is loaded is what was saved

def flipped(path, bit):
    "Flip one bit of a file."
    data = bytearray(path.read_bytes())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    path.write_bytes(data)

def all_raise(path, load, n=60):
    "One of `n` bits flipped, spread over the file: each is named."
    whole = path.read_bytes()
    for bit in np.linspace(0, len(whole)*8 - 1, n).astype(int):
        flipped(path, int(bit))
        with pytest.raises(AcmlError, match='damaged|changed|differs|not valid JSON'): load()
    path.write_bytes(whole)
    load()

@pytest.fixture
def network():
    torch = pytest.importorskip('torch')
    from acml.modality import PretrainedModule
    class Net(PretrainedModule):
        config = dict(n=5)
        def __init__(self, n): super().__init__(); self.linear = torch.nn.Linear(n, n)
    return Net(5)

def test_every_flipped_bit_of_weights_is_named(network, tmp_path):
    network.save_pretrained(tmp_path/'net')
    all_raise(tmp_path/'net'/'model.safetensors', lambda: type(network).from_pretrained(tmp_path/'net'))

def test_weights_of_an_earlier_acml_have_no_checksum_and_load(network, tmp_path):
    import json
    network.save_pretrained(tmp_path/'net')
    config = read_json(tmp_path/'net'/'config.json')
    config.pop('weights_sha256')
    (tmp_path/'net'/'config.json').write_text(json.dumps(config))
    assert type(network).from_pretrained(tmp_path/'net').fingerprint() == network.fingerprint()

def test_shipped_weights_have_a_checksum():
    from acml.modality import PRETRAINED
    folders = [p.parent for p in PRETRAINED.glob('*/model.safetensors')]
    assert len(folders) > 10
    for f in folders: assert read_json(f/'config.json')['weights_sha256'] == file_sha256(f/'model.safetensors'), f

def test_every_flipped_bit_of_a_checkpoint_is_named(tmp_path):
    torch = pytest.importorskip('torch')
    from acml.checkpoint import read_checkpoint, write_checkpoint
    write_checkpoint(tmp_path/'last', {'w': torch.ones(9)}, {'m': torch.zeros(4)}, dict(epoch=3, history=[1.5]))
    for name in ('model.safetensors', 'state.safetensors'):
        all_raise(tmp_path/'last'/name, lambda: read_checkpoint(tmp_path/'last'))
    state = tmp_path/'last'/'state.json'
    state.write_text(state.read_text().replace('"epoch": 3', '"epoch": 7'))
    with pytest.raises(AcmlError, match='state.json: damaged or changed'): read_checkpoint(tmp_path/'last')

def every_file_names_its_flips(folder, load, again, n=6, seed=0):
    """Bits flipped at random places of each file of a folder: an AcmlError each time, or exactly what was there before
    (`again(loaded)` tells): blanks of JSON, and the name of the checksum, are not what a file says."""
    chance, want, named = np.random.default_rng(seed), again(load()), 0
    files = [p for p in sorted(folder.rglob('*')) if p.is_file()]
    for path in files:
        whole, size = path.read_bytes(), path.stat().st_size
        for bit in chance.integers(0, size*8, n):
            flipped(path, int(bit))
            try: assert again(load()) == want, f'{path.name}: bit {bit} was used without a word'
            except AcmlError: named += 1
            path.write_bytes(whole)
    assert again(load()) == want
    return named, n*len(files)

@pytest.mark.parametrize('name', ['cnmr', 'text_encoder', 'image_encoder', 'structure_recognizer'])
def test_a_flipped_bit_of_any_file_of_a_model_is_named(name, tmp_path):
    pytest.importorskip('torch')
    import shutil
    from acml.modality import PRETRAINED, get_modality
    from acml.model import ACML
    from acml.ocsr import StructureRecognizer
    from acml.training_record import read_training_record
    shutil.copytree(PRETRAINED/name, tmp_path/'m')
    kind = {'cnmr': ACML, 'structure_recognizer': StructureRecognizer}.get(name)
    if kind is None: kind = type(get_modality(name.removesuffix('_encoder')).encoder())
    load = lambda: (kind.from_pretrained(tmp_path/'m'), read_training_record(tmp_path/'m'))
    again = lambda o: (o[0].fingerprint(), o[0].formerly, str(getattr(o[0], 'info', '')), str(o[1]))
    named, tried = every_file_names_its_flips(tmp_path/'m', load, again)
    assert named >= .5*tried # the rest says nothing: who wrote a Parquet file, and how it is packed

def test_a_flipped_bit_of_any_file_of_a_library_is_named(tmp_path):
    "The approximate index too."
    pytest.importorskip('usearch')
    from acml.core import fingerprint
    from acml.library import Library
    build(tmp_path, index=True)
    (tmp_path/'lib'/'report.csv').unlink() # for people
    def load():
        library = Library.load(tmp_path/'lib')
        library._open_index()
        return library
    again = lambda o: (fingerprint(np.asarray(o.embeddings)), o.table().to_json(), str(o.info), len(o.neighbours))
    named, tried = every_file_names_its_flips(tmp_path/'lib', load, again, 60)
    assert named >= .9*tried

def test_a_flipped_bit_of_a_large_library_is_named(tmp_path, monkeypatch):
    "Above 64 MB files are remembered by size and time: one that was written to is read again."
    monkeypatch.setattr('acml.disk._SMALL', 10)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    from acml.library import Library
    build(tmp_path)
    path = tmp_path/'lib'/'embeddings.f16'
    os.utime(path, (1e9, 1e9))
    Library.load(tmp_path/'lib')
    assert list((tmp_path/'home'/'verified').iterdir())
    for bit in np.random.default_rng(0).integers(0, path.stat().st_size*8, 20):
        whole = path.read_bytes()
        flipped(path, int(bit))
        os.utime(path, (1e9, 1e9)) # as if nothing had been written
        with pytest.raises(AcmlError, match='embeddings.f16 was changed'): Library.load(tmp_path/'lib')
        path.write_bytes(whole)

def test_everything_that_ships_holds_its_checksum():
    from pyarrow.parquet import read_schema
    from acml.modality import PRETRAINED
    configs, records = (sorted(PRETRAINED.glob(f'*/{name}')) for name in ('config.json', 'training.parquet'))
    assert len(configs) > len(records) > 5
    for path in configs: read_json(path, sealed=True)
    for path in records: assert b'check' in read_schema(path).metadata, path

@needs_fork
@pytest.mark.slow
def test_an_index_that_was_killed_is_made_by_the_same_command(tmp_path, quick):
    pytest.importorskip('usearch')
    from acml.library import Library
    def check(folder):
        if (folder/'lib'/'neighbours.json').exists(): return len(Library.load(folder/'lib')._open_index()) # the end
        library, report = build(folder, index=True)
        assert is_right(library) and len(report) == 1 and report.n_ok == 11
        assert len(library._open_index()) == len(library)
        assert sorted(p.name for p in folder.iterdir()) == ['lib']
    prepare = lambda folder: build(folder)
    assert kill_everywhere(tmp_path, lambda folder: build(folder, index=True), check, prepare) > 5
    with pytest.raises(AcmlError, match='exists; choose another folder'): build(tmp_path/'0', index=True)
    (tmp_path/'other').mkdir()
    build(tmp_path/'other')
    with pytest.raises(AcmlError, match='exists; choose another'): build(tmp_path/'other', SMILES[:3], index=True)

def test_an_index_on_a_full_disk_is_named(tmp_path, monkeypatch):
    pytest.importorskip('usearch')
    from acml.ann import NeighbourIndex
    class Full:
        ndim, serialized_length = 3, 10**6
        def __len__(self): return 5
        def save(self, path): raise RuntimeError('Failed to serialize into stream')
    with pytest.raises(AcmlError, match='index cannot be written .Failed'): NeighbourIndex(Full()).save(tmp_path, 'x')
    monkeypatch.setattr(Full, 'save', lambda self, path: Path(path).write_bytes(b'short'))
    with pytest.raises(AcmlError, match='5 bytes of it were written'): NeighbourIndex(Full()).save(tmp_path, 'x')
    assert not list(tmp_path.iterdir())

@pytest.mark.parametrize('spoil', [b'', b'{"CCO": ', None])
def test_molecules_drawn_for_a_training_are_made_again_if_damaged(tmp_path, spoil):
    pytest.importorskip('torch')
    from acml.hard_pairs import _made
    from acml.modality import FeatureStore
    functions, store = dict(longer=lambda s: ['CCCO', s]), FeatureStore(tmp_path)
    made = lambda: _made(['CC(=O)CC(C)=O', 'CCO'], ['longer'], functions, store)
    first = made()
    path = next(tmp_path.glob('asymmetry-*.json'))
    if spoil is None: flipped(path, 400)
    else: path.write_bytes(spoil)
    with pytest.warns(UserWarning, match='it is made again'): assert made() == first
    assert made() == first

def test_a_training_record_that_was_changed_is_named(tmp_path):
    import pyarrow.parquet as pq
    from acml.training_record import read_training_record, write_training_record
    write_training_record(tmp_path, {'training': ['AAAAAAAAAAAAAA', 'BBBBBBBBBBBBBB']})
    assert len(read_training_record(tmp_path)['training']) == 2
    table = pq.read_table(tmp_path/'training.parquet')
    pq.write_table(table.slice(1), tmp_path/'training.parquet')
    with pytest.raises(AcmlError, match='damaged or changed'): read_training_record(tmp_path)

@pytest.mark.parametrize('spoil', ['empty', 'cut', 'flipped', 'no checksum'])
def test_a_damaged_file_of_the_feature_store_is_made_again(tmp_path, spoil):
    pytest.importorskip('torch')
    from acml.modality import FeatureStore, get_modality
    m = get_modality('fingerprint')
    store, encoder = FeatureStore(tmp_path), m.encoder()
    features = m.features(['CCO', 'CCN'])[0]
    first, path = np.array(store.hidden(m, encoder, features)), store.path(m, encoder, features)
    {'empty': lambda: path.write_bytes(b''), 'cut': lambda: os.truncate(path, 200),
     'flipped': lambda: flipped(path, 2001), 'no checksum': path.with_suffix('.sha256').unlink}[spoil]()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter('always')
        assert (store.hidden(m, encoder, features) == first).all()
    assert any('damaged' in str(w.message) for w in told) == (spoil != 'no checksum')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert (store.hidden(m, encoder, features) == first).all()

def test_damaged_graphs_of_the_store_are_made_again(tmp_path):
    pytest.importorskip('torch')
    from acml.modality import FeatureStore
    from acml.pairs import _packed_graphs
    first = _packed_graphs(['CCO', 'CCN'], FeatureStore(tmp_path)).batch([0, 1])
    folder = next(tmp_path.glob('graphs-*'))
    for name in ('sums.json', next(p.name for p in folder.glob('*.npy'))):
        (folder/name).write_bytes(b'')
        with pytest.warns(UserWarning, match='damaged'):
            again = _packed_graphs(['CCO', 'CCN'], FeatureStore(tmp_path)).batch([0, 1])
        assert all((first[k] == again[k]).all() for k in ('x', 'edge_index'))

STORE = '''
import sys, warnings
from acml.modality import FeatureStore, get_modality
from acml.pairs import _packed_graphs
warnings.simplefilter('error')
smiles = ['C'*(i % 40 + 1) + 'O'*(i // 40 + 1) for i in range(2000)]
m = get_modality('fingerprint')
print('ready', flush=True)
sys.stdin.readline()
graphs, hidden = _packed_graphs(smiles, FeatureStore(sys.argv[1])), None
hidden = FeatureStore(sys.argv[1]).hidden(m, m.encoder(), m.features(smiles)[0])
print(float(hidden.sum(dtype='float64')), sum(int(graphs.batch([i])['x'].sum()) for i in range(2000)))
'''

@pytest.mark.slow
def test_processes_that_share_a_feature_store_at_first_use(tmp_path):
    "None dies of a bus error, and all read the same."
    pytest.importorskip('torch')
    start = lambda: subprocess.Popen([sys.executable, '-c', STORE, tmp_path], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
    several = [start() for _ in range(4)]
    for p in several: assert p.stdout.readline() == 'ready\n'
    for p in several: p.stdin.write('\n'); p.stdin.flush()
    answers = {p.communicate(timeout=600)[0] for p in several}
    assert len(answers) == 1 and [p.returncode for p in several] == [0]*4

# ---- runs

def learner(out, x, epochs=2):
    torch = pytest.importorskip('torch')
    from acml.callback import ProgressCB
    from acml.learner import Learner
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True))
    loss = lambda out, batch: torch.nn.functional.mse_loss(out, batch[1])
    class Net(torch.nn.Linear):
        def forward(self, batch): return super().forward(batch[0])
    dl = torch.utils.data.DataLoader(data, batch_size=4, shuffle=True)
    return Learner(Net(3, 1), dl, loss, epochs=epochs, out=out, cbs=(ProgressCB(quiet=True),))

def test_resume_with_other_data_of_equal_size_is_refused(tmp_path):
    torch = pytest.importorskip('torch')
    x = torch.arange(24.).reshape(8, 3)/24
    learner(tmp_path/'run', x).fit()
    learner(tmp_path/'run', x).fit(resume=True)
    with pytest.raises(AcmlError, match='is of another run: data was'): learner(tmp_path/'run', x + 1).fit(resume=True)

def test_two_trainings_in_one_folder(tmp_path):
    torch = pytest.importorskip('torch')
    x = torch.arange(24.).reshape(8, 3)/24
    with lock_folder(tmp_path/'run'), pytest.raises(AcmlError, match='run is being written by process'):
        learner(tmp_path/'run', x).fit()
    learner(tmp_path/'run', x).fit()

def test_a_finished_run_is_not_given_another_table(tmp_path):
    pytest.importorskip('torch')
    import pandas as pd
    from acml.recipes import _describe_table, _same_run
    table = pd.DataFrame(dict(smiles=['CCO', 'CCN'], shifts=[np.ones(2), np.zeros(1)], split='train'))
    about = lambda t, seed=0: dict(table=_describe_table(t), recipe=dict(lr=.1), seed=seed)
    _same_run(tmp_path, about(table), False)
    _same_run(tmp_path, about(table.copy()), True)
    other = table.assign(shifts=[np.ones(2), np.ones(1)])
    with pytest.raises(AcmlError, match='holds another run: table.fingerprint was'):
        _same_run(tmp_path, about(other), True)
    with pytest.raises(AcmlError, match='table.rows was 2, is 1'): _same_run(tmp_path, about(table[:1]), True)
    with pytest.raises(AcmlError, match='seed was 0, is 1'): _same_run(tmp_path, about(table, 1), True)

def test_a_finished_run_of_an_earlier_acml_is_not_given_another_table(tmp_path):
    pytest.importorskip('torch')
    from acml.core import write_json
    from acml.recipes import _same_run
    about = dict(table={}, recipe=dict(lr=.1), seed=0)
    write_json(tmp_path/'config.json', dict(info=dict(recipe=dict(lr=.1), seed=0, data_sha256='a')))
    _same_run(tmp_path, about, True, 'a')
    with pytest.raises(AcmlError, match='data_sha256 was a, is b'): _same_run(tmp_path, about, True, 'b')

# ---- acml check, and who is let in

def test_acml_check_names_what_is_damaged(tmp_path, network, capsys):
    from acml.cli import main
    build(tmp_path)
    network.save_pretrained(tmp_path/'net')
    assert main(['check', str(tmp_path/'lib')]) == 0 and 'intact' in capsys.readouterr().out
    assert main(['check', str(tmp_path/'net')]) == 0 and '30 weights' in capsys.readouterr().out
    flipped(tmp_path/'lib'/'embeddings.f16', 77)
    flipped(tmp_path/'net'/'model.safetensors', 999)
    assert main(['check', str(tmp_path/'lib')]) == 1 and 'embeddings.f16 was changed' in capsys.readouterr().err
    (tmp_path/'net'/'model.safetensors').rename(tmp_path/'kept')
    assert main(['check', str(tmp_path/'net')]) == 1 and 'no model.safetensors' in capsys.readouterr().err
    (tmp_path/'kept').rename(tmp_path/'net'/'model.safetensors')
    assert main(['check', str(tmp_path/'net')]) == 1 and 'damaged model.safetensors' in capsys.readouterr().err
    (tmp_path/'empty').mkdir()
    assert main(['check', str(tmp_path/'nothing')]) == 1 and main(['check', str(tmp_path/'empty')]) == 1

def test_a_picture_that_is_postscript_is_refused(tmp_path, monkeypatch):
    from PIL import EpsImagePlugin
    from acml.core import RecordError
    from acml.drawing import to_image
    monkeypatch.setattr(EpsImagePlugin, 'Ghostscript', lambda *a, **kw: pytest.fail('Ghostscript was started'))
    text = (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n%%EndComments\n'
            b'showpage\n%%EOF\n')
    (tmp_path/'a.png').write_bytes(text)
    with pytest.raises(RecordError, match='a.png'): to_image(tmp_path/'a.png')

def test_a_model_whose_encoders_are_not_named_is_refused(tmp_path):
    pytest.importorskip('torch')
    import json, shutil
    from acml.modality import PRETRAINED
    from acml.model import ACML
    shutil.copytree(PRETRAINED/'cnmr', tmp_path/'m')
    saved = read_json(tmp_path/'m'/'config.json')
    (tmp_path/'m'/'config.json').write_text(json.dumps(dict(saved, encoders={'cnmr': ''})))
    with pytest.raises(AcmlError, match='encoders does not name the fingerprint of cnmr'):
        ACML.from_pretrained(tmp_path/'m')
