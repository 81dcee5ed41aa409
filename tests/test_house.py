"""The rules of the house, for every page and module. A failure names the page, the cell and the rule."""
import ast, importlib, inspect, json, os, re, subprocess, sys
from collections import Counter, namedtuple
from pathlib import Path

import pytest

import check, readme

ROOT = Path(__file__).resolve().parents[1]
PAGE = re.compile(r'(\d\d)([a-z]?)_(\w+)') # number, letter and module of a page
NOTEBOOKS = check.notebooks()
PAGES = [p for p in NOTEBOOKS if p.parent == ROOT/'nbs' and PAGE.fullmatch(p.stem)]
MODULES = sorted(p for p in (ROOT/'acml').glob('*.py') if not p.name.startswith('_'))
PLACE = {m[3]: (int(m[1]), m[2]) for p in PAGES for m in [PAGE.fullmatch(p.stem)]} # module name to (number, letter)
Cell = namedtuple('Cell', 'where id marks code outputs')

MAX_CELLS = 90              # a page; when it is about two things it becomes two (12a, 12b)
MAX_BYTES = 300_000         # a notebook with its outputs
MAX_CHARACTERS = 2_500      # an exported cell
MAX_CLASS_CHARACTERS = 4_000
MAX_LINES = 500             # a module
MAX_WIDTH = 120             # a line, anywhere
MAX_SUMMARY = 110           # the summary of a page, which is the docstring of its module
MAX_PUBLIC = 485           # names in all `__all__` together

def text(x): return ''.join(x) if isinstance(x, list) else x

def all_cells(path):
    "Each cell of a notebook as the file has it, and where it is."
    for i, c in enumerate(json.loads(path.read_text(encoding='utf-8'))['cells']):
        yield f'{path.name} cell {i+1} ({c["id"]})', c

def code_cells(path):
    "The code cells of a notebook: position and id, `#|` directives, source without them, outputs."
    for where, c in all_cells(path):
        if c['cell_type'] != 'code': continue
        lines = text(c['source']).splitlines()
        marks = [l[2:].strip().split()[0].rstrip(':') for l in lines if l.startswith('#|') and l[2:].strip()]
        code = '\n'.join(l for l in lines if not l.startswith('#|'))
        yield Cell(where, c['id'], marks, code, c['outputs'])

def is_exported(cell): return any(m in ('export', 'exporti', 'exports') for m in cell.marks)
def is_hidden(cell): return any(m in ('hide', 'include') for m in cell.marks)

def parsed(code):
    "The syntax tree, without IPython's own lines (`%time`, `!ls`)."
    try: return ast.parse(code)
    except SyntaxError: return ast.parse('\n'.join('' if l.strip()[:1] in [*'%!?'] else l for l in code.splitlines()))

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

def arrow_problems(where, page, tree):
    "Imports against the direction of the pages, which is by number, then letter."
    for module in imported_pages(tree):
        to = PLACE.get(module)
        if to is None: yield f'{where} imports acml.{module}, which no page defines'
        elif to >= page: yield f'{where} imports acml.{module}, page {to[0]:02}{to[1]}: only earlier pages'
        elif page[0] // 10 == to[0] // 10 == 1 and page[0] != to[0]:
            yield f'{where} imports acml.{module}, page {to[0]}{to[1]}: pages of the 10s only import their own number'

@pytest.mark.parametrize('path', MODULES, ids=lambda p: p.stem)
def test_module_imports_only_earlier_pages(path):
    assert path.stem in PLACE, f'no page defines {path.name}'
    ok(arrow_problems(path.name, PLACE[path.stem], ast.parse(path.read_text(encoding='utf-8'))))

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_page_imports_only_earlier_pages(path):
    place = PLACE[PAGE.fullmatch(path.stem)[3]]
    ok(p for c in code_cells(path) for p in arrow_problems(c.where, place, parsed(c.code)))

def test_page_numbers_are_unique():
    assert len(set(PLACE.values())) == len(PAGES), sorted(p.name for p in PAGES)

@pytest.mark.parametrize('page,module,allowed', [
    ('13b_nmr', 'layers', True), ('05_modality', 'core', True), ('05_modality', 'modality', False),
    ('05_modality', 'layers', False), ('13b_nmr', 'mass', False), ('14b_mass', 'nmr', False),
    ('12e_image', 'ocsr', True), ('12b_ocsr', 'image', False), ('13b_nmr', 'ocsr', False), ('40_library', 'ocsr', True),
    ('40_library', 'nothing', False)])
