"""Is all that is generated up to date with the notebooks?

    python tools/check.py          # says what is not, exit code 1; changes nothing
    python tools/check.py --fix    # nbdev_export, nbdev_clean, stubs, README.md and the other pages made of notebooks

Checked in a copy: `nbdev_export` writes the same `acml/*.py` and `nbdev_clean` leaves the notebooks as they are;
`tools/stubs.py` writes the same `acml/*.pyi`, `tools/readme.py` the same `README.md` and result pages,
`tools/cards.py` the same model cards. Each config.json
and training.parquet that ships holds its own checksum, and results were measured with the weights that ship
(`tools/fresh.py`).
"""
import os, shutil, subprocess, sys, tempfile
from pathlib import Path

import cards, fresh, readme, stubs

ROOT = Path(__file__).resolve().parents[1]
EXPORT = 'from nbdev.doclinks import nbdev_export; nbdev_export()'
CLEAN = 'from nbdev.clean import nbdev_clean; nbdev_clean()'
BY_HAND = '__init__.py', '__main__.py' # the only modules that no notebook writes

def _nbdev(code, root):
    "Run nbdev in the project at `root`; it never sees the settings of another project."
    env = {k: v for k, v in os.environ.items() if k != 'IN_TEST'}
    done = subprocess.run([sys.executable, '-c', code], cwd=root, env=env, capture_output=True, text=True)
    if done.returncode: sys.exit(done.stderr)

def notebooks(root=ROOT):
    "All notebooks of the project, in order."
    return sorted(p for p in (root/'nbs').rglob('*.ipynb')
                  if not any(part[0] in '._' for part in p.relative_to(root).parts))

def copy_sources(dest):
    "What nbdev needs of the project, without the modules it writes."
    for name in ('settings.ini', 'pyproject.toml'): shutil.copy(ROOT/name, dest)
    for p in notebooks():
        to = dest/p.relative_to(ROOT)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(p, to)
    (dest/'acml').mkdir()
    for name in BY_HAND: shutil.copy(ROOT/'acml'/name, dest/'acml')

def out_of_sync(copy):
    "Modules that differ from what the notebooks export, with the reason."
    _nbdev(EXPORT, copy)
    modules = lambda root: {p.name: p.read_text(encoding='utf-8') for p in (root/'acml').glob('*.py')}
    have, want = modules(ROOT), modules(copy)
    def reason(m):
        if m not in want: return 'no notebook exports it'
        return 'differs from its notebook' if m in have else 'missing'
    return [f'acml/{m}: {reason(m)}' for m in sorted(have.keys() | want.keys()) if have.get(m) != want.get(m)]

def unclean(copy):
    "Notebooks that `nbdev_clean` would change."
    _nbdev(CLEAN, copy)
    changed = [p for p in notebooks() if p.read_bytes() != (copy/p.relative_to(ROOT)).read_bytes()]
    return [f'{p.relative_to(ROOT)}: not clean' for p in changed]

def unsealed():
    "Files of shipped models that do not hold their own checksum, or another one."
    sys.path.insert(0, str(ROOT))
    from pyarrow.parquet import read_schema
    from acml.core import AcmlError, file_sha256, read_json
    for path in sorted((ROOT/'acml'/'pretrained').glob('*/training.parquet')):
        if b'check' not in read_schema(path).metadata: yield str(path.relative_to(ROOT)), 'it holds no checksum'
    for path in sorted((ROOT/'acml'/'pretrained').glob('*/config.json')):
        name, weights = str(path.relative_to(ROOT)), path.with_name('model.safetensors')
        try: said = read_json(path, sealed=True).get('weights_sha256')
        except AcmlError as e: yield name, str(e).removeprefix(f'{path}: ')
        else:
            if weights.exists() and file_sha256(weights) != said: yield name, 'model.safetensors is another one'

def seal():
    "Give a checksum to those that have none; one that was changed by hand has to be looked at first."
    from acml.core import read_json
    from acml.disk import write_sealed
    from acml.training_record import read_training_record, write_training_record
    for name, reason in list(unsealed()):
        if 'holds no checksum' not in reason: continue
        if name.endswith('.json'): write_sealed(ROOT/name, read_json(ROOT/name))
        else: write_training_record((ROOT/name).parent, read_training_record((ROOT/name).parent))

def problems():
    "All that is out of date, one line each."
    with tempfile.TemporaryDirectory() as d:
        copy_sources(Path(d))
        found = out_of_sync(Path(d)) + unclean(Path(d))
    found += [*stubs.front_problems(), *(f'{name}: differs from its module' for name in stubs.out_of_date())]
    stale = [*readme.out_of_date(), *cards.out_of_date()]
    found += [f'{name}: {reason}' for name, reason in unsealed()]
    old, warnings = fresh.out_of_date()
    for w in warnings: print('warning:', w, file=sys.stderr)
    found += [f'benchmarks/results/{name}: {reason}' for name, reason in old.items()]
    return found + [f'{name}: differs from its notebook or benchmarks/results' for name in stale]

def fix():
    "Write all that is generated."
    _nbdev(EXPORT, ROOT)
    _nbdev(CLEAN, ROOT)
    stubs.write()
    readme.write()
    seal()
    cards.write()

if __name__ == '__main__':
    if '--fix' in sys.argv[1:]: fix()
    found = problems()
    print('\n'.join(found) or 'In sync, clean, stubs and README up to date.')
    if not found: sys.exit()
    if any('weights' not in f for f in found): sys.exit('Run: make prepare')
    sys.exit('Measure them again, or: python tools/fresh.py --mark WHY')
