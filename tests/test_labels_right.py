"""Labels, splits, figures and settings that were taken for something else without a word."""
import io, json
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator

from acml.asymmetry import one_bond_isomers
from acml.cli import main
from acml.core import AcmlError, read_json, write_json
from acml.data import demo_table
from acml.features import ACMLFeaturizer
from acml.labels import label_table, read_labels
from acml.metrics import _calibration_bins, auroc, calibration_error, risk_coverage
from acml.model import ACML
from acml.property import PropertyModel
from acml.property_task import PropertyTask, _read_table

SMILES = demo_table().drop_duplicates('smiles').smiles.tolist()[:60]
SIZES = np.array([float(len(s)) for s in SMILES])
PARTS = dict(train=list(range(40)), valid=list(range(40, 50)), test=list(range(50, 60)))
SMALL = dict(graph=dict(hidden_dim=16, n_layers=2), space=32, head_dim=16)
nan = float('nan')

def kernel(**options): return PropertyModel(kind='kernel', features=('descriptors',), **options)

class Size(BaseEstimator):
    "The number of characters; keeps what it is told."
    def __init__(self, task='auto'): self.task = task
    def fit(self, smiles, labels): self.told_ = self.task; return self
    def predict(self, smiles): return np.array([len(s) for s in smiles], float)
    def predict_proba(self, smiles): return np.stack([1 - self.predict(smiles)/999, self.predict(smiles)/999], 1)

def run(table, models, **options): return PropertyTask(table, 'y', **options).run(models, seen_by=None)

# ---- 1, 6, 24: tables

def table_of(tmp_path, text):
    (tmp_path/'t.csv').write_text(text)
    return _read_table(tmp_path/'t.csv')

@pytest.mark.parametrize('text', [
    'smiles\ty\nCCO\t1,312\nCCN\t946.7\n', 'smiles;y\nCCO;1,5\nCCN;946.7\n', # both signs in a column
    'smiles\ty\nCCO\t1,312\nCCN\t2,500\n', 'smiles\ty\nCCO\t1,312\nCCN\t12\n', # nothing tells
    'smiles;y;z\nCCO;1,312;0.5\nCCN;2,500;1.25\n', 'smiles;y\nCCO;1.234,5\nCCN;12,5\n'])
def test_a_comma_that_may_divide_thousands_is_not_taken_for_a_point(tmp_path, text):
    y = table_of(tmp_path, text + 'CCC{0}7\nCCF{0}8\n'.format(text[6]))[['y']]
    assert y['y'].tolist()[0] in ('1,312', '1,5', '1.234,5')
    with pytest.raises(AcmlError, match='row 0 is .*which is no number'): read_labels(label_table(y)[0])

@pytest.mark.parametrize('text', [
    'smiles;y\nCCO;1,312\nCCN;-2,500\n', 'smiles\ty\nCCO\t1,312\nCCN\t-2,5\n', 'smiles\ty\nCCO\t1,312\nCCN\t0,125\n',
    'smiles\ty\tz\nCCO\t1,312\t0,5\nCCN\t2,500\t7\n'])
def test_a_comma_that_can_only_be_decimal_is_one(tmp_path, text):
    assert table_of(tmp_path, text)['y'].dtype == float and table_of(tmp_path, text)['y'][0] == 1.312

@pytest.fixture(scope='module')
def fitted(tmp_path_factory):
    path = tmp_path_factory.mktemp('fitted')
    pd.DataFrame(dict(smiles=SMILES, y=SIZES)).to_csv(path/'known.csv', index=False)
    kernel().fit(SMILES, SIZES).save(path/'model')
    return path

def test_a_prediction_for_each_line_also_where_it_is_blank(fitted, tmp_path, capsys):
    (tmp_path/'q.csv').write_text('\nid,smiles\na,CCO\n\nb,C1CC\nc,CCN\n\n  \n')
    ask = ['property', 'predict', str(fitted/'model'), '--data', str(tmp_path/'q.csv'), '--out', str(tmp_path/'o.csv')]
    assert main(ask) == 0
    said, found = capsys.readouterr().out, pd.read_csv(tmp_path/'o.csv', skip_blank_lines=False)
    assert found['id'].fillna('').tolist() == ['a', '', 'b', 'c']
    assert found['property 0_predicted'].isna().tolist() == [False, True, True, False]
    assert "row 1 ('')" in said and 'row 2' in said and '2 of 4 molecules predicted' in said

