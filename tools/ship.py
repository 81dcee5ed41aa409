"""Let trained weights ship: put them into acml/pretrained, and make anew all that follows from them.

    python tools/ship.py joint runs/joint                 # goes on where it was stopped, with the same weights
    python tools/ship.py joint runs/joint --list          # the steps, and which are done
    python tools/ship.py joint runs/joint --until verify  # no further than this step
    python tools/ship.py joint runs/joint --skip properties probes   # leave these benchmarks for later

Steps: `copy`; `record` of the molecules learnt from, and the split of the demo table by it; `confidence` and `verify`,
learnt on `valid` unless config.json has them; `reference` answers of the tests; `results`: every command of
benchmarks/results that was run with other weights (tools/fresh.py), two at a time, each logged in runs/ship-NAME;
`pages` whose outputs differ, saved anew; `check`. Results that are skipped or fail are named at the end: measure them
again, or mark them by tools/fresh.py. Needs the tables that the benchmarks need.
"""
import argparse, json, os, re, shlex, shutil, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fresh

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from acml.core import read_json, write_json

PRETRAINED, RUNS = ROOT/'acml'/'pretrained', ROOT/'runs'
STEPS = 'copy', 'record', 'confidence', 'verify', 'reference', 'results', 'pages', 'check'
FILES = 'config.json', 'model.safetensors', 'training.parquet'


def run(command: str, log: Path) -> int:
    "A command line that begins with `python`, several after `;`, with one thread; output to a file, exit code back."
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT), 'MPLBACKEND': 'agg'}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('a') as f:
        for one in command.split('; '):
            f.write(f'$ {one}\n'); f.flush()
            args = [sys.executable, *shlex.split(one)[1:]]
            done = subprocess.run(args, cwd=ROOT, env=env, stdout=f, stderr=subprocess.STDOUT)
            if done.returncode: return done.returncode
    return 0

def run_all(commands: list, folder: Path) -> list:
    "Two at a time; those that failed."
    name = lambda c: re.sub(r'\W+', '_', c.partition('/')[2])[:80] + '.log'
    def one(command):
        code = run(command, folder/name(command))
        print(f'{"failed" if code else "done"}: {command}', flush=True)
        return code
    with ThreadPoolExecutor(2) as pool: codes = list(pool.map(one, commands))
    return [c for c, code in zip(commands, codes) if code]

def copy(name, source, folder):
    "The weights; what was learnt beside those that shipped before goes, and is learnt anew."
    for file in FILES: shutil.copyfile(source/file, PRETRAINED/name/file)
    return []

def record(name, source, folder):
    return run_all([f'python tools/write_training_record.py {name}; python tools/split_demo_table.py'], folder)

def learnt(name, part):
    "Which modalities and combinations had this before: the model is asked for the same again."
    keys = json.loads((RUNS/f'ship-{name}'/'before.json').read_text())[part]
    return [f'{name}:{k}' for k in dict.fromkeys(k.partition(',')[0] for k in keys)]

def learn(name, part, command, folder):
    "Run a command for each that has none of it yet. All write one config.json: what one wrote over is named."
    def lacking():
        there = {k.partition(',')[0] for k in read_json(PRETRAINED/name/'config.json')['info'].get(part, {})}
        return [m for m in learnt(name, part) if m.partition(':')[2] not in there]
    failed = run_all([f'python benchmarks/{command} {m}' for m in lacking()], folder)
    return failed + [f'{m}: not in config.json' for m in lacking()]

def confidence(name, source, folder): return learn(name, 'confidence', 'confidence.py --fit', folder)

def verify(name, source, folder): return learn(name, 'verify', 'verify.py --fit --n 150', folder)

def reference(name, source, folder): return run_all(['python tools/reference.py write'], folder)

def outdated() -> list: # in a process of its own: weights are read anew
    "Commands of results that were measured with other weights."
    rows = fresh.results()
    return list(dict.fromkeys(rows[file]['command'] for file in fresh.judge(rows, *fresh.shipped())[0]))

def results(name, source, folder, skip=()):
    commands = [c for c in outdated() if not any(f'benchmarks/{s}.py' in c for s in skip)]
    run_all([c + ' --keep-baseline'*('/modalities.py' in c and '--keep-baseline' not in c) for c in commands], folder)
    return [] # one that failed is still out of date, and named at the end

def pages(name, source, folder): return run_all(['python tools/outputs.py --update --workers 2'], folder)

def check(name, source, folder): return run_all(['python tools/check.py --fix'], folder)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('name', help='the model that ships, e.g. joint')
    p.add_argument('source', type=Path, help='a folder of `acml train`')
    p.add_argument('--list', action='store_true', help='only tell the steps')
    p.add_argument('--until', choices=STEPS, default=STEPS[-1], help='the last step')
    p.add_argument('--skip', nargs='*', default=[], help='benchmarks that are not run')
    a = p.parse_args()
    if missing := [f for f in FILES if not (a.source/f).exists()]: sys.exit(f'{a.source}: no {", ".join(missing)}')
    folder, weights = RUNS/f'ship-{a.name}', read_json(a.source/'config.json')['weights_sha256']
    state = read_json(folder/'done.json') if (folder/'done.json').exists() else {}
    done = state.get('done', []) if state.get('weights') == weights else []
    if a.list: sys.exit('\n'.join(f'{s:11}{"done" if s in done else ""}' for s in STEPS))
    folder.mkdir(parents=True, exist_ok=True)
    if state.get('weights') != weights: # before its config.json is replaced
        info = read_json(PRETRAINED/a.name/'config.json')['info']
        write_json(folder/'before.json', {part: list(info.get(part, {})) for part in ('confidence', 'verify')})
        write_json(folder/'done.json', dict(weights=weights, done=done))
    for step in STEPS[:STEPS.index(a.until) + 1]:
        if step in done: continue
        more = dict(skip=a.skip) if step == 'results' else {}
        failed = globals()[step](a.name, a.source, folder, **more)
        if failed: sys.exit(f'{step}: failed, see {folder}: {failed}')
        done.append(step)
        write_json(folder/'done.json', dict(weights=weights, done=done))
        print(f'{step}: done', flush=True)
    if left := outdated(): print('Still of other weights:', *left, sep='\n  ')


if __name__ == '__main__': main()
