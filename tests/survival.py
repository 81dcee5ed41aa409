"""Trainings, embeddings and indexes that are killed, fill the disk, or share a folder: does every one end as it should?

    python tests/survival.py                      # everything, 50 kills of each kind
    python tests/survival.py kill full --kills 5  # some of it

A parent that has imported torch forks one process for each attempt, so that one costs a second. Half of the kills come
by the clock (SIGKILL at a random moment), the other half at a random operation on the disk, most of them in the last
third, where a library is joined and renamed. What counts: the files at the end are those of a run that nobody
disturbed, byte for byte, and no library is ever in place that is short of rows. Ends with 1 if one run was lost.
"""
import argparse, hashlib, json, os, random, re, resource, shutil, signal, subprocess, sys, tempfile, time, traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

os.environ.update(OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1', MPLBACKEND='agg')
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

EVENTS = 'open', 'os.rename', 'os.remove', 'os.rmdir', 'os.mkdir', 'os.truncate'
FINE, SAID, BROKEN = 0, 3, 4 # How a process ends: well, with an AcmlError, with anything else

def sha(path): return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]

# ---- processes

def kill_at_operation(folder, n):
    "In a child: SIGKILL before the n-th operation on a file in the folder."
    left = [n]
    def hook(event, args):
        if event not in EVENTS or str(folder) not in str(args[0]): return
        left[0] -= 1
        if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

def start(work, folder, kill_at=None, largest=None):
    "Fork a process that does `work(folder)`; its id. What it says goes to a file."
    log = log_of(folder)
    pid = os.fork()
    if pid: return pid
    code = BROKEN
    try:
        with open(log, 'a') as f, redirect_stdout(f), redirect_stderr(f):
            from acml.core import AcmlError
            if largest is not None: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
            if kill_at is not None: kill_at_operation(folder, kill_at)
            os.environ['ACML_HOME'] = str(folder/'home')
            try: code = work(folder) or FINE
            except AcmlError as e:
                print('AcmlError:', e)
                code = SAID
            except BaseException: traceback.print_exc()
    finally: os._exit(code)

def log_of(folder): return folder.with_name(f'{folder.name}.log')

def end_of(pid, after=None):
    "Wait for a process, or kill it after some seconds; how it ended, None if it was killed."
    until = None if after is None else time.time() + after
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done: return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if until is not None and time.time() > until:
            with suppress(ProcessLookupError): os.kill(pid, signal.SIGKILL)
            until = None
        time.sleep(.002)

def run(work, folder, **options): return end_of(start(work, folder, **options))

# ---- what is done

class Job:
    "Work in a folder that can be told to go on, and what it leaves behind."
    name = ''
    def __init__(self, base):
        self.base = base/self.name
        self.base.mkdir()
        self.prepare()
        folder = self.fresh('undisturbed')
        t = time.time()
        code = run(self.work, folder)
        self.seconds = time.time() - t
        if code: sys.exit(f'{self.name} fails when left alone:\n{log_of(folder).read_text()}')
        self.want, self.bytes = self.result(folder), sum(p.stat().st_size for p in folder.rglob('*') if p.is_file())
        self.largest = max(p.stat().st_size for p in folder.rglob('*') if p.is_file())
        self.operations = self.count(self.fresh('counted'))

    def prepare(self): pass
    def begin(self, folder): pass
    def in_place(self, folder): return True # nothing half done is where a user looks
    def wrong(self, folder): return f'{self.name}: a result is in place that is not whole'

    def fresh(self, name):
        folder = self.base/str(name)
        shutil.rmtree(folder, ignore_errors=True)
        log_of(folder).unlink(missing_ok=True)
        folder.mkdir()
        self.begin(folder)
        return folder

    def count(self, folder):
        "How many operations on the disk there are."
        def work(folder):
            n = [0]
            sys.addaudithook(lambda e, a: n.__setitem__(0, n[0] + (e in EVENTS and str(folder) in str(a[0]))))
            code = self.work(folder)
            (folder.with_name('operations')).write_text(str(n[0]))
            return code
        run(work, folder)
        return int(folder.with_name('operations').read_text())

    def is_done(self, folder, code):
        "Whether an attempt ended as it should: nothing to say, or that all is there already."
        return code == FINE or code == SAID and self.finished(folder)

    def finished(self, folder): return False

