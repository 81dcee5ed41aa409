"""Input that used to be read as something else: one record for a list, one file for two, a run over another."""
import numpy as np
import pytest

from acml.cli import main
from acml.core import AcmlError

@pytest.fixture(scope='module')
def model():
    from acml.model import ACML
    return ACML.from_pretrained('cnmr')

@pytest.fixture(scope='module')
def ethanol():
    from acml.chem import to_mol
    return to_mol('CCO')

def test_the_letters_of_a_smiles_are_not_molecules(model, ethanol):
    from acml.graph import GraphStore
    rng = np.random.default_rng(0)
    for ask in (lambda o: model.embed('graph', o), lambda o: model.embed('cnmr', o), model.embed_and_predict,
                lambda o: model.simulate('cnmr', o, rng)):
        for one in ('CCO', ethanol):
            with pytest.raises(AcmlError, match='a list'): ask(one)
    for one in ('CCO', ethanol):
        with pytest.raises(AcmlError, match='one molecule is not a list'): GraphStore.from_smiles(one)
    assert model.embed('graph', ['CCO']).shape == (1, 256)

def test_libraries_are_built_of_molecules_too(model, ethanol, tmp_path):
    from acml.library import Library
    of_mols = Library.build(model, [ethanol, 'CCN'], progress=False)
    of_smiles = Library.build(model, ['CCO', 'CCN'], progress=False)
    assert np.array_equal(of_mols.embeddings, of_smiles.embeddings)
    assert Library.build(model, [ethanol], tmp_path/'lib', progress=False).molecules['smiles'].to_pylist() == ['CCO']
    assert len(Library.build(model, ethanol, progress=False)) == 1

def test_a_run_is_not_trained_over(tmp_path):
    from acml.data import demo_table
    from acml.recipes import get_recipe, train
    (tmp_path/'m').mkdir()
    (tmp_path/'m'/'config.json').write_text('{"model": "ACML"}')
    with pytest.raises(AcmlError, match='holds a run already: go on with it by resume=True'):
        train(get_recipe('demo'), demo_table('cnmr').head(5), tmp_path/'m')
    assert (tmp_path/'m'/'config.json').read_text() == '{"model": "ACML"}'

@pytest.mark.parametrize('how', ['--file p.csv nofile.txt', '--cnmr p.csv nofile.txt',
                                 '--file p.csv --file nofile.txt'])
def test_a_second_file_that_is_not_there_is_told(how, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path/'lib').mkdir()
    (tmp_path/'p.csv').write_text('ppm\n18.1\n57.8\n')
    assert main(f'search --library lib {how}'.split()) == 1
    assert capsys.readouterr().err == 'acml: nofile.txt: no such file\n'

def test_all_files_of_an_option_are_read(tmp_path):
    from acml.modality import get_modality
    for name in 'ab': (tmp_path/f'{name}.csv').write_text('ppm\n18.1\n57.8\n')
    paths = [str(tmp_path/f'{name}.csv') for name in 'ab']
    assert len(get_modality('cnmr').read(paths)) == 2
    with pytest.raises(AcmlError, match='no such file'): get_modality('cnmr').read([paths[0], str(tmp_path/'none.csv')])

def test_lists_may_be_given_in_one_place_or_several(tmp_path, capsys):
    from acml.parser import COMMANDS, make_parser
    parse = make_parser(COMMANDS['train'], 'acml train').parse_args
    assert parse('--out o --data a b'.split()).data == parse('--out o --data a --data b'.split()).data == ['a', 'b']
    assert main('train --data --out o'.split()) == 2
    assert 'argument --data: expected at least one argument' in capsys.readouterr().err

def test_weights_for_no_commercial_use_say_so_once():
    import subprocess, sys
    code = ('import warnings; from acml import ACML\nwith warnings.catch_warnings(record=True) as told:\n'
            '    warnings.simplefilter("always")\n    ACML.from_pretrained("cnmr"); n = len(told)\n'
            '    ACML.from_pretrained("joint"); ACML.from_pretrained("joint")\n'
            'print(n, [(str(w.message)[:47], w.category.__name__) for w in told])')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    said = "0 [('the weights of joint are not for commercial use', 'LicenceWarning')]\n"
    assert done.stdout == said, done.stderr

def test_models_are_listed(capsys):
    import json
    from acml.registry import PRETRAINED
    assert main(['models', '--json', '--encoders']) == 0
    found = {o['name']: o for o in json.loads(capsys.readouterr().out)}
    assert set(found) == {p.parent.name for p in PRETRAINED.glob('*/config.json')}
    assert found['joint']['non_commercial'] and found['gcms_encoder']['non_commercial']
    assert not found['cnmr']['non_commercial'] and found['cnmr']['inputs'] == ['cnmr'] and found['cnmr']['figures']
    assert main(['models']) == 0
    text = capsys.readouterr().out
    assert 'not for commercial use' in text.split('joint (')[1] and 'gcms_encoder' not in text

def test_hits_fit_the_terminal(monkeypatch, tmp_path, model, capsys):
    from acml.library import Library
    long = 'CC(C)CCCC(C)C1CCC2C1(CCC3C2CC=C4C3(CCC(C4)OC(=O)CCCCCCCCCCCCCCCCC)C)C'
    library = Library.build(model, [long, 'CCO', 'CCC(=O)OCC'], tmp_path/'lib', progress=False)
    monkeypatch.setenv('COLUMNS', '80')
    assert main(['search', '--library', str(tmp_path/'lib'), '--cnmr', '18.1 57.8']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and sum(l.endswith('…') for l in lines) == 1
    assert any('CCO' in l for l in lines) and any(long[:20] in l for l in lines)
