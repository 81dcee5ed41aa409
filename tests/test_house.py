"""The rules of the house: what every page and every module keeps to. Each failure names the page, the cell and the rule."""
import ast, importlib, inspect, json, os, re, subprocess, sys
from collections import namedtuple
from pathlib import Path

import pytest

import check, readme

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT/'nbs').glob('[0-9][0-9]_*.ipynb'))
NOTEBOOKS = check.notebooks()
MODULES = sorted(p for p in (ROOT/'acml').glob('*.py') if not p.name.startswith('_'))
NUMBER = {p.stem.split('_', 1)[1]: int(p.stem[:2]) for p in PAGES} # module name to page number
Cell = namedtuple('Cell', 'where id marks code outputs')

def text(x): return ''.join(x) if isinstance(x, list) else x

def code_cells(path):
    "The code cells of a notebook: position and id, `#|` directives, source without them, outputs."
    cells = json.loads(path.read_text(encoding='utf-8'))['cells']
    for i, c in enumerate(cells):
        if c['cell_type'] != 'code': continue
        lines = text(c['source']).splitlines()
        marks = [l[2:].strip().split()[0].rstrip(':') for l in lines if l.startswith('#|') and l[2:].strip()]
        yield Cell(f'{path.name} cell {i+1} ({c["id"]})', c['id'], marks,
                   '\n'.join(l for l in lines if not l.startswith('#|')), c['outputs'])

def is_exported(cell): return any(m in ('export', 'exporti', 'exports') for m in cell.marks)
def is_hidden(cell): return any(m in ('hide', 'include') for m in cell.marks)

def parsed(code):
    "The syntax tree, without IPython's own lines (`%time`, `!ls`)."
    return ast.parse('\n'.join('' if l.lstrip()[:1] in '%!?' and l.strip() else l for l in code.splitlines()))

def only_imports(cell): return all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in parsed(cell.code).body)

def imported_pages(tree):
    "The acml modules that a piece of code imports."
    for n in ast.walk(tree):
        if isinstance(n, ast.ImportFrom):
            module = n.module or ''
            if n.level == 0 and module.split('.')[0] != 'acml': continue
            if n.level == 0: module = module.partition('.')[2]
            yield from [module.split('.')[0]] if module else [a.name for a in n.names if not a.name.startswith('_')]
        elif isinstance(n, ast.Import):
            yield from (a.name.split('.')[1] for a in n.names if a.name.startswith('acml.'))

def ok(problems):
    "Fail with all of them, one a line."
    if problems := list(problems): pytest.fail('\n'.join(problems), pytrace=False)

# ---- generated files

@pytest.fixture(scope='module')
def nbdev_copy(tmp_path_factory):
    copy = tmp_path_factory.mktemp('copy')
    check.copy_sources(copy)
    return copy

def test_modules_in_sync_with_notebooks(nbdev_copy): ok(check.out_of_sync(nbdev_copy))

def test_notebooks_clean(nbdev_copy): ok(check.unclean(nbdev_copy))

def test_readme_in_sync_with_index(): assert readme.up_to_date(), 'README.md is out of date; run: make readme'

# ---- the arrows

def arrow_problems(name, number, tree):
    "Imports against the direction of the pages."
    for module in imported_pages(tree):
        n = NUMBER.get(module)
        if n is None: yield f'{name} imports acml.{module}, which no page defines'
        elif n >= number: yield f'{name} ({number:02}) imports acml.{module} ({n:02}): only lower numbers'
        elif number // 10 == 1 and n // 10 == 1:
            yield f'{name} ({number}) imports acml.{module} ({n}): the 10s never import one another'

@pytest.mark.parametrize('path', MODULES, ids=lambda p: p.stem)
def test_module_imports_only_lower_pages(path):
    assert path.stem in NUMBER, f'no page defines {path.name}'
    ok(arrow_problems(path.name, NUMBER[path.stem], ast.parse(path.read_text(encoding='utf-8'))))

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_page_imports_only_lower_pages(path):
    ok(p for c in code_cells(path) for p in arrow_problems(c.where, int(path.stem[:2]), parsed(c.code)))

def test_page_numbers_are_unique():
    assert len(set(NUMBER.values())) == len(PAGES), sorted(p.name for p in PAGES)

