"""Write notebooks as text: percent-format text in, executed .ipynb out, cell ids kept.

    python tools/nb.py text   nbs/10_graph.ipynb page.py    # notebook -> percent text, to edit
    python tools/nb.py build  page.py nbs/10_graph.ipynb    # text -> notebook; unchanged cells keep id and output
    python tools/nb.py run    nbs/10_graph.ipynb            # restart and run all, outputs saved, then clean
    python tools/nb.py export nbs/10_graph.ipynb            # write the module that the notebook defines

The notebook stays the source; the text is only a comfortable way to write it.
"""
import difflib, fcntl, hashlib, os, sys
from contextlib import contextmanager
from pathlib import Path

import jupytext, nbformat

ROOT = Path(__file__).resolve().parents[1]
METADATA = {'kernelspec': {'display_name': 'python3', 'language': 'python', 'name': 'python3'}}

@contextmanager
def _lock():
    "One export at a time, so that two pages never write `_modidx.py` together."
    with open(ROOT/'.nb.lock', 'w') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield

def _cell_id(cell, page, taken):
    "A short id from the page and the text of the cell, the same on every machine."
    n = 0
    while True:
        i = hashlib.sha256(f'{page}|{cell.cell_type}|{cell.source}|{n}'.encode()).hexdigest()[:8]
        if i not in taken: return i
        n += 1

def _read_text(text):
    "Cells written as `# %%` get no metadata but their type."
    nb = jupytext.reads(text, fmt='py:percent')
    for c in nb.cells: c.metadata = {}
    return nb

def build(src, dest):
    "Percent text `src` to the notebook `dest`; cells that did not change keep id and outputs."
    dest = Path(dest)
    nb = _read_text(Path(src).read_text())
    old = nbformat.read(dest, 4).cells if dest.exists() else []
    key = lambda c: (c.cell_type, c.source)
    sm = difflib.SequenceMatcher(None, [key(c) for c in old], [key(c) for c in nb.cells], autojunk=False)
    taken = set()
    for tag, i1, i2, j1, j2 in sm.get_opcodes():
        same_shape = tag == 'equal' or (tag == 'replace' and i2 - i1 == j2 - j1)
        for k in range(j2 - j1):
            if not same_shape: continue
            c, o = nb.cells[j1+k], old[i1+k]
            if c.cell_type != o.cell_type: continue
            c.id = o.id
            taken.add(o.id)
            if tag == 'equal' and c.cell_type == 'code': c.outputs, c.execution_count = o.outputs, o.execution_count
    kept = {id(c) for c in nb.cells if c.get('id') in taken}
    for c in nb.cells:
        if id(c) in kept: continue
        c.id = _cell_id(c, dest.stem, taken)
        taken.add(c.id)
    nb.metadata = METADATA
    nb.nbformat, nb.nbformat_minor = 4, 5
    nbformat.write(nb, dest)

def text(src, dest):
    "The notebook `src` as percent text in `dest`."
    nb = nbformat.read(src, 4)
    nb.metadata = METADATA
    Path(dest).write_text(jupytext.writes(nb, fmt='py:percent'))

def clean(path):
    "`nbdev_clean` on one notebook."
    from nbdev.clean import nbdev_clean
    nbdev_clean(str(path))

def run(path, timeout=1800):
    "Restart and run all, in the folder of the notebook; outputs are saved, errors stop it."
    from nbclient import NotebookClient
    path = Path(path)
    nb = nbformat.read(path, 4)
    os.environ.setdefault('PYTHONHASHSEED', '0')
    os.environ.setdefault('ACML_STATIC', '1') # views save their still picture only
    os.environ.pop('MPLBACKEND', None) # the notebook's own backend saves figures, others drop them
    NotebookClient(nb, timeout=timeout, kernel_name='python3', resources={'metadata': {'path': str(path.parent)}},
                   store_widget_state=False,
                   coalesce_streams=True).execute()
    nb.metadata = METADATA
    nbformat.write(nb, path)
    clean(path)

def export(path):
    "Export one notebook to its module, and bring the index of symbols up to date."
    from nbdev.export import nb_export
    from nbdev.config import get_config
    from nbdev.doclinks import _build_modidx
    os.chdir(ROOT)
    with _lock():
        nb_export(path, lib_path=get_config().lib_path)
        _build_modidx()
    clean(path)

if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in ('text', 'build', 'run', 'export'): sys.exit(__doc__)
    globals()[sys.argv[1]](*sys.argv[2:])