def test_words_that_are_read_as_gaps_are_said(tmp_path, capsys):
    table = pd.DataFrame(dict(smiles=SMILES, y=SIZES.astype(str)))
    table.loc[:4, 'y'] = 'None'
    text = table.to_csv(index=False).splitlines()
    (tmp_path/'t.csv').write_text('\n'.join([*text[:9], '', *text[9:]]) + '\n')
    ask = ['property', 'fit', '--data', str(tmp_path/'t.csv'), '--target', 'y', '--kind', 'kernel']
    assert main([*ask, '--out', str(tmp_path/'m')]) == 0
    said = capsys.readouterr().out
    assert "y: 'None' is read as a gap in 5 rows" in said and '1 blank lines' in said and 'y: 55 labels' in said

# ---- 2, 3, 24: labels

@pytest.mark.parametrize('y', [['yes', nan, 'no', nan], np.array(['yes', nan, 'no', nan]),
                               [['yes', 'a'], [nan, 'b'], ['no', nan], [nan, 'a']]])
def test_nan_among_words_is_a_gap_and_no_class(y):
    labels, task, names = read_labels(label_table(y)[0])
    assert task == 'classification' and names[0] == ['no', 'yes']
    assert np.isnan(labels[:, 0]).tolist() == [False, True, False, True]

@pytest.mark.parametrize('y, first', [
    (np.ma.masked_array([1., 2, 3, 999], [0, 0, 0, 1]), 1.), (np.ma.masked_array([1, 2, 3, 999], [0, 0, 0, 1]), 1),
    (np.ma.masked_array(['no', 'yes', 'no', 'n/a'], [0, 0, 0, 1]), 0)])
def test_what_is_masked_is_a_gap(y, first):
    labels = read_labels(label_table(y)[0])[0]
    assert np.isnan(labels[:, 0]).tolist() == [False, False, False, True] and labels[0, 0] == first

def test_blanks_around_a_word_make_no_class():
    assert read_labels(label_table(pd.Series(['yes', 'yes ', ' no', 'no']))[0])[2] == [['no', 'yes']]
    part = [*['Train '] * 40, *['test'] * 20]
    table = pd.DataFrame(dict(smiles=SMILES, y=SIZES, part=part))
    assert len(PropertyTask(table, 'y', split='part').splits[0]['train']) == 40

# ---- 5, 15, 23, 24: the model

def test_a_model_of_another_kind_is_not_overwritten(fitted, tmp_path):
    write_json(tmp_path/'config.json', dict(model='ACML'))
    model = PropertyModel.load(fitted/'model')
    with pytest.raises(AcmlError, match='another kind'): model.save(tmp_path)
    assert read_json(tmp_path/'config.json') == dict(model='ACML') and len(list(tmp_path.iterdir())) == 1
    model.save(model.save(tmp_path/'own')) # its own kind it may

@pytest.mark.parametrize('options, says', [
    (dict(mode='finetune', features=('morgan',)), 'features are for kernel'), (dict(epochs=0), 'epochs=0'),
    (dict(kind='graph', features='morgan'), 'features are for kernel'), (dict(epochs=1.5), 'epochs=1.5'),
    (dict(kind='kernel', features='descriptors', n_folds=2.5), 'n_folds=2.5')])
def test_settings_without_sense_or_effect_are_refused(options, says):
    with pytest.raises(AcmlError, match=says): PropertyModel(**options).fit(SMILES, SIZES)

def test_scores_go_by_names_and_need_labels(fitted):
    one = PropertyModel.load(fitted/'model')
    with pytest.raises(AcmlError, match='no label'): one.score(SMILES, [nan]*60)
    two = kernel().fit(SMILES, pd.DataFrame(dict(a=SIZES, b=-SIZES)))
    right = two.score(SMILES, pd.DataFrame(dict(a=SIZES, b=-SIZES)))
    assert right > .5 and two.score(SMILES, pd.DataFrame(dict(b=-SIZES, a=SIZES))) == right
    with pytest.raises(AcmlError, match='a is not in both'): two.score(SMILES, pd.DataFrame(dict(b=-SIZES, A=SIZES)))
    with pytest.raises(AcmlError, match='intervals of 99.9 %'): one.predict_interval(SMILES[:2], .999)