class Train(Job):
    name = 'train'
    def prepare(self):
        table = small_table()
        table.to_parquet(self.base/'table.parquet')
        other = table.copy()
        other.at[0, 'shifts'] = other.at[0, 'shifts'] + 1
        other.to_parquet(self.base/'other.parquet')

    def work(self, folder, table='table'):
        from acml.cli import main
        return SAID*main(['train', '--data', str(self.base/f'{table}.parquet'), '--out', str(folder/'model'),
                          '--recipe', 'tiny', '--resume'])

    def result(self, folder):
        model = folder/'model'
        saved = json.loads((model/'config.json').read_text())
        saved.pop('check', None)
        saved['info'].pop('seconds')
        stages = {p.name: sha(p) for p in sorted(model.glob('stage*.csv'))}
        return dict(weights=sha(model/'model.safetensors'), config=json.dumps(saved), **stages)

    def changed(self, folder): return self.work(folder, 'other')

class Embed(Job):
    name = 'embed'
    def prepare(self):
        from acml.model import ACML
        self.smiles = [*small_table().smiles, 'C1CC', 'no molecule', *small_table().smiles[:9]]
        self.model = ACML.from_config(tiny_config()).eval()

    def work(self, folder, smiles=None):
        from acml.core import Rejected
        from acml.library import Library
        import torch
        torch.set_num_threads(1)
        Library.build(self.model, smiles or self.smiles, folder/'lib', Rejected(), chunk_size=16, progress=False)

    def result(self, folder):
        lib = folder/'lib'
        names = sorted(p.name for p in lib.iterdir() if p.name[0] != '.' and p.suffix != '.json')
        return {name: sha(lib/name) for name in names}

    def finished(self, folder):
        return (folder/'lib').exists() and self.in_place(folder) and not (folder/'lib'/'begun.json').exists()

    def in_place(self, folder):
        "What is in place, if something is, has all rows."
        lib = folder/'lib'
        if not (lib/'library.json').exists(): return True
        whole = self.want['embeddings.f16'], self.want['molecules.parquet']
        return (sha(lib/'embeddings.f16'), sha(lib/'molecules.parquet')) == whole

    def changed(self, folder): return self.work(folder, ['CCO', *self.smiles[1:]])

class Index(Embed):
    name = 'index'
    def prepare(self):
        super().prepare()
        super().work(self.base)
        self.want = {k: v for k, v in Embed.result(self, self.base).items()}

    changed = None

    def begin(self, folder): shutil.copytree(self.base/'lib', folder/'lib')

    def work(self, folder):
        import numpy as np
        from acml.ann import NeighbourIndex
        from acml.core import Rejected
        from acml.library import Library
        build = NeighbourIndex.build # of several threads no two give the same bytes
        NeighbourIndex.build = classmethod(lambda cls, z, threads=0, progress=False: build(z, 1, progress))
        library = Library.build(self.model, self.smiles, folder/'lib', Rejected(), chunk_size=16, progress=False,
                                index=True)
        found = Library.load(folder/'lib').search(np.asarray(library.embeddings[:8], np.float32), 3, approximate=True)
        assert all(h.table.score.iloc[0] > .99 for h in found), 'the index does not find the molecules themselves'

    def finished(self, folder): return super().finished(folder) and (folder/'lib'/'neighbours.json').exists()

JOBS = [Train, Embed, Index]

def tiny_config():
    from acml.config import ModelConfig, TowerConfig
    towers = {'cnmr': TowerConfig(spectral=True)}
    return ModelConfig(16, graph=dict(hidden_dim=16, n_layers=2), head_dim=16, towers=towers)

def small_table():
    from acml.data import demo_table
    table = demo_table('cnmr')
    return table.groupby('split', sort=False).head(60).reset_index(drop=True)

