"""Stubs for editors: acml/*.pyi, so that `ACML.`, `Library.`, `Hits.` are completed with all their methods.

    python tools/stubs.py    # write them

A method that a page adds with `@patch` is seen by Python, not by an editor, which only reads. A module that has such
methods gets a stub with them in the body of their class, signature and docstring kept. `acml/__init__.pyi` names what
`acml/__init__.py` loads when asked. Public names only; nothing is imported to make them.
"""
import ast, re, textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = '# Written by tools/stubs.py for editors; do not edit.\n'
WIDTH = 120
KEPT_DECORATORS = 'property', 'cached_property', 'classmethod', 'staticmethod', 'contextmanager', 'dataclass'

def _is_public(name): return not name.startswith('_') or name.startswith('__')

def _function(node): return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))

# ---- one definition

class Source:
    "The text of a module, asked by position: columns of the syntax tree count bytes."
    def __init__(self, text):
        self.lines = [l.encode() for l in text.splitlines()]
        self.tree = ast.parse(text)

    def between(self, line, col, end_line, end_col):
        lines = self.lines[line - 1:end_line]
        lines[-1] = lines[-1][:end_col]
        lines[0] = lines[0][col:]
        return b'\n'.join(lines).decode()

    def of(self, node): return self.between(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)

    def statement(self, node):
        "A statement with the comment behind it, its later lines without the indentation of the first."
        text = self.between(node.lineno, node.col_offset, node.end_lineno, None)
        return re.sub(rf'\n {{{node.col_offset}}}', '\n', text)

    def head(self, node):
        "`def ...:` or `class ...:` up to the body, with the comments of the signature."
        body = node.body[0]
        text = self.between(node.lineno, node.col_offset, body.lineno, body.col_offset).rstrip()
        return re.sub(rf'\n {{{node.col_offset}}}', '\n', text)

def _indent(text): return re.sub(r'^(?=.)', '    ', text, flags=re.M)

def _narrow(text):
    "The comment of a line that is too wide goes below it."
    out = []
    for line in text.splitlines():
        m = re.match(r'(.*?\S) +# (.+)$', line) if len(line) > WIDTH else None
        if not m: out.append(line)
        else:
            start = re.match(r' *(def \w+\()?', line).end()*' ' + '# '
            out += [m[1], *textwrap.wrap(m[2], WIDTH, initial_indent=start, subsequent_indent=start)]
    return '\n'.join(out)

def _decorator(d):
    name = ast.unparse(d.func if isinstance(d, ast.Call) else d)
    return name if name.split('.')[-1] in KEPT_DECORATORS else None

def _docstring(source, node):
    "The docstring as written; broken where it would be too wide in the body of a class."
    doc = ast.get_docstring(node)
    if doc is None: return ''
    text = source.statement(node.body[0])
    if '\n' not in text and len(text) > WIDTH - 8 and '\\' not in text:
        text = '"""' + '\n'.join(textwrap.wrap(doc, WIDTH - 14)) + '"""'
    return text + '\n'

def _def(source, node, decorators=None):
    "A function or method: decorators that an editor understands, signature, docstring."
    names = [d for d in map(_decorator, node.decorator_list) if d] if decorators is None else decorators
    head, doc = source.head(node), _docstring(source, node)
    above = ''.join(f'@{d}\n' for d in names)
    if doc: return f'{above}{head}\n{_indent(doc)}    ...\n'
    return f'{above}{head}' + ('\n    ...\n' if '#' in head.splitlines()[-1] else ' ...\n')

# ---- methods that were patched in

def _patch(node):
    "The decorator `@patch` of a function, if it has one."
    if not _function(node): return None
    return next((d for d in node.decorator_list
                 if ast.unparse(d.func if isinstance(d, ast.Call) else d) == 'patch'), None)

def _patched(source, node):
    "A patched method as it would stand in its class, and the names of the classes."
    mark, owner = _patch(node), node.args.args[0].annotation
    options = {k.arg: getattr(k.value, 'value', None) for k in mark.keywords} if isinstance(mark, ast.Call) else {}
    kind = 'property' if options.get('as_prop') else 'classmethod' if options.get('cls_method') else None
    text = _def(source, node, [kind] if kind else [])
    text = re.sub(rf'\((\w+)\s*:\s*{re.escape(source.of(owner))}', r'(\1', text, count=1)
    return [n.id for n in ast.walk(owner) if isinstance(n, ast.Name)], text

# ---- modules

def _kind(value):
    "The type of a constant, as far as one can see it."
    if isinstance(value, ast.Constant): return type(value.value).__name__ if value.value is not None else 'Any'
    kinds = {ast.Dict: 'dict', ast.DictComp: 'dict', ast.List: 'list', ast.ListComp: 'list', ast.Tuple: 'tuple',
             ast.Set: 'set', ast.SetComp: 'set', ast.JoinedStr: 'str'}
    return kinds.get(type(value), 'Any')

def _constants(node):
    "Names and types that an assignment defines."
    for target in node.targets:
        if isinstance(target, ast.Name): yield target.id, _kind(node.value)
        elif isinstance(target, ast.Tuple):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [None]*len(target.elts)
            yield from ((t.id, _kind(v)) for t, v in zip(target.elts, values) if isinstance(t, ast.Name))

