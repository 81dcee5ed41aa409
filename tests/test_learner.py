"Training that is killed: what the notebook cannot try on itself."
import json, os, shutil, signal, subprocess, sys, time
from pathlib import Path
from types import SimpleNamespace
import pytest
import torch
from acml.core import AcmlError
from acml.callback import Callback, CheckpointCB, EarlyStoppingCB, ProgressCB
from acml.checkpoint import atomic_folder, find_folder, read_checkpoint
from acml.learner import Learner

JOB = '''
import os, signal, sys, random
from pathlib import Path
import numpy as np, torch
from torch import nn
from acml.core import seed_everything
from acml.callback import Callback, ProgressCB
from acml.learner import Learner
import acml.checkpoint
torch.set_num_threads(1)

class Batches:
    def __init__(self, n=12): self.n, self.epoch = n, 0
    def __len__(self): return self.n
    def set_epoch(self, epoch): self.epoch = epoch
    def __iter__(self):
        rng = np.random.default_rng([3, self.epoch])
        for _ in range(self.n):
            x = torch.from_numpy(rng.normal(size=(16, 6)).astype('float32'))
            yield {'x': x, 'y': x[:, :1] * x[:, 1:2]}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1))
    def forward(self, batch):
        "Draws from all three generators: dropout from that of torch."
        return self.layers(batch['x'] + 0.01*random.random() + 0.01*np.random.rand())

class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(()))
    def forward(self, output, batch):
        mse = (output - batch['y']).square().mean()
        return mse*torch.exp(-self.scale) + self.scale, {'mse': mse}

def kill(): os.kill(os.getpid(), signal.SIGKILL)

class KillCB(Callback):
    "No warning, no cleaning up: in the middle of a step, or at the `n`-th disk operation from then on."
    def __init__(self, step, disk=0): self.at, self.disk = step, disk
    def after_loss(self, learn):
        if learn.step != self.at: return
        if not self.disk: kill()
        left = [self.disk]
        def count(f):
            def g(*args, **kw):
                left[0] -= 1
                if not left[0]: kill()
                return f(*args, **kw)
            return g
        files = acml.checkpoint
        files.hashed_write, files.write_sealed = count(files.hashed_write), count(files.write_sealed)
        Path.rename, files.shutil.rmtree = count(Path.rename), count(files.shutil.rmtree)

def job(out, resume=False, step=-1, disk=0, dl=None):
    seed_everything(1)
    return Learner(Net(), dl or Batches(), Loss(), valid=Batches(3), epochs=4, lr=1e-2, out=out, seed=5,
                   cbs=[ProgressCB(quiet=True), KillCB(step, disk)]).fit(resume=resume)

if __name__ == '__main__': job(sys.argv[1], sys.argv[2] == 'resume', *map(int, sys.argv[3:]))
'''
FILES = [f'{name}/{f}' for name in ('last', 'best') for f in ('model.safetensors', 'state.safetensors', 'state.json')]

@pytest.fixture(scope='module')
def workplace(tmp_path_factory):
    "The job as a script, and the files that it writes when nobody disturbs it."
    d = tmp_path_factory.mktemp('learner')
    (d/'job.py').write_text(JOB)
    assert start(d, 'whole', 'new') == 0
    return d

def start(d, out, *args):
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'ACCELERATE_USE_CPU': 'true',
           'PYTHONPATH': str(Path(__file__).parents[1])}
    return subprocess.run([sys.executable, 'job.py', out, *map(str, args)], cwd=d, env=env).returncode

def same(d, a, b): return [f for f in FILES if (d/a/f).read_bytes() != (d/b/f).read_bytes()] == []

def test_killed_in_mid_epoch_and_resumed_is_the_same_bit_for_bit(workplace):
    assert start(workplace, 'mid', 'new', 29) == -signal.SIGKILL
    assert read_checkpoint(workplace/'mid'/'last')[2]['epoch'] == 2
    assert start(workplace, 'mid', 'resume', 40) == -signal.SIGKILL, 'killed a second time'
    assert start(workplace, 'mid', 'resume') == 0
    assert same(workplace, 'whole', 'mid')

