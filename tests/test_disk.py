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
