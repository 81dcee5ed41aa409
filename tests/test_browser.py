"""The views in a real browser: the saved file, the widget in JupyterLab. Skipped where there is no Chromium."""
import json, os, socket, subprocess, sys, time, urllib.request
from pathlib import Path

import pytest

pytest.importorskip('selenium', reason='selenium is not installed')
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException,
    MoveTargetOutOfBoundsException, NoSuchElementException, StaleElementReferenceException)
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[1]
SHOTS = ROOT/'runs'/'screenshots' # ignored by git
IBUPROFEN = 'CC(C)Cc1ccc(cc1)C(C)C(=O)O'
OBSERVED = [18.15, 22.47, 30.25, 45.08, 45.11, 127.3, 129.47, 137.02, 140.93, 181.35, 77.2]
PREDICTED = [22.6, 30.1, 22.6, 44.7, 140., 129.4, 127.3, 139., 127.3, 129.4, 44.8, 19., 187.9, None, None]

# Messages of JupyterLab itself, each with its reason.
NOISE = (
    'favicon', # the server's own icon while it starts
    'notebook_core', # Notebook 7 looks up a setting of an extension that it does not have
)

def severe(driver):
    "Errors on the console that are not known noise."
    said = [m['message'] for m in driver.get_log('browser') if m['level'] == 'SEVERE']
    return [m for m in said if not any(n in m for n in NOISE)]

def shoot(driver, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(SHOTS/name))

def waiting(driver, seconds, **kwargs):
    "What is drawn anew between two looks is looked at again."
    redrawn = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(driver, seconds, ignored_exceptions=redrawn, **kwargs)

REDRAWN = (NoSuchElementException, StaleElementReferenceException, ElementClickInterceptedException,
           ElementNotInteractableException, MoveTargetOutOfBoundsException)

def eventually(look, seconds=30):
    """Call `look` until no assertion in it fails and nothing moved under it; then what it returns.

    A notebook lays out and draws when it likes: what is looked at may be replaced, or not yet be there. The last
    fault is raised when `seconds` are over, so that the test says what was wrong and not only that time ran out.
    """
    end = time.monotonic() + seconds
    while True:
        try: return look()
        except (AssertionError, *REDRAWN):
            if time.monotonic() > end: raise
            time.sleep(.1)

class Page:
    "One view in the browser, found anew at each look; `cell`, if given, is the cell of a notebook that holds it."
    def __init__(self, driver, cell=None): self.driver, self.cell = driver, cell
    @property
    def root(self):
        where = self.driver if self.cell is None else self.cell.element()
        return where.find_element(By.CSS_SELECTOR, '.acml-view')
    def one(self, css): return self.root.find_element(By.CSS_SELECTOR, css)
    def hover(self, element): ActionChains(self.driver).move_to_element(element).perform()
    def leave(self): self.hover(self.one('.acml-summary'))
    @property
    def readout(self): return self.one('.acml-readout').text
    def atoms(self):
        "Atoms whose discs are lit, by the hover target at the same place."
        lit = '''
            const at = c => c.getAttribute('cx') + ',' + c.getAttribute('cy'), root = arguments[0];
            const lit = new Set([...root.querySelectorAll('.halo.on')].map(at));
            return [...root.querySelectorAll('[data-atom]')].filter(c => lit.has(at(c))).map(c => +c.dataset.atom)'''
        return self.driver.execute_script(lit, self.root)
    def lit(self, kind):
        return [e.get_attribute('data-m') for e in self.root.find_elements(By.CSS_SELECTOR, f'.{kind}.on')]
    def line(self, row): return self.one(f'.acml-spectrum rect.hit[tabindex][data-m="{row}"]')
    def atom(self, i): return self.one(f'.acml-structure .hit[data-atom="{i}"]')
    def point(self, find, check):
        "Point at what `find()` returns until `check()` has no complaint."
        def look():
            self.hover(find())
            check()
        eventually(look)

def check_light(page):
    "Rows of ibuprofen: 0 C13, 1 C5, 2 C8, 3 C6 and C10, 4 C7 and C9, 5 the solvent, ..."
    hint = eventually(lambda: page.readout)
    assert page.atoms() == []
    def line():
        assert page.atoms() == [5, 9] and page.lit('obs') == page.lit('pred') == page.lit('link') == ['3']
        assert page.readout == 'C6, C10 observed 129.5 ppm, predicted 129.4 ppm (-0.1)'
    def atom():
        assert page.atoms() == [12] and page.lit('obs') == ['0'] and 'C13' in page.readout and '(+6.6)' in page.readout
    def solvent():
        assert page.atoms() == [] and page.lit('obs') == ['5'] and 'no atom predicted' in page.readout
    def dark(): assert page.lit('obs') == [] and page.readout == hint
    page.point(lambda: page.line(3), line)
    page.point(lambda: page.atom(12), atom)
    page.point(lambda: page.line(5), solvent)
    page.point(lambda: page.one('.acml-summary'), dark)

