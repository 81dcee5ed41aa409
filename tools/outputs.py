"""Are the saved outputs of the notebooks true? Runs every page and compares what it says with what is saved.

    python tools/outputs.py                        # all pages, two at a time; exit code 1 if one differs or fails
    python tools/outputs.py 10_graph nbs/index.ipynb      # some
    python tools/outputs.py --update 10_graph      # save the new outputs of some pages (tools/nb.py run)
    python tools/outputs.py --update               # of all whose outputs differ

Each page runs from top to bottom in a kernel of its own, slow cells included, as a reader would run it; assertions are
tested on the way. Nothing is written to the notebooks. Cells that nbdev would not run (`#| eval: false`, and those
marked by the other `tst_flags` of settings.ini: `cuda`, `notest`) are passed over, and so are the outputs of cells
that show a table of `shared_data` where that table is missing.

Compared are printed text (stdout), plain text, and tables in HTML or Markdown. Of a picture, or HTML that holds one,
only the presence counts; warnings (stderr) do not. Before two texts are compared

- runs of blanks count as one, so that columns may be wider;
- temporary paths, addresses in memory and durations (`12 ms`, `3.4 s`, `2 seconds`) are replaced by a word;
- numbers with a decimal point or an exponent may differ by 0.5 %, or, where they show two digits, by one in the last
  (the last bits of a sum depend on the processor); whole numbers, words and signs must be the same;
- in a cell marked `#| rough` all numbers may differ by 20 %, or by 0.05, and fingerprints altogether: the end of a
  training, which another processor reaches by another way.
"""
import argparse, html, itertools, json, multiprocessing, os, re, subprocess, sys, tempfile, time
from concurrent.futures import ProcessPoolExecutor
from configparser import ConfigParser
from pathlib import Path

import check

ROOT = Path(__file__).resolve().parents[1]
RTOL, ROUGH = .005, .2
ENVIRONMENT = dict(PYTHONHASHSEED='0', OMP_NUM_THREADS='1', ACML_STATIC='1', HF_HUB_OFFLINE='1',
                   PYTHONWARNINGS='ignore:the weights of', # a category of ours cannot be named before Python is up
                   MATPLOTLIBRC=str(ROOT/'acml'/'paper.mplstyle')) # all figures in one style

def _text(x): return ''.join(x) if isinstance(x, list) else x

# ---- comparing

REPLACED = [
    ('a temporary path', re.compile(r'(?:/private)?/(?:tmp|var/folders)/[\w./+-]*')),
    ('an address', re.compile(r'\bat 0x[0-9a-fA-F]+')),
    ('a duration', re.compile(r'\b\d+(?:\.\d+)?(?: ?(?:ms|µs|seconds?|minutes?|sec|min)\b| s\b(?!\s*[|;]))')),
]
FINGERPRINT = re.compile(r'(?<![.\w])[0-9a-f]{16}\b') # behind a point it is a number
NUMBER = re.compile(r'(?<![\w.])[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])', re.I)

def normalise(text):
    "What is compared: lines without what changes from run to run, blanks single."
    for name, pattern in REPLACED: text = pattern.sub(f'<{name}>', text)
    return [' '.join(line.split()) for line in text.strip().splitlines()]

def _last_digit(number):
    "The value of one in the last decimal that a number shows; 0 where it shows none."
    digits, _, exponent = number.lower().partition('e')
    decimals = len(digits.partition('.')[2])
    return 10.**(int(exponent or 0) - decimals) if decimals or exponent else 0.

def same_number(old, new, rtol=RTOL):
    "Whether two numbers, as written, agree."
    if old == new: return True
    if rtol < ROUGH and not ('.' in old + new or 'e' in (old + new).lower()): return False
    a, b = (float(x.replace(',', '')) for x in (old, new))
    size, last = max(abs(a), abs(b)), max(_last_digit(old), _last_digit(new))
    if last > max(.1*size, .001): last = 0. # 0.2 and 0.3 are no rounding error
    return abs(a - b) <= max(1.01*last, rtol*size, .05 if rtol >= ROUGH else 0.)

def same_line(old, new, rtol=RTOL):
    "Whether two lines agree: the same words, numbers close."
    return (NUMBER.sub('#', old) == NUMBER.sub('#', new)
            and all(same_number(a, b, rtol) for a, b in zip(NUMBER.findall(old), NUMBER.findall(new))))

def differences(old, new, rtol=RTOL):
    "The lines in which two texts differ, as pairs; None where one has no such line."
    if rtol >= ROUGH: old, new = (FINGERPRINT.sub('<a fingerprint>', text) for text in (old, new))
    pairs = itertools.zip_longest(normalise(old), normalise(new))
    return [(a, b) for a, b in pairs if a is None or b is None or not same_line(a, b, rtol)]

def _table(markup):
    "The text of an HTML table, a row a line."
    markup = re.sub(r'<style.*?</style>', '', markup, flags=re.S)
    rows = re.sub(r'\s+', ' ', markup).replace('</tr>', '\n').replace('</td>', ' | ').replace('</th>', ' | ')
    return html.unescape(re.sub(r'<[^>]+>', '', rows))

def contents(outputs):
    "What a cell shows: kind to text; a picture has the text ''."
    found, printed = {}, [_text(o['text']) for o in outputs if o['output_type'] == 'stream' and o['name'] == 'stdout']
    if printed: found['printed text'] = ''.join(printed)
    for i, data in enumerate(o['data'] for o in outputs if 'data' in o):
        of = f' of output {i + 1}' if i else ''
        markup = _text(data.get('text/html', ''))
        if any(mime.startswith('image/') for mime in data) or '<svg' in markup or '<img' in markup:
            found[f'picture{of}'] = ''
        elif '<table' in markup: found[f'table{of}'] = _table(markup)
        elif 'text/markdown' in data: found[f'Markdown{of}'] = _text(data['text/markdown'])
        elif 'text/plain' in data: found[f'text{of}'] = _text(data['text/plain'])
    return found