def test_a_column_smiles_goes_before_a_column_drug():
    table = pd.DataFrame(dict(Drug=['aspirin'], SMILES=['CCO']))
    assert ACMLFeaturizer().read(table)[0] == ['CCO']

# ---- 7, 10, 11, 12, 23, 24: the task

def test_no_model_is_counted_as_a_part_of_another():
    table = pd.DataFrame(dict(smiles=SMILES, y=SIZES))
    with pytest.raises(AcmlError, match="called 'a #5' beside 'a'"):
        run(table, {'a': Size(), 'a #5': Size()}, split=PARTS)
    assert set(run(table, {'a #5': Size()}, split=PARTS).scores.index) == {'a #5'}

@pytest.mark.parametrize('task', ['regression', 'classification'])
def test_estimators_are_told_what_the_task_is(task, monkeypatch):
    told = []
    monkeypatch.setattr(Size, 'fit', lambda self, smiles, labels: told.append(self.task) or self)
    own = Size()
    run(pd.DataFrame(dict(smiles=SMILES, y=np.arange(60) % 2)), dict(a=own), split=PARTS, task=task)
    assert told == [task] and own.task == 'auto'

@pytest.mark.parametrize('name', ['val', 'validation', 'valid'])
def test_a_part_for_validation_has_several_names(name):
    split = {name if p == 'valid' else p: rows for p, rows in PARTS.items()}
    parts = PropertyTask(pd.DataFrame(dict(smiles=SMILES, y=SIZES)), 'y', split={**split, 'invalid': 0}).splits[0]
    assert {p: len(rows) for p, rows in parts.items()} == dict(train=40, valid=10, test=10)

@pytest.mark.parametrize('split, says', [
    ({**PARTS, 'exam': [1]}, "what is 'exam'"), ({**PARTS, 'val': [1]}, 'each once'),
    (dict(train=[.9, 1.9], test=[3]), 'no whole numbers'), (dict(train=[True]*60, test=[3]), 'no whole numbers'),
    ('part', 'no molecule of test')])
def test_splits_that_cannot_be(split, says):
    table = pd.DataFrame(dict(smiles=SMILES, y=SIZES, part=['train']*50 + ['valid']*10))
    with pytest.raises(AcmlError, match=says): PropertyTask(table, 'y', split=split)

def test_molecules_without_a_label_are_not_counted():
    table = pd.DataFrame(dict(smiles=SMILES, y=np.where(np.arange(60) % 2, nan, SIZES)))
    report = run(table, dict(a=Size(), b=Size()), split=PARTS)
    assert report.scores.n_test.tolist() == [5, 5] and report.compare('a', 'b')['n'] == 5

def test_a_column_may_be_called_by_a_number():
    report = PropertyTask(pd.DataFrame({'smiles': SMILES, 0: SIZES}), 0, split=PARTS).run(dict(a=Size()), None)
    assert report.scores.test['a'] == 0 and set(report.predictions['property']) == {'property 0'}
    with pytest.raises(AcmlError, match='n_folds=2.5'):
        PropertyTask(pd.DataFrame(dict(smiles=SMILES, y=SIZES)), 'y', split='scaffold-cv', n_folds=2.5)

# ---- 8, 9: figures

def test_ties_are_not_cut_by_the_order_of_rows():
    p, y = np.full(60, .5), np.repeat([1, 0], 30)
    assert calibration_error(p, y) == calibration_error(p, y[::-1]) == 0
    for right in ([1, 1, 0, 0], [0, 0, 1, 1]): assert risk_coverage([1.]*4, right)[:, 1].tolist() == [.5]*4
    rng = np.random.default_rng(0)
    p, y = rng.random(101), rng.random(101) < .4 # without ties: as ever
    order = np.array_split(np.argsort(p), 7)
    assert np.array_equal(_calibration_bins(p, y, 7), [(p[b].mean(), y[b].mean(), len(b)) for b in order])
    wrong = np.cumsum(~y[np.argsort(-p)])/np.arange(1, 102)
    assert np.array_equal(risk_coverage(p, y)[:, 1], wrong)