def test_arrows_compare_number_and_letter(page, module, allowed, monkeypatch):
    places = {'core': (0, ''), 'modality': (5, ''), 'layers': (6, ''), 'ocsr': (12, 'b'), 'image': (12, 'd'),
              'nmr': (13, ''), 'mass': (14, '')}
    monkeypatch.setattr(sys.modules[__name__], 'PLACE', places)
    number, letter, _ = PAGE.fullmatch(page).groups()
    found = list(arrow_problems(page, (int(number), letter), ast.parse(f'from acml.{module} import something')))
    assert bool(found) != allowed, found

# ---- the page

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_page_starts_as_a_page(path):
    first = text(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source'])
    assert re.match(r'# \S.*\n\n> \S', first), f'{path.name} starts with a title and a one-sentence summary (> ...)'
    module = re.search(r'^#\|\s*default_exp (\w+)', path.read_text(encoding='utf-8').replace('"#|', '\n#|'), re.M)
    assert module and module[1] == PAGE.fullmatch(path.stem)[3], \
        f'{path.name} exports to the module it is named after'

def wide_lines(lines, where, is_prose=False):
    "Lines wider than allowed. Formulas and rows of tables cannot be broken, addresses should not, nor can directives."
    exempt = re.compile(r'https?://|\$\$|^\s*\|' if is_prose else r'https?://|^\s*#\|')
    for n, l in enumerate(lines, 1):
        if len(l) > MAX_WIDTH and not exempt.search(l):
            yield f'{where} line {n}: {len(l)} characters, at most {MAX_WIDTH}: {l.strip()[:60]}...'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_no_wide_line_in_a_notebook(path):
    ok(p for where, c in all_cells(path)
       for p in wide_lines(text(c['source']).splitlines(), where, is_prose=c['cell_type'] != 'code'))

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_no_wide_line_in_a_module(path):
    path = ROOT/'acml'/(PAGE.fullmatch(path.stem)[3] + '.py')
    source = path.read_text(encoding='utf-8')
    names = next(n for n in ast.parse(source).body if isinstance(n, ast.Assign) and n.targets[0].id == '__all__')
    lines = source.splitlines()
    for n in range(names.lineno - 1, names.end_lineno): lines[n] = '' # nbdev breaks these lines, not we
    ok(wide_lines(lines, path.name))

def our_scripts():
    "Python that is no page."
    return [ROOT/'setup.py', *(p for d in ('tests', 'tools', 'benchmarks') for p in sorted((ROOT/d).rglob('*.py')))]

@pytest.mark.parametrize('path', our_scripts(), ids=lambda p: p.stem)
def test_no_wide_line_in_a_script(path):
    ok(wide_lines(path.read_text(encoding='utf-8').splitlines(), path.name))

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_summary_fits_a_docstring(path):
    summary = text(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source']).splitlines()[2].lstrip('> ')
    assert len(summary) <= MAX_SUMMARY, f'{path.name}: the summary has {len(summary)} characters, at most {MAX_SUMMARY}'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_page_is_short(path):
    n = len(list(all_cells(path)))
    assert n <= MAX_CELLS, f'{path.name}: {n} cells, at most {MAX_CELLS}; when it is about two things it becomes two'

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_module_is_short(path):
    path = ROOT/'acml'/(PAGE.fullmatch(path.stem)[3] + '.py')
    n = len(path.read_text(encoding='utf-8').splitlines())
    assert n <= MAX_LINES, f'{path.name}: {n} lines, at most {MAX_LINES}'

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_exported_cells_are_short(path):
    def problems():
        for c in filter(is_exported, code_cells(path)):
            has_class = any(isinstance(n, ast.ClassDef) for n in parsed(c.code).body)
            cap = MAX_CLASS_CHARACTERS if has_class else MAX_CHARACTERS
            n = len(c.code)
            if n > cap: yield f'{c.where}: {n} characters, at most {cap}: {c.code.strip().splitlines()[0]}'
    ok(problems())

def lines_with_two_conditions(code):
    "Numbers of the lines on which more than one conditional expression (`a if b else c`) begins."
    begins = Counter(n.lineno for n in ast.walk(parsed(code)) if isinstance(n, ast.IfExp))
    return sorted(line for line, times in begins.items() if times > 1)

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_one_conditional_expression_a_line(path):
    ok(f'{c.where} line {n}: two conditional expressions: {c.code.splitlines()[n-1].strip()}'
       for c in filter(is_exported, code_cells(path)) for n in lines_with_two_conditions(c.code))

def test_conditional_expressions_are_counted_by_line():
    assert lines_with_two_conditions('a = 1 if b else 2 if c else 3') == [1]
    assert lines_with_two_conditions('a = 1 if b else (\n    2 if c else 3)\nx = [i for i in y if i]') == []

@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.stem)
def test_something_between_exported_cells(path):
    cells = [c for c in code_cells(path) if c.code.strip() and not only_imports(c)]
    ok(f'{b.where}: follows an exported cell; put an example, a figure or an assertion between them'
       for a, b in zip(cells, cells[1:]) if is_exported(a) and is_exported(b))

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_little_is_hidden(path):
    cells = [c for c in code_cells(path) if c.code.strip()]
    hidden = sum(map(is_hidden, cells))
    cap = max(1, 0.15 * len(cells))
    assert hidden <= cap, f'{path.name}: {hidden} of {len(cells)} code cells are hidden, at most 15 %'

@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_small(path):
    size = path.stat().st_size
    if size >= MAX_BYTES:
        outputs = sorted((len(json.dumps(c.outputs)), c.where) for c in code_cells(path))[-3:]
        largest = ', '.join(f'{where}: {n/1000:.0f} kB' for n, where in outputs[::-1])
        pytest.fail(f'{path.name}: {size/1000:.0f} kB, less than {MAX_BYTES/1000:.0f} allowed; largest: {largest}')

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
    kinds = '.py .ipynb .md .yml .toml .ini .json .js .css .html .txt'.split()
    for path in (ROOT/name for name in listed.stdout.splitlines()):
        if path.suffix in kinds and path.exists():
            yield str(path.relative_to(ROOT)), path.read_text(encoding='utf-8')

def test_no_path_of_one_machine_is_committed():
    pattern = re.compile(r'(?<![\w.*/{}$~-])/(work|root|home)/[\w.-]+')
    ok(f'{name}: {m[0]}' for name, t in committed_texts() if not name.startswith('tests/test_house')
       for m in [pattern.search(t)] if m)

# ---- the package

def imported(node):
    "The modules that an import names; relative ones are our own."
    if isinstance(node, ast.Import): return [a.name for a in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level: return [node.module]
    return []

def test_no_pickle():
    "Nothing in acml reads or writes pickles, by whatever name."
    modules = {'pickle', 'cPickle', 'dill', 'cloudpickle', 'joblib', 'shelve'}
    calls = {'torch.load', 'torch.save', 'read_pickle', 'to_pickle'}
    def problems():
        for path in MODULES:
            for n in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
                names = imported(n)
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
    timed = 't = time.perf_counter(); import acml; t = time.perf_counter() - t'
    code = f'import sys, time; {timed}; print(t, *(m for m in {heavy} if m in sys.modules))'
    runs = [run_python(code).split() for _ in range(3)]
    assert runs[0][1:] == [], f'import acml imports {runs[0][1:]}'
    assert min(float(r[0]) for r in runs) < 0.5

# Import name to distribution, where they differ; and what our requirements bring with them for sure.
DISTRIBUTION = {
    'torch_geometric': 'torch-geometric', 'sklearn': 'scikit-learn', 'PIL': 'matplotlib',
    'IPython': 'ipywidgets', 'traitlets': 'ipywidgets'
}

def test_modules_import_only_what_is_required():
    "So that `pip install .`, or an extra that the page names, is enough; nbdev and pytest are for development only."
    settings = (ROOT/'settings.ini').read_text(encoding='utf-8')
    lines = [m[2] for m in re.finditer(r'^(?:(\w+)_)?requirements = (.+)$', settings, re.M) if m[1] != 'dev']
    required = {re.split(r'[<>=!~\[]', r)[0] for line in lines for r in line.split()}
    def problems():
        for path in MODULES:
            for n in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
                for name in {m.split('.')[0] for m in imported(n)} - set(sys.stdlib_module_names) - {'acml'}:
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
            kin = o.__mro__[::-1] if hasattr(o, '__dataclass_fields__') else ()
            fields = [docments(c) for c in kin if '__dataclass_fields__' in vars(c)] # those of its bases too
            docs = {k: v for d in fields or [docments(f)] for k, v in d.items() if v}
            named = [p for p, k in inspect.signature(f).parameters.items()
                     if p != 'self' and k.kind not in (k.VAR_KEYWORD, k.VAR_POSITIONAL)]
            missing = [p for p in named if not docs.get(p)]
            if missing: yield f'{name}: {", ".join(missing)}'
    ok(problems())

def test_public_names_are_few():
    "What a reader has to know. A helper that only its own page needs starts with an underscore."
    counts = {path.stem: len(importlib.import_module(f'acml.{path.stem}').__all__) for path in MODULES}
    most = ', '.join(f'{m} {n}' for m, n in Counter(counts).most_common(5))
    total = sum(counts.values())
    assert total <= MAX_PUBLIC, f'{total} public names, at most {MAX_PUBLIC}; most: {most}'