def test_killed_before_the_first_checkpoint(workplace):
    assert start(workplace, 'first', 'new', 5) == -signal.SIGKILL
    assert not (workplace/'first'/'last').exists()
    assert start(workplace, 'first', 'resume') == 0
    assert same(workplace, 'whole', 'first')

@pytest.mark.parametrize('nth', [4, 7, 12, 15, 16])
def test_killed_while_writing_a_checkpoint(workplace, tmp_path, nth):
    """At the last step of an epoch the n-th disk operation kills: `best` half written (4) or moved aside (7), `last`
    half written (12), moved aside (15), or in place with the old one not yet cleared away (16). What is on disk is
    whole, and leads to the same end."""
    code = f'''
import sys; sys.path.insert(0, {str(workplace)!r})
from job import job
job({str(tmp_path/"run")!r}, False, 35, {nth})
'''
    pid = os.fork() if hasattr(os, 'fork') else pytest.skip('needs fork')
    if pid == 0:
        sys.path.insert(0, str(workplace))
        try: exec(code, {})
        finally: os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    weights, rest, state = read_checkpoint(tmp_path/'run'/'last')
    assert state['epoch'] in (2, 3) and len(state['history']) == state['epoch']
    sys.path.insert(0, str(workplace))
    from job import job
    assert job(tmp_path/'run', True).epoch == 4
    assert all((tmp_path/'run'/f).read_bytes() == (workplace/'whole'/f).read_bytes() for f in FILES)
    assert not [p for p in (tmp_path/'run').iterdir() if p.name.startswith('.')], 'nothing is left lying about'

def test_half_written_checkpoint_is_ignored(workplace, tmp_path):
    shutil.copytree(workplace/'whole'/'last', tmp_path/'last')
    with pytest.raises(OSError):
        with atomic_folder(tmp_path/'last') as d:
            (d/'model.safetensors').write_bytes(b'half')
            raise OSError('disk full')
    assert read_checkpoint(tmp_path/'last')[2]['epoch'] == 4
    (tmp_path/'last').rename(tmp_path/'.last.old')
    assert find_folder(tmp_path/'last') and read_checkpoint(tmp_path/'last')[2]['epoch'] == 4

def test_torch_dataloader_resumes_bit_for_bit(workplace, tmp_path):
    "Shuffled, with workers: the order follows from seed and epoch."
    sys.path.insert(0, str(workplace))
    from job import job
    class Rows(torch.utils.data.Dataset):
        def __len__(self): return 60
        def __getitem__(self, i):
            x = torch.sin(torch.arange(6.)*(i + 1))
            return {'x': x, 'y': x[:1]*x[1:2]}
    loader = lambda workers=0: torch.utils.data.DataLoader(Rows(), batch_size=12, shuffle=True, num_workers=workers)
    class Stop(Callback):
        def after_step(self, learn):
            if learn.step == 13: raise KeyboardInterrupt
    job(tmp_path/'whole', dl=loader())
    before = Callback.after_step
    Callback.after_step = Stop.after_step
    try:
        with pytest.raises(KeyboardInterrupt): job(tmp_path/'broken', dl=loader())
    finally: Callback.after_step = before
    job(tmp_path/'broken', resume=True, dl=loader(1))
    assert same(tmp_path, 'whole', 'broken')

@pytest.mark.parametrize('best, written', [(3, ['best', 'last']), (2, ['last']), (None, ['last'])])
def test_best_is_written_after_the_best_epoch_and_no_other(best, written):
    saved = []
    CheckpointCB().after_epoch(SimpleNamespace(best_epoch=best, epoch=3, save=saved.append))
    assert saved == written

@pytest.mark.parametrize('epoch, best, stops', [(3, 1, True), (2, 1, False), (2, None, True), (1, None, False)])
def test_a_run_stops_after_so_many_epochs_without_a_better_one(epoch, best, stops):
    learn = SimpleNamespace(epoch=epoch, best_epoch=best, monitor='valid_loss', stop='')
    EarlyStoppingCB(patience=2).after_epoch(learn)
    assert learn.stop == ('no better valid_loss for 2 epochs' if stops else '')