def _class(source, node, more):
    "A class: fields, public methods, and those patched in."
    body = _docstring(source, node)
    for n in node.body:
        if _function(n) and _is_public(n.name): body += _def(source, n)
        elif isinstance(n, ast.AnnAssign) and _is_public(n.target.id): body += source.statement(n) + '\n'
        elif isinstance(n, ast.Assign) and all(_is_public(t.id) for t in n.targets if isinstance(t, ast.Name)):
            body += source.statement(n) + '\n'
    above = ''.join(f'@{source.of(d)}\n' for d in node.decorator_list if _decorator(d))
    return f'{above}{source.head(node)}\n{_indent(body + "".join(more) or "...")}'

def _offered(source):
    "The names in `__all__`."
    lists = [n.value for n in source.tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == '__all__']
    return set(ast.literal_eval(lists[0])) if lists else set()

def _imports(source, used):
    "The imports of a module whose names are used, or offered as its own."
    offered = _offered(source)
    for n in source.tree.body:
        if not isinstance(n, (ast.Import, ast.ImportFrom)): continue
        for a in n.names: a.asname = a.name if a.name in offered else a.asname
        n.names = [a for a in n.names if (a.asname or a.name.split('.')[0]) in used | offered]
        text = ast.unparse(n) if n.names else ''
        if len(text) > WIDTH: text = text.replace(' import ', ' import (\n    ').replace(', ', ',\n    ') + '\n)'
        if text: yield text

def _methods(source):
    "Public patched methods by class."
    methods = {}
    for n in filter(_patch, source.tree.body):
        owners, text = _patched(source, n)
        for owner in owners if _is_public(n.name) else (): methods.setdefault(owner, []).append(text)
    return methods

def _definitions(source):
    "What the module defines: name to text, in order; private names too."
    methods, out = _methods(source), {}
    for n in source.tree.body:
        if isinstance(n, ast.ClassDef): out[n.name] = _class(source, n, methods.pop(n.name, ()))
        elif _function(n) and not _patch(n): out[n.name] = _def(source, n)
        elif isinstance(n, ast.Assign):
            for name, kind in _constants(n):
                out[name] = source.statement(n) if 'namedtuple' in ast.unparse(n.value) else f'{name}: {kind}'
    if methods: raise ValueError(f'methods patched into {", ".join(methods)}, which the module does not define')
    return {name: text for name, text in out.items() if name != '__all__'}

def _names(text): return {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}

def to_stub(text):
    "The stub of a module with patched methods; '' if it has none."
    source = Source(text)
    if not any(map(_patch, source.tree.body)): return ''
    defined = _definitions(source)
    wanted = {name for name in defined if _is_public(name)}
    while more := {name for n in wanted for name in _names(defined[n])} & defined.keys() - wanted: wanted |= more
    parts = ['\n' + t.rstrip() if '\n' in t else t for name, t in defined.items() if name in wanted]
    imports = _imports(source, _names('\n'.join(parts)))
    above = [HEAD + _docstring(source, source.tree).rstrip(), 'from typing import Any', *imports, '']
    return _narrow('\n'.join(above + parts)).replace('\n\n\n', '\n\n') + '\n'

def front_names(text):
    "Pairs (module, name) that acml/__init__.py loads when asked."
    of = {n.targets[0].id: n.value for n in ast.parse(text).body if isinstance(n, ast.Assign)}
    return [(module, name) for module, names in ast.literal_eval(of['_MODULES']).items() for name in names]

def front_problems(root=ROOT):
    "Names that acml/__init__.py promises and no module offers."
    for module, name in front_names((root/'acml'/'__init__.py').read_text(encoding='utf-8')):
        path = root/'acml'/f'{module}.py'
        if not path.exists(): yield f'acml/__init__.py: there is no module {module} to load {name} from'
        elif name not in _offered(Source(path.read_text(encoding='utf-8'))):
            yield f'acml/__init__.py: {module} does not offer {name}'

def front_stub(text):
    "The stub of acml/__init__.py."
    lines = [f'from .{module} import {name} as {name}' for module, name in front_names(text)]
    return HEAD + '\n'.join(['__version__: str', '__all__: list[str]', *lines]) + '\n'

# ---- files

def wanted(root=ROOT):
    "Path from the root and text of each stub."
    out = {'acml/__init__.pyi': front_stub((root/'acml'/'__init__.py').read_text(encoding='utf-8'))}
    for path in sorted((root/'acml').glob('*.py')):
        if path.name.startswith('_'): continue
        if stub := to_stub(path.read_text(encoding='utf-8')): out[f'acml/{path.stem}.pyi'] = stub
    return out

def out_of_date(root=ROOT):
    "Stubs that are not as they should be."
    have = {f'acml/{p.name}': p.read_text(encoding='utf-8') for p in (root/'acml').glob('*.pyi')}
    want = wanted(root)
    return sorted(name for name in have.keys() | want.keys() if have.get(name) != want.get(name))

def write(root=ROOT):
    "Write all stubs, and remove those of modules that need none."
    want = wanted(root)
    for p in (root/'acml').glob('*.pyi'):
        if f'acml/{p.name}' not in want: p.unlink()
    for name, text in want.items(): (root/name).write_text(text, encoding='utf-8')

if __name__ == '__main__': write()
