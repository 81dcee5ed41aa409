"""Answers of another library, molecules, columns and questions lost without a word, options that did nothing."""
import io

import numpy as np
import pandas as pd
import pytest

from acml.batches import Question, identify_batch, read_questions
from acml.candidates import describe_molecules
from acml.cli import main
from acml.core import AcmlError, Rejected
from acml.library import Library, gather_candidates

ETHANOL, ACETIC = 'LFQSCWFLJHTTHZ-UHFFFAOYSA-N', 'QTBSBXVTEAMEQO-UHFFFAOYSA-N'
SMILES = ['CCO', 'CC(=O)O', 'CC(C)O', 'CCCO', 'c1ccccc1', 'CCC']
ALANINES = ['C[C@H](N)C(=O)O', 'C[C@@H](N)C(=O)O']
ASKED = [18.2, 58.3]

@pytest.fixture(scope='module')
def model():
    from acml.model import ACML
    return ACML.from_pretrained('cnmr')

@pytest.fixture(scope='module')
def library(model): return Library.build(model, SMILES, progress=False)

@pytest.fixture(scope='module')
def joint():
    from acml.model import ACML
    return ACML.from_pretrained('joint')

@pytest.fixture
def here(library, tmp_path, monkeypatch):
    "A folder with a library, and the current one."
    library.save(tmp_path/'lib')
    monkeypatch.chdir(tmp_path)
    return tmp_path

def questions(path, text, **options):
    "What is read of a table: id to shifts, or to the reason."
    path.write_text(text)
    shifts = lambda o: [round(float(x), 3) for x in getattr(np.ravel(o)[0], 'shift_ppm', o)]
    return {q.id: q.reason or shifts(q.inputs['cnmr']) for q in read_questions(path, **options)}

def told(*words, capsys):
    "Exit code, and all that a command prints."
    code = main([str(w) for w in words])
    out = capsys.readouterr()
    return code, out.out + out.err

# ---- batches

def test_a_batch_of_another_library_in_memory_is_refused(model, library, tmp_path):
    asked = [Question('a', 's', {'cnmr': ASKED})]
    identify_batch(library, asked, tmp_path/'o.csv', k=1)
    before = (tmp_path/'o.csv').read_text()
    other = Library.build(model, ['CCCl', 'CCBr', 'CCN', 'CCCN', 'C1CCCCC1', 'CCCC'], progress=False)
    with pytest.raises(AcmlError, match=r'another batch \(different library\)'):
        identify_batch(other, asked, tmp_path/'o.csv', k=1)
    assert identify_batch(Library.build(model, SMILES, progress=False), asked, tmp_path/'o.csv', k=1)['done'] == 1
    assert (tmp_path/'o.csv').read_text() == before

def test_a_row_with_commas_outside_of_quotes_is_named(tmp_path):
    found = questions(tmp_path/'q.csv', 'id,cnmr\nx1,154.9,146.4,134.3\nx2,18.2,58.3,60.0\nx3,"18.2, 58.3"\n')
    assert found.pop('x3') == ASKED and list(found) == ['x1', 'x2']
    assert set(found.values()) == {'the row has more values than there are columns; put lists with commas in quotes'}
    one = questions(tmp_path/'q.csv', 'id,shifts\nx1,18.2 58.3\nx2,18.2,58.3,60.0\n')
    assert one['x1'] == ASKED and 'more values' in one['x2']
    assert all('more values' in o for o in questions(tmp_path/'q.csv', 'id,shifts\nx1,18.2,58.3,60.0\n').values())

def test_separators_at_the_end_of_a_row_shift_nothing(tmp_path):
    assert questions(tmp_path/'q.csv', 'id;cnmr\nx1;18.2 58.3;\nx2;18.2 58.3;;\n') == dict(x1=ASKED, x2=ASKED)
    assert questions(tmp_path/'q.csv', 'id;cnmr;\nx1;18.2 58.3;\nx2;18.2 58.3;;\n') == dict(x1=ASKED, x2=ASKED)
    assert questions(tmp_path/'q.csv', 'id;cnmr\nx1;18.2 58.3\nx2;18.2 58.3;\n') == dict(x1=ASKED, x2=ASKED)

