"""The views in a real browser: the saved file, the widget in JupyterLab. Skipped where there is no Chromium."""
import json, os, socket, subprocess, sys, time, urllib.request
from pathlib import Path

import pytest

pytest.importorskip('selenium', reason='selenium is not installed')
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
)

def severe(driver):
    "Errors on the console that are not known noise."
    said = [m['message'] for m in driver.get_log('browser') if m['level'] == 'SEVERE']
    return [m for m in said if not any(n in m for n in NOISE)]

def shoot(driver, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(SHOTS/name))

class Page:
    "One view in the browser."
    def __init__(self, driver): self.driver, self.root = driver, driver.find_element(By.CSS_SELECTOR, '.acml-view')
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

def check_light(page):
    "Rows of ibuprofen: 0 C13, 1 C5, 2 C8, 3 C6 and C10, 4 C7 and C9, 5 the solvent, ..."
    hint = page.readout
    assert page.atoms() == []
    page.hover(page.line(3))
    assert page.atoms() == [5, 9] and page.lit('obs') == page.lit('pred') == page.lit('link') == ['3']
    assert page.readout == 'C6, C10 observed 129.5 ppm, predicted 129.4 ppm (-0.1)'
    page.hover(page.atom(12))
    assert page.atoms() == [12] and page.lit('obs') == ['0'] and 'C13' in page.readout and '(+6.6)' in page.readout
    page.hover(page.line(5))
    assert page.atoms() == [] and page.lit('obs') == ['5'] and 'no atom predicted' in page.readout
    page.leave()
    assert page.lit('obs') == [] and page.readout == hint

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
    ActionChains(browser).send_keys(Keys.TAB, Keys.ENTER).perform()
    assert page.atoms() == [4]
    assert browser.execute_script('return performance.getEntriesByType("resource").map(e => e.name)') == []
    assert severe(browser) == []

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

# ---- JupyterLab

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def notebook(*sources):
    cells = [dict(cell_type='code', id=f'cell{i}', metadata={}, source=s, outputs=[], execution_count=None)
             for i, s in enumerate(sources)]
    kernel = dict(display_name='Python 3', language='python', name='python3')
    return json.dumps(dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5))

@pytest.fixture
def lab(tmp_path):
    "JupyterLab on this machine only, without news, updates or an extension manager; yields (url, folder)."
    pytest.importorskip('jupyterlab', reason='JupyterLab is not installed')
    folder, config, settings = (tmp_path/n for n in ('notebooks', 'config', 'settings'))
    for d in (folder, config, settings/'@jupyterlab'/'apputils-extension'): d.mkdir(parents=True)
    (settings/'@jupyterlab'/'apputils-extension'/'notification.jupyterlab-settings').write_text(
        '{"fetchNews": "false", "checkForUpdates": false}')
    never = 'jupyterlab.handlers.announcements.NeverCheckForUpdate'
    (config/'jupyter_lab_config.json').write_text(
        json.dumps(dict(LabApp=dict(check_for_updates_class=never, news_url=None, extension_manager='readonly'))))
    env = {**os.environ, 'JUPYTER_CONFIG_DIR': str(config), 'JUPYTERLAB_SETTINGS_DIR': str(settings),
           'JUPYTERLAB_WORKSPACES_DIR': str(tmp_path/'workspaces'), 'JUPYTER_RUNTIME_DIR': str(tmp_path/'runtime'),
           'IPYTHONDIR': str(tmp_path/'ipython'), 'PYTHONPATH': str(ROOT), 'ACML_STATIC': '', 'OMP_NUM_THREADS': '1'}
    url = f'http://127.0.0.1:{(port := free_port())}'
    command = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}',
               f'--ServerApp.root_dir={folder}', '--IdentityProvider.token=', '--ServerApp.password=',
               '--ServerApp.port_retries=0', '--LabApp.expose_app_in_browser=True']
    with open(tmp_path/'lab.log', 'w') as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(240):
            try: urllib.request.urlopen(f'{url}/api/status', timeout=2).close(); break
            except OSError: time.sleep(.25)
            assert server.poll() is None, (tmp_path/'lab.log').read_text()[-2000:]
        yield url, folder
    finally:
        server.terminate()
        try: server.wait(10)
        except subprocess.TimeoutExpired: server.kill()

def run_cell(driver, i):
    "Put the cursor into cell `i` and press Shift+Enter."
    cell = driver.find_elements(By.CSS_SELECTOR, '.jp-Notebook .jp-CodeCell')[i]
    driver.execute_script('arguments[0].scrollIntoView({block: "center"})', cell)
    cell.find_element(By.CSS_SELECTOR, '.jp-InputArea-editor').click()
    ActionChains(driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    return cell

def test_widget_in_jupyterlab(browser, lab):
    url, folder = lab
    make = f'''from acml.widgets import SpectrumMoleculeView
view = SpectrumMoleculeView({IBUPROFEN!r}, {OBSERVED}, {PREDICTED}, title='Ibuprofen')
view'''
    (folder/'view.ipynb').write_text(notebook(make, "print('selected', view.selected)", 'view.selected = [0]'))
    browser.get(f'{url}/lab/tree/view.ipynb')
    wait = WebDriverWait(browser, 60, poll_frequency=.2)
    wait.until(lambda d: len(d.find_elements(By.CSS_SELECTOR, '.jp-Notebook .jp-CodeCell')) == 3
               and not d.find_elements(By.CSS_SELECTOR, '#jupyterlab-splash'))
    wait.until(lambda d: 'Idle' in d.page_source)
    run_cell(browser, 0)
    wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, '.jp-OutputArea-output .acml-view'))
    page = Page(browser)
    browser.execute_script('arguments[0].scrollIntoView({block: "center"})', page.root)
    check_light(page)

    page.atom(5).click() # what is clicked in the browser arrives in Python
    page.leave()
    shoot(browser, 'jupyterlab.png')
    cell = run_cell(browser, 1)
    wait.until(lambda d: 'selected [3]' in cell.text)
    run_cell(browser, 2) # and the other way
    wait.until(lambda d: page.atoms() == [12])

    loaded = browser.execute_script('return performance.getEntriesByType("resource").map(e => e.name)')
    assert [u for u in loaded if not u.startswith((url, 'data:', 'blob:'))] == []
    assert severe(browser) == []
