"""Saved outputs against new ones: what must be the same, what may differ, and a small notebook run both ways."""
import json

import pytest

import outputs
from outputs import check_page, compare, differences, is_passed_over, lacks_data, same_number

def printed(text): return [dict(output_type='stream', name='stdout', text=text)]

def shown(**data):
    data = {k.replace('_', '/', 1): v for k, v in data.items()}
    return [dict(output_type='execute_result', data=data, metadata={}, execution_count=None)]

@pytest.mark.parametrize('old, new, same', [
    ('12', '12', True), ('12', '13', False), ('1,260', '1004', False), ('1004', '1,004', False),
    ('0.612', '0.613', True), ('0.612', '0.630', False), ('0.2', '0.3', False), ('0.000', '0.001', True),
    ('61.2', '61.3', True), ('61.2', '61.6', False), ('123.4', '123.9', True), ('1.2e-05', '1.3e-05', True),
    ('1.2e-05', '1.2e-04', False), ('-0.612', '0.612', False), ('3.', '4.', False), ('30112', '30113', False)])
def test_numbers(old, new, same): assert same_number(old, new) == same

@pytest.mark.parametrize('old, new, same', [
    ('3.0747', '3.0187', True), ('0.0', '0.0102', True), ('92%', '89%', True), ('92%', '60%', False), ('a', 'b', False),
    ('model 282ce0bbd9eb703c', 'model 983ccc538616930f', True)])
def test_rough_cells(old, new, same): assert bool(differences(old, new, outputs.ROUGH)) != same

@pytest.mark.parametrize('old, new', [
    ('found in 12 ms', 'found in 431 ms'), ('took 3.4 s', 'took 11.0 s'), ('2 seconds', '61 seconds'),
    ('written to /tmp/tmpab12/lib', 'written to /tmp/xyz/lib'), ('<A at 0x7f00>', '<A at 0x6a12>'),
    ('a   b', 'a b'), ('loss 0.6123', 'loss 0.6125'), ('[0.12 0.34]', '[0.121 0.34]')])
def test_what_may_differ(old, new): assert not differences(old, new)

@pytest.mark.parametrize('old, new', [
    ('made with model 282ce0bbd9eb703c', 'made with model 983ccc538616930f'), ('C10H16O', 'C10H14O'), ('a', 'a\nb'),
    ('top-1 61.2 %', 'top-1 59.0 %'), ('1004 numbers for each', '1260 numbers for each'), ('nan', '0.1'),
    ('rank 1', 'rank 2'), ('7.2 s | 3.1 d', '7.9 s | 3.1 d')])
def test_what_must_not(old, new): assert differences(old, new)

def test_kinds_of_output():
    assert not list(compare(printed('a 1.00\n'), printed('a 1.00')))
    assert list(compare(printed('a'), [])) and list(compare([], printed('a')))
    frame = '<table><tr><td>{}</td><td>CCO</td></tr></table>'
    assert not list(compare(shown(text_html=frame.format(.612)), shown(text_html=frame.format(.613))))
    assert list(compare(shown(text_html=frame.format(.612)), shown(text_html=frame.format(.9))))
    assert list(compare(shown(text_markdown='| 1 |'), shown(text_markdown='| 2 |')))
    assert not list(compare(shown(image_png='abc', text_plain='<Figure 1>'), shown(image_png='def', text_plain='<F>')))
    assert list(compare(shown(image_png='abc'), shown(text_plain='no picture')))
    assert not list(compare(shown(text_html='<svg>1</svg>'), shown(text_html='<svg>2</svg>')))
    warned = [dict(output_type='stream', name='stderr', text='slow down')]
    assert not list(compare(warned, [])), 'warnings are not compared'

def cell(source, outputs=()):
    return dict(cell_type='code', id=f'c{abs(hash(source)) % 10**7}', metadata={}, source=source, execution_count=None,
                outputs=list(outputs))

def test_cells_that_nbdev_does_not_run(monkeypatch):
    assert [is_passed_over(cell(f'#| {m}\n1/0')) for m in ('eval: false', 'cuda', 'notest')] == [True]*3
    assert [is_passed_over(cell(f'{m}1/0')) for m in ('#| slow\n', '#| hide\n', '#| echo: false\n', '')] == [False]*4
    monkeypatch.setenv('ACML_DATA', '/nowhere')
    assert lacks_data(cell("path = shared_data('massbank_sample.msp')")) and not lacks_data(cell('1 + 1'))

@pytest.mark.slow
def test_a_small_notebook(tmp_path):
    def page(*cells):
        kernel = dict(display_name='Python 3', language='python', name='python3')
        path = tmp_path/'page.ipynb'
        path.write_text(json.dumps(dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)))
        before = path.read_bytes()
        problems = check_page(path)[0]
        assert path.read_bytes() == before, 'the notebook is only read'
        return problems
    timed = cell("import time; start = time.time()\nprint(f'{time.time() - start:.1f} s')", printed('71.3 s'))
    assert page(timed, cell('#| slow\n0.612*2', shown(text_plain='1.224')), cell('#| cuda\n1/0', printed('9'))) == []
    problem, = page(timed, cell('#| slow\n0.612*2', shown(text_plain='1.31')))
    assert 'page.ipynb cell 2' in problem and "saved '1.31'" in problem and "now   '1.224'" in problem
    problem, = page(cell('a = 1'), cell('assert a == 2', printed('as it should be')))
    assert 'page.ipynb cell 2' in problem and 'AssertionError' in problem

def test_pages_by_name(root):
    assert [p.name for p in outputs.find_pages(['nbs/index.ipynb', '00_core'])] == ['index.ipynb', '00_core.ipynb']
    assert len(outputs.find_pages([])) > 40
    with pytest.raises(SystemExit, match='no notebook nowhere'): outputs.find_pages(['nowhere'])
