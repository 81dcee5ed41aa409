"""Another project owns the name acml on the package index: nothing of ours may send a user there."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KINDS = '*.py', '*.ipynb', '*.md', '*.ini', '*.toml', '*.yml', '*.html', '*.js'
SKIPPED = set('.git .venv _proc _docs docs build dist node_modules acml.egg-info .ipynb_checkpoints'.split())
FROM_INDEX = re.compile(r'(?:pip|uv|pipx|conda|mamba)\s+(?:install|add)\s[^\n`;&|]*?'
                        r'(?<![\w./-])["\'\\]*acml(?![\w/.-])')

def sources():
    for kind in KINDS:
        for p in ROOT.rglob(kind):
            if not SKIPPED & set(p.relative_to(ROOT).parts) and p != Path(__file__).resolve(): yield p

def test_nobody_is_told_to_install_acml_from_the_index():
    files = list(sources())
    assert len(files) > 200 and ROOT/'README.md' in files and ROOT/'acml'/'ann.py' in files
    told = [f'{p.relative_to(ROOT)}: {m[0]}' for p in files
            for m in FROM_INDEX.finditer(p.read_text(encoding='utf-8', errors='replace'))]
    assert not told, told

@pytest.mark.parametrize('text, found', [
    ('pip install "acml[ann]"', True), ("pip install 'acml[mass]'", True), ('pip install acml', True),
    ('pip install -U acml', True), ('pip install \\"acml[text]\\"', True), ('uv add acml', True),
    ('pip install ".[ann]"', False), ('pip install usearch', False), ('pip install .', False),
    ('pip install git+https://example.org/acml', False), ('pip install dist/acml-0.1.whl', False)])
def test_the_test_can_fail(text, found):
    assert bool(FROM_INDEX.search(text)) == found

def test_errors_name_packages_not_extras():
    "`pip install .[text]` works in a clone only; whoever meets the error may be anywhere."
    told = [f'{p.name}: {line.strip()}' for p in (ROOT/'acml').glob('*.py')
            for line in p.read_text(encoding='utf-8').splitlines()
            if re.search(r'pip install ["\']?\.\[|needs? the extra|\(needs the extra', line)]
    assert not told, told
