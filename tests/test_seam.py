"""The seam: what is special about a modality is on its own page, and nothing else knows its name."""
import ast, re
from pathlib import Path

import numpy as np
import pytest

from acml.core import AcmlError
from acml.registry import SHIPPED, get_modality, modality_names, option_help, register_modality

ROOT = Path(__file__).resolve().parents[1]
PAGE = re.compile(r'(\d\d)[a-z]?_(\w+)')
PAGE_OF = {m[2]: m[1] for p in (ROOT/'nbs').glob('*.ipynb') for m in [PAGE.fullmatch(p.stem)] if m} # module to number
MODULES = {p.stem: p for p in sorted((ROOT/'acml').glob('*.py')) if p.stem in PAGE_OF}

# ---- names of modalities

# The table of modalities and the recipes may name them; so may what reads the settings of acml 0.1.
EXEMPT = {'registry': None, 'recipes': None, 'config': '_LAYOUT_1'}
# Encoders that go on with the encoder of another modality name it.
BUILDS_ON = {'image': {'smiles'}}
# Common words, also of columns, SVG elements and settings: only where a modality is compared, looked up or made.
COMMON = {'smiles', 'image', 'text', 'fingerprint'}
MODALITY_VARIABLES = {'modality', 'modalities', 'name', 'names', 'm', 'inputs', 'queries', 'towers', 'readouts'}
MODALITY_FUNCTIONS = set('''Modality demo_table embed get_modality load_table modality_rows option_help predict_shifts
                            shipped table_records table_rows'''.split())

def identifier(node):
    "`modality` of `modality`, `o.modality` and `self.modality[0]`."
    if isinstance(node, ast.Subscript): return identifier(node.value)
    return getattr(node, 'id', getattr(node, 'attr', ''))

def constants(node):
    "The text in an expression, and in tuples, lists and sets."
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)): return [c for e in node.elts for c in constants(e)]
    return [node] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []

def defaults(tree):
    "Default values of parameters and of the fields of dataclasses; the docstrings; `__all__`."
    for n in ast.walk(tree):
        if isinstance(n, (ast.FunctionDef, ast.Lambda)):
            yield from [*n.args.defaults, *filter(None, n.args.kw_defaults)]
        if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Module)) and isinstance(n.body, list):
            if n.body and isinstance(n.body[0], ast.Expr) and constants(n.body[0].value): yield n.body[0]
        if isinstance(n, ast.ClassDef): yield from (a.value for a in n.body if isinstance(a, ast.AnnAssign) and a.value)
        if isinstance(n, ast.Assign) and identifier(n.targets[0]) == '__all__': yield n.value

def column_values(tree):
    "Text that is compared with, or put into, the column `family` of tables, whose values are words of these too."
    for n in ast.walk(tree):
        if isinstance(n, ast.Compare): sides, target = n.comparators, n.left
        elif isinstance(n, ast.Assign): sides, target = [n.value], n.targets[0]
        else: continue
        name = identifier(target)
        if isinstance(target, ast.Subscript) and constants(target.slice): name = constants(target.slice)[0].value
        if name == 'family': yield from (c for s in sides for e in ast.walk(s) for c in constants(e))

def uses(tree):
    "Text that is compared with a modality, or with which one is looked up or made."
    for n in ast.walk(tree):
        if isinstance(n, ast.Compare):
            sides = [n.left, *n.comparators]
            if any(identifier(s) in MODALITY_VARIABLES for s in sides):
                yield from (c for s in sides for c in constants(s))
        elif isinstance(n, ast.Subscript) and identifier(n.value) in MODALITY_VARIABLES: yield from constants(n.slice)
        elif isinstance(n, ast.Call) and identifier(n.func) in MODALITY_FUNCTIONS:
            args = n.args[:1] if identifier(n.func) == 'Modality' else n.args # its second argument is a column
            yield from (c for a in args for c in constants(a))

