"""Pictures: well-formed, the same every time, and safe against markup in titles and names."""
import json, re, xml.etree.ElementTree as ET

import pytest

from acml.core import AcmlError, RecordError
from acml.explain import Assignment, Match, assign_peaks
from acml.view import draw_mol, show_mols
from acml.widgets import SpectrumMoleculeView

NAN = float('nan')
NASTY = '</text></svg><script>alert(1)</script><img src=x onerror=alert(2)> & "quoted" \'single\' ]]>'
MOLECULES = {
    'one atom': ('C', [-2.1], [-1.9]),
    'no carbon': ('O', [20.], [NAN]),
    'salt': ('[Na+].CC(=O)[O-]', [23.9, 182.], [NAN, 24., 181., NAN, NAN]),
    'no bonds': ('[Na+].[Cl-]', [20.], [NAN, NAN]),
    'isotopes and charge': ('[13CH3][N+](C)(C)C', [55.], [56.]*1 + [NAN] + [56.]*3),
    'symmetric': ('c1ccccc1', [128.4], [128.]*6),
    'two on one line': ('CCO', [18.], [17., 19., NAN]),
    'bridged': ('CC1(C)C2CCC1(C)C(=O)C2', [219.7, 57.7, 46.8, 43.3, 43.1, 30., 27.1, 19.8, 19.2, 9.3],
                [19.5, 46., 19.5, 43., 27., 30., 57., 9., 217., NAN, 43.]),
    'nothing predicted': ('CCO', [18., 58.], None),
    'far apart': ('CCO', [18., 58.], [150., 160., NAN]),
}

def texts(xml): return ' '.join(t for e in ET.fromstring(xml).iter() for t in (e.text, e.tail) if t)

def view(name, **kwargs):
    smi, observed, predicted = MOLECULES[name]
    return SpectrumMoleculeView(smi, observed, predicted, **kwargs)

@pytest.mark.parametrize('name', MOLECULES)
def test_views_are_well_formed_and_repeatable(name):
    v = view(name, title=name)
    for xml in (v.to_svg(), v._markup): ET.fromstring(xml)
    assert v.to_svg() == view(name, title=name).to_svg()
    assert v.to_html() == view(name, title=name).to_html()

@pytest.mark.parametrize('name', MOLECULES)
def test_every_row_can_be_reached(name):
    "Each row of the table has a hover target, and each target a row and a sentence."
    v = view(name)
    root = ET.fromstring(v._markup)
    hits = [e for e in root.iter() if e.get('class') == 'hit']
    rows = {int(r) for e in hits for r in e.get('data-m').split()}
    says = json.loads(root.get('data-says'))
    assert rows == set(range(len(v.assignment.matches))) == set(range(len(says)))
    assert all(e[0].tag.endswith('title') and e[0].text for e in hits)
    lit = {int(e.get('data-atom')) for e in hits if e.get('data-atom')}
    assert lit == {i for m in v.assignment.matches for i in m.atoms}

@pytest.mark.parametrize('name', MOLECULES)
def test_structures_are_well_formed(name):
    smi = MOLECULES[name][0]
    for xml in (draw_mol(smi), draw_mol(smi, atoms=[0], numbers=True, legend=name),
                show_mols([smi, smi], legends=[name, ''])):
        ET.fromstring(xml)

def test_coordinates_are_inside_the_picture():
    for name in MOLECULES:
        for n in re.findall(r'\b(?:x|y|cx|cy|x1|x2|y1|y2)="([^"]+)"', view(name)._markup):
            assert -20 <= float(n) <= 700, name

def test_titles_are_text_never_markup():
    v = view('symmetric', title=NASTY)
    for xml in (v.to_svg(), v._markup, draw_mol('CCO', legend=NASTY), show_mols(['CCO'], legends=['<script>x'])):
        root = ET.fromstring(xml)
        assert not [e for e in root.iter() if e.tag.split('}')[-1] in ('script', 'img')]
    assert NASTY in texts(v.to_svg()) and NASTY in texts(v._markup)
    page = v.to_html()
    assert page.count('<script') == page.count('</script>') == 1 and '<img' not in page
    assert '<script' not in v._repr_mimebundle_()[0]['text/html']

def test_html_needs_nothing_from_outside():
    page = view('bridged', title='camphor').to_html()
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert not re.search(r'url\(|@import|\bimport\s*[({"\']|fetch\(|XMLHttpRequest|eval\(', page)
    assert "default-src 'none'" in page

def test_long_lists_stay_readable():
    "Eighty lines: as many labels as have room, the others hidden; long groups are counted, not listed."
    v = SpectrumMoleculeView('C'*70, [10. + 2*i for i in range(80)])
    ET.fromstring(v.to_svg())
    assert len(v.assignment.unassigned_lines) == 80
    shown = [t for t in ET.fromstring(v.to_svg()).iter() if t.tag.endswith('text') and t.get('text-anchor') == 'start']
    assert len(shown) == 80 and 40 <= sum(t.get('display') is None for t in shown) < 60
    assert '>6 C<' in view('symmetric').to_svg()

def test_selected_rows_are_checked():
    v = view('bridged')
    v.selected = [0, 1]
    with pytest.raises(AcmlError, match='no row'): v.selected = [-1]
    assert v.selected == [0, 1]

def test_views_refuse_what_they_cannot_draw(tmp_path):
    with pytest.raises(RecordError): SpectrumMoleculeView('C1CC', [20.])
    with pytest.raises(AcmlError): SpectrumMoleculeView('CCO', [NAN])
    with pytest.raises(AcmlError): SpectrumMoleculeView('CCO', assignment=Assignment((Match(20., 21., (7,), 1),)))
    with pytest.raises(AcmlError): view('symmetric').save(tmp_path/'view.pdf')
    assert list(tmp_path.iterdir()) == []

def test_saved_files_are_what_they_say(tmp_path):
    v = view('salt', title='acetate')
    assert v.save(tmp_path/'v.svg').read_text(encoding='utf-8') == v.to_svg()
    assert v.save(tmp_path/'v.html').read_text(encoding='utf-8') == v.to_html()

def test_assignment_is_shown_without_markup_from_data():
    a = assign_peaks([18., 58.], [17., 57., NAN], mol='CCO')
    assert '<script' not in a._repr_html_() and 'C2' in a._repr_html_()

def test_figures_have_one_style():
    import matplotlib.pyplot as plt
    before = plt.rcParams['axes.spines.top']
    with plt.style.context('acml.paper'):
        fig, ax = plt.subplots()
        assert ax.plot([0, 1])[0].get_color() == '#0072B2' and not ax.spines['top'].get_visible()
    plt.close(fig)
    assert before and plt.rcParams['axes.spines.top']
