"""README.md and the result pages from notebooks, with the measured figures from benchmarks/results/*.json.

    python tools/readme.py               # write README.md, benchmarks/README.md, nbs/README.md
    python tools/readme.py --check       # exit code 1 if one of them is not what would be written

Markdown cells are taken as they are; code cells become fenced blocks (directives such as `#| hide` are honoured), then
their saved outputs; pictures go to `assets/readme/`, named by the cell's `#| label:`. nbs/README.md lists the pages.

In a markdown cell, a line `<!-- results: TABLE -->` becomes that table and how it was measured. A comment of several
lines becomes some of its rows and columns, without how they were measured:

    <!-- results: modalities
    rows: cnmr hnmr                                   files modality-cnmr.json, modality-hnmr.json, in this order
    columns: top-1 | formula known, top-1 | queries
    -->

Each file in benchmarks/results is one row of one table, written by the command it names, never by hand:

    {"table": "retrieval",                 which marker
     "label": "spectral readout",          the row's label, Markdown allowed
     "order": 3,                           rows are sorted by this, then by file name
     "columns": {"top-1": 0.6123},         fractions, printed as per cent with one decimal
     "ci95": {"top-1": [0.59, 0.634]},     optional, printed behind its column
     "signed": ["gain"],                   optional: columns that may be below 0
     "stale": "why",                       optional: of earlier weights; a footnote tells it
     "plain": {"minutes": 21, "library": 30112},   optional, printed as they are
     "command": "python benchmarks/quality.py retrieval",
     "date": "2026-11-22",
     "versions": {"acml": "0.1.0", "torch": "2.13.0"},
     "data_sha256": "..."}                 of the table measured on

Other keys (the full report) may stand beside them. Columns appear in the order in which the rows first name them, those
of `plain` after those of `columns`. Under each whole table stands how its rows were measured.
"""
import base64, html, json, re, shutil, sys
from os.path import relpath
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NBS, RESULTS, ASSETS = ROOT/'nbs', ROOT/'benchmarks'/'results', 'assets/readme'
RENDERED = {'index.ipynb': 'README.md', 'results.ipynb': 'benchmarks/README.md'} # notebooks to what is made of them
LIST = 'nbs/README.md'
MARKER = re.compile(r'^<!-- results: (\S+)[ \t]*\n?(.*?)-->[ \t]*$', re.M | re.S)
REQUIRED = dict(table=str, label=str, order=(int, float), columns=dict, command=str, date=str, versions=dict,
                data_sha256=str)

def _text(x): return ''.join(x) if isinstance(x, list) else x

def _cells(path): return json.loads(path.read_text(encoding='utf-8'))['cells']

# ---- results

def _checked(path, row):
    "One result, or an error that names the file and the field."
    if not isinstance(row, dict): raise ValueError(f'{path.name}: not a JSON object')
    for key, kind in REQUIRED.items():
        if not isinstance(row.get(key), kind): raise ValueError(f'{path.name}: {key!r} is missing or not {kind}')
    least = {name: -float('inf') for name in row.get('signed', ())} # gains, which may be losses
    for name, value in row['columns'].items():
        if not least.get(name, 0) <= value <= 1:
            raise ValueError(f'{path.name}: column {name!r} is {value}, not a fraction')
    stale = row.get('stale', 'none')
    if not isinstance(stale, str) or not stale.strip():
        raise ValueError(f'{path.name}: \'stale\' tells no reason')
    for name, (low, high) in row.get('ci95', {}).items():
        if name in row['columns'] and not least.get(name, 0) <= low <= row['columns'][name] <= high <= 1:
            raise ValueError(f'{path.name}: {name!r} is {row["columns"][name]}, outside its interval {low}..{high}')
    return row

def read_result(path):
    "One result, checked."
    return _checked(path, json.loads(path.read_text(encoding='utf-8')))

def load_results(folder=RESULTS):
    "All rows, by table, in order; `name` is that of the file without what the files of a table share."
    tables = {}
    for path in sorted(Path(folder).glob('*.json')):
        row = read_result(path)
        tables.setdefault(row['table'], []).append(dict(row, name=path.stem.partition('-')[2]))
    return {name: sorted(rows, key=lambda r: r['order']) for name, rows in tables.items()}

def _percent(row, name, with_ci=True):
    "`61.2 (59.9–62.4)`."
    ci = row.get('ci95', {}).get(name) if with_ci else None
    return f'{100*row["columns"][name]:.1f}' + (f' ({100*ci[0]:.1f}–{100*ci[1]:.1f})' if ci else '')

def _plain(v):
    "Whole numbers with thousands separated, others with at most three digits."
    return f'{v:,}' if isinstance(v, int) else f'{v:.3g}' if isinstance(v, float) else str(v)

def _value(row, name, with_ci=True):
    "What a row says in a column; empty if it says nothing."
    if name in row['columns']: return _percent(row, name, with_ci)
    return _plain(row.get('plain', {}).get(name, ''))

def _names(rows, key):
    "The names under `key`, in the order in which the rows first use them."
    return list(dict.fromkeys(n for r in rows for n in r.get(key, {})))

