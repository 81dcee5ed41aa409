"""What is imported when: nothing heavy for help and for a wrong file name, and for a search only what it needs."""
import os, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = 'torch numpy pandas rdkit scipy matplotlib torch_geometric'.split()
NEVER = ('torch_geometric sklearn matplotlib scipy transformers timm IPython ipywidgets accelerate lightning sympy '
         'nbdev').split()

def imported(*words, cwd):
    "Exit code, stderr, and the top modules that `acml` with these words has imported at its end."
    code = ('import sys; from acml.cli import main; code = main(sys.argv[1:]); '
            'print("IMPORTED", *{m.split(".")[0] for m in sys.modules}); sys.exit(code)')
    done = subprocess.run([sys.executable, '-c', code, *words], capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert 'IMPORTED' in done.stdout, done.stderr
    return done.returncode, done.stderr, set(done.stdout.split('IMPORTED')[-1].split())

@pytest.fixture(scope='module')
def place(tmp_path_factory):
    "A folder with a library and a few files."
    from acml.library import Library
    from acml.model import ACML
    d = tmp_path_factory.mktemp('startup')
    Library.build(ACML.from_pretrained('cnmr'), ['CCO', 'CCCO', 'CC(=O)C', 'c1ccccc1'], d/'lib', progress=False)
    (d/'m.smi').write_text('CCO\nCCC\n')
    (d/'p.txt').write_text('18.1 57.8\n')
    return d

def test_a_search_imports_what_it_needs(place):
    code, err, modules = imported('search', '--library', 'lib', '--cnmr', '18.1', '57.8', cwd=place)
    assert code == 0, err
    assert not modules & set(NEVER), modules & set(NEVER)
    assert {'torch', 'rdkit'} <= modules # the test can see what is imported

def test_importing_acml_and_its_models_needs_no_pytorch_geometric():
    code = 'import sys, acml; from acml import ACML, Library; print(*(m for m in %r if m in sys.modules))' % NEVER
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert done.returncode == 0 and done.stdout.split() == [], done.stdout + done.stderr

@pytest.mark.parametrize('line, says', [
    ('search --library nowhere --peaks 18.1', 'nowhere: no library here'),
    ('search --library lib --file none.txt', 'none.txt: no such file'),
    ('search --library lib --cnmr none.csv', 'none.csv: no such file'),
    ('search --library lib --cnmr p.txt --hnmr none.jdx', 'none.jdx: no such file'),
    ('search --library lib --model nosuch --peaks 18.1', 'nosuch: no model there'),
    ('embed --model cnmr --smiles none.smi --out new', 'none.smi: no such file'),
    ('embed --model nosuch --smiles m.smi --out new', 'nosuch: no model there'),
    ('pretrain cnmr --data none.parquet --out new', 'none.parquet: no such file'),
    ('train --data none.parquet --out new', 'none.parquet: no such file'),
    ('train --data m.smi none.parquet --out new', 'none.parquet: no such file'),
    ('eval retrieval --model cnmr --data none.parquet', 'none.parquet: no such file'),
    ('eval retrieval --model nosuch --data m.smi', 'nosuch: no model there'),
    ('eval isomers --model cnmr --data m.smi --library none.csv', 'none.csv: no such file'),
    ('prepare nmrshiftdb2 none.sd --out t.parquet', 'none.sd: no such file'),
    ('report nowhere', 'nowhere: no such folder'), ('check nowhere', 'nowhere: no such folder')])
def test_a_wrong_name_is_told_before_anything_heavy_is_loaded(place, line, says):
    code, err, modules = imported(*line.split(), cwd=place)
    assert code == 1 and err.startswith('acml: ') and says in err and err.count('\n') == 1
    assert not modules & set(HEAVY), modules & set(HEAVY)
    assert not (place/'new').exists()
