"""Do the tests notice when the code is wrong? Small faults are put into functions, one at a time.

    python tests/mutation.py                        # 20 faults in each module
    python tests/mutation.py loss search --n 100    # some modules, more faults

A fault is a changed operator, number, condition or keyword, a call or statement left out. The parent imports all once;
for each fault it forks a process, exchanges the code of the one function, runs the examples of the page that the module
comes from, then the tests in tests/ that belong to it, and stops at the first failure. A fault that nobody notices is
printed. Ends with 1 where less than 90 % were noticed.
"""
import argparse, ast, contextlib, copy, gc, io, json, os, random, signal, sys, time, types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.update(OMP_NUM_THREADS='1', HF_HUB_OFFLINE='1', MPLBACKEND='agg', ACML_MUTATION='1')
sys.path[:0] = [str(ROOT), str(ROOT/'tests'), str(ROOT/'tools')]
WANTED = .9

TESTS = { # module: page, and what belongs to it in tests/
    'loss': ('20_loss', ['test_loss.py']),
    'metrics': ('22_metrics', ['test_metrics.py']),
    'search': ('23_search', ['test_library.py', '-k', 'top_k or rank or search or nearest']),
    'pairs': ('25_pairs', ['test_loss.py', 'test_disk.py', '-k', 'pairs or store or loader']),
    'checkpoint': ('08_checkpoint', ['test_learner.py', 'test_disk.py', '-k', 'checkpoint or resume']),
    'alignment': ('09c_alignment', ['test_second_stage.py']),
    'local': ('23b_local', ['test_second_stage.py', 'test_mass_local.py']),
    'candidates': ('23a_candidates', ['test_second_stage.py', 'test_library.py', '-k',
                                      'second or rank or filter or mass or known or candidates or molecule']),
    'disk': ('00a_disk', ['test_disk.py', '-k', 'lock or file or sealed or verified or month or checksum']),
    'pieces': ('38_pieces', ['test_library_details.py', '-k', 'piece or process or molecules_there_are']),
    'build': ('39_build', ['test_library_details.py', 'test_library.py', 'test_disk.py', '-k',
                           'build or begun or library or killed or pieces']),
    'library': ('40_library', ['test_library_details.py', 'test_library.py'])}

# Faults that change nothing that anybody could see, by module and line: sizes of pieces, room for error, speed.
SAME = {
    'search': ('4096', '8192', '262_144', '2.2e9', '1.02*dim', '1024', '2048', '/4', 'len(ids) > k'),
    'metrics': ('round(4)',),
    'checkpoint': (),
    'build': ('ThreadPoolExecutor', 'stacklevel', 'sync(', 'progress', 'bar'),
    'pieces': ('workers', 'stacklevel', 'progress', 'pool', 'bar', 'deque', 'tqdm(', 'parent_process', 'signal.',
               'set_num_threads'), # of other processes, which import it without the fault
    'pairs': ('stacklevel', 'wait=-1'),
    'library': ('65536', 'progress', 'threads')}

SWAPS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
         ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
         ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
         ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Mult}

def faults_of(node):
    "Ways to change one node: (what, function that changes it in place, or gives its successor)."
    def swap(holder, name, i=None):
        old = getattr(holder, name) if i is None else getattr(holder, name)[i]
        new = SWAPS.get(type(old))
        if new is None: return
        def change(n):
            if i is None: setattr(n, name, new())
            else: getattr(n, name)[i] = new()
            return n
        yield f'{type(old).__name__} -> {new.__name__}', change
    if isinstance(node, ast.Compare): yield from (o for i in range(len(node.ops)) for o in swap(node, 'ops', i))
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)): yield from swap(node, 'op')
    if isinstance(node, (ast.If, ast.IfExp)):
        def negate(n):
            n.test = ast.UnaryOp(ast.Not(), n.test)
            return n
        yield 'condition negated', negate
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield f'{type(node.op).__name__} left out', lambda n: n.operand
    if isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
        v = node.value
        other = {bool: lambda: not v, int: lambda: v + 1, float: lambda: v*1.5 + .1}[type(v)]()
        yield f'{v} changed', lambda n: ast.Constant(other)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        yield f'.{node.func.attr}() left out', lambda n: n.func.value
    if isinstance(node, ast.Call):
        for i, k in enumerate(node.keywords):
            def drop(n, i=i):
                del n.keywords[i]
                return n
            if k.arg: yield f'{k.arg}= left out', drop
    if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Constant, ast.Yield, ast.YieldFrom)):
        yield 'statement left out', lambda n: ast.Pass()
    if isinstance(node, ast.AugAssign): yield 'statement left out', lambda n: ast.Pass()
    if isinstance(node, ast.With): yield 'with left out', lambda n: ast.If(ast.Constant(True), n.body, [])

class Change(ast.NodeTransformer):
    "Make the n-th fault; messages, annotations and what only prints are left alone."
    def __init__(self, n): self.n, self.count, self.what, self.line = n, 0, '', 0
    def visit(self, node):
        if isinstance(node, (ast.Raise, ast.JoinedStr, ast.arguments, ast.ClassDef)): return node
        if isinstance(node, ast.FunctionDef): # decorators and annotations are no code of the function
            node.body = [o for o in map(self.visit, node.body)]
            return node
        for what, change in faults_of(node):
            if self.count == self.n:
                self.count += 1
                self.what, self.line = what, node.lineno
                return ast.copy_location(change(copy.deepcopy(node)), node)
            self.count += 1
        return self.generic_visit(node)

def functions(source):
    "Functions and methods of a module, not those within others."
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name not in ('__repr__', 'extra_repr'): yield node
        if isinstance(node, ast.ClassDef):
            yield from (o for o in node.body if isinstance(o, ast.FunctionDef)
                        and o.name not in ('__repr__', 'extra_repr'))