def tiny_recipe():
    "Two stages of two epochs, on 60 molecules."
    from acml.recipes import RECIPES, Recipe, Stage
    contrast = Stage('infonce', epochs=2, batch_size=20, lr=1e-3, lines=.3, valid=dict(n_others=20))
    RECIPES['tiny'] = Recipe(tiny_config(), [Stage('lines', epochs=2, batch_size=20, lr=1e-3), contrast])

# ---- what happens to it

def settle(job, folder):
    "Go on until it is done, as a user would: the same command again. What is wrong, or ''."
    for _ in range(3):
        code = run(job.work, folder)
        if job.is_done(folder, code): break
    else: return f'goes no further: {log_of(folder).read_text()[-500:]}'
    left = [p.name for p in folder.rglob('*') if p.name.endswith(('.lock', '.new', '.old')) or '.part' in p.name]
    left = [name for name in left if not re.fullmatch(r'\.graphs-.*\.lock', name)] # nobody holds it, nobody asks again
    if job.result(folder) != job.want: return 'another result'
    return f'left behind: {left}' if left and code == FINE else '' # else killed at the very end, a lock in its hand

def kill(job, n, chance):
    "Kills until there were n; each run is killed up to three times, then has to end well."
    kills, wrong, rounds, joining = 0, [], 0, 0
    while kills < n:
        folder, rounds = job.fresh(rounds), rounds + 1
        for _ in range(chance.randint(1, 3)):
            if kills >= n: break
            if chance.random() < .5: code = end_of(start(job.work, folder), chance.uniform(0, job.seconds))
            else:
                late = chance.random() < .6
                at = chance.randrange(job.operations*2//3*late, job.operations)
                code, joining = run(job.work, folder, kill_at=at), joining + late
            if code is None: kills += 1
            elif not job.is_done(folder, code):
                wrong.append(f'round {rounds - 1}: {log_of(folder).read_text()[-500:]}')
                break
            if not job.in_place(folder): wrong.append(f'round {rounds - 1}: {job.wrong(folder)}')
        if (why := settle(job, folder)): wrong.append(f'round {rounds - 1}: {why}')
        else: shutil.rmtree(folder)
    return f'{kills} kills in {rounds} runs, {joining} of them late on purpose', wrong

@contextmanager
def small_disk(folder, size):
    "The folder as a file system of its own, of so many bytes; yields a function that enlarges it or closes it."
    mount = lambda *words: subprocess.run(['mount', *words, str(folder)], check=True, capture_output=True)
    mount('-t', 'tmpfs', '-o', f'size={size}', 'none')
    try: yield lambda options: mount('-o', f'remount,{options}')
    finally: subprocess.run(['umount', '-l', str(folder)], check=True)

def can_mount(base):
    (base/'mount').mkdir(exist_ok=True)
    try:
        with small_disk(base/'mount', 65536): return True
    except (OSError, subprocess.CalledProcessError): return False

def full(job, n, chance):
    "A disk that is full at some point; with room again the same command goes on."
    wrong, stopped, real = [], 0, can_mount(job.base)
    for i in range(n):
        folder = job.base/f'full{i}'
        folder.mkdir()
        if real:
            with small_disk(folder, chance.randrange(4096, int(job.bytes*1.3))) as again:
                try: job.begin(folder)
                except OSError: continue # not even the beginning fits
                code = run(job.work, folder)
                stopped += code != FINE
                if code not in (FINE, SAID): wrong.append(f'{i}: {log_of(folder).read_text()[-600:]}')
                if not job.in_place(folder): wrong.append(f'{i}: {job.wrong(folder)}')
                again('size=1g')
                if (why := settle(job, folder)): wrong.append(f'{i}: {why}')
        else:
            job.begin(folder)
            code = run(job.work, folder, largest=chance.randrange(100, job.largest))
            stopped += code != FINE
            if code not in (FINE, SAID): wrong.append(f'{i}: {log_of(folder).read_text()[-600:]}')
            if (why := settle(job, folder)): wrong.append(f'{i}: {why}')
    return f'{stopped} of {n} {"disks" if real else "limits on a file"} were full on the way', wrong

def readonly(job, n, chance):
    "A folder that cannot be written is named; what is there can be read."
    if not can_mount(job.base): return 'no right to mount a file system: not tried', []
    wrong, folder = [], job.base/'readonly'
    folder.mkdir()
    with small_disk(folder, '1g') as again:
        job.begin(folder)
        again('ro')
        if run(job.work, folder) != SAID: wrong.append(log_of(folder).read_text()[-600:])
        again('rw')
        if (why := settle(job, folder)): wrong.append(why)
        again('ro')
        if job.result(folder) != job.want: wrong.append('cannot be read')
    return 'named, then finished', wrong

def writers(job, n, chance):
    "Two processes with one folder: one of them does it, the other is told or finds it done."
    wrong, told = [], 0
    for i in range(n):
        folder = job.fresh(f'writers{i}')
        first = start(job.work, folder)
        time.sleep(chance.uniform(0, job.seconds*.6)*(i % 3 > 0))
        codes = [end_of(start(job.work, folder)), end_of(first)]
        said, told = log_of(folder).read_text(), told + codes.count(SAID)
        if FINE not in codes or not {*codes} <= {FINE, SAID}: wrong.append(f'{i}: ended {codes}: {said[-600:]}')
        if job.result(folder) != job.want: wrong.append(f'{i}: another result')
        else: shutil.rmtree(folder)
    return f'{n} pairs, {told} times the other one was named', wrong

def changed(job, n, chance):
    "Going on with other data is refused, before the end and after it; the right data then goes on."
    if getattr(job, 'changed', None) is None: return 'no data of its own', []
    wrong, refused, tried = [], 0, 0
    for i in range(n):
        folder = job.fresh(f'changed{i}')
        code = run(job.work, folder, kill_at=chance.randrange(job.operations//2, job.operations))
        before = job.in_place(folder)
        tried, code = tried + 1, run(job.changed, folder)
        refused += code == SAID
        if code == FINE: wrong.append(f'{i}: other data was taken without a word')
        elif code == BROKEN or not before: wrong.append(f'{i}: {log_of(folder).read_text()[-600:]}')
        if (why := settle(job, folder)): wrong.append(f'{i}: {why}')
        if run(job.changed, folder) != SAID: wrong.append(f'{i}: a finished one was given other data')
        if job.result(folder) != job.want: wrong.append(f'{i}: other data changed a finished one')
    return f'{refused} of {tried} refused while unfinished, all afterwards', wrong

KINDS = dict(kill=kill, full=full, readonly=readonly, writers=writers, changed=changed)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('kinds', nargs='*', default=[], help=f'of {", ".join(KINDS)}; default all')
    p.add_argument('--jobs', nargs='*', default=[j.name for j in JOBS], help='of train, embed, index')
    p.add_argument('--kills', type=int, default=50, help='kills of each job')
    p.add_argument('--rounds', type=int, default=20, help='full disks, pairs of writers, changes of data')
    p.add_argument('--seed', type=int, default=0, help='of the random moments')
    o = p.parse_args()
    for k in o.kinds:
        if k not in KINDS: p.error(f'{k}: there are {", ".join(KINDS)}')
    import acml.cli, acml.library, acml.model, acml.recipes # what all processes share
    tiny_recipe()
    base, lost = Path(tempfile.mkdtemp(prefix='survival-')), 0
    for job in (j(base) for j in JOBS if j.name in o.jobs):
        print(f'{job.name}: {job.seconds:.1f} s undisturbed, {job.operations} operations on the disk', flush=True)
        for kind in o.kinds or KINDS:
            t, n = time.time(), o.kills if kind == 'kill' else o.rounds
            said, wrong = KINDS[kind](job, n, random.Random(f'{o.seed} {job.name} {kind}'))
            lost += len(wrong)
            print(f'  {kind:9} {said}; lost or wrong: {len(wrong)} ({time.time() - t:.0f} s)', flush=True)
            for w in wrong[:5]: print('    ' + w.replace('\n', '\n    '), flush=True)
    if not lost: shutil.rmtree(base)
    else: print(f'what is wrong is in {base}')
    print(f'{lost} lost or wrong')
    return int(lost > 0)

if __name__ == '__main__': sys.exit(main())
