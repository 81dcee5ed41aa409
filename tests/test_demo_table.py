"""The demo table inside the package: what it promises, and that it says that its shifts are predicted."""
import json
from collections import Counter
from importlib.resources import files

import numpy as np
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from acml.chem import to_formula, to_inchikey, to_smiles
from acml.registry import PRETRAINED
from acml.training_record import count_in_training, read_training_record, split_for_training

PATH = files('acml')/'demo'/'demo.parquet'
COLUMNS = 'inchikey smiles formula name split nucleus shifts multiplicities n_peaks n_atoms source licence kind'.split()

@pytest.fixture(scope='module')
def table(): return pq.read_table(PATH).to_pandas()

def test_columns_and_size(table):
    assert list(table.columns) == COLUMNS
    assert PATH.stat().st_size < 400_000
    assert table.inchikey.nunique() >= 1900
    assert not table.duplicated(['inchikey', 'nucleus']).any()
    assert set(table.nucleus) == {'13C', '1H'} and set(table[table.nucleus == '13C'].inchikey) >= set(table.inchikey)

def test_it_says_that_its_shifts_are_predicted(table):
    about = json.loads(pq.read_schema(PATH).metadata[b'acml'])
    assert about['shifts'] == 'predicted' and 'PREDICTED' in about['what']
    assert {'csp5', 'chemicals', 'rdkit'} <= set(about['versions'])
    assert set(table.kind) == {'predicted'} and table.licence.notna().all()
    assert table.source.str.match(r'PubChem CID \d+$').all()
    assert 'predicted' in (files('acml')/'demo'/'README.md').read_text(encoding='utf-8')

def test_peak_lists(table):
    for r in table.itertuples():
        x = np.asarray(r.shifts, dtype=float)
        digits, lo, hi = {'13C': (1, -50, 350), '1H': (2, -5, 20)}[r.nucleus]
        assert np.isfinite(x).all() and (np.diff(x) >= 0).all() and lo < x[0] and x[-1] < hi
        assert np.allclose(x, x.round(digits), atol=1e-4)
        assert len(x) == len(r.multiplicities) == r.n_peaks <= r.n_atoms
    carbon = table[table.nucleus == '13C']
    assert (carbon.n_peaks == carbon.n_atoms).all() # one per carbon
    assert set(np.concatenate(carbon.multiplicities.tolist())) == set('SDTQ')

def test_multiplicities_count_the_hydrogens_on_carbon(table):
    for r in table[table.nucleus == '13C'].iloc[::20].itertuples():
        want = Counter('SDTQQ'[a.GetTotalNumHs()]
                       for a in Chem.MolFromSmiles(r.smiles).GetAtoms() if a.GetSymbol() == 'C')
        assert Counter(r.multiplicities) == want

def test_symmetric_carbons_share_a_line(table):
    x = table[(table.nucleus == '13C') & (table.name == 'ibuprofen')].shifts.iloc[0]
    assert len(x) == 13 and len(set(x)) == 10 # ring carbons in two pairs, the methyl groups of isobutyl

def test_diastereotopic_methyl_groups_keep_their_own_lines(table):
    r = table[(table.nucleus == '13C') & (table.name == '(-)-menthol')].iloc[0]
    methyls = [x for x, m in zip(r.shifts, r.multiplicities) if m == 'Q']
    assert len(set(methyls)) == 3

def test_identifiers(table):
    for r in table.iloc[::40].itertuples():
        assert to_inchikey(r.smiles) == r.inchikey and to_formula(r.smiles) == r.formula
        assert to_smiles(r.smiles) == r.smiles

def test_molecules(table):
    one = table.drop_duplicates('inchikey')
    mols = [Chem.MolFromSmiles(s) for s in one.smiles]
    assert all(4 <= m.GetNumHeavyAtoms() <= 35 for m in mols)
    assert {a.GetSymbol() for m in mols for a in m.GetAtoms()} <= set('H C N O F S Cl Br P Si B I'.split())
    assert 0 < one.smiles.str.contains('.', regex=False).mean() < .05 # a few salts
    assert one.inchikey.str[:14].is_unique and one.name.str.len().min() > 2
    groups = one.formula.value_counts()
    assert (groups >= 4).sum() > 150 # isomers to tell apart

def test_split_is_by_connectivity_block(table):
    share = table.drop_duplicates('inchikey').split.value_counts(normalize=True)
    assert share['train'] == pytest.approx(.8, abs=.05) and table[table.split == 'test'].inchikey.nunique() >= 150
    assert (table.groupby(table.inchikey.str[:14]).split.nunique() == 1).all()
    assert table.split.tolist() == split_for_training(table.inchikey.tolist(), (.8, .1, .1)).tolist(), \
        'tools/split_demo_table.py splits it anew'

def test_no_shipped_model_has_learnt_from_what_is_held_out(table):
    held, records = table[table.split != 'train'].inchikey, sorted(PRETRAINED.glob('*/training.parquet'))
    assert len(held) > 300 and len(records) > 5
    for folder in records:
        for part, learnt in read_training_record(folder.parent).items():
            assert count_in_training(held, learnt)[1] == 0, f'{folder.parent.name}: {part}'

def test_what_the_demo_table_does_not_hold_is_told():
    from acml.core import AcmlError
    from acml.data import demo_table
    with pytest.raises(AcmlError, match='no mz: it holds predicted 13C and 1H shifts, and SMILES'): demo_table('lcms')
    assert len(demo_table('smiles')) == len(demo_table()) and len(demo_table('hnmr')) < len(demo_table())