@pytest.mark.parametrize('row', ['x1,"18.2 58.3', 'x1,"18.2, 58.3'])
@pytest.mark.parametrize('rest', ['x2,18.2 58.3', 'x2,"18.2, 58.3"'])
def test_a_quote_that_is_never_closed_costs_one_row(row, rest, tmp_path):
    found = questions(tmp_path/'q.csv', f'id,cnmr\nx0,"18.2, 58.3"\n{row}\n{rest}\n')
    assert found == dict(x0=ASKED, x1='a quote is opened that is never closed', x2=ASKED)

def test_a_cell_in_quotes_may_have_many_lines(tmp_path):
    from acml.batches import _load
    long = '\n'.join(f'{100 + i}.0 1' for i in range(30_000))
    for end in ('', ','):
        (tmp_path/'q.csv').write_text(f'id,gcms\na,"{long}"\nb,"41 1\n43 100"{end}\n')
        table = _load(tmp_path/'q.csv')
        assert table['gcms'].tolist() == [long, '41 1\n43 100'] and not table.attrs.get('bad')

def test_two_columns_of_a_modality_are_refused(tmp_path):
    for head in ('id,cnmr,cnmr', 'id,cnmr,CNMR'):
        why, = questions(tmp_path/'q.csv', f'{head}\nx1,18.2 58.3,20.0 178.0\n').values()
        assert 'there are 2 columns cnmr' in why
    assert questions(tmp_path/'q.csv', 'id,cnmr,cnmr\nx1,18.2 58.3,\n') == dict(x1=ASKED)

def test_by_row_without_anything_known_is_an_error(tmp_path):
    with pytest.raises(AcmlError, match='no row has a formula'):
        questions(tmp_path/'q.csv', 'id,cnmr\nx1,18.2 58.3\n', by_row=True)
    with pytest.warns(UserWarning, match='1 of 2 questions .* x2'):
        questions(tmp_path/'q.csv', 'id,cnmr,formula\nx1,18.2 58.3,C2H6O\nx2,18.2 58.3,\n', by_row=True)

@pytest.mark.parametrize('options', [dict(exclude=(ETHANOL,)), dict(exclude=pd.Series([ETHANOL])), dict(k=np.int64(1)),
                                     dict(exclude={ETHANOL}), dict(weights={'cnmr': np.float32(1)})])
def test_options_that_json_changes_resume(library, tmp_path, options):
    asked = [Question('a', 's', {'cnmr': ASKED})]
    for _ in range(2): assert identify_batch(library, asked, tmp_path/'o.csv', **options)['done'] == 1
    with pytest.raises(AcmlError, match='an option of a batch cannot be object'):
        identify_batch(library, asked, tmp_path/'p.csv', solvent=object())
    assert not (tmp_path/'p.csv.run.json').exists()

# ---- libraries that grow

def test_stereoisomers_survive_save_and_add(model, here, capsys):
    kept = Library.build(model, ALANINES, progress=False).save(here/'s.lib')
    assert kept.info['merged_by'] == 'inchikey'
    (here/'more.smi').write_text('CCO\n')
    code, text = told('library', 'add', 'more.smi', '--library', 's.lib', capsys=capsys)
    assert code == 0 and '1 new, 0 there already' in text
    assert Library.load(here/'s.lib').table()['smiles'].tolist() == [*ALANINES, 'CCO']

def test_a_library_that_is_said_to_be_merged_loses_nothing(model, here, capsys):
    old = Library.build(model, ALANINES, progress=False)
    old.info['merged_by'] = 'connectivity' # as acml wrote it once
    old.save(here/'s.lib')
    (here/'more.smi').write_text('CCO\n')
    assert told('library', 'add', 'more.smi', '--library', 's.lib', capsys=capsys)[0] == 0
    assert len(Library.load(here/'s.lib')) == 3
    from acml.library_cli import _check_kept
    with pytest.raises(AcmlError, match='1 of its molecules would be lost'):
        _check_kept(old, old.part([0]), 'inchikey')

