"""Every Python that acml says it runs on: its syntax, and a pin of each package in constraints.txt."""
import ast, configparser, re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = '3.10', '3.11', '3.12', '3.13'
SETTINGS = configparser.ConfigParser(delimiters=['='])
SETTINGS.read(ROOT/'settings.ini', encoding='utf-8')
SETTINGS = SETTINGS['DEFAULT']
FOLDERS = 'acml', 'tests', 'tools', 'benchmarks'
SCRIPTS = [ROOT/'setup.py', *(p for d in FOLDERS for p in sorted((ROOT/d).rglob('*.py')))]

def lines_too_new(code):
    "Lines with syntax that Python 3.10 does not have, as far as `feature_version` and the running Python know."
    try: ast.parse(code, feature_version=(3, 10))
    except SyntaxError as e: return [e.lineno]
    return [n.lineno for n in ast.walk(ast.parse(code)) if isinstance(n, ast.JoinedStr) and same_quotes(code, n)]

def same_quotes(code, node):
    "Whether the quotes of an f-string come again inside its braces, or a backslash does: Python 3.12 and newer."
    text = ast.get_source_segment(code, node) or ''
    quotes = re.match(r'[rRfF]*("""|\'\'\'|"|\')', text)
    inner = [ast.get_source_segment(code, v.value) or '' for v in node.values if isinstance(v, ast.FormattedValue)]
    return bool(quotes) and any(quotes[1] in t or '\\' in t for t in inner)

@pytest.mark.parametrize('path', SCRIPTS, ids=lambda p: p.stem)
def test_syntax_of_the_oldest_python(path):
    lines = lines_too_new(path.read_text(encoding='utf-8'))
    assert not lines, f'{path.name}: Python 3.10 cannot read line {lines[0]}'

def test_syntax_that_is_too_new_is_found():
    assert lines_too_new('try: pass\nexcept* ValueError: pass') == [2]
    assert lines_too_new('a = f"{x}"\nb = f"{x["k"]}"') == [2]
    assert lines_too_new("def f[T](x: T): pass") == [1]
    assert not lines_too_new('match x:\n    case 1: pass\nwith (open(a) as b, open(c) as d): pass\nf"{x[\'k\']}"')

def pins(python):
    "Name to the pins of constraints.txt that hold for a Python."
    requirements = pytest.importorskip('packaging.requirements')
    found = {}
    for line in (ROOT/'constraints.txt').read_text(encoding='utf-8').splitlines():
        if not line.strip() or line.startswith('#'): continue
        r = requirements.Requirement(line)
        if r.marker is None or r.marker.evaluate(dict(python_version=python, python_full_version=f'{python}.0')):
            found.setdefault(normal(r.name), []).append(str(r.specifier))
    return found

def normal(name): return re.sub(r'[-_.]+', '-', name).lower()

def required():
    "Everything that any extra asks for: name to what it allows."
    requirements = pytest.importorskip('packaging.requirements')
    for key, value in SETTINGS.items():
        if key.endswith('requirements'): yield from map(requirements.Requirement, value.split())

@pytest.mark.parametrize('python', PYTHONS)
def test_one_pin_of_each_package(python):
    found = pins(python)
    twice = {n: p for n, p in found.items() if len(p) > 1}
    assert not twice, f'Python {python}: several pins of {twice}'
    for r in required():
        assert normal(r.name) in found, f'Python {python}: {r.name} has no pin'
        version = found[normal(r.name)][0].removeprefix('==')
        assert r.specifier.contains(version, prereleases=True), f'Python {python}: {r} does not allow {version}'

def test_the_oldest_python_is_the_one_that_is_tested():
    assert SETTINGS['min_python'] == PYTHONS[0]
    workflow = (ROOT/'.github'/'workflows'/'test.yml').read_text(encoding='utf-8')
    assert re.search(r"python: \[(.*)\]", workflow)[1].replace("'", '').split(', ') == list(PYTHONS)

@pytest.mark.parametrize('python', PYTHONS)
def test_the_lock_has_hashes_and_the_versions_of_the_constraints(python):
    "requirements.lock, which tools/lock.py writes."
    requirements = pytest.importorskip('packaging.requirements')
    text = (ROOT/'requirements.lock').read_text(encoding='utf-8').replace('\\\n', ' ')
    here, locked = dict(python_version=python, python_full_version=f'{python}.0', sys_platform='linux'), {}
    for line in filter(None, (o for o in text.splitlines() if not o.startswith('#'))):
        named, *hashes = re.split(r'\s+--hash=', line)
        assert hashes and all(re.fullmatch(r'sha256:[0-9a-f]{64}', h.strip()) for h in hashes), named
        r = requirements.Requirement(named)
        if r.marker is None or r.marker.evaluate(here): locked[normal(r.name)] = str(r.specifier)
    pinned = {n: p[0] for n, p in pins(python).items()}
    other = {n: (v, pinned[n]) for n, v in locked.items() if n in pinned and v != pinned[n]}
    assert not other, f'Python {python}: run tools/lock.py; {other}'
    missing = {normal(r) for r in re.findall(r'(?:^|\s)([A-Za-z][\w.-]*)', SETTINGS['requirements'])} - set(locked)
    assert not missing, f'Python {python}: run tools/lock.py; it has no {missing}'
