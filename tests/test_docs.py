"""tools/docs.py and tools/cards.py: pages for the site, its links, model cards."""
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

import cards, docs

ROOT = Path(__file__).resolve().parents[1]

@pytest.fixture
def site(tmp_path):
    def write(**pages):
        for name, text in pages.items(): (tmp_path/f'{name}.html').write_text(text, encoding='utf-8')
        return list(docs.check_site(tmp_path))
    return write

def test_links_that_hold(site):
    assert site(a='<p id="x"><a href="b.html#y">b</a> <a href="#x">up</a> <a href="https://e.org">out</a></p>',
                b='<h1 id="y">b</h1><img src="data:image/png;base64,AAAA">') == []

@pytest.mark.parametrize('text, fault', [
    ('<a href="c.html">c</a>', 'c.html leads nowhere'), ('<a href="#z">z</a>', 'no such place'),
    ('<script src="https://cdn.example/x.js"></script>', 'fetches https://cdn.example/x.js'),
    ('<link rel="stylesheet" href="//fonts.example/a.css">', 'fetches //fonts.example/a.css'),
    ('<img src="lost.png">', 'lost.png leads nowhere')])
def test_links_that_do_not(site, text, fault):
    found = site(a=text)
    assert len(found) == 1 and found[0].startswith('a.html') and fault in found[0]

def test_style_sheets_from_outside_are_found(tmp_path):
    (tmp_path/'a.css').write_text('@import url("https://fonts.example/a.css");')
    assert 'from outside' in list(docs.check_site(tmp_path))[0]

def test_a_page_shows_signatures_and_no_directive():
    nb = docs.page(ROOT/'nbs'/'00_core.ipynb')
    text = '\n'.join(c.source for c in nb.cells)
    assert re.match(r'# \w', nb.cells[0].source) and '### RecordError' in text and 'def RecordError(' in text
    assert not re.search(r'^#\|', text, re.M) and 'show_doc(' not in text

def test_lists_on_the_first_lines_of_a_page_stay():
    assert '**top-k**' in '\n'.join(c.source for c in docs.page(ROOT/'nbs'/'results.ipynb').cells)

def test_names_of_pages_become_links():
    assert docs._links('see `13b_nmr`, `acml`', {'13b_nmr'}, '../') == 'see [`13b_nmr`](../13b_nmr.ipynb), `acml`'
    assert docs._links('[c](../CHANGELOG.md)', set(), '') == 'c (`CHANGELOG.md` in the source)'
    assert docs._links('[the pages](README.md) [r](results.ipynb)', set(), '') == \
        'the pages (`nbs/README.md` in the source) [r](results.ipynb)'

def test_no_page_links_to_an_address_where_nothing_is_published():
    text = '\n'.join(c.source for c in docs.page(ROOT/'nbs'/'00_core.ipynb').cells)
    assert 'github.com/acml' not in text and '[source](' not in text

@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_every_link_leads_somewhere():
    assert docs.build() == 0
    assert list(docs.check_site(docs.SITE)) == []
    assert (docs.SITE/'searchindex.js').exists() and (docs.SITE/'models'/'joint.html').exists()
    assert '<math' in (docs.SITE/'20_loss.html').read_text(encoding='utf-8')

@pytest.mark.parametrize('name', cards.CARDS)
def test_a_card_says_what_a_user_must_know(name):
    text = (ROOT/'acml'/'pretrained'/name/'README.md').read_text(encoding='utf-8')
    for part in ('Intended use', 'Limits', 'Figures', 'Licence', 'top-1, %', 'made by'): assert part in text
    assert ('Not for commercial use' in text) == (name == 'joint')

def test_the_citation_names_this_version():
    settings = ConfigParser()
    settings.read(ROOT/'settings.ini')
    assert f'version: {settings["DEFAULT"]["version"]}\n' in (ROOT/'CITATION.cff').read_text(encoding='utf-8')