def test_html_file(browser, tmp_path):
    from acml.widgets import SpectrumMoleculeView
    view = SpectrumMoleculeView(IBUPROFEN, OBSERVED, [float('nan') if p is None else p for p in PREDICTED],
                                title='Ibuprofen <b>in CDCl3</b>')
    browser.get(view.save(tmp_path/'view.html').as_uri())
    page = Page(browser)
    assert page.one('.acml-title').text == 'Ibuprofen <b>in CDCl3</b>'
    check_light(page)

    page.atom(5).click() # a click keeps the light on
    page.leave()
    assert page.atoms() == [5, 9] and page.atom(5).get_attribute('aria-pressed') == 'true'
    shoot(browser, 'html_file.png')
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    assert page.atoms() == []

    browser.execute_script('arguments[0].focus()', page.line(0)) # the keyboard does what the mouse does
    assert page.atoms() == [12]
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ENTER).perform()
    assert page.atoms() == [4]
    assert browser.execute_script('return performance.getEntriesByType("resource").map(e => e.name)') == []
    assert severe(browser) == []

def large_view(**kwargs):
    "79 atoms and 300 lines."
    import numpy as np
    from acml.widgets import SpectrumMoleculeView
    smi = ('CC(C)CC(NC(=O)C(Cc1ccccc1)NC(=O)C(C)NC(=O)C1CCCN1)C(=O)NC(CCCCN)C(=O)NC(CC(=O)O)C(=O)NC(C)C(=O)'
           'NC(Cc1c[nH]c2ccccc12)C(=O)NCC(=O)NCCCCC(=O)O')
    rng = np.random.default_rng(0)
    lines = np.round(rng.uniform(0, 220, 300), 2)
    return SpectrumMoleculeView(smi, lines, rng.choice(lines, 79) + rng.normal(0, 1, 79), **kwargs)

# Shown labels of the observed lines, as rectangles on the screen; hidden ones have no width.
LABELS = """return [...document.querySelectorAll('.stick.obs text')].map(t => t.getBoundingClientRect())
    .filter(r => r.width > 0).map(r => [r.x, r.x + r.width])"""

def overlaps(spans): return sum(b[0] < a[1] - 2.5 for a, b in zip(sorted(spans), sorted(spans)[1:]))