def all_faults(module):
    "Every fault of a module: (name of the function, its first line, number, what, line)."
    source, lines = (ROOT/'acml'/f'{module}.py').read_text(), None
    lines = source.splitlines()
    for f in functions(source):
        for n in range(10_000):
            change = Change(n)
            change.visit(copy.deepcopy(f))
            if not change.what: break
            if not any(o in lines[change.line - 1] for o in SAME.get(module, ())):
                first = min([f.lineno, *(d.lineno for d in f.decorator_list)])
                yield f.name, first, n, change.what, change.line

def code_objects(code):
    yield code
    for o in code.co_consts:
        if isinstance(o, types.CodeType): yield from code_objects(o)

def put(module, name, first, n):
    "Exchange the code of a function that is already imported, wherever it is."
    path = ROOT/'acml'/f'{module}.py'
    tree = ast.parse(path.read_text())
    for f in functions(path.read_text()):
        if (f.name, min([f.lineno, *(d.lineno for d in f.decorator_list)])) == (name, first): break
    classes = [o for o in tree.body if isinstance(o, ast.ClassDef)]
    for holder in [tree, *classes]:
        for i, o in enumerate(holder.body):
            if isinstance(o, ast.FunctionDef) and (o.name, o.lineno) == (name, f.lineno):
                holder.body[i] = Change(n).visit(o)
    made = compile(ast.fix_missing_locations(tree), str(path), 'exec')
    new = next(c for c in code_objects(made) if (c.co_name, c.co_firstlineno) == (name, first))
    found = [o for o in gc.get_objects() if isinstance(o, types.FunctionType) and o.__code__.co_name == name
             and o.__code__.co_firstlineno == first and Path(o.__code__.co_filename).name == path.name
             and o.__module__ == f'acml.{module}']
    for o in found: o.__code__ = new
    return len(found)

def page_cells(page):
    "The examples of a page: code that is not exported, slow or not to be run."
    book = json.loads((ROOT/'nbs'/f'{page}.ipynb').read_text())
    for c in book['cells']:
        code = ''.join(c['source'])
        marks = [l for l in code.splitlines() if l.startswith('#|')]
        skip = any(w in m for m in marks for w in ('export', 'default_exp', 'eval: false', 'slow', 'notest', 'cuda'))
        if c['cell_type'] == 'code' and not skip and not any(l.lstrip()[:1] in ('%', '!') for l in code.splitlines()):
            yield code

def run_page(module, page):
    "Run the examples of a page with the module as it is now."
    import importlib
    space = {'__name__': '__main__', 'display': lambda *a: None}
    space.update(vars(importlib.import_module(f'acml.{module}')))
    for code in page_cells(page):
        with contextlib.redirect_stdout(io.StringIO()): exec(compile(code, page, 'exec'), space)

def noticed(module, fault, seconds):
    "In a process of its own: who notices a fault; '' if nobody does."
    page, tests = TESTS[module]
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        code = 9
        try:
            if fault is not None and not put(module, *fault[:3]): os._exit(9)
            try: run_page(module, page)
            except BaseException: os._exit(1)
            import pytest
            files = [str(ROOT/'tests'/t) if t.endswith('.py') else t for t in tests]
            quick = ['-x', '-q', '-p', 'no:cacheprovider', '-m', 'not slow and not browser']
            code = 2*bool(pytest.main([*quick, *files]))
        finally: os._exit(code)
    until = time.time() + seconds
    while not (done := os.waitpid(pid, os.WNOHANG))[0]:
        if time.time() > until:
            with contextlib.suppress(ProcessLookupError): os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return 'time'
        time.sleep(.02)
    code = os.WEXITSTATUS(done[1]) if os.WIFEXITED(done[1]) else 1
    return {0: '', 1: 'page', 2: 'tests', 9: 'not found'}[code]

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('modules', nargs='*', help=f'of {", ".join(TESTS)}; default all')
    p.add_argument('--n', type=int, default=20, help='faults in each module, drawn at random')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--seconds', type=float, default=300, help='a fault that takes longer counts as noticed')
    o = p.parse_args()
    import acml.cli, acml.learner, acml.library, acml.recipes, hypothesis, importlib, matplotlib.pyplot, pytest
    caught, total, modules = 0, 0, o.modules or list(TESTS)
    for module in modules: importlib.import_module(f'acml.{module}') # some are imported only when they are needed
    for module in modules:
        t, faults = time.time(), list(all_faults(module))
        if (who := noticed(module, None, 1800)): sys.exit(f'{module}: its {who} fails without any fault')
        alone = time.time() - t
        chosen = random.Random(f'{o.seed} {module}').sample(faults, min(o.n, len(faults)))
        lines, missed = (ROOT/'acml'/f'{module}.py').read_text().splitlines(), 0
        for fault in sorted(chosen, key=lambda f: f[4]):
            who = noticed(module, fault, max(o.seconds, 4*alone))
            if who in ('', 'not found'):
                code = lines[fault[4] - 1].strip()
                print(f'  {module}.py:{fault[4]} in {fault[0]}: {fault[3]} ({who or "missed"}): {code}', flush=True)
                missed += 1
        caught, total = caught + len(chosen) - missed, total + len(chosen)
        print(f'{module}: {len(chosen) - missed} of {len(chosen)} faults noticed (of {len(faults)} possible ones), '
              f'{time.time() - t:.0f} s', flush=True)
    print(f'{caught} of {total} noticed, {caught/total:.0%}')
    return int(caught < WANTED*total)

if __name__ == '__main__': sys.exit(main())