@pytest.mark.parametrize('outcome', [[0, nan, 1], ['0', '0', '1'], [0, .2, 1], [0, None, 1], [0, 2, 1]])
@pytest.mark.parametrize('figure', [auroc, risk_coverage, calibration_error])
def test_outcomes_are_true_or_false(figure, outcome):
    with pytest.raises(AcmlError, match='true or false'): figure([.1, .2, .9], outcome)
    assert figure([.1, .2, .9], [False, np.True_, 1]) is not None

# ---- 4, 14: reports

def test_evaluations_of_another_model_are_kept(tmp_path, monkeypatch):
    from acml import cli
    monkeypatch.setattr('acml.report.write_report', lambda folder: folder)
    def write(**about):
        s = dict(task='retrieval', modality='cnmr', filter='none', direction='to_molecule', n_library=90)
        s |= dict(top1=.5) | about
        aside = SimpleNamespace(table=lambda: pd.DataFrame(dict(row=[], id=[], reason=[])))
        report = SimpleNamespace(summary=s, predictions=pd.DataFrame(dict(rank=[1])), set_aside=aside,
                                 to_json=lambda p: write_json(p, s))
        with redirect_stdout(io.StringIO()): cli._write_evaluation(report, folder=str(tmp_path))
        return sorted(p.stem for p in tmp_path.glob('*.parquet'))
    assert write(model_fingerprint='a') == ['retrieval-cnmr']
    assert write(model_fingerprint='a', top1=.6) == ['retrieval-cnmr'] # the same again
    assert write(model_fingerprint='b') == ['retrieval-cnmr', 'retrieval-cnmr-2']
    assert len(write(model_fingerprint='b', per_carbon=True)) == 3 and len(write(model_fingerprint='b')) == 3
    assert json.loads((tmp_path/'retrieval-cnmr.json').read_text())['top1'] == .6
    assert json.loads((tmp_path/'retrieval-cnmr-2.json').read_text())['predictions'] == 'retrieval-cnmr-2.parquet'

def test_stages_are_drawn_in_their_order(tmp_path):
    from acml.report import _plot_stages
    for i in (1, 2, 10): pd.DataFrame(dict(epoch=[1], train_loss=[i], valid_loss=[i])).to_csv(tmp_path/f'stage{i}.csv')
    shown = [(ax.get_title(), float(ax.lines[0].get_ydata()[0])) for ax in _plot_stages(tmp_path).figure.axes]
    assert shown == [(f'stage {i}', i) for i in (1, 2, 10)]

# ---- 13, 19, 20: probes and isomers

def test_molecules_of_a_series_are_read_in_their_order():
    from acml.rationales import rationale_agreement
    mixed = pd.Series(['CC' + o for o in ['O', 'N', 'Cl', 'F', 'Br']*12]).sample(frac=1, random_state=1)
    ask = lambda smiles: rationale_agreement(None, smiles, np.arange(60) < 40, {'OH': '[OX2H]'})
    pd.testing.assert_frame_equal(ask(mixed), ask(mixed.tolist()))

def test_a_group_that_might_have_gaps_is_a_group():
    from acml.probes import probe
    x, train = np.random.default_rng(0).normal(size=(80, 4)), np.arange(80) < 50
    group = pd.DataFrame(dict(g=x[:, 0] + x[:, 1] > 0))
    plain = probe(x, group, train)['g']
    assert plain == probe(x, group.astype('boolean'), train)['g'] == probe(x, group.astype(object), train)['g']
    with pytest.raises(AcmlError, match='g: a value is missing'):
        probe(x, group.astype('boolean').mask(np.arange(80)[:, None] == 3), train)

def test_no_isomers_are_none():
    assert one_bond_isomers('CCCCCO', 0) == [] and len(one_bond_isomers('CCCCCO', 2)) == 2

# ---- 16, 17, 18, 21, 22, 23: recipes

from acml.config import ModelConfig, TowerConfig
from acml.loss import SoftTargetLoss
from acml.pairs import PairLoader, _quota
from acml.hard_pairs import HardPairLoader
from acml.recipes import RECIPES, Recipe, Stage, _new_model, choose_recipe, make_learner

def stage(**options): return Stage(**{**dict(loss='infonce', epochs=1, batch_size=32, lr=1e-3), **options})

@pytest.fixture(scope='module')
def two(): return ACML.from_config(**SMALL, towers={'cnmr': dict(spectral=True), 'hnmr': {}})