def test_three_hundred_lines_stay_legible_and_quick(browser, tmp_path):
    view = large_view(title='<img src=x onerror=alert(1)>')
    browser.get(view.save(tmp_path/'large.html').as_uri())
    page = Page(browser)
    assert page.one('.acml-title').text == '<img src=x onerror=alert(1)>'
    assert not browser.find_elements(By.TAG_NAME, 'img')
    spans = browser.execute_script(LABELS)
    assert 40 <= len(spans) <= 60 and overlaps(spans) == 0
    hidden = browser.find_element(By.CSS_SELECTOR, '.stick.obs text.thin')
    assert not hidden.is_displayed()
    row = hidden.find_element(By.XPATH, '..').get_attribute('data-m').split()[0]
    browser.execute_script('arguments[0].focus()', page.one(f'rect.hit[tabindex][data-m~="{row}"]'))
    assert hidden.is_displayed() # lit, it shows its label

    zoom = 'document.querySelector(".acml-spectrum").acmlZoom'
    browser.execute_script(f'{zoom}.zoom(.1, [.5, .5])')
    spans, shown = browser.execute_script(LABELS), browser.find_elements(By.CSS_SELECTOR, '.stick.obs')
    assert len(spans) == sum(s.is_displayed() for s in shown) > 15 and overlaps(spans) == 0
    took = browser.execute_script(f"""
        const hits = [...document.querySelectorAll('.hit')], out = [], timed = f => {{
            const t = performance.now();
            f();
            document.body.getBoundingClientRect();
            out.push(performance.now() - t); }};
        const over = h => h.dispatchEvent(new PointerEvent('pointerover', {{bubbles: true}}));
        for (const h of hits.slice(0, 40)) timed(() => over(h));
        for (let i = 0; i < 10; i++) timed(() => {zoom}.zoom(i % 2 ? .5 : 2, [.5, .5]));
        return out.sort((a, b) => a - b)""")
    assert took[len(took)//2] < 100 and took[-3] < 200, took # milliseconds, on a machine that does other things too
    shoot(browser, 'large.png')
    assert severe(browser) == []

def test_keys_and_mouse_zoom_and_move(browser, tmp_path):
    from acml.widgets import SpectrumMoleculeView
    view = SpectrumMoleculeView(IBUPROFEN, OBSERVED, [float('nan') if p is None else p for p in PREDICTED])
    browser.get(view.save(tmp_path/'view.html').as_uri())
    page, span = Page(browser), 'return document.querySelector(".acml-spectrum").acmlZoom.range()'
    whole = browser.execute_script(span)
    browser.execute_script('arguments[0].focus()', page.line(3))
    ActionChains(browser).send_keys('+').perform()
    near = browser.execute_script(span)
    assert abs(near[0] - near[1]) < abs(whole[0] - whole[1])/1.5
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
    assert browser.execute_script(span)[0] < near[0]
    ActionChains(browser).send_keys('0').perform()
    assert browser.execute_script(span) == whole
    svg = page.one('.acml-spectrum') # dragging over lines shows them alone
    drag = ActionChains(browser).move_to_element_with_offset(svg, -100, 0).click_and_hold()
    drag.move_by_offset(60, 0).release().perform()
    near = browser.execute_script(span)
    assert abs(near[0] - near[1]) < abs(whole[0] - whole[1])/6 and page.atoms() == []
    browser.execute_script('arguments[0].focus()', page.atom(4)) # arrows walk from atom to atom
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
    assert browser.switch_to.active_element.get_attribute('data-atom') in '579'
    box = page.one('.acml-structure').get_dom_attribute('viewBox')
    ActionChains(browser).send_keys('+').perform()
    assert page.one('.acml-structure').get_dom_attribute('viewBox') != box
    reached = browser.find_elements(By.CSS_SELECTOR, '.hit[tabindex="0"]') # the tab key stops once a panel
    assert len(reached) == 2 and severe(browser) == []

def test_protons_and_fragments(browser, tmp_path):
    from acml.massspec import MassSpectrum
    from acml.spectrum import parse_spectrum
    from acml.widgets import SpectrumMoleculeView
    protons = parse_spectrum('1H NMR (400 MHz, CDCl3) δ 3.70 (q, J = 7.0 Hz, 2H), 1.22 (t, J = 7.0 Hz, 3H)', '1H')
    browser.get(SpectrumMoleculeView('CCO', protons, [1.2, 3.7, float('nan')]).save(tmp_path/'h.html').as_uri())
    page = Page(browser)
    assert {t.text for t in browser.find_elements(By.CSS_SELECTOR, '.stick.obs text')} == {'3.70 q 2H', '1.22 t 3H'}
    lines = lambda: browser.execute_script("""return [...document.querySelectorAll('.stick.obs[data-m="0"] line')]
        .map(l => +l.getAttribute('x1'))""")
    assert len(lines()) == 4 and max(lines()) - min(lines()) < 4
    browser.execute_script('document.querySelector(".acml-spectrum").acmlZoom.zoom(.05, [.495, .5])')
    assert max(lines()) - min(lines()) > 20 or max(lines()) == min(lines()) == 0

    ions = MassSpectrum([28., 31., 46.], [.2, 1., .5])
    browser.get(SpectrumMoleculeView('CCO', ions, fragments={1: (1, 2), 2: (0, 1, 2)}).save(tmp_path/'m.html').as_uri())
    page = Page(browser)
    page.hover(page.line(1))
    assert page.atoms() == [1, 2] and page.readout == 'm/z 31.0000, 100%, atoms 2, 3'
    page.hover(page.atom(0)) # an atom lights its peaks, and itself alone
    assert page.atoms() == [0] and page.lit('obs') == ['2']
    assert severe(browser) == []

def dark(driver, on=True):
    wish = dict(name='prefers-color-scheme', value='dark' if on else 'light')
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', dict(features=[wish]))

def test_dark_theme(browser, tmp_path):
    from acml.widgets import SpectrumMoleculeView
    browser.get(SpectrumMoleculeView('CCO', [18., 58.], [17., 57., float('nan')]).save(tmp_path/'v.html').as_uri())
    ground = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-view').value_of_css_property('background-color')
    assert ground() == 'rgba(255, 255, 255, 1)'
    dark(browser)
    assert ground() == 'rgba(18, 20, 22, 1)'
    assert 'invert' in browser.find_element(By.CSS_SELECTOR, '.acml-spectrum').value_of_css_property('filter')
    shoot(browser, 'dark.png')

KERNEL = """
    const state = JSON.parse(document.getElementById('state').textContent), heard = {};
    window.sent = [];
    window.tell = found => { // as a notebook does: a value that stays the same is no change
      const changed = Object.keys(found).filter(k => JSON.stringify(found[k]) !== JSON.stringify(state[k]));
      Object.assign(state, found);
      for (const k of changed) for (const f of heard['change:' + k] || []) f();
    };
    const model = { get: k => state[k], send: m => window.sent.push(m), off() {},
      on: (k, f) => (heard[k] ||= []).push(f) };
    shown.render({ model, el: document.getElementById('el') });"""

def test_an_answer_that_is_the_last_one_again_ends_the_waiting(browser, tmp_path):
    "Twice the same question: the form waited for a change that never came."
    from acml.data import demo_table
    from acml.identify_widget import IdentifyWidget
    from acml.library import Library
    from acml.model import ACML
    widget = IdentifyWidget(Library.build(ACML.from_pretrained('cnmr'), demo_table().head(40), progress=False), k=3)
    state = lambda: {k: getattr(widget, k) for k in ('_asked', '_solvents', '_state', '_detail', '_turn')}
    script = widget._esm.replace('export default', 'const shown =') + KERNEL
    (tmp_path/'w.html').write_text('<!doctype html><meta charset="utf-8"><div id="el"></div><script id="state" '
        f'type="application/json">{json.dumps(state())}</script><script type="module">{script}</script>', 'utf-8')
    browser.get((tmp_path/'w.html').as_uri())
    go = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-identify button.go')
    for text in ('', '', '170.1, 60.5', '170.1, 60.5'):
        go().click()
        assert not go().is_enabled()
        ask, = browser.execute_script('return window.sent.splice(0)')
        widget._message(dict(ask={**ask['ask'], 'text': text}))
        browser.execute_script('window.tell(arguments[0])', state())
        shown = browser.find_element(By.CSS_SELECTOR, 'tbody tr' if text else '.acml-error')
        assert go().is_enabled() and shown.text
        views = len(browser.find_elements(By.CSS_SELECTOR, '.acml-detail .acml-view'))
        assert views == bool(text)
    assert severe(browser) == []

def test_hits_are_text(browser, tmp_path):
    import pandas as pd
    from acml.hits import Hits
    from acml.view import draw_mol
    table = pd.DataFrame(dict(rank=[1, 2], score=[.9, .8], smiles=['CCO', 'COC'], formula='C2H6O', exact_mass=46.04,
                              inchikey='LFQSCWFLJHTTHZ-UHFFFAOYSA-N', name=['<img src=x onerror=alert(1)>', 'a'*200]))
    (tmp_path/'h.html').write_text('<!doctype html><meta charset="utf-8">' + Hits(table, 2).to_html(), encoding='utf-8')
    browser.get((tmp_path/'h.html').as_uri())
    rows = browser.find_elements(By.CSS_SELECTOR, 'tbody tr')
    cells = [[c.text for c in r.find_elements(By.TAG_NAME, 'td')] for r in rows]
    assert [c[2] for c in cells] == list(table['name']) and cells[0][-1] == 'CCO'
    assert len(browser.find_elements(By.TAG_NAME, 'img')) == 2 and severe(browser) == []

def test_two_views_in_one_page(browser, tmp_path):
    "As in a report: each lights itself only."
    from acml.widgets import SpectrumMoleculeView
    views = [SpectrumMoleculeView('CCO', [18.1, 57.8], [18., 58., float('nan')]),
             SpectrumMoleculeView('CO', [50.], [49., float('nan')])]
    (tmp_path/'report.html').write_text('<!doctype html><meta charset="utf-8">'
                                        + ''.join(v.to_html(full=False) for v in views), encoding='utf-8')
    browser.get((tmp_path/'report.html').as_uri())
    roots = browser.find_elements(By.CSS_SELECTOR, '.acml-view[data-live]')
    ActionChains(browser).move_to_element(roots[1].find_element(By.CSS_SELECTOR, '[data-atom="0"]')).perform()
    assert [len(r.find_elements(By.CSS_SELECTOR, '.obs.on')) for r in roots] == [0, 1]
    assert severe(browser) == []

# ---- the other widgets, as saved files

CAMPHOR = '13C NMR (101 MHz, CDCl3) δ 219.6, 57.7, 46.8, 43.3, 43.1, 29.9, 27.1, 19.8, 19.2, 9.3'

@pytest.fixture(scope='module')
def library():
    "Eighty molecules of the demo table in memory, one with a name that is markup."
    from acml.data import demo_table
    from acml.library import Library
    from acml.model import ACML
    table = demo_table().drop_duplicates('smiles').head(80).copy()
    table['name'] = ['<img src=x onerror=alert(1)>', *table['name'].iloc[1:]]
    return Library.build(ACML.from_pretrained('cnmr'), table, progress=False)

def resources(driver): return driver.execute_script('return performance.getEntriesByType("resource").map(e => e.name)')

def only_text(driver):
    "Names stayed text: no picture but those that hold themselves, and nothing was fetched."
    pictures = [e.get_dom_attribute('src') for e in driver.find_elements(By.TAG_NAME, 'img')]
    return all(p.startswith('data:') for p in pictures) and [r for r in resources(driver) if 'data:' not in r] == []

def test_identify_file(browser, library, tmp_path):
    from acml.identify_widget import IdentifyWidget
    start = time.process_time()
    widget = IdentifyWidget(library, k=80)
    assert time.process_time() - start < .5 # of this process: others may use the machine
    widget.k = 6
    widget.ask(CAMPHOR)
    browser.get(widget.save(tmp_path/'identify.html').as_uri())
    rows = browser.find_elements(By.CSS_SELECTOR, '.acml-identify tbody tr')
    assert len(rows) == 6 and not browser.find_elements(By.TAG_NAME, 'textarea')
    title = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-detail .acml-title').text
    assert title().startswith('1 ') and browser.find_elements(By.CSS_SELECTOR, '.acml-disagrees li')
    rows[2].click()
    assert title().startswith('3 ') and rows[2].get_attribute('aria-selected') == 'true'
    browser.execute_script('arguments[0].focus()', rows[0])
    ActionChains(browser).send_keys(Keys.ARROW_DOWN, Keys.ENTER).perform()
    assert title().startswith('2 ')
    copy, = rows[0].find_elements(By.CSS_SELECTOR, 'button[title="copy SMILES"]')
    copy.click()
    said = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-said').text
    waiting(browser, 10).until(lambda d: said() == f'copied: {widget.hits[0].smiles}')
    page = Page(browser)
    page.hover(page.one('.acml-spectrum rect.hit[tabindex]'))
    assert page.lit('obs')
    shoot(browser, 'identify.png')
    assert only_text(browser) and severe(browser) == []

def test_isomers_file(browser, tmp_path):
    from acml.isomer_widget import IsomerWidget
    names = {'<img src=x onerror=alert(1)>': 'CCO', 'ether': 'COC'}
    widget = IsomerWidget(names, [18., 58.], predicted_ppm=[[18.2, 57., float('nan')], [60., float('nan'), 60.]])
    browser.get(widget.save(tmp_path/'isomers.html').as_uri())
    page = Page(browser)
    line = page.one('rect.hit[data-m="0"]')
    page.hover(line)
    assert '<img src=x' in page.readout and '58 ppm' in page.readout
    assert len(browser.find_elements(By.CSS_SELECTOR, '.halo.on')) == 3 # one carbon of ethanol, both of the ether
    browser.execute_script('arguments[0].focus()', line)
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ENTER).perform()
    assert page.lit('obs') == ['1']
    shoot(browser, 'isomers.png')
    assert only_text(browser) and severe(browser) == []