def names_in(text, words):
    "Whether a text is a modality, or several: 'cnmr', 'cnmr+hnmr'."
    return bool(text) and all(w in words for w in text.split('+'))

def leaks(tree, own=frozenset(), variable=None):
    "Names of modalities that a module should not know, with their lines."
    words = set(SHIPPED) - own
    allowed = {id(e) for d in [*defaults(tree), *column_values(tree)] for e in ast.walk(d)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Assign) and variable and identifier(n.targets[0]) == variable:
            allowed |= {id(e) for e in ast.walk(n)}
    asked = {id(c) for c in uses(tree)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Call) and identifier(n.func) == 'dict':
            keys = [k.arg for k in n.keywords if k.arg in words - COMMON]
            if keys and id(n) not in allowed: yield f'line {n.lineno}: dict({keys[0]}=...)'
        if not isinstance(n, ast.Constant) or not isinstance(n.value, str) or id(n) in allowed: continue
        if names_in(n.value, words - COMMON) or (id(n) in asked and names_in(n.value, words)):
            yield f'line {n.lineno}: {n.value!r}'

def own_names(module):
    "The modalities whose pages have the number of this one."
    return {m for m, path in SHIPPED.items() if PAGE_OF.get(path.removeprefix('acml.')) == PAGE_OF[module]}

@pytest.mark.parametrize('module', MODULES)
def test_a_modality_is_named_on_its_own_page_only(module):
    if module in EXEMPT and EXEMPT[module] is None: return
    tree = ast.parse(MODULES[module].read_text(encoding='utf-8'))
    found = list(leaks(tree, own_names(module) | BUILDS_ON.get(module, set()), EXEMPT.get(module)))
    assert not found, f'{module}.py names modalities: {"; ".join(found)}'

@pytest.mark.parametrize('code', [
    "if modality == 'cnmr': pass", "x = {'hnmr': 1}", "x = dict(lcms=.02)", "f('cnmr+hnmr')", "m in ('gcms', 'lcms')",
    "if modality in ('graph', 'smiles'): pass", "model.towers['text']", "get_modality('image')",
    "def f(name): return name != 'text'"])
def test_a_leak_is_found(code): assert list(leaks(ast.parse(code)))

@pytest.mark.parametrize('code', [
    "table['smiles']", "_el('text', text=1)", "def f(modality='cnmr'): 'cnmr'", "raise AcmlError('write cnmr+hnmr')",
    "row['family'] = 'gcms' if ei else 'lcms'", "family == 'lcms'", "if 'smiles' in table: pass", "model.fingerprint()",
    "class A:\n    modality: str = 'cnmr'", "if modality == 'graph': pass"])
def test_what_is_no_leak(code): assert not list(leaks(ast.parse(code)))

def test_only_the_page_of_a_modality_imports_what_it_has():
    "Pages from 20 on get modalities by name; what a chemist compares by hand (13b, 14b) is imported by nobody."
    modules = {path.removeprefix('acml.') for path in SHIPPED.values()} - {'smiles', 'image'}
    for name, path in MODULES.items():
        if PAGE_OF[name] < '20': continue
        imported = {n.module for n in ast.walk(ast.parse(path.read_text(encoding='utf-8')))
                    if isinstance(n, ast.ImportFrom) and n.level == 1}
        assert not imported & modules, f'{name} imports {imported & modules}'

# ---- the registry

@pytest.fixture
def registered():
    "Factories are taken back afterwards."
    from acml import registry
    before = dict(registry._factories)
    yield
    registry._factories.clear()
    registry._factories.update(before)

def test_each_modality_says_what_its_option_is():
    for name in SHIPPED:
        modality = get_modality(name)
        assert modality.name == name and modality.option == option_help(name) and callable(modality.read)

