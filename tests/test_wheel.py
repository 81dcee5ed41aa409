"""The built wheel, installed where there is nothing else: what a user gets from `pip install`."""
import os, shutil, subprocess, sys, zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
DATA_FOLDERS = 'demo', 'static', 'pretrained'

def run(*command, cwd, code=0):
    "Run a command away from the checkout; its output if it ended as expected."
    env = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'ACML_DATA')}
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == code, f'{" ".join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}'
    return done.stdout

def pip(python):
    "The pip of this environment, at work in the one of `python`."
    return sys.executable, '-m', 'pip', '--python', python

@pytest.fixture(scope='module')
def source(root, tmp_path_factory):
    "The checkout as git has it, new files included, in a folder of its own, where nothing has been built before."
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=root, capture_output=True,
                            text=True)
    if listed.returncode: pytest.skip('not a git checkout')
    dest = tmp_path_factory.mktemp('source')
    for name in filter(None, listed.stdout.split('\0')):
        if not (root/name).is_file(): continue
        (dest/name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root/name, dest/name)
    return dest

@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory):
    dest = tmp_path_factory.mktemp('wheel')
    run(sys.executable, '-m', 'pip', 'wheel', '--no-deps', '-w', dest, source, cwd=dest)
    return next(dest.glob('acml-*.whl'))

@pytest.fixture(scope='module')
def python(wheel, root, tmp_path_factory):
    "The Python of a new environment that holds the wheel and what it requires, nothing else."
    env = tmp_path_factory.mktemp('env')
    run(sys.executable, '-m', 'venv', '--without-pip', env/'venv', cwd=env)
    python = env/'venv'/'bin'/'python'
    run(*pip(python), 'install', '-q', '--no-compile', '-c', root/'constraints.txt', wheel, cwd=env)
    yield python
    shutil.rmtree(env) # more than a gigabyte

IMPORT_ALL = '''
import importlib, pkgutil, socket
def refuse(*a, **k): raise OSError('network at import')
socket.socket.connect = socket.getaddrinfo = refuse
import acml
names = [m.name for m in pkgutil.iter_modules(acml.__path__)]
for n in names: importlib.import_module('acml.' + n)
print(acml.__file__, *names)
'''

def test_wheel_holds_the_modules_and_their_data(wheel, source):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {p.relative_to(source).as_posix() for p in (source/'acml').glob('*.py*')}
    wanted |= {p.relative_to(source).as_posix() for d in DATA_FOLDERS
               for p in (source/'acml'/d).rglob('*') if p.is_file()}
    assert wanted <= held, f'not in the wheel: {sorted(wanted - held)}'
    strange = {n for n in held if not n.startswith(('acml/', 'acml-'))}
    assert not strange, f'should not be in the wheel: {sorted(strange)}'
    assert {Path(n).name for n in held} >= {'LICENSE', 'NOTICE'}

def test_wheel_is_not_too_large_for_the_index(wheel):
    assert wheel.stat().st_size < 50e6

def test_every_module_imports_without_nbdev_and_without_network(python, source, tmp_path):
    run(*pip(python), 'check', cwd=tmp_path)
    for package in ('nbdev', 'jupytext', 'pytest'): run(python, '-c', f'import {package}', cwd=tmp_path, code=1)
    where, *names = run(python, '-c', IMPORT_ALL, cwd=tmp_path).split()
    assert 'site-packages' in where
    assert set(names) >= {p.stem for p in (source/'acml').glob('*.py') if not p.stem.startswith('_')}

def test_command_line(python, source, tmp_path):
    if not (source/'acml'/'cli.py').exists(): pytest.skip('acml.cli is not written yet')
    acml = python.with_name('acml')
    help = run(acml, '--help', cwd=tmp_path)
    for command in 'demo fetch prepare train embed search eval'.split(): assert command in help
    assert 'Traceback' not in help

def test_runs_with_fastcore_2(python, tmp_path):
    "fastcore 1 and 2 differ; at run time both will do. The last test here: it changes the environment."
    done = subprocess.run([*pip(python), 'install', '-q', 'fastcore>=2,<3'], cwd=tmp_path, capture_output=True,
                          text=True)
    if done.returncode: pytest.skip('fastcore 2 cannot be had: ' + done.stderr.strip().splitlines()[-1])
    assert run(python, '-c', 'from fastcore import __version__; print(__version__)', cwd=tmp_path).startswith('2.')
    run(python, '-c', IMPORT_ALL, cwd=tmp_path)
    if python.with_name('acml').exists() and 'cli' in run(python, '-c', IMPORT_ALL, cwd=tmp_path).split():
        run(python.with_name('acml'), '--help', cwd=tmp_path)