def test_map_file(browser, library, tmp_path):
    from acml.space_widget import ChemicalSpaceWidget
    start = time.process_time()
    widget = ChemicalSpaceWidget(library, color='exact_mass', title='<img src=x onerror=alert(1)>')
    assert time.process_time() - start < .5 # of this process: others may use the machine
    browser.get(widget.save(tmp_path/'map.html').as_uri())
    canvas = browser.find_element(By.TAG_NAME, 'canvas')
    card = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-card').text
    browser.execute_script('arguments[0].focus()', canvas)
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_LEFT).perform()
    first = card()
    assert any(n in first for n in widget.table['name'] if n)
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert len(browser.find_elements(By.CSS_SELECTOR, '.acml-table tbody tr')) == 1
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    assert not browser.find_elements(By.CSS_SELECTOR, '.acml-table tbody tr')
    ActionChains(browser).move_to_element_with_offset(canvas, -320, -210).click_and_hold().perform()
    for x, y in ((640, 0), (0, 450), (-640, 0)): ActionChains(browser).move_by_offset(x, y).perform()
    ActionChains(browser).release().perform() # around nearly all of it
    assert len(browser.find_elements(By.CSS_SELECTOR, '.acml-table tbody tr')) > 60
    shoot(browser, 'map.png')
    assert only_text(browser) and severe(browser) == []

