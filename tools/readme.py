"""README.md from nbs/index.ipynb, with the measured figures from benchmarks/results/*.json.

    python tools/readme.py              # write README.md
    python tools/readme.py --check      # exit code 1 if README.md is not what would be written
    python tools/readme.py --index OUT  # the index notebook with its tables filled in (for the documentation site)

Markdown cells are taken as they are; code cells become fenced blocks (directives such as `#| hide` are honoured)
followed by their saved outputs; pictures go to `assets/readme/`. In a markdown cell, a line `<!-- results: NAME -->`
becomes the table NAME, and a line `<!-- pages -->` the list of the pages.

Each file in benchmarks/results is one row of one table, written by the command it names, never by hand:

    {"table": "retrieval",                 which marker
     "label": "spectral readout",          the row's label, Markdown allowed
     "order": 3,                           rows are sorted by this, then by file name
     "columns": {"top-1": 0.6123},         fractions, printed as per cent with one decimal
     "ci95": {"top-1": [0.59, 0.634]},     optional, printed behind its column
     "plain": {"minutes": 21, "library": 30112},   optional, printed as they are
     "command": "python benchmarks/quality.py retrieval",
     "date": "2026-11-22",
     "versions": {"acml": "0.1.0", "torch": "2.13.0"},
     "data_sha256": "..."}                 of the table measured on

Other keys (the full report) may stand beside them. Columns appear in the order in which the rows first name them,
those of `plain` after those of `columns`. Under each table stands how its rows were measured.
"""
import base64, json, re, shutil, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX, README, RESULTS = ROOT/'nbs'/'index.ipynb', ROOT/'README.md', ROOT/'benchmarks'/'results'
ASSETS = 'assets/readme'
MARKER = re.compile(r'^<!-- results: (\S+) -->[ \t]*$', re.M)
PAGES = re.compile(r'^<!-- pages -->[ \t]*$', re.M)
REQUIRED = dict(table=str, label=str, order=(int, float), columns=dict, command=str, date=str, versions=dict,
                data_sha256=str)

def _text(x): return ''.join(x) if isinstance(x, list) else x

# ---- results

def _checked(path, row):
    "One result, or an error that names the file and the field."
    if not isinstance(row, dict): raise ValueError(f'{path.name}: not a JSON object')
    for key, kind in REQUIRED.items():
        if not isinstance(row.get(key), kind): raise ValueError(f'{path.name}: {key!r} is missing or not {kind}')
    for name, value in row['columns'].items():
        if not 0 <= value <= 1: raise ValueError(f'{path.name}: column {name!r} is {value}, not a fraction')
    for name, (low, high) in row.get('ci95', {}).items():
        if name in row['columns'] and not 0 <= low <= row['columns'][name] <= high <= 1:
            raise ValueError(f'{path.name}: {name!r} is {row["columns"][name]}, outside its interval {low}..{high}')
    return row

def load_results(folder=RESULTS):
    "All rows, by table, in order."
    tables = {}
    for path in sorted(Path(folder).glob('*.json')):
        row = _checked(path, json.loads(path.read_text(encoding='utf-8')))
        tables.setdefault(row['table'], []).append(row)
    return {name: sorted(rows, key=lambda r: r['order']) for name, rows in tables.items()}

def _percent(row, name):
    "`61.2 (59.9-62.4)`, empty if the row has no such column."
    if name not in row['columns']: return ''
    ci = row.get('ci95', {}).get(name)
    return f'{100*row["columns"][name]:.1f}' + (f' ({100*ci[0]:.1f}–{100*ci[1]:.1f})' if ci else '')

def _plain(row, name):
    "Whole numbers with thousands separated, others with at most three digits."
    v = row.get('plain', {}).get(name, '')
    return f'{v:,}' if isinstance(v, int) else f'{v:.3g}' if isinstance(v, float) else str(v)

def _names(rows, key):
    "The names under `key`, in the order in which the rows first use them."
    return list(dict.fromkeys(n for r in rows for n in r.get(key, {})))

def to_table(rows):
    "A Markdown table of these rows and, below it, how they were measured."
    if not rows: return '*Not measured yet.*'
    fractions, plain = _names(rows, 'columns'), _names(rows, 'plain')
    lines = [['', *(f'{n}, %' for n in fractions), *plain], ['---', *['---:'] * (len(fractions) + len(plain))]]
    lines += [[r['label'], *(_percent(r, n) for n in fractions), *(_plain(r, n) for n in plain)] for r in rows]
    table = '\n'.join('| ' + ' | '.join(l) + ' |' for l in lines)
    ci = ['In brackets: 95 % confidence interval.', ''] if any(r.get('ci95') for r in rows) else []
    def measured(r):
        versions = ', '.join(f'{k} {v}' for k, v in r['versions'].items())
        return f'- {r["label"]}: `{r["command"]}`, {r["date"]}, {versions}, data SHA-256 `{r["data_sha256"][:12]}`'
    how = [measured(r) for r in rows]
    fold = '<details><summary>How these were measured</summary>'
    return '\n'.join([table, '', *ci, fold, '', *how, '', '</details>'])

# ---- pages