def test_columns_that_one_source_lacks_are_kept(model, here, capsys):
    named = pd.DataFrame(dict(smiles=['CCO', 'CCC'], name=['ethanol', 'propane']))
    found = gather_candidates(model, [['c1ccccc1'], named, ['CCCl']], Rejected()).table()
    assert found['name'].fillna('').tolist() == ['', 'ethanol', 'propane', '']
    Library.build(model, named, here/'n.lib', progress=False)
    (here/'more.smi').write_text('CCCl\n')
    assert told('library', 'add', 'more.smi', '--library', 'n.lib', capsys=capsys)[0] == 0
    assert Library.load(here/'n.lib').table()['name'].fillna('').tolist() == ['ethanol', 'propane', '']

def test_pieces_with_other_columns_make_one_library(model, tmp_path):
    from rdkit import Chem
    with Chem.SDWriter(str(tmp_path/'x.sdf')) as w:
        for smi, cas in (('CCO', ''), ('CCC', ''), ('CCCO', '71-23-8'), ('CCCCO', '')):
            mol = Chem.MolFromSmiles(smi)
            if cas: mol.SetProp('CAS', cas)
            w.write(mol)
    found = Library.build(model, tmp_path/'x.sdf', tmp_path/'lib', chunk_size=2, progress=False).table()
    assert found['smiles'].tolist() == ['CCO', 'CCC', 'CCCO', 'CCCCO']
    assert found['cas'].fillna('').tolist() == ['', '', '71-23-8', '']

def test_what_was_set_aside_is_kept(model, here, capsys):
    kept = Library.build(model, ['CCO', 'nonsense'], progress=False).save(here/'b.lib')
    assert kept.info['n_set_aside'] == 1
    (here/'more.smi').write_text('CCC\nC1CC\n')
    code, text = told('library', 'add', 'more.smi', '--library', 'b.lib', capsys=capsys)
    report = pd.read_csv(here/'b.lib'/'report.csv')
    assert code == 0 and report['id'].tolist() == ['nonsense', 'C1CC']
    Library.load(here/'b.lib').save(here/'c.lib')
    assert pd.read_csv(here/'c.lib'/'report.csv')['id'].tolist() == ['nonsense', 'C1CC']

def test_the_index_is_made_again(model, here, capsys):
    pytest.importorskip('usearch')
    Library.load(here/'lib', model).index(threads=1)
    (here/'more.smi').write_text('CCCl\n')
    code, text = told('library', 'add', 'more.smi', '--library', 'lib', capsys=capsys)
    assert code == 0 and 'approximate index was made again' in text
    grown = Library.load(here/'lib', model)
    assert len(grown) == 7 and len(grown.identify(ASKED, k=7, approximate=True)) == 7

# ---- the command line

@pytest.mark.parametrize('head', ['"id","cnmr"', 'id, cnmr', "'id','cnmr'"])
def test_a_piped_table_is_a_table(head, here, monkeypatch, capsys):
    text = f'{head}\nx1,"18.2, 58.3"\nx2,"20.8, 178.1"\n'.replace("'", '"')
    monkeypatch.setattr('sys.stdin', io.StringIO(text))
    monkeypatch.setattr('acml.search_cli._inbox', [])
    code, out = told('search', '--library', 'lib', '--file', '-', '--out', '-', '-k', 1, capsys=capsys)
    assert code == 0 and [o.split(',')[0] for o in out.splitlines()[1:3]] == ['x1', 'x2']

def test_piped_molecules_with_a_header_in_quotes(here, monkeypatch, capsys):
    monkeypatch.setattr('sys.stdin', io.StringIO('"smiles","name"\n"CCO","ethanol"\n'))
    monkeypatch.setattr('acml.search_cli._inbox', [])
    assert told('embed', '--model', 'cnmr', '--smiles', '-', '--out', 'p.lib', capsys=capsys)[0] == 0
    assert Library.load(here/'p.lib').table()[['smiles', 'name']].values.tolist() == [['CCO', 'ethanol']]