def test_conformer_file(browser, tmp_path):
    from acml.conformer_widget import ConformerView
    view = ConformerView('CC1(C)C2CCC1(C)C(=O)C2', range(11), title='<img src=x onerror=alert(1)>')
    browser.get(view.save(tmp_path/'conformer.html').as_uri())
    root = browser.find_element(By.CSS_SELECTOR, '.acml-conformer')
    assert root.find_element(By.CSS_SELECTOR, '.acml-title').text == '<img src=x onerror=alert(1)>'
    if root.get_dom_attribute('data-still'): # no WebGL here: the still, and a word about it
        assert 'no WebGL' in root.text and root.find_element(By.CSS_SELECTOR, '.acml-3d img').is_displayed()
    else:
        box, turned = root.find_element(By.CSS_SELECTOR, '.acml-3d'), 'return arguments[0].acmlViewer.getView()'
        before = browser.execute_script(turned, root)
        browser.execute_script('arguments[0].focus()', box)
        ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
        assert browser.execute_script(turned, root) != before
    shoot(browser, 'conformer.png')
    ground = lambda: browser.find_element(By.CSS_SELECTOR, '.acml-3d').value_of_css_property('background-color')
    assert ground() == 'rgba(255, 255, 255, 1)'
    dark(browser) # after it was drawn: what is drawn has no ground of its own
    assert ground() == 'rgba(18, 20, 22, 1)'
    shoot(browser, 'conformer_dark.png')
    assert only_text(browser) and severe(browser) == []

