"""Isomers: the kinds, the decoys, and the figures against counting by hand."""
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip('torch')
pytest.importorskip('rdkit')

from acml.chem import to_formula, to_inchikey, to_mol, to_smiles
from acml.core import AcmlError, RecordError
from acml.isomers import (_GROUP_SIZES, _KINDS, IsomerTask, _group_accuracy, _ring_pieces, isomer_kind,
                          positional_decoys)
from acml.retrieval import RetrievalTask

def unit(x): return (x/np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

XYLENES = ['Cc1ccccc1C', 'Cc1cccc(C)c1', 'Cc1ccc(C)cc1', 'CCc1ccccc1']
OTHERS = ['CCCO', 'CC(C)O', 'COCC', 'CCO', 'COC', 'CCCCCC']
SMILES = XYLENES + OTHERS

class FakeModel:
    "A molecule is a random vector told by its InChIKey, a spectrum the same with noise."
    def __init__(self, noise=.5, collapsed=False): self.noise, self.collapsed = noise, collapsed
    def fingerprint(self): return f'fake-{self.noise}-{self.collapsed}'
    def z(self, key):
        return np.ones(16) if self.collapsed else np.random.default_rng(list(key.encode())).normal(size=16)
    def embed(self, modality, records, report=None):
        if modality == 'graph': return unit(np.stack([self.z(to_inchikey(s)[:14]) for s in records]))
        return unit(np.stack([self.z(to_inchikey(SMILES[int(r[0])])[:14])
                              + self.noise*np.random.default_rng(int(100*r[1])).normal(size=16) for r in records]))

@pytest.fixture
def table():
    return pd.DataFrame([dict(inchikey=to_inchikey(s), smiles=s, formula=to_formula(s), split='test', nucleus='13C',
                              shifts=np.float32([i, 10 + j])) for i, s in enumerate(SMILES) for j in range(2)])

@pytest.mark.parametrize(
    'a, b, kind',
    [(XYLENES[0], XYLENES[1], 'positional'), (XYLENES[0], XYLENES[3], 'constitutional'),
     ('CCCO', 'CC(C)O', 'constitutional'), ('c1ccccc1O', 'Oc1ccccc1', 'positional'),
     ('Cc1ccncc1', 'Cc1cccnc1', 'positional'), ('C1CCCCC1', 'CC1CCCC1', 'constitutional'),
     ('CC1CCC(C)CC1', 'CC1CCCCC1C', 'positional'), ('Cc1cccc2ccccc12', 'Cc1ccc2ccccc2c1', 'positional'),
     ('CCCc1ccccc1', 'CC(C)c1ccccc1', 'constitutional'), ('O=C1CCCCC1=O', 'O=C1CCCC(=O)C1', 'positional'),
     ('O=C1CCC(N)CC1', 'OC1CCC(=N)CC1', 'constitutional'), ('COC(=O)c1ccccc1', 'CC(=O)Oc1ccccc1', 'constitutional'),
     ('c1ccc(cc1)-c1ccccc1C', 'Cc1cccc(c1)-c1ccccc1', 'positional'), ('CC1CCCC(C)C1', 'CCC1CCCCC1', 'constitutional'),
     ('O=C1C=CCCC1', 'O=C1CCCC=C1', 'positional'), ('Cn1cccc1', 'Cc1ccc[nH]1', 'positional'),
     ('C[C@H](O)c1ccccc1C', 'C[C@@H](O)c1cccc(C)c1', 'positional')])
def test_kinds(a, b, kind): assert isomer_kind(a, b) == isomer_kind(b, a) == kind

@pytest.mark.parametrize('smi', ['C1CC', '', None])
def test_bad_smiles(smi):
    with pytest.raises(RecordError): _ring_pieces(smi)
    with pytest.raises(RecordError): positional_decoys(smi)

@pytest.mark.parametrize('smi', [XYLENES[0], 'COc1cc(C=O)ccc1O', 'Clc1ccccc1Br', 'Cc1c[nH]c2ccccc12',
                                 'O=C(O)c1ccc(N)cc1', 'Cc1ccncc1'])
def test_decoys_are_isomers_with_the_same_pieces(smi):
    decoys = positional_decoys(smi)
    assert decoys and to_smiles(to_mol(smi)) not in decoys and decoys == sorted(set(decoys)) == positional_decoys(smi)
    for d in decoys: assert to_formula(d) == to_formula(smi) and isomer_kind(smi, d) == 'positional'
    assert positional_decoys(smi, 1) == decoys[:1]

def test_decoys_are_all_single_moves():
    "Counted by hand: the other cresols; the dichlorobenzenes; the six other methylquinolines, on both rings."
    for smi, others in [('Cc1ccccc1O', ['Cc1cccc(O)c1', 'Cc1ccc(O)cc1']),
                        ('Clc1ccccc1Cl', ['Clc1cccc(Cl)c1', 'Clc1ccc(Cl)cc1']),
                        ('Cc1ccnc2ccccc12', ['Cc1ccc2ccccc2n1', 'Cc1cnc2ccccc2c1', 'Cc1cccc2ncccc12', 'Cc1ccc2ncccc2c1',
                                             'Cc1ccc2cccnc2c1', 'Cc1cccc2cccnc12'])]:
        assert positional_decoys(smi) == sorted(to_smiles(to_mol(o)) for o in others)
    assert positional_decoys('C[C@H](O)c1ccccc1Cl') == positional_decoys(
        'C[C@@H](O)c1ccccc1Cl'), 'stereochemistry plays no part'

def test_nothing_to_move():
    for smi in ('CCO', 'c1ccccc1', 'Cc1c(C)c(C)c(C)c(C)c1C'): assert positional_decoys(smi) == []

def test_figures_by_hand(table):
    model = FakeModel()
    r = IsomerTask(model, table).run()
    p, s = r.predictions, r.summary
    plain = RetrievalTask(model, table, filter='formula').run().predictions
    plain = plain[plain.n_candidates > 1]
    assert list(p['rank']) == list(plain['rank']) and list(p.n_candidates) == list(plain.n_candidates) and len(p) == 2*9
    assert s['top1'] == (p['rank'] == 1).mean() and s['chance'] == pytest.approx((1/p.n_candidates).mean())
    assert s['ci95']['top1'][0] <= s['top1'] <= s['ci95']['top1'][1]
    assert {g: o['n'] for g, o in s['by_group_size'].items()} == {'2': 4, '3-5': 14}
    assert set(s['by_group_size']) <= set(_GROUP_SIZES)
    assert {k: (o['n'], o['n_pairs'])
            for k, o in s['by_kind'].items()} == {'positional': (2*3, 2*6), 'constitutional': (2*9, 2*(6 + 6 + 2))}
    assert s['by_kind']['positional']['chance'] == pytest.approx(1/3)
    assert s['by_kind']['constitutional']['chance'] == pytest.approx((3*1/2 + 1/4 + 3*1/3 + 2*1/2)/9)
    assert s['mass_only'] == pytest.approx((1/p.n_mass).mean()) and s['ppm'] == 10 and s['stereo'] == 'merged'
    assert json.loads(r.to_json()) == s and s['task'] == 'isomers' and 'model_fingerprint' in s and 'data_sha256' in s

def test_kinds_and_groups_can_be_recomputed(table):
    r = IsomerTask(FakeModel(noise=1.5), table).run()
    p, s = r.predictions, r.summary
    assert (p.n_positional + p.n_constitutional == p.n_candidates - 1).all()
    assert (p.rank_positional + p.rank_constitutional - 1
            == p['rank']).all(), 'whoever stands before the truth is of one kind or the other'
    for kind in _KINDS:
        asked = p[p[f'n_{kind}'] > 0]
        assert s['by_kind'][kind]['accuracy'] == (asked[f'rank_{kind}'] == 1).mean()
        assert s['by_kind'][kind]['pairs'] == pytest.approx(
            1 - (asked[f'rank_{kind}'] - 1).sum()/asked[f'n_{kind}'].sum())
    for name, (low, high) in _GROUP_SIZES.items():
        part = p[p.n_candidates.between(low, high)]
        assert (name in s['by_group_size']) == (len(part) > 0)
        assert (not len(part) or s['by_group_size'][name]['accuracy'] == (part['rank'] == 1).mean())

def test_summary_has_the_keys_of_retrieval_too(table):
    s = IsomerTask(FakeModel(), table).run().summary
    assert {'task', 'modality', 'n_queries', 'n_library', 'top1', 'top5', 'top10', 'mrr', 'median_rank', 'ci95',
            'filter', 'ties', 'data_sha256', 'model_fingerprint', 'seconds', 'by_group_size', 'chance'} <= set(s)
    assert s['filter'] == 'formula' and set(s['ci95']) == {'top1', 'top5', 'top10', 'mrr', 'median_rank'}
    assert isinstance(s['chance'], float)

def test_prepared_once_scored_as_often_as_wanted(table):
    task = IsomerTask(FakeModel(), table, decoys=3)
    evaluation = task.prepare()
    a, b, c = task.run(evaluation=evaluation), task.run(evaluation=evaluation), task.run()
    assert a.predictions.equals(b.predictions) and a.predictions.equals(c.predictions) and a.summary['n_decoys'] > 0

def test_collapsed_model_never_wins(table):
    s = IsomerTask(FakeModel(collapsed=True), table).run().summary
    assert s['top1'] == 0 and all(o['accuracy'] == o['pairs'] == 0 for o in s['by_kind'].values())

def test_decoys_make_it_harder(table):
    task = IsomerTask(FakeModel(noise=1.5), table[table.smiles != XYLENES[1]], decoys=5)
    plain, hard = replace(task, decoys=0).run(), task.run()
    assert hard.summary['n_library'] > plain.summary['n_library'] and hard.summary['n_decoys'] > 0
    assert list(task.library) == []
    both = plain.predictions.merge(hard.predictions, on=['row', 'id', 'connectivity'])
    assert len(both) == len(plain.predictions) and (both.rank_y >= both.rank_x).all()

def test_mistakes(table):
    with pytest.raises(AcmlError, match='no query has an isomer'):
        IsomerTask(FakeModel(), table[table.smiles == 'CCCCCC']).run()

def test_what_cannot_be_read_has_no_decoys(table):
    table.loc[table.smiles == XYLENES[1], 'smiles'] = 'C1CC'
    r = IsomerTask(FakeModel(), table, decoys=5).run()
    assert r.summary['n_decoys'] > 0 and {o['id'] for o in r.set_aside} >= {'C1CC'}

def test_no_group_is_left_out():
    size = np.arange(2, 40)
    assert sum(o['n'] for o in _group_accuracy(np.ones(38, int), size, size.astype(str)).values()) == 38

def test_figure(table):
    ax = IsomerTask(FakeModel(), table).run().plot()
    assert [t.get_text() for t in ax.get_xticklabels()] == ['2', '3-5'] # groups that nobody is in have no place