@pytest.mark.parametrize('options, says', [
    *[({k: dict(hnm=1)}, f'{k}: hnm') for k in 'shares weights n_views n_records hard_group_size lines'.split()],
    (dict(per_molecule=('foo',)), 'per_molecule: foo'), (dict(names=('cnmrr',)), 'not cnmrr'),
    (dict(names=('cnmr',), weights=dict(hnmr=2)), 'weights: hnmr'), (dict(loss='published'), 'for one modality')])
def test_modalities_that_take_no_part_are_named(two, options, says):
    with pytest.raises(AcmlError, match=says): make_learner(two, stage(**options), demo_table(), None)

@pytest.mark.parametrize('options, says', [
    (dict(hard_pool=50), 'needs hard_group_size'), (dict(valid=dict(n_other=5)), "did you mean 'n_others'"),
    (dict(hard_pool=50, hard_group_size=dict(cnmr=2), hard_from='formula'), 'has no effect'),
    (dict(loss='published', n_negatives=16), 'no n_negatives'),
    (dict(loss='corrected', n_negatives=1), 'no n_negatives')])
def test_settings_of_a_stage_without_effect_are_refused(options, says):
    with pytest.raises(AcmlError, match=says): stage(**options)

def test_loaders_refuse_what_has_no_place(two):
    table = demo_table('cnmr').head(60)
    for make, options, says in (
            (PairLoader, dict(hard_pool=20), 'needs hard_group_size'),
            (PairLoader, dict(batch_size=1), 'two molecules'),
            (PairLoader, dict(hard_group_size=dict(cnmr=40)), 'cnmr: groups of 40'),
            (HardPairLoader, dict(hard_pool=9, hard_group_size=dict(cnmr=2), hard_from='formula'), 'has no effect')):
        with pytest.raises(AcmlError, match=says): make(two, table, 'cnmr', **{'batch_size': 16, **options})

def test_a_small_share_is_a_record_and_shipped_quotas_are_as_they_were():
    assert _quota(('cnmr', 'hnmr'), 32, dict(cnmr=1, hnmr=.001)) == dict(cnmr=32, hnmr=1)
    n = 0
    for recipe in RECIPES.values():
        for s in recipe.stages:
            names = s.names or tuple(recipe.model.towers)
            if not s.shares: continue
            total, n = sum(s.shares.get(m, 0) for m in names), n + 1
            assert _quota(names, s.batch_size, s.shares) == {
                m: round(s.batch_size*s.shares[m]/total) for m in names if s.shares.get(m)}
    assert n >= 6

def test_shipped_recipes_are_read_as_they_are_and_in_part():
    again = lambda r: Recipe.from_dict(json.loads(json.dumps(r.to_dict())))
    for r in RECIPES.values(): assert again(r).to_dict() == r.to_dict()
    for s in choose_recipe('joint', ['gcms', 'lcms']).stages:
        for k in ('shares', 'weights', 'n_views', 'n_records', 'hard_group_size', 'per_molecule', 'lines'):
            told = getattr(s, k)
            assert not isinstance(told, (dict, tuple)) or set(told) <= {'gcms', 'lcms'}, (s, k)

def test_the_loss_of_the_paper_is_of_one_modality():
    with pytest.raises(AcmlError, match='for one modality, not for cnmr, hnmr'):
        choose_recipe('published', ['cnmr', 'hnmr'])
    assert list(choose_recipe('published', ['hnmr']).model.towers) == ['hnmr']
    z = torch.eye(3)
    with pytest.raises(AcmlError, match='takes no negatives_a'): SoftTargetLoss()(z, z, negatives_a=z)

def test_encoders_that_do_not_fit_are_named():
    from acml.modality import get_modality
    recipe = Recipe(ModelConfig(32, graph=dict(hidden_dim=16), head_dim=16, towers={'cnmr': TowerConfig()}), [stage()])
    with pytest.raises(AcmlError, match='an encoder of hnmr: the recipe has cnmr'):
        _new_model(recipe, dict(hnmr=get_modality('hnmr').encoder()))
    with pytest.raises(AcmlError, match='cnmr: the encoder given is of another kind'):
        _new_model(recipe, dict(cnmr=get_modality('smiles').encoder()))
    own = get_modality('cnmr').encoder()
    assert _new_model(recipe, dict(cnmr=own)).towers['cnmr'].encoder.fingerprint() == own.fingerprint()
