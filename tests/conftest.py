"""What the tests share. Nothing here imports torch: a test that needs it says so itself."""
import os, shutil, sys
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault('MPLBACKEND', 'agg')
os.environ.setdefault('HF_HUB_OFFLINE', '1')
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT/'tools'))
# No deadlines: a slow machine is no failure. In CI the same examples each time.
settings.register_profile('acml', deadline=None, derandomize=bool(os.environ.get('CI')))
settings.load_profile('acml')

@pytest.fixture(scope='session')
def root():
    "The checkout."
    return ROOT

@pytest.fixture(scope='session', autouse=True)
def own_home(tmp_path_factory):
    "Caches of the tests go to a folder of their own; `ACML_HOME` is as before afterwards."
    before = os.environ.get('ACML_HOME')
    os.environ['ACML_HOME'] = str(tmp_path_factory.mktemp('acml_home'))
    yield
    if before is None: del os.environ['ACML_HOME']
    else: os.environ['ACML_HOME'] = before

@pytest.fixture(scope='session')
def shared():
    "`shared(name)`: the path of a large public table, or the test skips and says what is missing."
    from acml.core import shared_data
    def find(name):
        path = shared_data(name)
        if path is None: pytest.skip(f'{name} is in neither $ACML_DATA nor ../shared/data')
        return path
    return find

@pytest.fixture
def browser(tmp_path):
    "Headless Chromium driven by selenium; console messages are kept. Skips where the machine has none."
    binary = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    driver = shutil.which('chromedriver')
    if not binary or not driver: pytest.skip('no Chromium with chromedriver on this machine')
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in ('headless=new', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run',
                 'disable-background-networking', 'disable-component-update', 'disable-sync', 'disable-dev-shm-usage',
                 'window-size=1280,1000', f'user-data-dir={tmp_path/"profile"}'):
        options.add_argument(f'--{flag}')
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.execute_cdp_cmd('Emulation.setFocusEmulationEnabled', dict(enabled=True)) # else it has none
    yield chrome
    chrome.quit()
