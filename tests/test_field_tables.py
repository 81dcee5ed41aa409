"""Tables and lists of molecules as programs save them: encodings, text that looks like numbers, surplus commas."""
import warnings

import pandas as pd
import pytest
from rdkit import Chem

from acml.candidates import describe_molecules
from acml.chem import read_smiles, to_mol
from acml.core import AcmlError, RecordError, Rejected, read_text, text_encoding

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

@pytest.mark.parametrize('row', ['OCCO,ethane-1,2-diol', 'OCCO,a,b,c', 'OCCO,glycol,,5'])
def test_surplus_values_are_an_error_that_names_the_row(tmp_path, row):
    path = saved(tmp_path, 'a.csv', f'smiles,name\nCCO,ethanol\n{row}\n')
    with pytest.raises(AcmlError, match='a.csv: row 2 has more values'): table_of(path)

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