def test_no_pickle_on_disk(workplace):
    assert sorted(str(p.relative_to(workplace/'whole'))
                  for p in (workplace/'whole').rglob('*') if p.is_file()) == sorted(FILES)
    for f in FILES:
        if f.endswith('json'): json.loads((workplace/'whole'/f).read_text())
        else: assert (workplace/'whole'/f).read_bytes()[8:9] == b'{'

@pytest.mark.parametrize('change', ['rng', 'settings'])
def test_foreign_state_json_is_an_error_of_one_line(workplace, tmp_path, change):
    shutil.copytree(workplace/'whole', tmp_path/'run')
    state = json.loads((tmp_path/'run'/'last'/'state.json').read_text())
    state.pop(change)
    (tmp_path/'run'/'last'/'state.json').write_text(json.dumps(state))
    sys.path.insert(0, str(workplace))
    from job import job
    with pytest.raises(AcmlError, match='state.json: damaged or changed'): job(tmp_path/'run', True)

PAIR = '''
import os, sys, torch
from torch import nn
from accelerate.utils import gather_object
from acml.callback import Callback, ProgressCB
from acml.learner import Learner
torch.set_num_threads(1)
x = torch.linspace(-1, 1, 64)[:, None]
class Batches:
    def __len__(self): return 8
    def set_epoch(self, epoch): self.order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))
    def __iter__(self):
        for part in self.order.split(8): yield x[part]
class Spy(Callback):
    def before_fit(self, learn): self.seen = []
    def after_loss(self, learn): self.seen += learn.batch.flatten().tolist()
    def after_epoch(self, learn):
        seen = gather_object(self.seen)
        assert len(seen) == 64 and len(set(seen)) == 64, len(set(seen))
        self.seen = []
torch.manual_seed(0)
dl = torch.utils.data.DataLoader(x, batch_size=8, shuffle=True) if sys.argv[2] == 'torch' else Batches()
loss = lambda output, batch: (output - 3*batch).square().mean()
learn = Learner(nn.Linear(1, 1), dl, loss, valid=[x], epochs=3, lr=0.3, out=sys.argv[1],
                cbs=[ProgressCB(quiet=True), Spy()])
learn.fit()
weights = gather_object([[p.item() for p in learn.model.parameters()]])
assert learn.acc.num_processes == 2 and weights[0] == weights[1], weights
assert learn.step == 12 and learn.rows[-1]['valid_loss'] < learn.rows[0]['valid_loss']
learn.acc.end_training()
os._exit(0) # all is asserted; the threads of gloo sometimes abort while the interpreter shuts down
'''

@pytest.mark.parametrize('kind', ['torch', 'plain'])
def test_two_processes_share_the_batches_and_keep_equal_weights(tmp_path, kind):
    (tmp_path/'pair.py').write_text(PAIR)
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'ACCELERATE_USE_CPU': 'true',
           'PYTHONPATH': str(Path(__file__).parents[1])}
    cmd = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2', 'pair.py',
           str(tmp_path/'out'), kind]
    res = subprocess.run(cmd, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert res.returncode == 0, res.stderr[-3000:]
    assert read_checkpoint(tmp_path/'out'/'last')[2]['epoch'] == 3

def test_the_loop_costs_less_than_two_milliseconds_a_step():
    "CPU time of a step of a model that computes next to nothing, beside the same steps by hand; the best of three."
    model, data = torch.nn.Linear(2, 1), [torch.ones(1, 2)]*300
    def loss_func(output, batch): return output.square().mean()
    def by_hand():
        opt, start = torch.optim.AdamW(model.parameters(), fused=True), time.process_time()
        for batch in data:
            loss = loss_func(model(batch), batch)
            opt.zero_grad(); loss.backward(); opt.step()
        return time.process_time() - start
    def ours():
        learn, start = Learner(model, data, loss_func, epochs=1, cbs=[ProgressCB(quiet=True)]), time.process_time()
        learn.fit()
        return time.process_time() - start
    by_hand(), ours()
    ms = (min(ours() for _ in range(3)) - min(by_hand() for _ in range(3)))/len(data)*1e3
    assert ms < 2, f'{ms:.2f} ms'
