"""The known compounds that come with acml, and `acml library`."""
import json, re
from pathlib import Path

import pandas as pd
import pytest

import acml.known
from acml.chem import connectivity, to_inchikey, to_mol
from acml.cli import main
from acml.core import AcmlError
from acml.known import embed_known, kept_libraries, known_compounds
from acml.library import Library
from acml.model import ACML

@pytest.fixture(scope='module')
def model(): return ACML.from_pretrained('cnmr')

@pytest.fixture
def short(tmp_path, monkeypatch):
    "A cache of its own, and a list of 40 compounds in pieces of 10."
    path, known = tmp_path/'short.parquet', known_compounds()
    some = pd.concat([known.iloc[::2500], known[known.name.isin(['camphor', 'caffeine', 'acetone'])]])
    some.drop_duplicates('smiles').to_parquet(path)
    monkeypatch.setenv('ACML_HOME', str(tmp_path/'home'))
    monkeypatch.setattr(acml.known, '_list_path', lambda: path)
    monkeypatch.setattr(acml.known, '_PIECE', 10)
    return pd.read_parquet(path)

def test_the_list_is_what_it_says():
    known = known_compounds()
    assert list(known) == ['smiles', 'name', 'cas', 'source', 'nmrshiftdb2_id']
    assert 80_000 < len(known) < 120_000 and known.smiles.is_unique
    assert set(known.source) == {'chemicals', 'massbank', 'nmrshiftdb2'}
    some = known.iloc[::460]
    keys = [connectivity(to_inchikey(to_mol(s))) for s in some.smiles]
    assert len(set(keys)) == len(keys) == len(some)

@pytest.mark.parametrize('smi, name, cas', [
    ('Cn1c(=O)c2c(ncn2C)n(C)c1=O', 'caffeine', '58-08-2'), ('CC(C)=O', 'acetone', '67-64-1'),
    ('CC(=O)Oc1ccccc1C(=O)O', 'aspirin', '50-78-2'), ('Oc1ccccc1', 'phenol', '108-95-2')])
def test_names_and_cas_numbers_are_right(smi, name, cas):
    row, = known_compounds().query('smiles == @smi').to_dict('records')
    assert (row['name'], row['cas']) == (name, cas)

def test_every_cas_number_has_its_check_digit():
    digits = [re.fullmatch(r'(\d{2,7})-(\d\d)-(\d)', c) for c in known_compounds().cas.dropna()]
    assert all(digits)
    assert all(sum(i*int(c) for i, c in enumerate((m[1] + m[2])[::-1], 1)) % 10 == int(m[3]) for m in digits)

def test_the_first_use_says_how_long_it_takes_and_the_second_does_not(short, model, capsys):
    library = Library.default(model, progress=False)
    told = capsys.readouterr().err
    assert f'{len(short)} known compounds are embedded once, about 10 seconds' in told
    assert len(library) == len(short) and {'name', 'cas', 'source'} <= set(library.molecules.column_names)
    assert len(Library.default(model, progress=False)) == len(short)
    assert not capsys.readouterr().err
    assert kept_libraries() == [library.path]

def test_an_interrupted_first_use_goes_on(short, model, capsys):
    embed, done = model.embed_and_predict, []
    class Stops:
        def __getattr__(self, name): return getattr(model, name)
        def embed_and_predict(self, smiles, *args, **kwargs):
            if len(done) == 2: raise KeyboardInterrupt
            done.append(len(smiles))
            return embed(smiles, *args, **kwargs)
    with pytest.raises(KeyboardInterrupt): embed_known(Stops(), progress=None)
    assert done == [10, 10] and not kept_libraries()
    library = Library.default(model, progress=False)
    assert f'{len(short) - 20} of {len(short)} known compounds are left' in capsys.readouterr().err
    assert len(library) == len(short)

def test_a_damaged_library_is_made_anew(short, model):
    path = Library.default(model, progress=None).path
    with open(path/'embeddings.f16', 'r+b') as f: f.write(b'\1\2\3\4')
    assert len(Library.default(model, progress=None)) == len(short)
    (path/'molecules.parquet').unlink()
    assert len(Library.default(model, progress=None)) == len(short)

def test_a_second_process_is_told_who_makes_it(short, model):
    from acml.disk import lock_folder
    with lock_folder(acml.known._folder(model)):
        with pytest.raises(AcmlError, match='is being written by process'): Library.default(model, progress=None)

def test_another_list_is_another_library(short, model):
    first = Library.default(model, progress=None).path
    short.iloc[:7].to_parquet(acml.known._list_path())
    second = Library.default(model, progress=None)
    assert second.path != first and len(second) == 7

CAMPHOR = '219.6 57.7 46.8 43.3 43.1 29.9 27.0 19.8 19.1 9.2'

def test_a_search_without_a_library_looks_among_them_and_says_so(short, capsys):
    assert main(['search', '--peaks', *CAMPHOR.split(), '-k', '1', '--json']) == 0
    out, err = capsys.readouterr()
    hit, = json.loads(out)['hits']
    assert (hit['name'], hit['cas'], hit['source']) == ('camphor', '76-22-2', 'chemicals')
    assert f'looking among the {len(short)} known compounds' in err

def test_a_search_without_a_library_names_the_modality_that_the_model_lacks(short, capsys):
    assert main(['search', '--hnmr', '1.2', '--model', 'cnmr']) == 1
    assert "has no modality 'hnmr'" in capsys.readouterr().err

def test_own_compounds_beside_the_known_ones(short, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path('ours.csv').write_text('smiles,name\nCC(C)(C)CC(C)(C)C(=O)OC12CC3CC(C1)CC(C3)C2,ours\nC1CC,bad\n')
    assert main('library add ours.csv --library ours --model cnmr'.split()) == 0
    assert '1 set aside' in capsys.readouterr().out
    assert main('library merge --libraries ours default --out both'.split()) == 0
    assert len(Library.load('both')) == len(short) + 1
    assert main('library list --folder both'.split()) == 0
    assert f'both: {len(short) + 1} molecules, cnmr' in capsys.readouterr().out
    assert main('library merge --libraries ours --out both'.split()) == 1
    assert 'both exists' in capsys.readouterr().err
