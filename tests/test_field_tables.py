"""Tables and lists of molecules as programs save them: encodings, text that looks like numbers, surplus commas."""
import json, warnings

import pandas as pd
import pytest
from rdkit import Chem

from acml.candidates import describe_molecules
from acml.chem import read_smiles, to_mol
from acml.core import AcmlError, RecordError, Rejected, no_formulas, read_text, text_encoding
from acml.hits import Hits
from acml.parser import complain

def table_of(path): return pd.concat(read_smiles(path))

def saved(folder, name, text, encoding='utf-8'):
    (folder/name).write_bytes(text.encode(encoding))
    return folder/name

ENCODINGS = ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32', 'cp1252']

@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('name,text', [
    ('a.csv', 'smiles,name\nCCO,Äthanol\nCCN,amine\n'), ('a.tsv', 'SMILES\tname\nCCO\tÄthanol\nCCN\tamine\n'),
    ('a.smi', 'CCO Äthanol\nCCN amine\n'), ('a.txt', 'CCO\tÄthanol\nCCN\tamine\n')])
def test_encodings_and_ends_of_lines(tmp_path, name, text, encoding, end):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        df = table_of(saved(tmp_path, name, text.replace('\n', end), encoding))
    assert df['smiles'].tolist() == ['CCO', 'CCN'] and df.iloc[:, 1].tolist() == ['Äthanol', 'amine']

def test_another_encoding_is_said(tmp_path):
    with pytest.warns(UserWarning, match='a.smi: not UTF-8'): table_of(saved(tmp_path, 'a.smi', 'CCO Äther', 'cp1252'))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        table_of(saved(tmp_path, 'a.smi', 'CCO Äther'))

@pytest.mark.parametrize('value', ['0001', 'NA', 'null', 'nan', 'None', '1e5', '007', '1.50', 'TRUE', '2024-01-05', '-',
                                   '#N/A'])
def test_ids_and_names_stay_text(tmp_path, value):
    path = saved(tmp_path, 'a.csv', f'id,smiles,name\n{value},CCO,{value}\n5,CCN,amine\n')
    told = describe_molecules(table_of(path), Rejected('x'))
    assert told['id'].tolist() == [value, '5'] and told['name'].tolist() == [value, 'amine']

def test_an_empty_name_is_missing(tmp_path):
    told = describe_molecules(table_of(saved(tmp_path, 'a.csv', 'smiles,name\nCCO,\nCCN,amine\n')))
    assert told['name'].isna().tolist() == [True, False]

@pytest.mark.parametrize('text', [
    'smiles,name\nCCO,ethanol,\nCCN,amine,\n', 'smiles,name,\nCCO,ethanol\nCCN,amine,,,\n',
    'smiles;name\nCCO;ethanol\nCCN;amine\n', 'smiles\tname\nCCO\tethanol\nCCN\tamine\n',
    '\nsmiles,name\n\nCCO,ethanol\n,\nCCN,amine\n', ' smiles , name \nCCO,ethanol\nCCN,amine'])
def test_layouts_of_tables(tmp_path, text):
    df = table_of(saved(tmp_path, 'a.csv', text))
    assert df[['smiles', 'name']].values.tolist() == [['CCO', 'ethanol'], ['CCN', 'amine']]

@pytest.mark.parametrize('row', ['OCCO,a,b,c', 'OCCO,glycol,,5', 'OCCO,5,g', 'OCCO,' + 'x'*200_000])
def test_a_bad_row_is_named_and_the_others_are_read(tmp_path, row):
    report = Rejected('a.csv')
    path = saved(tmp_path, 'a.csv', f'smiles,name\nCCO,ethanol\n{row}\nCCN,amine\n')
    told = describe_molecules(table_of(path), report)
    assert told['name'].tolist() == ['ethanol', 'amine'] and [r['row'] for r in report] == [1]
    assert 'more values' in report.rows[0]['reason'] or 'not a row' in report.rows[0]['reason']

@pytest.mark.parametrize('name', ['ethane-1,2-diol', 'N,N-dimethylamine', '2,4,6-trinitrotoluene', 'a,b'])
def test_commas_of_names_of_chemistry(tmp_path, name):
    df = table_of(saved(tmp_path, 'a.csv', f'smiles,name\nOCCO,{name}\nCCN,amine\n'))
    assert (df['name'].tolist() == [name, 'amine']) == (name != 'a,b')

def test_an_open_quote_does_not_swallow_the_file(tmp_path):
    path = saved(tmp_path, 'a.csv', 'smiles,name\nCCN,"open\n' + ''.join(f'CCO,"n{i}"\n' for i in range(100)))
    assert table_of(path)['name'].tolist() == ['open', *(f'n{i}' for i in range(100))]

def test_quoted_commas_and_lines(tmp_path):
    df = table_of(saved(tmp_path, 'a.csv', 'smiles,name\nOCCO,"ethane-1,2-diol"\nCCN,"two\nlines"\n'))
    assert df['name'].tolist() == ['ethane-1,2-diol', 'two\nlines']

def test_two_columns_of_one_name(tmp_path):
    with pytest.raises(AcmlError, match='two columns'): table_of(saved(tmp_path, 'a.csv', 'smiles,smiles\nC,N\n'))