@pytest.mark.parametrize('words, says', [
    ('--peaks 18.2,58.3 --out o.csv --html o.html', '--html is for an answer that is shown'),
    ('--file q.csv --out o.csv --json', '--json is for an answer that is shown'),
    ('--file q.csv --out o.csv --together', '--together: with --file and --out'),
    ('--file q.csv --out o.csv --by-row', 'no row has a formula'),
    ('--peaks 18.2,58.3 --ppm 5', '--ppm is for --mass'),
    ('--peaks 18.2,58.3 --mass 46.0419 --ppm -5', 'ppm is no filter')])
def test_options_that_would_do_nothing_are_refused(words, says, here, capsys):
    (here/'q.csv').write_text('id,cnmr\nx1,18.2 58.3\n')
    code, text = told('search', '--library', 'lib', *words.split(), capsys=capsys)
    assert code == 1 and says in text and not (here/'o.csv').exists()

# ---- what molecules bring with them

def test_an_inchikey_of_another_molecule_is_set_aside(model):
    report = Rejected()
    same = pd.DataFrame(dict(smiles=['CCO', 'CC(=O)O', 'CCC'], inchikey=[ETHANOL]*3))
    assert describe_molecules(same, report)['smiles'].tolist() == ['CCO'] and len(report) == 2
    assert all('its InChIKey is that of another molecule' in o['reason'] for o in report)
    swapped = pd.DataFrame(dict(smiles=['CCO', 'CC(=O)O'], inchikey=[ACETIC, ETHANOL]))
    with pytest.raises(AcmlError, match='row 0: its InChIKey is that of another molecule'): describe_molecules(swapped)
    right = pd.DataFrame(dict(smiles=['CCO', 'CC(=O)[O-]', '[2H]OCC'], inchikey=[ETHANOL, ACETIC[:-1] + 'M', ETHANOL]))
    assert len(describe_molecules(right)) == 3

def test_wrong_keys_far_down_a_table_are_found(monkeypatch):
    n = 400
    smiles = ['C'*i + 'O' for i in range(1, n + 1)]
    table = describe_molecules(smiles).reset_index()[['smiles', 'inchikey']]
    table.loc[n - 1, 'inchikey'] = table['inchikey'][0] # two formulas of one key
    report = Rejected()
    assert len(describe_molecules(table, report)) == n - 1 and [o['row'] for o in report] == [n - 1]
    shifted = table.assign(inchikey=table['inchikey'].shift(-1, fill_value=ETHANOL))
    assert len(describe_molecules(shifted, Rejected())) == 0

def test_of_two_spellings_of_a_column_none_overwrites_the_other():
    both = pd.DataFrame([['CCO', 'ethanol', None], ['CCC', None, 'propane']], columns=['smiles', 'Name', 'NAME'])
    assert describe_molecules(both)['name'].tolist() == ['ethanol', 'propane']
    with pytest.warns(UserWarning, match='NAME .name. is left out'):
        assert describe_molecules(both.assign(NAME='x'))['name'].tolist() == ['ethanol', 'x']
    twice = pd.DataFrame([['CCO', 'a', 'a']], columns=['smiles', 'name', 'name'])
    assert describe_molecules(twice)['name'].tolist() == ['a']
    with pytest.raises(AcmlError, match='two columns are called smiles'):
        describe_molecules(pd.DataFrame([['CCO', 'CCO']], columns=['smiles', 'smiles']))

# ---- asking

@pytest.mark.parametrize('wrong', ['CCO', 3, None, 'LFQSCWFLJHTTH', ETHANOL + 'X'])
def test_exclude_takes_inchikeys_only(library, wrong):
    with pytest.raises(AcmlError, match='exclude: .* is neither an InChIKey'): library.identify(ASKED, exclude=[wrong])