def _markdown(lines):
    "A Markdown table: the first line is the head, the first column stands left."
    rule = ['---', *['---:']*(len(lines[0]) - 1)]
    return '\n'.join('| ' + ' | '.join(l) + ' |' for l in [lines[0], rule, *lines[1:]])

def _label(row): return row['label'] + ' †'*bool(row.get('stale'))

def _footnote(rows):
    "What is said of rows that were measured with earlier weights, or in another way."
    why = {}
    for r in rows:
        if r.get('stale'): why.setdefault(r['stale'], []).append(r['label'])
    told = [f'{", ".join(labels)}: {reason}' for reason, labels in why.items()]
    return ['† Of earlier weights, or measured another way: ' + '; '.join(told) + '.', ''] if told else []

def _grid(rows, columns, with_ci=True):
    fractions = set(_names(rows, 'columns'))
    head = ['', *(f'{n}, %' if n in fractions else n for n in columns)]
    return _markdown([head, *([_label(r), *(_value(r, n, with_ci) for n in columns)] for r in rows)])

def to_table(rows):
    "A Markdown table of these rows and, below it, how they were measured."
    if not rows: return '*Not measured yet.*'
    table = _grid(rows, _names(rows, 'columns') + _names(rows, 'plain'))
    ci = ['In brackets: 95 % confidence interval.', ''] if any(r.get('ci95') for r in rows) else []
    versions = lambda r: ', '.join(f'{k} {v}' for k, v in r['versions'].items())
    how = [f'- {r["label"]}: `{r["command"]}`, {r["date"]}, {versions(r)}, data SHA-256 `{r["data_sha256"][:12]}`'
           for r in rows]
    details = ['<details><summary>How these were measured</summary>', '', *how, '', '</details>']
    return '\n'.join([table, '', *_footnote(rows), *ci, *details])

def to_short_table(rows, options):
    "Some rows and columns of a table, as the lines `rows: ...` and `columns: ...` say."
    said = dict(re.findall(r'^(\w+):[ \t]*(.+?)[ \t]*$', options, re.M))
    if said.keys() != {'rows', 'columns'}: raise ValueError(f'expected rows: and columns:, not {", ".join(said)}')
    names, columns = said['rows'].split(), [c.strip() for c in said['columns'].split('|')]
    of, known = {r['name']: r for r in rows}, {*_names(rows, 'columns'), *_names(rows, 'plain')}
    for what, wrong in (('row', set(names) - of.keys()), ('column', set(columns) - known)):
        if wrong: raise ValueError(f'no {what} {sorted(wrong)[0]!r} in this table')
    shown = [of[n] for n in names]
    note = _footnote(shown)[:1]
    return '\n\n'.join([_grid(shown, columns, with_ci=False), *note])

def fill(text, tables):
    "Replace each marker by its table."
    def table(m):
        rows = tables.get(m[1], [])
        return to_short_table(rows, m[2]) if m[2].strip() and rows else to_table(rows)
    return MARKER.sub(table, text)

# ---- the list of pages

def page_title(path):
    "Title and summary of a notebook, from its first cell: `# Title`, then `> summary`."
    first = _text(_cells(path)[0]['source'])
    title = re.search(r'^# (.+)$', first, re.M)
    summary = re.search(r'^> (.+(?:\n> .+)*)', first, re.M)
    return (title[1] if title else path.stem), (summary[1].replace('\n> ', ' ') if summary else '')

def to_pages():
    "The numbered pages and the tutorials, as a Markdown table; links as seen from nbs/."
    lines = [['page', 'what it is about']]
    for path in [*sorted(NBS.glob('[0-9]*.ipynb')), *sorted(NBS.glob('tutorials/*.ipynb'))]:
        title, summary = page_title(path)
        number = path.stem.split('_')[0] + ' ' if path.parent == NBS else 'Tutorial: '
        lines.append([f'[{number}{title}]({path.relative_to(NBS).as_posix()})', summary])
    return _markdown(lines).replace('---:', '---')

def to_list():
    "nbs/README.md."
    head = ['<!-- Generated by tools/readme.py from the first cell of each page: edit that. -->',
            '# The pages, in order',
            'Everything in acml is defined, explained and tested here; `acml/*.py` is written from these notebooks.\n'
            'A page uses only pages above it. Start with [index](index.ipynb); all measured figures are in\n'
            '[results](results.ipynb).']
    return '\n\n'.join([*head, to_pages()]) + '\n'

# ---- cells

def _directives(source):
    "The `#| ...` lines of a cell, and the rest."
    lines = source.splitlines()
    marks = [l[2:].strip() for l in lines if l.startswith('#|')]
    return marks, '\n'.join(l for l in lines if not l.startswith('#|')).strip('\n')

def _relink(text, dest):
    "Links of a notebook are seen from nbs/; those of what is made of it from where it stands."
    def link(m):
        name, anchor = re.match(r'([^#]*)(.*)', m[2]).groups()
        if not name or not (NBS/name).exists(): return m[0]
        to = ROOT/RENDERED[name] if name in RENDERED else NBS/name
        return m[1] + Path(relpath(to, (ROOT/dest).parent)).as_posix() + anchor
    return re.sub(r'(\]\(|src=")([^)":\s]+)', link, text)