@pytest.mark.parametrize('smi', ['CÅ', 'C²', 'C·', '·CCO', 'CCO†', 'CCO…', 'C–C', 'ССО'])
def test_no_character_of_a_smiles_is_dropped(smi):
    with pytest.raises(RecordError, match='the character'): to_mol(smi)

@pytest.mark.parametrize('smi', ['\ufeffCCO', 'CCO\u200b', '\u00a0CCO ', 'CCO\u2060\ufeff', 'CCO Äthanol',
                                 'CCO\u00a0Äthanol'])
def test_white_space_around_a_smiles(smi): assert Chem.MolToSmiles(to_mol(smi)) == 'CCO'

def test_sd_files_have_names_and_fields(tmp_path):
    blocks = [Chem.MolToMolBlock(to_mol(s)).replace('\n', f'{n}\n', 1) if n else Chem.MolToMolBlock(to_mol(s))
              for s, n in (('CCO', 'ethanol'), ('CCN', ''))]
    text = ''.join(f'{b}> <CAS>\n0{i}-17-5\n\n$$$$\n' for i, b in enumerate(blocks)) + 'broken\n\n\n$$$$\n'
    df = table_of(saved(tmp_path, 'a.sdf', text))
    assert df['smiles'].tolist()[:2] == ['CCO', 'CCN'] and df['id'].iloc[0] == 'ethanol' and df['id'].isna().iloc[1]
    assert df['CAS'].tolist()[:2] == ['00-17-5', '01-17-5']
    report = Rejected('x')
    assert len(describe_molecules(df, report)) == 2 and len(report) == 1

def test_text_of_bytes():
    assert text_encoding(iter(['δ'.encode()[:1], 'δ'.encode()[1:]])) == 'utf-8'
    assert read_text('a\r\nb\rc'.encode()) == 'a\nb\nc'
    with pytest.raises(RecordError, match='photo.jpg: not a text file'): read_text(b'\xff\xd8\0\0\1\2\3\4', 'photo.jpg')

def test_a_table_for_training_loses_only_its_bad_rows(tmp_path, monkeypatch):
    from acml import recipes
    from acml.data import demo_table
    table = demo_table('cnmr').head(40).copy()
    table.loc[[3, 7], 'smiles'] = ['C1CC', 'C'*20_000]
    table.loc[9, 'formula'] = 'Xx2'
    used = []
    monkeypatch.setattr(recipes, '_train', lambda recipe, table, *args: used.append(table))
    with pytest.warns(UserWarning, match='37 read|3 set aside'):
        recipes.train(recipes.get_recipe('demo'), table, tmp_path/'m')
    assert used[0]['row'].tolist() == table.drop(index=[3, 7, 9])['row'].tolist()

@pytest.mark.parametrize('name', ['=1+1', '+cmd|x', '@SUM(A1)', '-2+3', '\t=1', 'x', '-5.2', None])
def test_no_formula_reaches_a_spreadsheet(name):
    told = no_formulas(pd.DataFrame(dict(name=[name], n=[-1.5]))).iloc[0]
    assert told['n'] == -1.5 and (told['name'] == (name if name in ('x', '-5.2', None) else f"'{name}"))

EVIL = 'caf\u00e9\x1b[2J\x1b]0;owned\x07\u202e\x9b31m\nacml: done'

def test_names_do_not_move_the_cursor(capsys):
    report = Rejected('f')
    report.add(0, EVIL, EVIL)
    hits = Hits(pd.DataFrame(dict(rank=[1], score=[.5], smiles=['CCO'], formula=['C2H6O'], name=[EVIL])), 1)
    complain(EVIL, 1)
    for text in (repr(report), repr(hits), capsys.readouterr().err):
        assert not set(text) & set('\x1b\x07\x9b\u202e') and 'café' in text and '\nacml' not in text

def test_json_of_hits_knows_no_nan():
    table = pd.DataFrame(dict(rank=[1, 2], score=[.5, float('inf')], smiles='C', formula='CH4',
                              name=['a', float('nan')]))
    def bad(o): raise AssertionError(o)
    hits = json.loads(Hits(table, 2).to_json(), parse_constant=bad)['hits']
    assert [h['name'] for h in hits] == ['a', None] and hits[1]['score'] is None
    assert 'NaN' not in repr(Hits(table, 2))

def test_of_columns_of_one_name_the_first_is_taken(tmp_path):
    told = describe_molecules(table_of(saved(tmp_path, 'a.csv', 'smiles,name,name\nCCO,ethanol,alcohol\n')))
    assert told['name'].tolist() == ['ethanol']

@pytest.mark.parametrize('text', ['sep=;\nsmiles;name\nCCO;ethanol\n',
                                  '# made by x\n# of 2020, a, b\nsmiles,name\nCCO,ethanol\n',
                                  'sep=\t\n#smiles\tname\nCCO\tethanol\n', '#SMILES,name\nCCO,ethanol\n'])
def test_what_stands_above_a_header(tmp_path, text):
    (tmp_path/'a.csv').write_text(text)
    df = table_of(tmp_path/'a.csv').rename(columns=str.lower)
    assert df[['smiles', 'name']].values.tolist() == [['CCO', 'ethanol']]

@pytest.mark.parametrize('text', ['# only a comment\n', 'sep=;\n', '#\n\n'])
def test_a_table_of_comments_is_an_error(tmp_path, text):
    (tmp_path/'a.csv').write_text(text)
    with pytest.raises(AcmlError): table_of(tmp_path/'a.csv')