def test_the_table_of_hits_keeps_its_alignment_in_a_notebook(browser, tmp_path):
    "JupyterLab aligns the cells of every table to the right, by a rule of more weight than one class."
    from acml.data import demo_table
    from acml.library import Library
    from acml.model import ACML
    library = Library.build(ACML.from_pretrained('cnmr'), demo_table().head(12), progress=False)
    theirs = ':not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon :is(td, th) { text-align: right; }'
    (tmp_path/'hits.html').write_text(f'<!doctype html><meta charset="utf-8"><style>{theirs}</style><div class='
        f'"jp-RenderedHTMLCommon">{library.identify([18., 58.], k=3).to_html()}</div>', 'utf-8')
    browser.get((tmp_path/'hits.html').as_uri())
    align = lambda e: e.value_of_css_property('text-align')
    cells = browser.find_elements(By.CSS_SELECTOR, '.acml-hits tbody tr:first-child td')
    assert {align(c) for c in cells if c.get_attribute('class') == 'n'} == {'right'}
    assert {align(c) for c in cells if c.get_attribute('class') != 'n'} == {'left'} and len(cells) > 6

# ---- JupyterLab and Notebook 7

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def notebook(*sources):
    cells = [dict(cell_type='code', id=f'cell{i}', metadata={}, source=s, outputs=[], execution_count=None)
             for i, s in enumerate(sources)]
    kernel = dict(display_name='Python 3', language='python', name='python3')
    return json.dumps(dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5))

APPS = {'jupyterlab': '/lab/tree/', 'notebook': '/notebooks/'}

@pytest.fixture(scope='module', params=APPS)
def lab(request, tmp_path_factory):
    """JupyterLab or Notebook 7 on this machine only, without news, updates or extension manager; (address, folder).

    One server for all tests of an application: to start it takes longer than most of them.
    """
    app = request.param
    pytest.importorskip(app, reason=f'{app} is not installed')
    tmp_path = tmp_path_factory.mktemp(app)
    folder, config, settings = (tmp_path/n for n in ('notebooks', 'config', 'settings'))
    for d in (folder, config, settings/'@jupyterlab'/'apputils-extension'): d.mkdir(parents=True)
    (settings/'@jupyterlab'/'apputils-extension'/'notification.jupyterlab-settings').write_text(
        '{"fetchNews": "false", "checkForUpdates": false}')
    never = 'jupyterlab.handlers.announcements.NeverCheckForUpdate'
    name = dict(jupyterlab='LabApp', notebook='JupyterNotebookApp')[app]
    quiet = dict(check_for_updates_class=never, news_url=None, extension_manager='readonly')
    (config/'jupyter_lab_config.json').write_text(json.dumps(dict(LabApp=quiet))) # Notebook 7 has no news
    env = {**os.environ, 'JUPYTER_CONFIG_DIR': str(config), 'JUPYTERLAB_SETTINGS_DIR': str(settings),
           'JUPYTERLAB_WORKSPACES_DIR': str(tmp_path/'workspaces'), 'JUPYTER_RUNTIME_DIR': str(tmp_path/'runtime'),
           'IPYTHONDIR': str(tmp_path/'ipython'), 'PYTHONPATH': str(ROOT), 'ACML_STATIC': '', 'OMP_NUM_THREADS': '1'}
    url = f'http://127.0.0.1:{(port := free_port())}'
    command = [sys.executable, '-m', app, '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}',
               f'--ServerApp.root_dir={folder}', '--IdentityProvider.token=', '--ServerApp.password=',
               '--ServerApp.port_retries=0', f'--{name}.expose_app_in_browser=True']
    with open(tmp_path/'lab.log', 'w') as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(240):
            try: urllib.request.urlopen(f'{url}/api/status', timeout=2).close(); break
            except OSError: time.sleep(.25)
            assert server.poll() is None, (tmp_path/'lab.log').read_text()[-2000:]
        yield f'{url}{APPS[app]}', folder
    finally:
        server.terminate()
        try: server.wait(10)
        except subprocess.TimeoutExpired: server.kill()