def page_title(path):
    "Title and summary of a notebook, from its first cell: `# Title`, then `> summary`."
    first = _text(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source'])
    title = re.search(r'^# (.+)$', first, re.M)
    summary = re.search(r'^> (.+(?:\n> .+)*)', first, re.M)
    return (title[1] if title else path.stem), (summary[1].replace('\n> ', ' ') if summary else '')

def to_pages():
    "The numbered pages and the tutorials, as a Markdown table; links as seen from nbs/."
    lines = ['| page | what it is about |', '| --- | --- |']
    for path in [*sorted(INDEX.parent.glob('[0-9]*.ipynb')), *sorted(INDEX.parent.glob('tutorials/*.ipynb'))]:
        title, summary = page_title(path)
        number = path.stem.split('_')[0] + ' ' if path.parent == INDEX.parent else 'Tutorial: '
        link = f'[{number}{title}]({path.relative_to(INDEX.parent).as_posix()})'
        lines.append(f'| {link} | {summary} |'.replace('\n', ' '))
    return '\n'.join(lines)

def fill(text, tables):
    "Replace each marker by its table."
    text = PAGES.sub(lambda m: to_pages(), text)
    return MARKER.sub(lambda m: to_table(tables.get(m[1], [])), text)

# ---- cells

def _directives(source):
    "The `#| ...` lines of a cell, and the rest."
    lines = source.splitlines()
    marks = [l[2:].strip() for l in lines if l.startswith('#|')]
    return marks, '\n'.join(l for l in lines if not l.startswith('#|')).strip('\n')

def _relink(text):
    "Links of the notebook are relative to nbs/; README.md stands one folder above."
    local = lambda target: (INDEX.parent/target.split('#')[0]).exists() and target.split('#')[0]
    return re.sub(r'(\]\(|src=")([^)":\s]+)', lambda m: m[1] + ('nbs/' if local(m[2]) else '') + m[2], text)

def _fence(text, lang=''):
    fence = '```' if '```' not in text else '````'
    return f'{fence}{lang}\n{text.rstrip()}\n{fence}'

def _html_table(html):
    "A table as GitHub shows it: no style, no classes."
    html = re.sub(r'<style.*?</style>', '', html, flags=re.S)
    html = re.sub(r'\s(class|border|style)="[^"]*"', '', html)
    return '\n'.join(l.strip() for l in html.splitlines() if l.strip())

def _picture(data, name, files):
    "The picture of an output, if it has one, added to `files`."
    html = _text(data.get('text/html', ''))
    svg = _text(data.get('image/svg+xml', '')) or next(iter(re.findall(r'<svg.*?</svg>', html, re.S)), '')
    if 'image/png' in data: ext, content = 'png', base64.b64decode(_text(data['image/png']))
    elif svg:
        if 'xmlns=' not in svg: svg = svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        ext, content = 'svg', svg.encode()
    else: return
    files[f'{ASSETS}/{name}.{ext}'] = content
    return f'![]({ASSETS}/{name}.{ext})'

def _output(out, name, files):
    "One output as Markdown: its own Markdown, a picture, a table, else text."
    if out['output_type'] == 'stream': return _fence(_text(out['text'])) if out.get('name') == 'stdout' else None
    data = out.get('data', {})
    if 'text/markdown' in data: return _text(data['text/markdown'])
    if picture := _picture(data, name, files): return picture
    html = _text(data.get('text/html', ''))
    if '<table' in html: return _html_table(html)
    plain = _text(data.get('text/plain', ''))
    return _fence(plain) if plain.strip() and not re.fullmatch(r'<.*>', plain.strip(), re.S) else None

def _code(cell, files):
    "A code cell: source, then outputs, less what its directives hide."
    marks, source = _directives(_text(cell['source']))
    says = lambda *names: any(m.replace(' ', '') in names for m in marks)
    if says('hide', 'include:false'): return []
    parts = [] if says('hide_input', 'echo:false') or not source.strip() else [_fence(source, 'python')]
    if says('hide_output', 'output:false'): return parts
    return parts + [_output(o, f'{cell["id"]}-{i}', files) for i, o in enumerate(cell.get('outputs', []))]

def to_readme(nb, tables):
    "README text and the picture files it shows."
    parts, files = [], {}
    for cell in nb['cells']:
        if cell['cell_type'] == 'markdown': parts.append(_relink(fill(_text(cell['source']), tables)))
        elif cell['cell_type'] == 'code': parts += _code(cell, files)
    text = '\n\n'.join(p.strip('\n') for p in parts if p and p.strip())
    return f'<!-- Generated by tools/readme.py from nbs/index.ipynb: edit that. -->\n\n{text}\n', files

# ---- files

def _wanted():
    "All files, as they should be."
    text, files = to_readme(json.loads(INDEX.read_text(encoding='utf-8')), load_results())
    return {'README.md': text.encode(), **files}

def _present():
    "All files, as they are."
    paths = [README, *(p for p in (ROOT/ASSETS).rglob('*') if p.is_file())]
    return {p.relative_to(ROOT).as_posix(): p.read_bytes() for p in paths if p.exists()}

def up_to_date():
    "Is README.md, with its pictures, what the index notebook and the results say?"
    return _wanted() == _present()

def write():
    "Write README.md and its pictures; pictures no longer shown are removed."
    wanted = _wanted()
    shutil.rmtree(ROOT/ASSETS, ignore_errors=True)
    for name, content in wanted.items():
        (ROOT/name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT/name).write_bytes(content)

def write_index(dest):
    "The index notebook with its tables filled in."
    nb, tables = json.loads(INDEX.read_text(encoding='utf-8')), load_results()
    for cell in nb['cells']:
        if cell['cell_type'] == 'markdown': cell['source'] = fill(_text(cell['source']), tables).splitlines(True)
    Path(dest).write_text(json.dumps(nb, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')

if __name__ == '__main__':
    args = sys.argv[1:]
    if not args: write()
    elif args == ['--check']:
        if not up_to_date(): sys.exit('README.md is out of date. Run: make readme')
    elif args[0] == '--index' and len(args) == 2: write_index(args[1])
    else: sys.exit(__doc__)
