"""tools/readme.py: notebooks and results in, Markdown out."""
import json, re

import pytest

import readme

def result(**over):
    row = dict(table='retrieval', label='spectral readout', order=2, columns={'top-1': 0.6123, 'top-10': 1.0},
               ci95={'top-1': [0.59, 0.634]}, plain={'minutes': 21, 'library': 30112},
               command='python benchmarks/quality.py', date='2026-11-22', versions={'torch': '2.13.0'},
               data_sha256='ab'*32)
    return dict(row, **over)

@pytest.fixture
def folder(tmp_path):
    def write(*rows):
        for i, r in enumerate(rows): (tmp_path/f'{r["table"]}-{i}.json').write_text(json.dumps(r))
        return tmp_path
    return write

@pytest.fixture
def tables(folder):
    pooled = result(label='pooled', order=1, columns={'top-1': 0.2}, ci95={}, plain={})
    return readme.load_results(folder(result(), pooled, result(table='other')))

def test_table_from_results(tables):
    lines = readme.to_table(tables['retrieval']).splitlines()
    assert lines[0] == '|  | top-1, % | top-10, % | minutes | library |'
    assert lines[2] == '| pooled | 20.0 |  |  |  |'
    assert lines[3] == '| spectral readout | 61.2 (59.0–63.4) | 100.0 | 21 | 30,112 |'
    how = '- spectral readout: `python benchmarks/quality.py`, 2026-11-22, torch 2.13.0, data SHA-256 `abababababab`'
    assert how in lines

def test_some_rows_and_columns_of_a_table(tables):
    text = 'a\n\n<!-- results: retrieval\nrows: 0 1\ncolumns: library | top-1\n-->\n\nb'
    lines = readme.fill(text, tables).splitlines()
    assert lines[2:] == ['|  | library | top-1, % |', '| --- | ---: | ---: |', '| spectral readout | 30,112 | 61.2 |',
                         '| pooled |  | 20.0 |', '', 'b']

@pytest.mark.parametrize('options, message', [
    ('rows: 0 7\ncolumns: top-1', "no row '7'"), ('rows: 0\ncolumns: top-1 | top-5', "no column 'top-5'"),
    ('rows: 0', 'expected rows: and columns:')])
def test_what_a_table_does_not_have_is_named(tables, options, message):
    with pytest.raises(ValueError, match=message): readme.fill(f'<!-- results: retrieval\n{options}\n-->', tables)

def test_no_results_yet(folder):
    tables = readme.load_results(folder())
    assert readme.fill('a\n\n<!-- results: retrieval -->\n\nb', tables) == 'a\n\n*Not measured yet.*\n\nb'

@pytest.mark.parametrize('over, message', [(dict(columns={'top-1': 61.2}), 'not a fraction'),
                                           (dict(ci95={'top-1': [0.7, 0.8]}), 'outside its interval'),
                                           (dict(command=None), "'command'")])
def test_bad_result_is_named(folder, over, message):
    with pytest.raises(ValueError, match=message) as e: readme.load_results(folder(result(**over)))
    assert 'retrieval-0.json' in str(e.value)

def cell(source, *outputs, kind='code'): return dict(cell_type=kind, id='c0ffee', source=source, outputs=list(outputs))

def shown(**data): return dict(output_type='execute_result', data=data)

def test_cells_to_markdown():
    png = shown(**{'image/png': 'iVBORw0KGgo=', 'text/plain': '<Figure>'})
    frame = shown(**{'text/html': '<div><style scoped>x</style><table border="1"><tr><th></th><th>a</th></tr>'
                                  '<tr><th>0</th><td>7 | 8</td></tr></table></div>'})
    svg = shown(**{'text/html': '<div><svg width="9"><title>a &lt; b</title></svg></div>', 'text/plain': '<View>'})
    said = dict(output_type='stream', name='stdout', text=['one\n', 'two\n'])
    cells = [cell('# acml', kind='markdown'), cell('#| hide\nsecret'), cell('#| echo: false\ndraw()', png),
             cell('f(1)', said), cell('t', frame), cell('#| label: view\nv', svg)]
    text, files = readme.to_readme(dict(cells=cells), {})
    assert 'secret' not in text and 'draw()' not in text and 'style' not in text
    assert '# acml\n\n![](assets/readme/c0ffee-0.png)' in text
    assert '```python\nf(1)\n```\n\n```\none\ntwo\n```' in text
    assert '| a |\n| --- |\n| 7 \\| 8 |' in text
    assert '![a < b](assets/readme/view.svg)' in text
    assert files['assets/readme/view.svg'].startswith(b'<svg xmlns=')

def test_links_are_seen_from_where_the_page_stands():
    links = '[a](00_core.ipynb#x) [b](results.ipynb) [c](https://acml) [d](../NOTICE)'
    nb = dict(cells=[cell(links, kind='markdown')])
    there = readme.to_readme(nb, {})[0]
    assert '[a](nbs/00_core.ipynb#x) [b](benchmarks/README.md) [c](https://acml) [d](NOTICE)' in there
    there = readme.to_readme(nb, {}, 'benchmarks/README.md')[0]
    assert '[a](../nbs/00_core.ipynb#x) [b](README.md)' in there and '[d](../NOTICE)' in there

@pytest.mark.parametrize('name', ['README.md', 'benchmarks/README.md', 'nbs/README.md'])
def test_links_lead_somewhere(root, name):
    targets = re.findall(r'\]\(([^)\s]+)\)', (root/name).read_text(encoding='utf-8'))
    assert targets
    for target in targets:
        if not target.startswith(('http', '#')): assert ((root/name).parent/target.split('#')[0]).exists(), target

def test_every_page_is_listed(root):
    text = (root/'nbs'/'README.md').read_text(encoding='utf-8')
    for path in (root/'nbs').glob('[0-9]*.ipynb'): assert f'({path.name})' in text

def test_every_result_is_shown(root):
    text = (root/'benchmarks'/'README.md').read_text(encoding='utf-8')
    for rows in readme.load_results().values():
        for r in rows: assert f'| {readme._label(r)} |' in text and f'- {r["label"]}: `{r["command"]}`' in text

def test_readme_is_a_front_door(root):
    "Short, with a picture on the first screen and one table of figures."
    text = (root/'README.md').read_text(encoding='utf-8')
    assert len(text.encode()) <= 12_000
    assert '](assets/readme/' in ''.join(text.splitlines(True)[:20])
    assert len(re.findall(r'^\|.*top-1, %', text, re.M)) == 1