class Cell:
    "The `i`-th cell of a notebook, found anew at each look and read in one step, so that no redraw comes between."
    def __init__(self, driver, i): self.driver, self.i = driver, i
    def element(self): return self.driver.find_elements(By.CSS_SELECTOR, '.jp-Notebook .jp-CodeCell')[self.i]

    def _script(self, body, *args):
        find = "const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[arguments[0]];"
        return self.driver.execute_script(f'{find} {body}', self.i, *args)

    def count(self, css): return self._script('return cell.querySelectorAll(arguments[1]).length', css)
    def text(self, css): return self._script('return cell.querySelector(arguments[1])?.textContent ?? ""', css)
    def prompt(self): return self.text('.jp-InputPrompt').strip()
    def shown(self): return self.text('.jp-Cell-outputArea')

    def do(self, css, what='click()', n=0):
        "Call a method of the `n`-th element of `css`, once it is there."
        done = 'const e = cell.querySelectorAll(arguments[1])[arguments[2]]; if (e) e.' + what + '; return !!e'
        def look(): assert self._script(done, css, n), f'cell {self.i}: no {css} number {n}'
        eventually(look)

    def run(self):
        "Put the cursor into the cell, press Shift+Enter and wait until it has begun."
        def enter():
            self._script('cell.scrollIntoView({block: "center"})')
            self.element().find_element(By.CSS_SELECTOR, '.jp-InputArea-editor').click()
        eventually(enter)
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
        def begun(): assert self.prompt() not in ('', '[ ]:'), f'cell {self.i} did not run'
        eventually(begun)
        return self

    def press(self, css, key, check):
        "Give the element `css` the focus and press `key`; again only if `check()` is not true a while later."
        focus = 'const e = cell.querySelector(arguments[1]); e?.focus(); return !!e && document.activeElement === e'
        def look():
            assert self._script(focus, css), f'cell {self.i}: {css} takes no focus' # a notebook may take it back
            ActionChains(self.driver).send_keys(key).perform()
            self.until(check, seconds=5)
        eventually(look)

    def until(self, check, seconds=180):
        "Wait until `check()` is true; what the cell shows is told if it never is."
        def look(): assert check(), f'cell {self.i} shows: {self.shown()[-600:]}'
        eventually(look, seconds)

def server_of(url): return url[:url.index('/', 8)]

def kernel_is_idle(url, name):
    "Whether the notebook `name` has a kernel that is connected and waits."
    with urllib.request.urlopen(server_of(url) + '/api/sessions', timeout=10) as answer: sessions = json.load(answer)
    kernels = [s['kernel'] for s in sessions if s['path'] == name]
    return bool(kernels) and all(k['execution_state'] == 'idle' and k['connections'] for k in kernels)

def open_notebook(driver, url, folder, name, sources):
    "Write a notebook, open it, wait until it is there and its kernel idle; its cells."
    (folder/name).write_text(notebook(*sources))
    driver.get(f'{url}{name}?reset') # without the tabs of the test before
    wait = waiting(driver, 180, poll_frequency=.2)
    wait.until(lambda d: len(d.find_elements(By.CSS_SELECTOR, '.jp-Notebook .jp-CodeCell')) == len(sources)
               and not d.find_elements(By.CSS_SELECTOR, '#jupyterlab-splash'))
    wait.until(lambda d: kernel_is_idle(url, name))
    time.sleep(1) # the page is told of it
    return [Cell(driver, i) for i in range(len(sources))]

def app_of(url): return 'lab' if '/lab/' in url else 'notebook'

def stayed_here(driver, url):
    "No request left this machine."
    return [u for u in resources(driver) if not u.startswith((server_of(url), 'data:', 'blob:'))] == []