def test_a_modality_of_ones_own_has_an_option(registered, tmp_path, capsys):
    from dataclasses import replace
    from acml.cli import main
    @register_modality
    def sound_modality(): return replace(get_modality('cnmr'), name='sound', read=str.split, option='a hum, 100 %')
    @register_modality
    def silent_modality(): return replace(get_modality('cnmr'), name='silent', read=None)
    assert modality_names()[-2:] == ['sound', 'silent'] and option_help('silent') == ''
    assert main(['search', '--help']) == 0
    text = ' '.join(capsys.readouterr().out.split())
    assert '--sound SOUND [SOUND ...] a hum, 100 %' in text and '--silent' not in text
    assert main(['search', '--library', str(tmp_path), '--modality', 'silent', '--peaks', '1']) == 1
    assert 'silent cannot be given to the command line' in capsys.readouterr().err

def test_an_option_that_is_taken_is_refused(registered, capsys):
    from dataclasses import replace
    from acml.cli import main
    @register_modality
    def formula_modality(): return replace(get_modality('cnmr'), name='formula')
    assert main(['search', '--help']) == 1
    assert 'formula cannot be an option: --formula has a meaning' in capsys.readouterr().err

def test_a_broken_package_is_named_where_it_is_asked_for(tmp_path, monkeypatch, capsys):
    from acml.cli import main
    about = tmp_path/'broken-1.0.dist-info'
    about.mkdir()
    (about/'METADATA').write_text('Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n')
    (about/'entry_points.txt').write_text('[acml.modalities]\nheat = broken:heat_modality\ncnmr = broken:mine\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AcmlError, match='modality heat: broken:heat_modality cannot be imported'): get_modality('heat')
    assert get_modality('cnmr').name == 'cnmr' # a package cannot take the place of one that ships
    assert main(['search', '--help']) == 0 and 'heat' in capsys.readouterr().out
    assert main(['search', '--library', str(tmp_path), '--heat', '1']) == 1
    assert 'broken:heat_modality cannot be imported' in capsys.readouterr().err

# ---- one record or several, measured again

@pytest.mark.parametrize('name, value, n', [
    ('cnmr', [1., 2.], 1), ('cnmr', [[1.], [2.]], 2), ('hnmr', [np.array([1.]), [2.]], 2), ('cnmr', [], 1),
    ('cnmr', np.array([[1.], [2.]]), 1), ('smiles', 'CCO', 1), ('smiles', ['CCO', 'CO'], 2), ('text', ('a', 'b'), 2),
    ('image', [Path('a.png'), None], 2), ('image', [[0, 1], [1, 0]], 1), ('lcms', ([91.], [1.]), 1),
    ('lcms', [dict(mz=[91.], intensity=[1.])], 1)])
def test_one_record_or_several(name, value, n): assert len(get_modality(name).split(value)) == n

@pytest.mark.parametrize('name, record', [
    ('cnmr', [128.4, 128.4, 21.]), ('hnmr', [7.26, 2.31]), ('gcms', dict(mz=[91., 65.], intensity=[1., .3])),
    ('lcms', dict(mz=[91.05, 65.04], intensity=[1., .3], precursor_mz=192.138, adduct='[M+H]+'))])
def test_a_spectrum_measured_again(name, record):
    modality = get_modality(name)
    plain = modality.featurize(record)
    same = modality.featurize(modality.perturb(record, 'reorder', np.random.default_rng(1)))
    near = modality.featurize(modality.perturb(record, 'remeasure', np.random.default_rng(1)))
    arrays = lambda f: [f] if isinstance(f, np.ndarray) else [f[k] for k in sorted(f)]
    for a, b in zip(arrays(plain), arrays(same)): np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(arrays(plain), arrays(near)))
    for a, b in zip(arrays(plain), arrays(near)): np.testing.assert_allclose(a, b, rtol=.05, atol=.05)

def test_only_peaks_are_measured_again():
    assert {m for m in SHIPPED if get_modality(m).perturb} == {'cnmr', 'hnmr', 'gcms', 'lcms'}
    assert {m for m in SHIPPED if get_modality(m).spectral} == {'cnmr', 'hnmr', 'gcms', 'lcms'}