def test_exclude_in_small_letters(library):
    for key in (ETHANOL.lower(), f' {ETHANOL[:14].lower()} ', pd.Series([ETHANOL])):
        assert 'CCO' not in set(library.identify(ASKED, exclude=key).table['smiles'])

@pytest.mark.parametrize('options, says', [
    (dict(ppm=-5), 'ppm'), (dict(ppm='5'), "ppm '5' is no number"), (dict(mass='46.04'), "mass '46.04' is no number"),
    (dict(k=2.5), 'whole number'), (dict(k='2'), 'whole number'), (dict(weights={'cnmr': 'x'}), 'weights')])
def test_what_is_no_number_is_an_error_of_acml(library, options, says):
    with pytest.raises(AcmlError, match=says): library.identify(ASKED, **options)

def test_a_whole_k_and_empty_questions(library):
    assert len(library.identify(ASKED, k=2.0)) == 2
    assert library.identify_all([]) == []
    empty, full = library.identify_all([{}, {'cnmr': ASKED}], k=1)
    assert len(empty) == 0 and 'nothing given' in empty.title and len(full) == 1

def test_a_generator_makes_a_library(model, tmp_path):
    for out in (None, tmp_path/'lib'):
        assert len(Library.build(model, (s for s in SMILES), out, progress=False)) == len(SMILES)

def test_search_checks_its_score(library, model):
    z = model.embed('cnmr', [ASKED])
    for query in (z, z[0], {'cnmr': z}):
        with pytest.raises(AcmlError, match='there are both'): library.search(query, score='nonsense')
        for score in ('local', 'no-mass'):
            with pytest.raises(AcmlError, match='compares records'): library.search(query, score=score)
    assert library.search({'cnmr': z}, records={'cnmr': [ASKED]}, score='local')[0].scoring == 'local'

def test_a_slice_behind_the_first_hit_does_not_say_how_sure_that_is(library):
    hits = library.identify(ASKED, k=5)
    assert hits.confidence is not None and hits[:2].confidence == hits.confidence
    for some in (hits[1:], hits[::-1], hits[5:]): assert some.confidence is None and some.in_library is None
    assert 'that the first is right' not in hits[1:].title

def test_weights_are_of_all_questions(joint):
    found = Library.build(joint, SMILES, progress=False)
    c, h = {'cnmr': ASKED}, {'cnmr': ASKED, 'hnmr': [1.2, 3.6]}
    weights = {'cnmr': 1, 'hnmr': .5}
    a, b = found.identify_all([c, h], k=1, weights=weights)
    assert [a.modality, b.modality] == ['cnmr', 'cnmr+hnmr']
    with pytest.raises(AcmlError, match="no input 'gcms'"): found.identify_all([c, h], weights={'gcms': 1})
    lost, fine = found.identify_all([{'cnmr': [], 'hnmr': [1.2, 3.6]}, h], k=1, weights={'cnmr': 1, 'hnmr': 0})
    assert len(fine) == 1 and len(lost) == 0 and 'the weight is zero' in lost.title

def test_no_isomers_are_none(model):
    from acml.agreement import verify
    from acml.asymmetry import DECOYS
    smi = 'CNC(=O)Oc1cccc2ccccc12'
    for draw in DECOYS.values():
        for n in (-1, 0, 1): assert len(draw(smi, n)) == max(n, 0)
    assert len(verify(model, 'CCO', cnmr=ASKED, n_isomers=0).isomers) == 0

def test_rows_by_mask(library):
    mask = library.table()['formula'] == 'C3H8O'
    assert library.table(mask)['smiles'].tolist() == library.part(mask).table()['smiles'].tolist() == ['CC(C)O', 'CCCO']
    assert library.part(mask.to_numpy()).embeddings.tolist() == library.embeddings[2:4].tolist()
    for ask in (library.table, library.part):
        for wrong in ([-1], [6], [True]):
            with pytest.raises(AcmlError): ask(wrong)
    assert len(library.table([])) == 0