def test_widget_in_a_notebook(browser, lab):
    url, folder = lab
    make = f'''from acml.widgets import SpectrumMoleculeView
view = SpectrumMoleculeView({IBUPROFEN!r}, {OBSERVED}, {PREDICTED}, title='Ibuprofen')
view'''
    view, told, set_it = open_notebook(browser, url, folder, 'view.ipynb',
                                       [make, "print('selected', view.selected)", 'view.selected = [0]'])
    view.run()
    view.until(lambda: view.count('.jp-OutputArea-output .acml-view'))
    page = Page(browser, view)
    view.do('.acml-view', 'scrollIntoView({block: "center"})')
    check_light(page)

    def moved(): return browser.execute_script('return document.activeElement.dataset.atom') in ('5', '7', '9')
    view.press('.acml-structure .hit[data-atom="4"]', Keys.ARROW_RIGHT, moved) # the notebook leaves the keys to it
    eventually(lambda: page.atom(5).click()) # what is clicked in the browser arrives in Python
    eventually(page.leave)
    shoot(browser, f'{app_of(url)}.png')
    told.run()
    told.until(lambda: 'selected [3]' in told.shown())
    set_it.run() # and the other way
    view.until(lambda: page.atoms() == [12])

    assert stayed_here(browser, url) and severe(browser) == []

LIVE = [f'''from acml.data import demo_table
from acml.identify_widget import IdentifyWidget
from acml.library import Library
from acml.model import ACML
library = Library.build(ACML.from_pretrained('cnmr'), demo_table().drop_duplicates('smiles').head(40), progress=False)
widget = IdentifyWidget(library, k=3, text={CAMPHOR!r})
widget''', "print('found', widget.hits.n_candidates)", '''from acml.space_widget import ChemicalSpaceWidget
space = ChemicalSpaceWidget(library)
space''', "print('chosen', len(space.selection))", '''from acml.conformer_widget import ConformerView
ConformerView('CCO', [1., -1., 0.], title='ethanol')''', '''import torch
from torch.utils.data import DataLoader, TensorDataset
from acml.learner import Learner
from acml.training_widget import TrainingView
class Mean(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.m = torch.nn.Parameter(torch.zeros(1))
    def forward(self, batch): return batch[0] - self.m
view = TrainingView('watched')
data = DataLoader(TensorDataset(torch.ones(8, 1)), 4)
Learner(Mean(), data, lambda out, batch: (out**2).mean(), epochs=3, cbs=(view,)).fit()''',
'''from acml.isomer_widget import IsomerWidget
two = IsomerWidget({'<img src=x onerror=alert(1)>': 'CCO', 'ether': 'COC'}, [18., 58.],
                   predicted_ppm=[[18.2, 57., float('nan')], [60., float('nan'), 60.]])
two''', "print('lines', two.selected)\ntwo.selected = [0]"]

def test_all_widgets_live(browser, lab):
    "The others: a form that is answered, a map that is asked and answers, isomers, a training that draws itself."
    url, folder = lab
    form, found, space, chosen, conformer, training, isomers, lines = \
        open_notebook(browser, url, folder, 'live.ipynb', LIVE)
    form.run()
    form.until(lambda: form.count('.acml-form'))
    form.do('button.go')
    form.until(lambda: form.count('.acml-results tbody tr') == 3 and form.count('.acml-detail .acml-view'))
    form.do('.acml-results tbody tr', n=1)
    form.until(lambda: form.text('.acml-detail .acml-title').startswith('2 '))
    form.do('.acml-form', 'scrollIntoView()')
    shoot(browser, f'live_{app_of(url)}.png')
    found.run()
    found.until(lambda: 'found 40' in found.shown())

    space.run()
    space.until(lambda: space.count('canvas'))
    space.press('canvas', Keys.ARROW_RIGHT, lambda: space.count('.acml-card .name'))
    space.until(lambda: space.count('.acml-card img')) # the structure was asked of Python
    space.press('canvas', Keys.ENTER, lambda: space.count('.acml-table tbody tr') == 1)
    chosen.run()
    chosen.until(lambda: 'chosen 1' in chosen.shown())

    conformer.run()
    conformer.until(lambda: conformer.count('.acml-3d canvas, .acml-3d img'))
    training.run()
    training.until(lambda: training.count('.acml-view .hit') and 'epoch 3/3' in training.shown())

    isomers.run()
    isomers.until(lambda: isomers.count('.acml-view rect.hit[data-m="1"]'))
    isomers.do('.acml-view', 'scrollIntoView({block: "center"})')
    page = Page(browser, isomers)
    def ether(): assert page.lit('obs') == ['1'] and '<img src=x' in page.readout and 'ether' in page.readout
    page.point(lambda: page.one('rect.hit[data-m="1"]'), ether)
    isomers.press('rect.hit[data-m="1"]', Keys.ENTER, # stays lit, and Python is told
                  lambda: isomers.count('rect.hit[data-m="1"][aria-pressed="true"]'))
    shoot(browser, f'isomers_{app_of(url)}.png')
    lines.run()
    lines.until(lambda: 'lines [1]' in lines.shown())
    eventually(page.leave)
    isomers.until(lambda: page.lit('obs') == ['0']) # and the other way
    assert not isomers.count('.acml-view img') and stayed_here(browser, url) and severe(browser) == []
