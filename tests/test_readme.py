"""tools/readme.py: notebooks and results in, Markdown out."""
import json

import pytest

import readme

def result(**over):
    return dict(dict(table='retrieval', label='spectral readout', order=2, columns={'top-1': 0.6123, 'top-10': 1.0},
                     ci95={'top-1': [0.59, 0.634]},
                     plain={'minutes': 21, 'library': 30112}, command='python benchmarks/quality.py', date='2026-11-22',
                     versions={'torch': '2.13.0'}, data_sha256='ab'*32), **over)

@pytest.fixture
def folder(tmp_path):
    def write(*rows):
        for i, r in enumerate(rows): (tmp_path/f'{i}.json').write_text(json.dumps(r))
        return tmp_path
    return write

def test_table_from_results(folder):
    tables = readme.load_results(folder(result(),
                                        result(label='pooled', order=1, columns={'top-1': 0.2}, ci95={}, plain={}),
                                        result(table='other')))
    lines = readme.to_table(tables['retrieval']).splitlines()
    assert lines[0] == '|  | top-1, % | top-10, % | minutes | library |'
    assert lines[2] == '| pooled | 20.0 |  |  |  |'
    assert lines[3] == '| spectral readout | 61.2 (59.0–63.4) | 100.0 | 21 | 30,112 |'
    assert ('- spectral readout: `python benchmarks/quality.py`, 2026-11-22, torch 2.13.0, data SHA-256 `abababababab`'
            in lines)

def test_no_results_yet(folder):
    assert readme.fill('a\n\n<!-- results: retrieval -->\n\nb',
                       readme.load_results(folder())) == 'a\n\n*Not measured yet.*\n\nb'

@pytest.mark.parametrize('over, message', [(dict(columns={'top-1': 61.2}), 'not a fraction'),
                                           (dict(ci95={'top-1': [0.7, 0.8]}), 'outside its interval'),
                                           (dict(command=None), "'command'")])
def test_bad_result_is_named(folder, over, message):
    with pytest.raises(ValueError, match=message) as e: readme.load_results(folder(result(**over)))
    assert '0.json' in str(e.value)

def cell(source, *outputs, kind='code'): return dict(cell_type=kind, id='c0ffee', source=source, outputs=list(outputs))

def test_cells_to_markdown():
    png = dict(output_type='display_data', data={'image/png': 'iVBORw0KGgo=', 'text/plain': '<Figure>'})
    table = '<table border="1" class="dataframe"><tr><td>7</td></tr></table>'
    frame = dict(output_type='execute_result', data={'text/html': f'<div><style scoped>x</style>{table}</div>'})
    svg = dict(output_type='execute_result',
               data={'text/html': '<div><svg width="9"></svg></div>', 'text/plain': '<View>'})
    said = dict(output_type='stream', name='stdout', text=['one\n', 'two\n'])
    text, files = readme.to_readme(
        dict(cells=[cell('# acml', kind='markdown'), cell('#| hide\nsecret'), cell('#| echo: false\ndraw()', png),
                    cell('f(1)', said), cell('t', frame), cell('v', svg)]), {})
    assert 'secret' not in text and 'draw()' not in text and 'style' not in text
    assert '# acml\n\n![](assets/readme/c0ffee-0.png)' in text
    assert '```python\nf(1)\n```\n\n```\none\ntwo\n```' in text
    assert '<table><tr><td>7</td></tr></table>' in text
    assert files['assets/readme/c0ffee-0.svg'].startswith(b'<svg xmlns=')

def test_pages_are_listed_with_working_links(root):
    text, _ = readme.to_readme(dict(cells=[cell('<!-- pages -->', kind='markdown')]), {})
    assert '(nbs/00_core.ipynb)' in text
    for line in text.splitlines():
        if '](' in line: assert (root/line.split('](')[1].split(')')[0]).exists()