# ---- the page

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_page_starts_as_a_page(path):
    first = text(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source'])
    assert re.match(r'# \S.*\n\n> \S', first), f'{path.name} starts with a title and a one-sentence summary (> ...)'
    module = re.search(r'^#\|\s*default_exp (\w+)', path.read_text(encoding='utf-8').replace('"#|', '\n#|'), re.M)
    assert module and module[1] == path.stem.split('_', 1)[1], f'{path.name} exports to the module it is named after'

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_exported_cells_are_short(path):
    def problems():
        for c in filter(is_exported, code_cells(path)):
            cap = 40 if any(isinstance(n, ast.ClassDef) for n in parsed(c.code).body) else 25
            n = sum(1 for l in c.code.splitlines() if l.strip())
            if n > cap: yield f'{c.where}: {n} lines, cap {cap}: {c.code.strip().splitlines()[0]}'
    ok(problems())

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_something_between_exported_cells(path):
    cells = [c for c in code_cells(path) if c.code.strip() and not only_imports(c)]
    ok(f'{b.where}: follows an exported cell; put an example, a figure or an assertion between them'
       for a, b in zip(cells, cells[1:]) if is_exported(a) and is_exported(b))

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_little_is_hidden(path):
    cells = [c for c in code_cells(path) if c.code.strip()]
    hidden = sum(map(is_hidden, cells))
    assert hidden <= max(
        1, 0.15 * len(cells)), f'{path.name}: {hidden} of {len(cells)} code cells are hidden, at most 15 %'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_small(path):
    size = path.stat().st_size
    assert size < 400_000, f'{path.name}: {size/1000:.0f} kB, at most 400; find it with: json outputs > 50 kB'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_no_star_imports(path):
    ok(f'{c.where}: star import' for c in code_cells(path) for n in ast.walk(parsed(c.code))
       if isinstance(n, ast.ImportFrom) and any(a.name == '*' for a in n.names))

# ---- saved outputs

FORBIDDEN = {
    'a path of one machine': re.compile(r'/work/|/home/\w|/root/|/tmp/|/Users/|[A-Z]:\\Users'),
    'a progress bar with timings': re.compile(r'\d(it/s|s/it)\b'),
    'an address in memory': re.compile(r'\bat 0x[0-9a-f]{6,}'),
    'a script or style from the network': re.compile(r'<(script|link)[^>]+(src|href)\s*=\s*["\']?https?:'),
}

def output_texts(cell):
    "All text that a cell's outputs hold (base64 pictures left out)."
    for o in cell.outputs:
        if o['output_type'] == 'error': yield 'Traceback ' + o['ename']
        if 'text' in o: yield text(o['text'])
        for mime, data in o.get('data', {}).items():
            if not mime.startswith('image/') or 'svg' in mime:
                yield data if isinstance(data, str) else text(data) if isinstance(data, list) else json.dumps(data)

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_outputs_are_the_same_on_every_machine(path):
    def problems():
        for c in code_cells(path):
            for t in output_texts(c):
                if t.startswith('Traceback '): yield f'{c.where}: a saved error, {t}'
                for what, pattern in FORBIDDEN.items():
                    if m := pattern.search(t): yield f'{c.where}: {what}: ...{t[max(0, m.start()-20):m.end()+30]!r}'
    ok(problems())

def committed_texts():
    "Files of the project that people read, as git would see them."
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode: pytest.skip('not a git checkout')
    for name in listed.stdout.splitlines():
        path = ROOT/name
        if path.suffix in ('.py', '.ipynb', '.md', '.yml', '.toml', '.ini', '.json', '.js', '.css', '.html',
                           '.txt') and path.exists():
            yield name, path.read_text(encoding='utf-8')

def test_no_path_of_one_machine_is_committed():
    pattern = re.compile(r'(?<![\w.*/{}$~-])/(work|root|home)/[\w.-]+')
    ok(f'{name}: {m[0]}' for name, t in committed_texts() if not name.startswith('tests/test_house')
       for m in [pattern.search(t)] if m)

# ---- the package

def test_no_pickle():
    "Nothing in acml reads or writes pickles, by whatever name."
    modules = {'pickle', 'cPickle', 'dill', 'cloudpickle', 'joblib', 'shelve'}
    calls = {'torch.load', 'torch.save', 'read_pickle', 'to_pickle'}
    def problems():
        for path in MODULES:
            for n in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
                names = [a.name for a in n.names] if isinstance(
                    n, ast.Import) else [n.module or ''] if isinstance(n, ast.ImportFrom) else []
                if any(m.split('.')[0] in modules for m in names): yield f'{path.name}:{n.lineno} imports {names}'
                if isinstance(n, ast.Attribute) and (ast.unparse(n) in calls or n.attr in calls):
                    yield f'{path.name}:{n.lineno} {ast.unparse(n)}'
                if isinstance(n, ast.keyword) and n.arg == 'allow_pickle' and getattr(n.value, 'value', True):
                    yield f'{path.name}:{n.value.lineno} allow_pickle'
    ok(problems())

def test_nothing_is_loaded_from_the_network_by_pages_we_write():
    "No script, style, font or picture by URL, and no CDN, in what acml draws."
    loaded = re.compile(
        r'''(?:\bsrc|<link[^>]+href)\s*=\s*\\?["']?(?:https?:)?//|@import\s+(?:url\()?["']?https?:|url\(["']?https?:'''
        r'''|\bimport\s*\(?\s*["']https?:|\bfrom\s+["']https?:'''
        r'''|cdn\.jsdelivr|unpkg\.com|cdnjs\.|esm\.sh|skypack|fonts\.googleapis|3dmol\.org''')
    files = [p for p in (ROOT/'acml').rglob('*') if p.suffix in ('.py', '.js', '.mjs', '.css', '.html', '.svg')]
    ok(f'{p.relative_to(ROOT)}: {m[0]}' for p in files for m in [loaded.search(p.read_text(encoding='utf-8'))] if m)

def run_python(code):
    "Run a line in a fresh interpreter, outside the checkout's environment variables."
    env = {**os.environ, 'PYTHONPATH': str(ROOT)}
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout

def test_import_acml_is_light():
    heavy = 'torch rdkit pandas matplotlib numpy torch_geometric accelerate nbdev IPython'.split()
    code = f'import sys, time; t = time.perf_counter(); import acml; t = time.perf_counter() - t; print(t, *(m for m in {heavy} if m in sys.modules))'
    runs = [run_python(code).split() for _ in range(3)]
    assert runs[0][1:] == [], f'import acml imports {runs[0][1:]}'
    assert min(float(r[0]) for r in runs) < 0.5

# Import name to distribution, where they differ; and what our requirements bring with them for sure.
DISTRIBUTION = {
    'torch_geometric': 'torch-geometric', 'PIL': 'matplotlib', 'IPython': 'ipywidgets', 'traitlets': 'ipywidgets'
}

def test_modules_import_only_what_is_required():
    "So that `pip install .`, or an extra that the page names, is enough; nbdev, jupytext and pytest are for development only."
    settings = (ROOT/'settings.ini').read_text(encoding='utf-8')
    lines = [m[2] for m in re.finditer(r'^(?:(\w+)_)?requirements = (.+)$', settings, re.M) if m[1] != 'dev']
    required = {re.split(r'[<>=!~\[]', r)[0] for line in lines for r in line.split()}
    def problems():
        for path in MODULES:
            for n in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
                names = [a.name for a in n.names] if isinstance(
                    n, ast.Import) else [n.module] if isinstance(n, ast.ImportFrom) and not n.level else []
                for name in {m.split('.')[0] for m in names} - set(sys.stdlib_module_names) - {'acml'}:
                    if DISTRIBUTION.get(name, name) not in required:
                        yield f'{path.name}:{n.lineno} imports {name}, which settings.ini does not require'
    ok(problems())

def public_objects():
    "Module and object for each name in `__all__` that is a function or a class of ours."
    for path in MODULES:
        module = importlib.import_module(f'acml.{path.stem}')
        for name in module.__all__:
            o = getattr(module, name)
            if inspect.isfunction(o) or inspect.isclass(o): yield f'acml.{path.stem}.{name}', o

def test_public_names_have_docstrings():
    automatic = lambda o: o.__doc__.startswith(f'{o.__name__}(') # what dataclasses and named tuples write by themselves
    ok(f'{name}: no docstring' for name, o in public_objects() if not o.__doc__ or automatic(o))

def test_public_parameters_are_documented():
    "Every parameter of a public function or constructor has its docment: what it is, its shape, its unit."
    from fastcore.docments import docments
    def problems():
        for name, o in public_objects():
            f = o.__init__ if inspect.isclass(o) else o
            if not inspect.isfunction(f) or f.__qualname__.split('.')[0] != o.__name__.split('.')[0]: continue
            if getattr(o, '__dataclass_fields__', None): docs = docments(o)
            else: docs = docments(f)
            kinds = inspect.signature(f).parameters
            missing = [
                p for p, k in kinds.items()
                if p != 'self' and k.kind not in (k.VAR_KEYWORD, k.VAR_POSITIONAL) and not docs.get(p)
            ]
            if missing: yield f'{name}: {", ".join(missing)}'
    ok(problems())
