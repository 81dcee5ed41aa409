"""The front door: what `import acml` offers, and what an editor sees of it."""
import ast, importlib, inspect, os, subprocess, sys

import pytest

import acml, stubs

def python(*args, cwd):
    env = {**os.environ, 'PYTHONPATH': os.path.dirname(os.path.dirname(acml.__file__))}
    return subprocess.run([sys.executable, *args], cwd=cwd, env=env, capture_output=True, text=True)

# ---- names

@pytest.mark.parametrize('name', acml.__all__)
def test_each_name_is_that_of_its_module(name):
    module = importlib.import_module(f'acml.{acml._MODULE_OF[name]}')
    assert getattr(acml, name) is getattr(module, name) and name in module.__all__

def test_names_are_seen_before_they_are_loaded(tmp_path):
    code = 'import acml, sys\nprint({*acml.__all__} <= {*dir(acml)}, "torch" in sys.modules, acml.Rejected.__name__)'
    assert python('-c', code, cwd=tmp_path).stdout.split() == ['True', 'False', 'Rejected']

def test_unknown_names_are_attribute_errors_with_a_hint():
    with pytest.raises(AttributeError, match="'acml' has no attribute 'Libary'. Did you mean: 'Library'?"): acml.Libary
    with pytest.raises(AttributeError, match="no attribute 'xyzzy'$"): acml.xyzzy
    with pytest.raises(ImportError): exec('from acml import xyzzy')
    assert not hasattr(acml, '__wrapped__')

def test_names_hide_no_module(root):
    modules = {p.stem for p in (root/'acml').glob('*.py')}
    assert not modules & set(acml.__all__)

def test_front_names_stand_in_the_index(root):
    text = (root/'README.md').read_text(encoding='utf-8')
    missing = [name for name in acml.__all__ if f'`{name}`' not in text]
    assert not missing, f'README.md does not tell of {missing}'

# ---- python -m acml

def test_python_m_acml_is_acml(tmp_path):
    done = python('-m', 'acml', '--help', cwd=tmp_path)
    assert done.returncode == 0 and 'usage: acml COMMAND' in done.stdout
    failed = python('-m', 'acml', 'search', '--library', 'nowhere', '--cnmr', '20', cwd=tmp_path)
    assert failed.returncode == 1 and len(failed.stderr.splitlines()) == 1

# ---- stubs

TOY = '''"""A toy."""
import os
from dataclasses import dataclass
from fastcore.basics import patch
_LEAST = 3
A, B = 1, 'b'

@dataclass
class Box:
    "Holds things."
    things: list # What it holds
    def __len__(self): return len(self.things)
    def _secret(self): pass

@patch
def add(self: Box,
        thing: object, # What to add
        n: int=_LEAST # How often
       ) -> Box: # The box
    "Put something in."
    return self

@patch(as_prop=True)
def first(self: Box): return self.things[0]

@patch(cls_method=True)
@os.fspath
def of(cls: Box, *things) -> Box: # A box
    return cls(list(things))
'''

def test_patched_methods_move_into_their_class():
    text = stubs.to_stub(TOY)
    tree = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)}
    methods = {n.name: n for n in tree['Box'].body if isinstance(n, ast.FunctionDef)}
    assert list(methods) == ['__len__', 'add', 'first', 'of']
    assert ast.unparse(methods['add'].args) == 'self, thing: object, n: int=_LEAST'
    assert ast.get_docstring(methods['add']) == 'Put something in.' and '# How often' in text
    assert [ast.unparse(d) for m in ('first', 'of') for d in methods[m].decorator_list] == ['property', 'classmethod']
    assert '_LEAST: int' in text and "B: str" in text and 'patch' not in text and 'import os' not in text

def test_modules_without_patched_methods_need_no_stub():
    assert stubs.to_stub('def f(): return 1\n') == ''
    with pytest.raises(ValueError, match='Other'): stubs.to_stub('@patch\ndef f(self: Other): return 1\n')

def test_stubs_are_up_to_date(): assert not stubs.out_of_date(), 'run: make prepare'

@pytest.mark.parametrize('name', [n for n in stubs.wanted() if '__init__' not in n])
def test_a_stub_has_all_that_its_module_offers(root, name):
    tree = ast.parse((root/name).read_text(encoding='utf-8'))
    module = importlib.import_module(name.removesuffix('.pyi').replace('/', '.'))
    told = {n.name for n in tree.body if hasattr(n, 'name')}
    told |= {n.target.id for n in tree.body if isinstance(n, ast.AnnAssign)}
    told |= {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets}
    told |= {a.asname for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert set(module.__all__) <= told
    for n in tree.body:
        if not isinstance(n, ast.ClassDef): continue
        of = getattr(module, n.name)
        have = {k for k, v in vars(of).items() if inspect.isroutine(inspect.unwrap(v) if callable(v) else v)
                and not k.startswith('_') and getattr(v, '__module__', module.__name__) == module.__name__}
        told = {m.name for m in n.body if hasattr(m, 'name')}
        assert have <= told | {ast.unparse(m.target) for m in n.body if isinstance(m, ast.AnnAssign)}, n.name

@pytest.mark.parametrize('source, wanted', [
    ('from acml import ACML\nACML.', 'from_pretrained'),
    ('from acml import ACML\nmodel = ACML.from_pretrained("cnmr")\nmodel.', 'embed predict_shifts fingerprint'),
    ('from acml import Library\nLibrary.', 'build load'),
    ('from acml import Library\nlibrary = Library.load("x")\nlibrary.', 'identify search select table'),
    ('from acml import Library\nhits = Library.load("x").identify([20.])\nhits.', 'table title to_json to_html'),
    ('from acml import Hits\nHits.', 'to_json to_html'),
    ('import acml\nacml.', 'ACML Library explain_match'),
    ('from acml import explain_match\nexplain_match(None, "C", []).', 'table show unassigned_lines')])
def test_an_editor_completes(root, source, wanted):
    jedi = pytest.importorskip('jedi')
    script = jedi.Script(source, project=jedi.Project(root))
    lines = source.splitlines()
    found = {c.name for c in script.complete(len(lines), len(lines[-1]))}
    assert set(wanted.split()) <= found, sorted(n for n in found if not n.startswith('_'))[:40]

def test_an_editor_shows_signature_and_docstring(root):
    jedi = pytest.importorskip('jedi')
    source = 'from acml import Library\nLibrary.load("x").identify('
    signature, = jedi.Script(source, project=jedi.Project(root)).get_signatures(2, 27)
    assert {'record', 'formula', 'mass'} <= {p.name for p in signature.params} and 'molecules' in signature.docstring()
