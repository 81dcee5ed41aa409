"""The retrieval task against brute force, and what it does with spectra and molecules that cannot be used."""
import itertools, json
from math import comb
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip('torch')
pytest.importorskip('rdkit')

from acml.candidates import EvaluationSet
from acml.chem import connectivity, to_formula, to_inchikey
from acml.core import AcmlError, Rejected, file_sha256
from acml.data import save_table
from acml.library import Library, gather_candidates
from acml.metrics import rank_of
from acml.retrieval import (CrossModalTask, RetrievalTask, ReverseRetrievalTask, _scoring, expected_top1,
                            in_batch_protocol, score_queries)

def unit(x): return (x/np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

SMILES = [a + b for a in ('C', 'CC', 'CCC', 'CC(C)', 'CCCC', 'c1ccccc1', 'C1CCCC1', 'CC(C)(C)')
          for b in ('O', 'N', 'Cl', 'C(=O)O', 'C#N', 'C=O', 'OC')]
KEYS = dict(zip(map(to_inchikey, SMILES), SMILES)) # one SMILES per molecule
SMILES = list(KEYS.values())

class FakeModel:
    "A molecule is a random vector, its spectrum the same with noise; its first shift is the row of the molecule."
    def __init__(self, noise=1.2, dim=24, seed=0):
        self.noise, self.z = noise, np.random.default_rng(seed).normal(size=(len(SMILES), dim))
        self.seed = seed
    def fingerprint(self): return f'fake-{self.seed}-{self.noise}'
    def molecule(self, smi): return self.z[SMILES.index(KEYS.get(to_inchikey(smi), SMILES[0]))]
    def spectrum(self, shifts):
        noise = np.random.default_rng(int(1000*sum(shifts))).normal(size=self.z.shape[1])
        return self.z[int(shifts[0])] + self.noise*noise
    def embed(self, modality, records, report=None, scale=1):
        out = []
        for i, o in enumerate(records):
            if modality == 'graph': out.append(self.molecule(o))
            elif len(o) and np.isfinite(o).all(): out.append(self.spectrum(np.asarray(o)*scale))
            else: report.add(i, 'spectrum', 'no peaks'); out.append(np.full(self.z.shape[1], np.nan))
        return unit(np.array(out))

def make_table(n_spectra=2):
    rows = [dict(inchikey=to_inchikey(s), smiles=s, formula=to_formula(s), split='test' if i % 3 == 0 else 'train',
                 nucleus='13C', id=f's{i}-{j}', shifts=np.float32([i, 10 + j])) for i, s in enumerate(SMILES)
            for j in range(n_spectra)]
    return pd.DataFrame(rows + [dict(rows[0], nucleus='1H', shifts=np.float32([7.]))])

@pytest.fixture
def table(): return make_table()

@pytest.fixture
def model(): return FakeModel()

def by_hand(model, table, rows):
    "Ranks in 64 bits on the whole matrix."
    blocks = pd.Series([k[:14] for k in KEYS])
    c = model.embed('graph', SMILES).astype(np.float16).astype(float)
    q = model.embed('cnmr', list(rows.shifts)).astype(float)
    return rank_of(q @ c.T, np.array([list(blocks).index(k[:14]) for k in rows.inchikey]))

def test_equals_brute_force(model, table):
    report = RetrievalTask(model, table).run()
    rows = table[(table.split == 'test') & (table.nucleus == '13C')]
    assert list(report.predictions['rank']) == list(by_hand(model, table, rows))
    assert list(report.predictions.id) == list(rows.id)
    s = report.summary
    assert s['n_library'] == len(SMILES) and s['n_queries'] == len(rows)
    assert s['top1'] == (report.predictions['rank'] == 1).mean()
    assert .1 < s['top1'] < .95, 'the toy shall be neither trivial nor hopeless'
    p = report.predictions
    assert ((p['rank'] == 1) == (p.connectivity == p.top1_connectivity)).all() and (p.top1_score >= p.score).all()

def test_all_queries(model, table):
    assert RetrievalTask(model, table, queries='all').run().summary['n_queries'] == 2*len(SMILES)

def test_filters_compare_only_what_passes(model, table):
    for filter in ('formula', 'mass'):
        report = RetrievalTask(model, table, queries='all', filter=filter).run()
        sizes = table.drop_duplicates('inchikey').formula.value_counts()
        assert list(report.predictions.n_candidates) == [sizes[to_formula(KEYS[k])]
                                                         for k in table.inchikey[table.nucleus == '13C']]
        assert report.summary['filter'] == filter and ('ppm' in report.summary) == (filter == 'mass')
        assert (report.predictions['rank'] <= report.predictions.n_candidates).all()

def test_json_has_the_promised_keys(model, table, tmp_path):
    save_table(table, tmp_path/'t.parquet')
    report = RetrievalTask(model, tmp_path/'t.parquet').run()
    obj = json.loads(report.to_json(tmp_path/'out.json'))
    assert obj == json.loads((tmp_path/'out.json').read_text())
    assert {'task', 'modality', 'n_queries', 'n_library', 'top1', 'top5', 'top10', 'mrr', 'median_rank', 'ci95',
            'filter', 'ties', 'data_sha256', 'model_fingerprint', 'seconds'} <= set(obj)
    assert obj['task'] == 'retrieval' and obj['ties'] == 'worst'
    assert obj['data_sha256'] == file_sha256(tmp_path/'t.parquet') and obj['model_fingerprint'] == model.fingerprint()
    assert obj['ci95']['top1'][0] <= obj['top1'] <= obj['ci95']['top1'][1]
    assert list(report.predictions['rank']) == list(RetrievalTask(model, table).run().predictions['rank'])

def test_predictions_can_be_saved_and_recounted(model, table, tmp_path):
    report = RetrievalTask(model, table).run()
    report.predictions.to_parquet(tmp_path/'p.parquet')
    p = pd.read_parquet(tmp_path/'p.parquet')
    assert (p['rank'] <= 5).mean() == report.summary['top5']
    assert {'row', 'id', 'split', 'connectivity', 'rank', 'n_candidates', 'smiles', 'score', 'top1_connectivity',
            'top1_smiles', 'top1_score'} == set(p)
    assert set(p.split) == {'test'} and [connectivity(to_inchikey(s)) for s in p.smiles] == list(p.connectivity)

def test_repeated_runs_are_equal(model, table):
    a, b = (RetrievalTask(model, table).run() for _ in range(2))
    a.summary.pop('seconds'), b.summary.pop('seconds')
    assert a.summary == b.summary and a.predictions.equals(b.predictions)

def test_order_of_the_table_plays_no_part(model, table):
    a = RetrievalTask(model, table).run().predictions.set_index('id')['rank']
    b = RetrievalTask(model, table.sample(frac=1, random_state=0)).run().predictions.set_index('id')['rank']
    assert (a == b[a.index]).all()

def test_libraries_are_merged_by_connectivity(model, table, tmp_path):
    (tmp_path/'more.smi').write_text('CCO again\nCCCCCCCCO octanol\nnonsense bad\nC[C@H](O)CC a\nC[C@@H](O)CC b\n')
    built = Library.build(model, ['CCO', 'CCCCCCCCCO', 'CCCCCCCCO'], tmp_path/'lib', progress=False)
    run = lambda library: RetrievalTask(model, table, library=library).run()
    n = len(SMILES)
    more = run(tmp_path/'more.smi')
    assert more.summary['n_library'] == n + 2 and [r['id'] for r in more.set_aside] == ['nonsense']
    assert run(built).summary['n_library'] == run(tmp_path/'lib').summary['n_library'] == n + 2
    assert run([tmp_path/'more.smi', built, ['CCO', 'CCCS']]).summary['n_library'] == n + 4

def test_library_of_another_model(table, model, tmp_path):
    Library.build(FakeModel(seed=1), ['CCO'], tmp_path/'lib', progress=False)
    with pytest.raises(AcmlError, match='another model'): RetrievalTask(model, table, library=tmp_path/'lib').run()

def test_more_candidates_never_help(model, table):
    small = RetrievalTask(model, table).run().predictions['rank']
    large = RetrievalTask(model, table, library=[['C'*i for i in range(6, 40)]]).run().predictions['rank']
    assert (large >= small).all()

def test_bad_spectra_and_molecules_are_set_aside_and_named(model, table):
    table.at[0, 'shifts'] = np.float32([]) # test, molecule 0
    table.at[6, 'shifts'] = np.float32([3, np.nan]) # test, molecule 3
    table.loc[12:13, 'smiles'] = 'C1CC' # test, molecule 6, both spectra
    report = Rejected()
    done = RetrievalTask(model, table).run(report)
    reasons = {(r['row'], r['reason'].split(':')[0]) for r in report}
    assert {(0, 'no peaks'), (6, 'no peaks')} <= reasons and {r['row'] for r in report} >= {0, 6, 12, 13}
    assert done.set_aside is report and done.summary['n_set_aside'] == len(report)
    assert done.summary['n_queries'] == report.n_ok
    assert not {'s0-0', 's3-0', 's6-0', 's6-1'} & set(done.predictions.id)

def test_every_figure_can_be_recomputed_from_the_predictions(model, table, tmp_path):
    "With pandas alone: figures, chance, and the intervals with their resamples of molecules."
    from acml.metrics import bootstrap_ci
    for filter in ('none', 'formula'):
        report = RetrievalTask(model, table, queries='all', filter=filter).run()
        report.predictions.to_parquet(tmp_path/'p.parquet')
        p, s = pd.read_parquet(tmp_path/'p.parquet'), report.summary
        assert {k: s[k] for k in ('n_queries', 'top1', 'top5', 'top10', 'median_rank')} == dict(
            n_queries=len(p), top1=(p['rank'] == 1).mean(), top5=(p['rank'] <= 5).mean(),
            top10=(p['rank'] <= 10).mean(), median_rank=p['rank'].median())
        assert s['mrr'] == pytest.approx((1/p['rank']).mean())
        assert s['chance']['top5'] == pytest.approx((5/p.n_candidates).clip(upper=1).mean())
        assert s['ci95']['top1'] == list(bootstrap_ci(p['rank'].to_numpy(), lambda r: (r <= 1).mean(),
                                                      groups=p.connectivity.to_numpy()))

def test_candidates_of_one_split(model, table):
    few, whole = (RetrievalTask(model, table, candidates=c).run() for c in ('test', 'all'))
    assert few.summary['n_library'] == len(SMILES[::3]) and whole.summary['n_library'] == len(SMILES)
    assert few.summary['candidates'] == 'test'
    assert (few.predictions['rank'] <= whole.predictions['rank']).all()
    assert few.summary['n_queries'] == whole.summary['n_queries']
    assert RetrievalTask(model, table, candidates='test',
                         library=[['C'*i for i in range(6, 20)]]).run().summary['n_library'] == len(SMILES[::3]) + 14
    assert ReverseRetrievalTask(model, table, candidates='test').run().summary['n_library'] == len(SMILES[::3])
    with pytest.raises(AcmlError, match="no rows of split 'exam'"): RetrievalTask(model, table, candidates='exam').run()

def test_molecule_that_is_not_among_the_candidates(model, table):
    with pytest.raises(AcmlError, match='no spectrum can be asked about.*not among the candidates'):
        RetrievalTask(model, table, queries='train', candidates='test').run()
    some = RetrievalTask(model, table, queries='all', candidates='test').run()
    assert some.summary['n_queries'] == 2*len(SMILES[::3])
    assert some.summary['n_set_aside'] == 2*len(SMILES) - 2*len(SMILES[::3])

def test_suspect_records_are_no_queries(model, table):
    # rows 0, 6 are test, row 3 is train
    table = table.assign(suspect=[i in (0, 3, 6) for i in range(len(table))], suspect_reason='too many peaks')
    done = RetrievalTask(model, table).run()
    assert {(r['row'], r['reason']) for r in done.set_aside} == {(0, 'marked suspect: too many peaks'),
                                                                 (6, 'marked suspect: too many peaks')}
    whole = RetrievalTask(model, table, suspect=True).run()
    assert whole.summary['n_queries'] == done.summary['n_queries'] + 2 and whole.summary['n_set_aside'] == 0
    assert done.summary['n_library'] == whole.summary['n_library'] == len(SMILES), 'their molecules stay candidates'

def test_protocol_of_the_paper_beside_the_figures():
    model = FakeModel()
    model.z = np.random.default_rng(0).normal(size=(len(SMILES), 24))
    assert 'in_batch' not in RetrievalTask(model, make_table()).run().summary, 'too few molecules for a batch of 128'
    smiles = ['C'*(1 + i % 12) + o + 'C'*(1 + i//12) for i in range(144) for o in ('O',)]
    smiles = list({to_inchikey(s): s for s in smiles}.values()) + ['N' + 'C'*i for i in range(1, 60)] + [
        'Cl' + 'C'*i for i in range(1, 60)]
    class Any(FakeModel):
        def molecule(self, smi): return np.random.default_rng(list(to_inchikey(smi).encode())).normal(size=24)
        def spectrum(self, shifts):
            noise = np.random.default_rng(int(shifts[1])).normal(size=24)
            return self.molecule(smiles[int(shifts[0])]) + self.noise*noise
    rows = pd.DataFrame([dict(inchikey=to_inchikey(s), smiles=s, formula=to_formula(s), split='test', nucleus='13C',
                              id=f's{i}', shifts=np.float32([i, j])) for i, s in enumerate(smiles) for j in (7, 8)])
    s = RetrievalTask(Any(), rows).run().summary
    assert s['in_batch']['batch_size'] == 128 and s['in_batch']['top1'] > s['top1']
    assert 'in_batch' not in RetrievalTask(Any(), rows, filter='formula').run().summary

def test_both_alone_stand_beside_the_pair(two):
    s = RetrievalTask(TwoKinds(), two, 'cnmr+hnmr').run().summary
    assert list(s['alone']) == ['cnmr', 'hnmr']
    assert all(o['n_queries'] == s['n_queries'] and o['mrr'] <= s['mrr'] for o in s['alone'].values())
    assert 'alone' not in RetrievalTask(TwoKinds(), two, 'cnmr').run().summary

def test_large_library_is_merged_without_copies(model, tmp_path):
    "Embeddings of a folder are read in blocks, in the order of the library, each molecule once, whatever repeats."
    Library.build(model, SMILES + ['CCO', 'CC[C@H](O)C', 'CC[C@@H](O)C'], tmp_path/'lib', progress=False)
    whole = Library.load(tmp_path/'lib')
    merged = gather_candidates(model, [SMILES[5:9], tmp_path/'lib', whole], Rejected())
    table, blocks = merged.table(), [k[:14] for k in KEYS]
    assert table.connectivity.is_unique and list(table.connectivity[:4]) == blocks[5:9]
    assert set(table.connectivity) == {*blocks, to_inchikey('CCC(C)O')[:14]}
    assert merged.embeddings.dtype == np.float16
    assert np.array_equal(merged.embeddings, model.embed('graph', list(table.smiles)).astype(np.float16))

def test_nothing_to_ask(model, table):
    with pytest.raises(AcmlError, match='valid'): RetrievalTask(model, table, queries='valid').run()
    table['shifts'] = [np.float32([])]*len(table)
    with pytest.raises(AcmlError, match='no spectrum can be asked about'): RetrievalTask(model, table).run()

@pytest.mark.parametrize('kw', [dict(filter='charge'), dict(floor='wood'), dict(modality='hearing')])
def test_mistakes_in_the_task(model, table, kw):
    with pytest.raises(AcmlError, match=next(iter(kw.values()))): RetrievalTask(model, table, **kw).run()

def test_to_spectrum(model, table):
    report = ReverseRetrievalTask(model, table).run()
    first = table[table.nucleus == '13C'].drop_duplicates('inchikey').reset_index(drop=True)
    z = model.embed('cnmr', list(first.shifts)).astype(float)
    asked = np.flatnonzero(first.split == 'test')
    q = model.embed('graph', list(first.smiles)).astype(np.float16).astype(float)
    assert list(report.predictions['rank']) == list(rank_of(unit(q[asked]).astype(float) @ z.T, asked))
    assert report.summary['n_library'] == len(SMILES)

def test_options_reach_the_model(model, table):
    a, b = (RetrievalTask(model, table, embed_options=dict(scale=s)).run().summary['top1'] for s in (1, 0))
    assert b < a

def test_a_model_that_learnt_nothing_gets_nothing(table):
    model = FakeModel(noise=0)
    model.z[:] = model.z[0]
    s = RetrievalTask(model, table).run().summary
    assert s['top1'] == 0 and s['median_rank'] == len(SMILES)

@pytest.mark.parametrize('scoring, name, told', [('no-mass', 'cnmr', 'both'), ('no-mass', 'ms', 'no-mass'),
                                                 ('local', 'cnmr', 'local'), ('both', 'ms', 'both')])
def test_the_score_that_is_told_is_the_one_that_was_used(scoring, name, told):
    "No mass can be left out of what carbon lines tell."
    model = SimpleNamespace(info=dict(local=dict(cnmr=dict(u=.5, scale=9.), ms=dict(u=.5, scale=9., mass=8.))))
    second = SimpleNamespace(weights={name: {}})
    asked = SimpleNamespace(second=second, candidates=SimpleNamespace(predicted={'cnmr': 0, 'ms': 0}))
    assert _scoring(SimpleNamespace(model=model, scoring=scoring), asked) == told
    assert _scoring(SimpleNamespace(model=model, scoring=scoring), SimpleNamespace(second=None)) == 'global'

def test_perfect_model_and_shuffled_queries(table):
    model = FakeModel(noise=0)
    library = gather_candidates(model, [SMILES], Rejected())
    q, target = model.embed('graph', SMILES), np.arange(len(SMILES))
    asked = EvaluationSet(library, dict(graph=q), target)
    assert score_queries(asked).summary['top1'] == 1
    shuffled = np.mean([(1/library.ranks(np.random.default_rng(i).permutation(q), target)['rank']).mean()
                        for i in range(20)])
    assert abs(shuffled - score_queries(asked).summary['chance']['mrr']) < .03

def test_interval_counts_molecules_not_spectra(model):
    width = lambda n: np.ptp(
        RetrievalTask(model, make_table(n).assign(shifts=lambda t: [np.float32([s[0], 1]) for s in t.shifts]),
                      queries='all').run().summary['ci95']['mrr'])
    assert width(6) == pytest.approx(width(1), rel=1e-6)

# ---- ranks in smaller libraries

@pytest.mark.parametrize('n', [2, 5, 9])
def test_expected_top1_equals_counting(n):
    for rank, size in itertools.product(range(1, n + 1), range(1, n + 1)):
        wins = sum(all(o >= rank for o in others)
                   for others in itertools.combinations([o for o in range(1, n + 1) if o != rank], size - 1))
        assert expected_top1([rank], n, size) == pytest.approx(wins/comb(n - 1, size - 1), abs=1e-12)

def test_expected_top1_large_numbers():
    assert expected_top1([20], 1_000_000, 128) == pytest.approx((1 - 19/999_999)**127, rel=1e-3)

def test_in_batch_protocol_is_what_the_ranks_predict():
    rng = np.random.default_rng(0)
    c = unit(rng.normal(size=(640, 16)))
    q = unit(c + .35*rng.normal(size=c.shape))
    ranks = rank_of(q.astype(float) @ c.T.astype(float), np.arange(640))
    assert in_batch_protocol(q, c, 64, n_draws=20)['top1'] == pytest.approx(expected_top1(ranks, 640, 64), abs=.02)
    assert in_batch_protocol(q, c, 64) == in_batch_protocol(q, c, 64)

# ---- several kinds of record

class TwoKinds(FakeModel):
    "As FakeModel; proton spectra have noise of their own."
    embed_dim = 24
    def embed(self, modality, records, report=None, scale=1):
        return super().embed(modality, [r if modality != 'hnmr' or not len(r) else [*r, .5] for r in records], report,
                             scale)

@pytest.fixture
def two(table):
    return pd.concat([table[table.nucleus == '13C'], table[table.nucleus == '13C'][::3].assign(nucleus='1H')],
                     ignore_index=True)

def test_pair_is_one_query_per_molecule_that_has_both(two):
    task = RetrievalTask(TwoKinds(), two, 'cnmr+hnmr')
    parts = task.score_parts(task.prepare())
    has = set(two[(two.nucleus == '1H') & (two.split == 'test')].inchikey)
    for name, r in parts.items():
        assert r.summary['n_queries'] == len(has) and r.summary['n_library'] == len(SMILES)
        assert r.summary['modality'] == name
    assert parts['cnmr+hnmr'].summary['pairing'] == 'first' and parts['cnmr+hnmr'].summary['scope'] == 'cnmr'
    assert parts['cnmr+hnmr'].summary['weights'] == dict(cnmr=1., hnmr=1.)
    assert parts['cnmr+hnmr'].summary['mrr'] > max(parts[m].summary['mrr'] for m in ('cnmr', 'hnmr'))

def test_pair_by_hand(two):
    model = TwoKinds()
    r = RetrievalTask(model, two, ('cnmr', 'hnmr'), weights=dict(cnmr=2., hnmr=1.)).run()
    rows = {n: two[(two.nucleus == n) & (two.split == 'test')].drop_duplicates('inchikey').set_index('inchikey').shifts
            for n in ('13C', '1H')}
    keys = [k for k in rows['13C'].index if k in rows['1H'].index]
    q = unit(2*model.embed('cnmr', [rows['13C'][k] for k in keys]) + model.embed('hnmr', [rows['1H'][k] for k in keys]))
    c = model.embed('graph', SMILES).astype(np.float16).astype(float)
    assert list(r.predictions['rank']) == list(rank_of(q.astype(float) @ c.T,
                                                       np.array([list(KEYS).index(k) for k in keys])))

def test_mean_of_all_spectra(table):
    each, mean = (RetrievalTask(FakeModel(), table, pairing=p, queries='all').run().summary for p in ('each', 'mean'))
    assert mean['n_queries'] == each['n_queries']/2 and mean['mrr'] > each['mrr']

def test_tables_may_be_several(two, tmp_path):
    for n in ('13C', '1H'): save_table(two[two.nucleus == n], tmp_path/f'{n}.parquet')
    a = RetrievalTask(TwoKinds(), [tmp_path/'13C.parquet', tmp_path/'1H.parquet'], 'cnmr+hnmr').run()
    b = RetrievalTask(TwoKinds(), two, 'cnmr+hnmr').run()
    assert list(a.predictions['rank']) == list(b.predictions['rank']) and '+' in a.summary['data_sha256']

def test_scope(two):
    small = RetrievalTask(TwoKinds(), two, 'cnmr', scope='hnmr', pairing='first').run()
    assert small.summary['n_library'] == two[two.nucleus == '1H'].inchikey.nunique()
    assert small.summary['scope'] == 'hnmr'
    assert RetrievalTask(TwoKinds(), two, 'hnmr', scope='all').run().summary['n_library'] == len(SMILES)

def test_one_bad_input_leaves_the_other(two):
    i = two[(two.nucleus == '1H') & (two.split == 'test')].drop_duplicates('inchikey').index[0]
    same = two.inchikey == two.inchikey[i]
    two.loc[same & (two.nucleus == '1H'), 'shifts'] = pd.Series([np.float32([])]*len(two))
    r = RetrievalTask(TwoKinds(), two, 'cnmr+hnmr')
    done = r.run()
    assert two.inchikey[i][:14] in set(done.predictions.connectivity)
    assert any('hnmr: no peaks' in o['reason'] for o in done.set_aside)
    assert two.inchikey[i][:14] not in set(r.score_parts(r.prepare())['hnmr'].predictions.connectivity)

def test_record_against_record(two):
    model = TwoKinds(noise=.4)
    direct, graph = (CrossModalTask(model, two, index='hnmr', through_molecules=t).run() for t in (False, True))
    n = two[two.nucleus == '1H'].inchikey.nunique()
    assert direct.summary['n_library'] == graph.summary['n_library'] == n and direct.summary['index'] == 'hnmr'
    assert graph.summary['mrr'] > 4/n and direct.summary['mrr'] > 4/n and graph.summary['via'] == 'graph'

def test_filters_share_one_embedding(table):
    class Counting(FakeModel):
        n = 0
        def embed(self, modality, records, report=None, scale=1):
            Counting.n += len(records)
            return super().embed(modality, records, report, scale)
    reports = RetrievalTask(Counting(), table).run_filters()
    once = Counting.n
    assert list(reports) == ['none', 'formula', 'mass'] and once == len(SMILES) + reports['none'].summary['n_queries']
    for f, r in reports.items():
        assert list(r.predictions['rank']) == list(RetrievalTask(FakeModel(), table,
                                                                 filter=f).run().predictions['rank'])

def test_floors(table):
    many = [RetrievalTask(FakeModel(noise=0), table, queries='all', floor=f).run().summary
            for f in ('', 'shuffled', 'formula', 'mass')]
    assert many[0]['top1'] == 1 and many[1]['top1'] == 0
    known = RetrievalTask(FakeModel(noise=0), table, queries='all', filter='formula').run().summary['chance']['top1']
    low, high = many[2]['ci95']['top1']
    assert many[2]['top1'] == pytest.approx(known) and low <= many[2]['top1'] <= high and low < high
    assert many[2]['floor'] == 'formula' and many[3]['n_library'] == len(SMILES)

def test_the_curve_of_a_floor_is_what_is_to_be_expected(table):
    report = RetrievalTask(FakeModel(noise=0), table, queries='all', floor='formula').run()
    n = report.predictions['n_fit'].to_numpy()
    ax = report.plot()
    k, share = ax.lines[0].get_data()
    assert np.allclose(share, [np.minimum(1, i/n).mean() for i in k])
    assert share[0] == pytest.approx(report.summary['top1'])
    assert (report.predictions['rank'] == (n + 1)/2).all()

@pytest.mark.parametrize('kw', [dict(modality='cnmr+cnmr'), dict(modality=''), dict(pairing='some'),
                                dict(modality='cnmr+hnmr', pairing='each'), dict(floor='wood'),
                                dict(weights=dict(hnmr=1.))])
def test_mistakes_with_several(two, kw):
    with pytest.raises(AcmlError): RetrievalTask(TwoKinds(), two, **kw).run()

@pytest.mark.parametrize('kw', [dict(index='gcms'), dict(index='hnmr', pairing='each'),
                                dict(modality='cnmr+cnmr', index='hnmr')])
def test_mistakes_of_spectra_that_look_for_spectra(two, kw):
    with pytest.raises(AcmlError): CrossModalTask(TwoKinds(), two, **kw).run()

def test_molecules_look_for_spectra_of_one_kind(two):
    with pytest.raises(AcmlError, match='one modality'): ReverseRetrievalTask(TwoKinds(), two, 'cnmr+hnmr')
    with pytest.raises(TypeError): ReverseRetrievalTask(TwoKinds(), two, library=[['CCO']])
    with pytest.raises(TypeError): CrossModalTask(TwoKinds(), two)

def test_all_tasks_say_alike_how_they_were_done(two):
    kinds = [RetrievalTask(TwoKinds(), two), ReverseRetrievalTask(TwoKinds(), two),
             CrossModalTask(TwoKinds(), two, index='hnmr', through_molecules=True)]
    found = [{k: s[k] for k in ('direction', 'pairing', 'scope', 'index', 'via', 'candidates')}
             for s in (t.run().summary for t in kinds)]
    assert found == [dict(direction='to_molecule', pairing='each', scope='cnmr', index='graph', via='direct',
                          candidates='all'),
                     dict(direction='to_spectrum', pairing='each', scope='cnmr', index='graph', via='direct',
                          candidates='all'),
                     dict(direction='to_molecule', pairing='first', scope='hnmr', index='hnmr', via='graph',
                          candidates='all')]

def test_weights_are_learnt_from_valid(two):
    from acml.combine import fit_weights
    class Uneven(TwoKinds):
        towers = dict(cnmr=0, hnmr=0)
        def spectrum(self, shifts):
            noise = np.random.default_rng(int(1000*sum(shifts))).normal(size=24)
            return self.z[int(shifts[0])] + (4. if len(shifts) > 2 else .8)*noise
    valid = two.assign(split=two.split.replace('train', 'valid'))
    w = fit_weights(Uneven(), valid)
    assert w['cnmr']['scale'] > 2*w['hnmr']['scale'] and w['hnmr']['n'] <= w['cnmr']['n']
    assert w == fit_weights(Uneven(), valid) and list(fit_weights(Uneven(), valid, modalities='cnmr')) == ['cnmr']
    library = gather_candidates(Uneven(), [SMILES], Rejected())
    assert fit_weights(Uneven(), valid, library)['cnmr']['scale'] == pytest.approx(w['cnmr']['scale'], rel=.05)
    with pytest.raises(AcmlError, match='exam'): fit_weights(Uneven(), valid, split='exam')