def _fence(text, lang=''):
    fence = '```' if '```' not in text else '````'
    return f'{fence}{lang}\n{text.rstrip()}\n{fence}'

def _html_table(text):
    "The table of an HTML output as Markdown, without the numbers of its rows."
    rows = [re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', r, re.S) for r in re.findall(r'<tr[^>]*>(.*?)</tr>', text, re.S)]
    counted = [r[0] for r in rows] == ['', *map(str, range(len(rows) - 1))]
    if counted: rows = [r[1:] for r in rows]
    plain = lambda s: html.unescape(re.sub(r'<[^>]+>', '', s)).strip().replace('|', r'\|')
    return _markdown([[plain(c) for c in r] for r in rows]).replace('---:', '---')

def _picture(data, name, files, dest):
    "The picture of an output, if it has one, added to `files`."
    shown = _text(data.get('text/html', ''))
    packed = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown)
    if packed: shown = base64.b64decode(packed[1]).decode()
    svg = _text(data.get('image/svg+xml', '')) or next(iter(re.findall(r'<svg.*</svg>', shown, re.S)), '')
    if svg and 'xmlns=' not in svg: svg = svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    if 'image/png' in data: path, content = f'{ASSETS}/{name}.png', base64.b64decode(_text(data['image/png']))
    elif svg: path, content = f'{ASSETS}/{name}.svg', svg.encode()
    else: return None
    files[path] = content
    title = re.search(r'<title>(.*?)</title>', svg, re.S)
    return f'![{html.unescape(title[1]) if title else ""}]({Path(relpath(ROOT/path, (ROOT/dest).parent)).as_posix()})'

def _output(out, name, files, dest):
    "One output as Markdown: its own Markdown, a picture, a table, else text."
    if out['output_type'] == 'stream': return _fence(_text(out['text'])) if out.get('name') == 'stdout' else None
    data = out.get('data', {})
    if 'text/markdown' in data: return _text(data['text/markdown'])
    if picture := _picture(data, name, files, dest): return picture
    shown, plain = _text(data.get('text/html', '')), _text(data.get('text/plain', ''))
    if '<table' in shown: return _html_table(shown)
    return _fence(plain) if plain.strip() and not re.fullmatch(r'<.*>', plain.strip(), re.S) else None

def _code(cell, files, dest):
    "A code cell: source, then outputs, less what its directives hide."
    marks, source = _directives(_text(cell['source']))
    says = lambda *names: any(m.replace(' ', '') in names for m in marks)
    if says('hide', 'include:false'): return []
    parts = [] if says('hide_input', 'echo:false') or not source.strip() else [_fence(source, 'python')]
    if says('hide_output', 'output:false'): return parts
    label = next((m.split(':', 1)[1].strip() for m in marks if m.startswith('label:')), None)
    outputs = cell.get('outputs', [])
    names = [label] if label and len(outputs) == 1 else [f'{label or cell["id"]}-{i}' for i in range(len(outputs))]
    return parts + [_output(o, n, files, dest) for o, n in zip(outputs, names)]

def to_readme(nb, tables, dest='README.md', source='nbs/index.ipynb'):
    "The text of a rendered notebook and the picture files it shows."
    parts, files = [], {}
    for cell in nb['cells']:
        if cell['cell_type'] == 'markdown': parts.append(_relink(fill(_text(cell['source']), tables), dest))
        elif cell['cell_type'] == 'code': parts += _code(cell, files, dest)
    text = '\n\n'.join(p.strip('\n') for p in parts if p and p.strip())
    return f'<!-- Generated by tools/readme.py from {source}: edit that. -->\n\n{text}\n', files

# ---- files

def _wanted():
    "All files, as they should be."
    out, tables = {LIST: to_list().encode()}, load_results()
    for name, dest in RENDERED.items():
        text, files = to_readme(json.loads((NBS/name).read_text(encoding='utf-8')), tables, dest, f'nbs/{name}')
        out |= {dest: text.encode(), **files}
    return out

def _present():
    "All files, as they are."
    paths = [ROOT/name for name in (LIST, *RENDERED.values())] + [p for p in (ROOT/ASSETS).rglob('*') if p.is_file()]
    return {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in paths if p.exists()}

def out_of_date():
    "Files that are not what the notebooks and the results say."
    want, have = _wanted(), _present()
    return sorted(name for name in want.keys() | have.keys() if want.get(name) != have.get(name))

def up_to_date(): return not out_of_date()

def write():
    "Write all of them; pictures no longer shown are removed."
    wanted = _wanted()
    shutil.rmtree(ROOT/ASSETS, ignore_errors=True)
    for name, content in wanted.items():
        (ROOT/name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT/name).write_bytes(content)

if __name__ == '__main__':
    args = sys.argv[1:]
    if not args: write()
    elif args == ['--check']:
        if found := out_of_date(): sys.exit(f'{", ".join(found)}: out of date. Run: make readme')
    else: sys.exit(__doc__)