def compare(old, new, rtol=RTOL):
    "How the outputs of a cell differ from those saved, one line each."
    old, new = contents(old), contents(new)
    for kind in old.keys() | new.keys():
        if kind not in new: yield f'the {kind} is not there any more: {old[kind][:80]!r}'
        elif kind not in old: yield f'a {kind} that is not saved: {new[kind][:80]!r}'
        else:
            for a, b in differences(old[kind], new[kind], rtol)[:3]: yield f'{kind}\n    saved {a!r}\n    now   {b!r}'

# ---- running

def _marks(cell):
    "The directives of a cell, `#| eval: false` as 'eval:false'."
    lines = [l[2:].strip() for l in _text(cell['source']).splitlines() if l.startswith('#|')]
    return {re.sub(r':\s*', ':', l).split()[0] for l in lines if l}

def is_passed_over(cell):
    "Whether nbdev would not run this cell, slow ones allowed."
    settings = ConfigParser(delimiters=['='])
    settings.read(ROOT/'settings.ini', encoding='utf-8')
    return bool(_marks(cell) & ({'eval:false', *settings['DEFAULT']['tst_flags'].split()} - {'slow'}))

def lacks_data(cell):
    "Whether the cell shows a table for development that is not here."
    from acml.core import shared_data
    names = re.findall(r'''shared_data\(['"]([^'"]+)''', _text(cell['source']))
    return any(shared_data(name) is None for name in names)

def execute(path):
    "Run a page; its cells as saved, their new outputs, and what went wrong, if anything did."
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    path, error = Path(path), None
    saved, nb = (nbformat.read(path, 4) for _ in range(2))
    for c in nb.cells:
        if c.cell_type != 'code': continue
        c.outputs = []
        if is_passed_over(c): c.source = ''
    where = {'metadata': {'path': str(path.resolve().parent)}}
    client = NotebookClient(nb, timeout=1800, kernel_name='python3', resources=where, store_widget_state=False,
                            coalesce_streams=True, extra_arguments=['--IPKernelApp.log_level=ERROR'])
    try: client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as e: error = re.sub(r'\x1b\[[\d;]*m', '', str(e))
    return saved.cells, [c.get('outputs', []) for c in nb.cells], error

def check_page(path, rtol=RTOL):
    "(problems of a page, seconds)."
    start, problems = time.time(), []
    cells, outputs, error = execute(path)
    for i, (c, new) in enumerate(zip(cells, outputs)):
        where = f'{Path(path).name} cell {i + 1} ({c["id"]})'
        if any(o['output_type'] == 'error' for o in new): problems.append(f'{where}: failed\n{error}')
        if c['cell_type'] != 'code' or is_passed_over(c) or lacks_data(c): continue
        allowed = ROUGH if 'rough' in _marks(c) else rtol
        if not error: problems += [f'{where}: {d}' for d in compare(c['outputs'], new, allowed)]
    if error and not problems: problems.append(f'{Path(path).name}: {error}')
    return problems, time.time() - start

def _n_slow(path): return path.read_text(encoding='utf-8').count('#| slow')

def find_pages(names):
    "The notebooks of these names or paths; all if there are none."
    known = check.notebooks()
    if not names: return sorted(known, key=_n_slow, reverse=True) # long ones first: none is waited for at the end
    found = [next((p for p in known if Path(n).stem == p.stem), None) for n in names]
    if None in found: sys.exit(f'no notebook {names[found.index(None)]}')
    return found

def check_pages(pages, workers=2, rtol=RTOL):
    "Run pages and say what differs; the pages that have problems."
    n_problems, start, found = 0, time.time(), []
    with tempfile.TemporaryDirectory() as home:
        os.environ.pop('MPLBACKEND', None) # the notebook's own backend shows figures, others drop them
        os.environ.update(ENVIRONMENT, ACML_HOME=home)
        os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')]))
        with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
            jobs = [pool.submit(check_page, p, rtol) for p in pages]
            for page, job in zip(pages, jobs):
                problems, seconds = job.result()
                print(f'{page.stem:24} {seconds:4.0f} s  {"as saved" if not problems else ""}', flush=True)
                for p in problems: print(p, flush=True)
                n_problems += len(problems)
                found += [page]*bool(problems)
    print(f'{len(pages)} pages in {(time.time() - start)/60:.1f} minutes: '
          + ('all outputs are as saved' if not n_problems else f'{n_problems} differences'))
    return found

def update(pages):
    "Save the new outputs of pages."
    for p in pages:
        print(p.relative_to(ROOT), flush=True)
        subprocess.run([sys.executable, ROOT/'tools'/'nb.py', 'run', p], check=True, env={**os.environ, **ENVIRONMENT})

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('pages', nargs='*', metavar='PAGE', help='names such as 10_graph, or paths; default all')
    parser.add_argument('--update', action='store_true',
                        help='save the new outputs: of the pages that are named, or of all that differ')
    parser.add_argument('--workers', type=int, default=2, help='pages at a time')
    parser.add_argument('--rtol', type=float, default=RTOL, help='how far numbers may be apart, as a part of them')
    args = parser.parse_args()
    pages = find_pages(args.pages)
    if args.update: update(pages if args.pages else check_pages(pages, args.workers, args.rtol))
    elif check_pages(pages, args.workers, args.rtol):
        sys.exit('Look at each difference. Where the new output is right: python tools/outputs.py --update PAGE')

if __name__ == '__main__': main()
