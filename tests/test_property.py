"""Property models: scikit-learn's own checks, bad input, and what is kept on disk."""
import copy, json, sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
from sklearn.utils import estimator_checks as checks

from acml.core import AcmlError, read_json
from acml.data import demo_table
from acml.features import ACMLFeaturizer, untrained_copy
from acml.property import PropertyModel
from acml.baselines import property_baselines
from acml.members import scaffold_folds
from acml.model import ACML
from acml.property_task import PropertyTask, _scaffold_split

SMILES = demo_table().drop_duplicates('smiles').smiles.tolist()[:60]
SIZES = np.array([float(len(s)) for s in SMILES])
ALTERNATE = [i % 2 for i in range(60)]
ESTIMATORS = [ACMLFeaturizer(blocks='morgan'), PropertyModel(kind='kernel', features='morgan', task='regression'),
              PropertyModel(kind='kernel', features='morgan', task='classification')]

# ---- scikit-learn

# `check_estimator` yields a single check for estimators whose input is text (`check_estimator_cloneable`): all others
# fit tables of numbers. These need no data, or no numbers; what the others are about is tested below, with SMILES.
WITHOUT_NUMBERS = '''check_estimator_cloneable check_estimator_tags_renamed check_valid_tag_types check_estimator_repr
    check_no_attributes_set_in_init check_get_params_invariance check_set_params check_mixin_order
    check_parameters_default_constructible'''.split()

@pytest.mark.parametrize('estimator', ESTIMATORS, ids=['featurizer', 'regression', 'classification'])
@pytest.mark.parametrize('check', WITHOUT_NUMBERS)
def test_checks_of_scikit_learn(estimator, check):
    getattr(checks, check)(type(estimator).__name__, estimator)

def test_check_estimator_yields_what_it_can_check():
    for estimator in ESTIMATORS:
        found = checks.check_estimator(estimator, on_fail=None, on_skip=None)
        assert [r['check_name'] for r in found if r['status'] != 'passed'] == []

def test_featurizer_is_a_transformer():
    plain = ACMLFeaturizer(blocks=('morgan', 'descriptors'))
    before = copy.deepcopy(plain.get_params())
    assert plain.fit(SMILES) is plain and plain.get_params() == before
    kept = dict(vars(plain))
    x = plain.transform(SMILES)
    assert vars(plain) == kept, 'transform changes the estimator'
    assert np.array_equal(x, clone(plain).fit_transform(SMILES), equal_nan=True)
    assert np.array_equal(x[5:7], plain.transform(SMILES[5:7]), equal_nan=True), 'a row depends on others'
    table = plain.set_output(transform='pandas').transform(pd.Series(SMILES, index=range(7, 67)))
    assert list(table.columns) == list(plain.get_feature_names_out()) and len(set(table.columns)) == x.shape[1]
    assert list(table.index) == list(range(7, 67))
    head = make_pipeline(ACMLFeaturizer(blocks='morgan', n_bits=256), StandardScaler(), Ridge(10.))
    search = GridSearchCV(head, {'acmlfeaturizer__n_bits': [64, 256]}, cv=3).fit(SMILES, SIZES)
    assert search.best_score_ > .3

def test_model_is_an_estimator():
    model = PropertyModel(kind='kernel', features=('descriptors',), n_folds=3, task='regression')
    assert is_regressor(model) and not is_classifier(model)
    assert is_classifier(PropertyModel(task='classification'))
    before = model.get_params()
    assert model.fit(SMILES, SIZES) is model and model.get_params() == before
    first, kept = model.predict(SMILES), dict(vars(model))
    model.predict_interval(SMILES)
    assert vars(model).keys() == kept.keys(), 'predict changes the estimator'
    assert np.allclose(model.predict(SMILES[3:9]), first[3:9]), 'a row depends on others'
    assert np.allclose(clone(model).fit(SMILES, SIZES).predict(SMILES), first), 'not repeatable'
    assert np.allclose(model.fit(SMILES, pd.Series(SIZES, index=range(60, 120))).predict(SMILES), first)
    assert cross_val_score(model, SMILES, SIZES, cv=3).mean() > .5
    with pytest.raises(AttributeError): model.predict_proba(SMILES)

# ---- bad input

def fit(smiles, y, **options): return PropertyModel(kind='kernel', features='morgan', **options).fit(smiles, y)

@pytest.mark.parametrize('change,message', [
    (dict(y=[1.] * 60, task='classification'), 'all 60 values are equal, 1.0: numbers must differ'),
    (dict(y=[3.5] * 60), 'all 60 values are equal, 3.5: numbers must differ'), # guessed: a class
    (dict(y=['a', 'b', 'c'] * 20, task='classification'), '3 classes: a, b, c'),
    (dict(y=[*SIZES[:59], 'n.d.'], task='regression'), "row 59 is 'n.d.', which is no number"),
    (dict(y=[*SIZES[:59], np.inf]), 'row 59 is infinite'),
    (dict(y=[np.nan] * 60, task='regression'), 'no label at all'),
    (dict(y=SIZES[:59]), '60 molecules and 59 rows of labels'),
    (dict(smiles=SMILES[:3], y=[1., 2., 3.], task='regression'), '3 molecules with labels are fewer than 5 folds'),
    (dict(y=pd.DataFrame(dict(a=SIZES, b=[1.] + [np.nan] * 59)), task='regression'), 'b: too few labels for 5 folds'),
    (dict(y=[0] * 59 + [1], task='classification'), 'too few labels for 5 folds'),
    (dict(smiles=[*SMILES[:59], 'NCC(=O)' * 1250 + 'O']), 'row 59 .*at most'),
    (dict(smiles=[*SMILES[:59], 'NCC(=O)' * 150 + 'O']), '601 heavy atoms, at most 500'),
    (dict(smiles=[*SMILES[:59], 'C1CC']), r'row 59 \(.*not valid SMILES'),
    (dict(smiles=[*SMILES[:59], None]), 'row 59 .*no SMILES'),
    (dict(smiles=SMILES[0]), 'one molecule: give a list'),
    (dict(mode='magic'), 'mode=.magic.: there are probe, finetune, fusion'),
    (dict(model='nowhere'), "model='nowhere'"),
    (dict(features=('morgan', 'tea')), "there is no 'tea'")])
def test_what_cannot_be_fitted_says_why(change, message):
    options = dict(kind='kernel', features='morgan') | {k: v for k, v in change.items() if k not in ('smiles', 'y')}
    with pytest.raises(AcmlError, match=message) as e:
        PropertyModel(**options).fit(change.get('smiles', SMILES), change.get('y', SIZES))
    assert '\n' not in str(e.value) and len(str(e.value)) < 300

def test_labels_that_contradict_each_other_are_named():
    with pytest.warns(UserWarning, match='1 repeated molecule with .* contradict each other, all kept .* first .*y 0'):
        model = fit([*SMILES, SMILES[3]], [*ALTERNATE, 1 - ALTERNATE[3]], task='classification')
    assert [c['rows'] for c in model.contradictions_] == [[3, 60]]
    assert fit([*SMILES, SMILES[3]], [*SIZES, SIZES[3]]).contradictions_ == []

def test_rows_in_messages_are_those_of_the_table_also_where_molecules_were_left_out():
    smiles, sizes = ['C1CC', *SMILES, SMILES[3]], [1., *SIZES, 900.]
    with pytest.warns(UserWarning, match='contradict'): model = fit(smiles, [None, None, *sizes[2:]], on_bad='nan')
    assert [c['rows'] for c in model.contradictions_] == [[4, 61]]
    with pytest.raises(AcmlError, match="row 2 is 'low'"): fit(smiles, [1., 2., 'low', *sizes[3:]], on_bad='nan')
    with pytest.raises(AcmlError, match='row 5 is infinite'):
        PropertyTask(pd.DataFrame(dict(smiles=smiles, y=[*sizes[:5], np.inf, *sizes[6:]])), 'y', split='random')

def test_a_blank_label_is_a_gap_and_no_class():
    labels = [' ' if i < 4 else ['no', 'yes'][i % 2] for i in range(60)]
    model = fit(SMILES, labels)
    assert model.classes_.tolist() == ['no', 'yes'] and model.n_labels_ == [56]
    with pytest.raises(AcmlError, match='all 56 values are equal'):
        PropertyTask(pd.DataFrame(dict(smiles=SMILES, y=[' '] * 4 + ['no'] * 56)), 'y')

def test_a_fit_that_fails_leaves_nothing_of_an_earlier_one():
    model = fit(SMILES, SIZES)
    with pytest.raises(AcmlError, match="all 60 values are equal, 'no'"): model.fit(SMILES, ['no'] * 60)
    with pytest.raises(NotFittedError, match='call fit first'): model.predict(SMILES)

def test_a_coverage_that_is_no_share_is_refused_also_in_a_table():
    model = fit(SMILES, SIZES)
    for coverage in (0, 1, -.5, 90, float('nan')):
        for ask in (model.predict_table, model.predict_interval):
            with pytest.raises(AcmlError, match='between 0 and 1'): ask(SMILES[:2], coverage)

def test_scores_take_columns_by_name_and_leave_unread_molecules_out():
    model = fit(SMILES, pd.DataFrame(dict(size=SIZES, minus=-2 * SIZES)), on_bad='nan')
    y = pd.DataFrame(dict(size=SIZES, minus=-2 * SIZES))
    assert model.score(SMILES, y) == model.score(SMILES, y[['minus', 'size']]) > .5
    with pytest.warns(UserWarning, match='NaN for 1 of 61'):
        assert model.score([*SMILES, 'C1CC'], pd.concat([y, y[:1]])) == model.score(SMILES, y)
    with pytest.raises(AcmlError, match=r'labels of shape \(30, 2\) for predictions of shape \(60, 2\)'):
        model.score(SMILES, y[:30])

def test_bad_molecules_are_set_aside_if_asked():
    model = fit([*SMILES, 'C1CC', 'C' * 5000], [*SIZES, 1., 2.], on_bad='nan')
    assert len(model.rejected_) == 2 and model.n_labels_ == [60]
    with pytest.warns(UserWarning, match='NaN for 1 of 3 molecules'): p = model.predict(['CCO', 'C1CC', 'CCN'])
    assert np.isnan(p).tolist() == [False, True, False]

def test_gaps_and_names_of_several_properties():
    y = pd.DataFrame(dict(size=SIZES, twice=2 * SIZES))
    y.loc[::2, 'twice'] = np.nan
    model = fit(SMILES, y)
    assert model.n_labels_ == [60, 30] and model.targets_ == ['size', 'twice']
    p = model.predict(SMILES)
    assert p.shape == (60, 2) and np.corrcoef(p.T)[0, 1] > .8
    assert model.predict_interval(SMILES, .8).shape == (60, 2, 2)

def test_probabilities_do_not_depend_on_others():
    model = fit(SMILES, np.where(SIZES > np.median(SIZES), 'large', 'small'))
    assert model.classes_.tolist() == ['large', 'small']
    p = model.predict_proba(SMILES)
    assert np.allclose(p.sum(1), 1) and np.allclose(p[4:5], model.predict_proba(SMILES[4:5]))
    assert set(model.predict(SMILES)) == {'large', 'small'} and model.score(SMILES, model.predict(SMILES)) == 1
    with pytest.raises(AttributeError, match='no intervals'): model.predict_interval(SMILES)

def test_without_lightgbm_the_mean_says_what_it_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, 'lightgbm', None)
    with pytest.warns(UserWarning, match='pip install lightgbm'):
        model = PropertyModel('probe', features='morgan').fit(SMILES, SIZES)
    assert list(model.members_) == ['kernel'] and model.left_out_ == ('boosting',)
    with pytest.raises(AcmlError, match='pip install lightgbm'): PropertyModel(kind='boosting').fit(SMILES, SIZES)

# ---- views and their fusion

def test_views_are_fused_and_a_row_depends_on_no_other():
    for options in (dict(fusion='lasso'), dict(fusion='forest'), dict(fusion='kernel'), dict(fusion='concat')):
        model = PropertyModel(views=('fingerprint', 'descriptors'), n_folds=3, **options).fit(SMILES, SIZES)
        p = model.predict(SMILES)
        assert np.corrcoef(p, SIZES)[0, 1] > .8, options
        assert np.allclose(model.predict(SMILES[7:9]), p[7:9], atol=1e-3), options
        assert np.isfinite(model.predict(SMILES[:4], without='descriptors')).all(), options

def test_labels_that_one_view_knows_get_its_weight():
    one = PropertyModel(views=('fingerprint', 'descriptors'), fusion='lasso', n_folds=3).fit(SMILES, SIZES)
    weights = one.stacker_.parts[0][0]
    assert weights[1] > weights[0] >= 0

def test_classes_by_views_are_saved_without_pickle(tmp_path):
    y = np.where(SIZES > np.median(SIZES), 'large', 'small')
    for fusion in ('elastic-net', 'boosting', 'sgd'):
        model = PropertyModel(views=('smiles', 'fingerprint'), fusion=fusion, n_folds=3).fit(SMILES, y)
        again = PropertyModel.load(model.save(tmp_path/fusion))
        assert np.allclose(again.predict_proba(SMILES), model.predict_proba(SMILES)) and again.views == model.views
        assert again.about() == f'{fusion} of smiles, fingerprint'
    said = read_json(tmp_path/'sgd'/'config.json')
    (tmp_path/'sgd'/'config.json').write_text(json.dumps({**said, 'encoders': {**said['encoders'], 'smiles': 'old'}}))
    with pytest.raises(AcmlError, match='another version of the encoder of smiles'): PropertyModel.load(tmp_path/'sgd')

@pytest.mark.parametrize('options,message', [
    (dict(fusion='magic'), 'there are mean, lasso, elastic-net, forest, boosting, sgd, concat, kernel, attention'),
    (dict(views=()), 'name some, each once'), (dict(views=('tea',)), "there is no 'tea'"),
    (dict(views=('cnmr',)), 'can be made from SMILES'), (dict(views=('smiles:lstm',)), "smiles has no encoder 'lstm'"),
    (dict(views=('smiles',), features=('morgan',)), 'features or views, not both'),
    (dict(views=('smiles',), mode='probe'), "need mode='fusion'"),
    (dict(views=('fingerprint:bigru', 'smiles'), fusion='concat'), 'fingerprint:bigru is learnt: take attention')])
def test_views_that_cannot_be(options, message):
    with pytest.raises(AcmlError, match=message): PropertyModel(**options).fit(SMILES, SIZES)

def test_a_strange_molecule_is_warned_of():
    table = fit(SMILES, SIZES).predict_table([SMILES[0], '[Na+].[Cl-]'])
    assert table.similarity.round(2).tolist()[0] == 1 and table.warning[0] == ''
    assert table.warning[1] == 'unlike the molecules learnt from'

def test_intervals_are_wider_where_the_kernel_doubts():
    model = PropertyModel(kind='kernel', features='descriptors').fit(SMILES, SIZES)
    kernel = model.members_['kernel']
    inside, outside = kernel.doubt(model._inputs('kernel', SMILES)), kernel.doubt(model._inputs('kernel', ['FB(F)F']))
    assert (inside < kernel.doubts).all() and inside.max() < outside[0] <= 1
    model.scale_.weights[:, :] = [[0, 0, 0, 1, 1]] # doubt alone decides
    model.rings_[:] = -1 # and no rings
    width = np.diff(model.predict_interval([SMILES[0], 'FB(F)F']))[:, 0]
    assert np.allclose(width[1] / width[0], outside[0] / inside[0])

def test_molecules_without_rings_are_judged_by_their_like(tmp_path):
    from safetensors.numpy import load_file, save_file
    model = fit(SMILES, SIZES)
    some = model.rings_ == 1
    assert 20 <= some.sum() <= 50
    model.scale_.weights[:] = [[0, 0, 0, 1, 0]] # all errors are as large
    model.errors_[some, 0], model.errors_[~some, 0] = np.linspace(0, 1, some.sum()), np.linspace(0, 9, (~some).sum())
    ask = lambda m: np.diff(m.predict_interval(['CCCCCC', 'C1CCCCC1'], .5))[:, 0] / 2
    assert np.allclose(ask(model), [4.5, .5], atol=.5)
    model.rings_[:] = 1 # of those without rings there are none: all are asked
    assert np.allclose(*ask(model))
    arrays = {k: v for k, v in load_file(model.save(tmp_path/'m')/'arrays.safetensors').items() if k != 'rings'}
    save_file(arrays, tmp_path/'m'/'arrays.safetensors') # as early models were saved
    said = {k: v for k, v in read_json(tmp_path/'m'/'config.json').items() if k not in ('sha256', 'check')}
    (tmp_path/'m'/'config.json').write_text(json.dumps(said))
    again = PropertyModel.load(tmp_path/'m')
    assert np.allclose(ask(again), ask(model))

# ---- folds

def test_families_of_molecules_without_rings_are_left_out_whole():
    smiles = [f'{"C" * i}{g}' for i in range(1, 9) for g in ('O', 'N', 'C(=O)O', 'Cl')] + SMILES
    fold = dict(zip(smiles, scaffold_folds(smiles, np.ones((len(smiles), 1)), 5)))
    for g in ('O', 'N', 'C(=O)O', 'Cl'): assert len({fold[f'{"C" * i}{g}'] for i in range(1, 9)}) == 1

SPELLINGS = [['CCO', 'OCC', 'C(O)C'], ['Oc1ccccn1', 'O=c1cccc[nH]1'],
             ['C[C@H](N)C(=O)O', 'OC(=O)C(C)N', 'C[C@@H](N)C(=O)O']]

def test_a_molecule_that_is_written_in_several_ways_is_in_one_fold():
    smiles = [*sum(SPELLINGS, []), *SMILES]
    for seed in range(5):
        fold = dict(zip(smiles, scaffold_folds(smiles, np.ones((len(smiles), 1)), 5, seed=seed)))
        assert all(len({fold[s] for s in same}) == 1 for same in SPELLINGS)

# the chlorides are all of one scaffold, some of them are written twice
FEW = [f'Clc1ccccc1{"C" * i}' for i in range(8)] + [f'{"C" * i}c1ccccc1Cl' for i in range(8)] + SMILES[:40]
LABELS = [1] * 16 + [0] * 40

def test_few_labels_divide_scaffolds_but_no_molecule_and_it_is_said(tmp_path):
    with pytest.warns(UserWarning, match='molecules of one scaffold are in several folds'):
        fold = scaffold_folds(FEW, np.array(LABELS, float)[:, None], 5, True)
    assert len(set(fold[:16])) > 1 and (fold[:8] == fold[8:16]).all()
    with pytest.warns(UserWarning, match='several folds'): model = fit(FEW, LABELS, task='classification')
    assert 'on left-out molecules' in model.out_of_fold()[0]
    assert PropertyModel.load(model.save(tmp_path/'m')).out_of_fold() == model.out_of_fold()
    assert 'on left-out scaffolds' in fit(SMILES, SIZES).out_of_fold()[0]

def test_a_model_saved_before_folds_were_named_is_read(tmp_path):
    model = fit(SMILES, SIZES)
    model.save(tmp_path/'m')
    said = {k: v for k, v in read_json(tmp_path/'m'/'config.json').items() if k not in ('folds_by_', 'check')}
    (tmp_path/'m'/'config.json').write_text(json.dumps(said))
    assert PropertyModel.load(tmp_path/'m').out_of_fold() == model.out_of_fold()

# ---- on disk

def test_a_model_fitted_with_another_rdkit_is_read_with_a_warning(tmp_path):
    fit(SMILES, SIZES).save(tmp_path/'m')
    said = read_json(tmp_path/'m'/'config.json')
    (tmp_path/'m'/'config.json').write_text(json.dumps({**said, 'rdkit': '2019.03.1'}))
    with pytest.warns(UserWarning, match='fitted with RDKit 2019.03.1'): PropertyModel.load(tmp_path/'m')

@pytest.mark.parametrize('options', [dict(kind='kernel'), dict(kind='boosting'),
                                     dict(views=('descriptors', 'fingerprint:bigru'), fusion='attention', epochs=1)])
def test_a_model_fitted_on_other_descriptors_is_refused(tmp_path, monkeypatch, options):
    from rdkit.Chem import Descriptors
    if 'views' not in options: options = dict(options, features=('descriptors', 'morgan'))
    if options.get('kind') == 'boosting': pytest.importorskip('lightgbm')
    PropertyModel(n_folds=2, **options).fit(SMILES, SIZES).save(tmp_path/'m')
    n = len(Descriptors._descList)
    monkeypatch.setattr(Descriptors, '_descList', Descriptors._descList[:-7])
    more = 1024*(options.get('kind') == 'boosting')
    words = f'fitted on {n + more} columns of .*descriptors.*here there are {n - 7 + more}'
    with pytest.raises(AcmlError, match=words): PropertyModel.load(tmp_path/'m')

def test_a_model_saved_before_there_was_a_doubt_gives_its_intervals(tmp_path):
    model = fit(SMILES, SIZES)
    model.scale_.weights = model.scale_.weights[:, :4]
    with pytest.raises(ValueError): model.predict_interval(SMILES)
    again = PropertyModel.load(model.save(tmp_path/'m'))
    assert again.scale_.weights[:, 4].tolist() == [0]
    assert np.isfinite(again.predict_interval(SMILES)).all()

def test_saved_models_hold_no_pickle_and_damage_is_named(tmp_path):
    fit(SMILES, SIZES).save(tmp_path/'m')
    assert {p.suffix for p in (tmp_path/'m').rglob('*') if p.is_file()} <= {'.json', '.safetensors', '.txt'}
    assert np.allclose(PropertyModel.load(tmp_path/'m').predict(SMILES), fit(SMILES, SIZES).predict(SMILES))
    said = read_json(tmp_path/'m'/'config.json')
    (tmp_path/'m'/'config.json').write_text(json.dumps({**said, 'layout': 9}))
    with pytest.raises(AcmlError, match='layout 9'): PropertyModel.load(tmp_path/'m')
    (tmp_path/'m'/'config.json').write_text(json.dumps({**said, 'fingerprint': 'another'}))
    with pytest.raises(AcmlError, match='another version of the model joint'): PropertyModel.load(tmp_path/'m')
    (tmp_path/'m'/'config.json').write_text(json.dumps(said))
    (tmp_path/'m'/'arrays.safetensors').write_bytes(b'nothing')
    with pytest.raises(AcmlError, match='damaged'): PropertyModel.load(tmp_path/'m')

@pytest.mark.parametrize('kind', ['kernel', 'boosting'])
def test_a_flipped_bit_of_a_saved_property_model_is_named(tmp_path, kind):
    "Weights, trees and settings; what is not named changes no answer (blanks of JSON)."
    if kind == 'boosting': pytest.importorskip('lightgbm')
    PropertyModel(kind=kind, features='morgan', n_folds=2).fit(SMILES, SIZES).save(tmp_path/'m')
    files = [p for p in sorted((tmp_path/'m').rglob('*')) if p.is_file()]
    chance, named, n = np.random.default_rng(0), 0, 4
    assert len(files) >= (4 if kind == 'boosting' else 2)
    want = PropertyModel.load(tmp_path/'m').predict(SMILES)
    for path in files:
        whole = path.read_bytes()
        for bit in chance.integers(0, len(whole)*8, n):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << int(bit) % 8
            path.write_bytes(changed)
            try: assert (PropertyModel.load(tmp_path/'m').predict(SMILES) == want).all(), f'{path.name}: bit {bit}'
            except AcmlError: named += 1
        path.write_bytes(whole)
    assert named >= .8*n*len(files)

# ---- tasks

@pytest.mark.parametrize('name,column', [('esol', 'smiles'), ('freesolv', 'smiles'), ('bace', 'smiles')])
def test_scaffold_split_is_that_of_the_split_files(shared, name, column):
    split = json.loads((shared('moleculenet')/f'{name}.scaffold.json').read_text())
    smiles = pd.read_csv(shared('moleculenet')/f'{name}.csv.gz')[column].tolist()
    ours = _scaffold_split(smiles)
    assert {p: sorted(rows) for p, rows in ours.items()} == {p: sorted(split[p]) for p in ours}

def test_contradictions_are_named():
    table = pd.DataFrame(dict(smiles=[*SMILES, SMILES[3], SMILES[4]], y=[*ALTERNATE, 1 - ALTERNATE[3], ALTERNATE[4]]))
    found = PropertyTask(table, 'y', split='random').problems()
    assert found.contradicts.tolist() == ['y', ''] and found.smiles.tolist() == [SMILES[3], SMILES[4]]

@pytest.mark.parametrize('data,options,message', [
    (dict(smiles=SMILES, y=SIZES), dict(targets='pKa'), 'no column pKa among smiles, y'),
    (dict(molecule=SMILES, y=SIZES), dict(targets='y'), 'no column smiles among molecule, y'),
    (dict(smiles=['C1CC'] * 3, y=[1, 2, 3]), dict(targets='y'), 'no molecule can be read'),
    (dict(smiles=SMILES, y=SIZES), dict(targets='y', split=dict(train=[0])), 'needs train and test'),
    (dict(smiles=SMILES, y=SIZES), dict(targets='y', split=dict(train=[0], test=[-1])), 'names row -1'),
    (dict(smiles=SMILES[:3], y=SIZES[:3]), dict(targets='y', split='scaffold-cv'), 'fewer than 5 folds'),
    (dict(smiles=SMILES, y=['low'] + [3.5, 2.5] * 29 + [1]), dict(targets='y'), "row 0 is 'low', which is no number")])
def test_tasks_that_cannot_be(data, options, message):
    with pytest.raises(AcmlError, match=message): PropertyTask(pd.DataFrame(data), **options)

class Noise(BaseEstimator):
    "Says for each molecule a number of its own, of a seed."
    def __init__(self, seed=0, low=0.): self.seed, self.low = seed, low
    def fit(self, smiles, labels): return self
    def _of(self, smi): return np.random.default_rng([self.seed, *smi.encode()]).normal()
    def predict(self, smiles): return np.array([self._of(s) for s in smiles])
    def predict_proba(self, smiles):
        p = 1 / (1 + np.exp(-self.predict(smiles)))
        return np.c_[1 - p, p]

def run(table, models, **options): return PropertyTask(table, 'y', **options).run(models, seen_by=None)

def test_repeats_of_a_cross_validation_make_no_molecules():
    table, models = pd.DataFrame(dict(smiles=SMILES, y=SIZES)), dict(a=Noise(0), b=Noise(1))
    gaps, ses = [], []
    for repeats in (1, 4, 10):
        report = run(table, models, split='scaffold-cv', repeats=repeats)
        gaps.append(report.compare('a', 'b'))
        ses.append(report.scores.se['a'])
    assert [g['n'] for g in gaps] == [60, 60, 60] and report.scores.n_test['a'] == 60
    for first, *more in ([g['se'] for g in gaps], ses): assert all(.75 * first < s < 1.35 * first for s in more)

def test_a_split_that_shows_one_class_is_in_no_figure_and_counted():
    split = dict(train=list(range(20)), test=list(range(20, 60)))
    whole = run(pd.DataFrame(dict(smiles=SMILES, y=ALTERNATE)), dict(a=Noise(0), b=Noise(1)), split=split)
    shown = whole.predictions.assign(split=0)
    odd = shown[shown.truth == 1].assign(split=1, row=lambda t: t.row + 100)
    task = PropertyTask(pd.DataFrame(dict(smiles=SMILES, y=ALTERNATE)), 'y', split=split)
    both = task._report(pd.concat([shown, odd]), ['a', 'b'], dict(a=[], b=[]))
    assert both.dropped == 1 and '1 splits without both classes' in repr(both) and whole.dropped == 0
    assert both.scores.test.tolist() == whole.scores.test.tolist() and both.scores.n_test.tolist() == [40, 40]
    assert both.scores.se.tolist() == whole.scores.se.tolist()
    assert both.compare('a', 'b') == whole.compare('a', 'b') and np.isfinite(both.compare('a', 'b')['difference'])
    with pytest.raises(AcmlError, match='no split can be scored'): task._report(odd, ['a', 'b'], dict(a=[], b=[]))

def test_test_molecules_that_are_in_train_are_counted_and_scored_apart():
    twins = ['C[C@H](N)C(=O)O', 'CCO', *SMILES[:40], 'OC(=O)C(C)N', 'C(O)C', *SMILES[40:]]
    split = dict(train=list(range(42)), test=list(range(42, 64)))
    table = pd.DataFrame(dict(smiles=twins, y=np.arange(64.)))
    report = run(table, dict(a=Noise(0)), split=split)
    p = report.predictions
    assert p.in_train.tolist() == [True] * 2 + [False] * 20 and report.scores.n_in_train['a'] == 2
    error = np.sqrt(np.mean((p.truth - p.a)[2:] ** 2))
    assert np.isclose(report.scores.not_in_train['a'], error) and not np.isclose(report.scores.test['a'], error)

def test_sixteen_test_molecules_of_bace_are_in_train(shared):
    table = pd.read_csv(shared('moleculenet')/'bace.csv.gz').rename(columns=dict(Class='y'))
    report = run(table, dict(a=Noise(0)), split=shared('moleculenet')/'bace.scaffold.json')
    assert report.scores[['n_test', 'n_in_train']].iloc[0].tolist() == [152, 16]

def test_several_estimators_of_one_model_are_scored_by_their_mean():
    table, split = pd.DataFrame(dict(smiles=SMILES, y=SIZES)), dict(train=list(range(20)), test=list(range(20, 60)))
    apart = run(table, {f'{i}': Noise(i) for i in range(4)}, split=split)
    report = run(table, dict(some=[Noise(i) for i in range(3)], last=Noise(3)), split=split)
    each = apart.scores.test.to_numpy()
    assert np.isclose(report.scores.test['some'], each[:3].mean())
    assert np.isclose(report.scores.spread['some'], each[:3].std(ddof=1)) and np.isnan(report.scores.spread['last'])
    assert np.isclose(report.compare('some', 'last')['difference'], each[:3].mean() - each[3])
    assert 'spread' not in apart.scores

@pytest.mark.parametrize('models,message', [
    (dict(truth=Noise()), "no model can be called 'truth'"), (dict(a=[]), 'a: a list of no estimators')])
def test_models_that_cannot_be(models, message):
    with pytest.raises(AcmlError, match=message): run(pd.DataFrame(dict(smiles=SMILES, y=SIZES)), models)

def test_a_model_that_predicts_no_number_is_named():
    class Gap(Noise):
        def predict(self, smiles): return np.where(np.arange(len(smiles)) == 1, np.nan, 1.)
    with pytest.raises(AcmlError, match='gap predicts no number for'):
        run(pd.DataFrame(dict(smiles=SMILES, y=SIZES)), dict(gap=Gap()))

def test_the_control_is_a_network_as_training_finds_it():
    model = ACML.from_pretrained('joint')
    control = untrained_copy(model, 3)
    norms = [m for m in control.graph.modules() if isinstance(m, torch.nn.BatchNorm1d)]
    assert norms and all((m.running_mean == 0).all() and (m.running_var == 1).all() for m in norms)
    drawn = property_baselines()['descriptors + random trunk, kernel ridge']
    assert len({m.model.fingerprint() for m in drawn}) == 3

# ---- the command line

def test_commands_from_csv_to_csv(tmp_path, capsys):
    from acml.cli import main
    pd.DataFrame(dict(smiles=[*SMILES, 'C1CC'], size=[*SIZES, 1])).to_csv(tmp_path/'a.csv', index=False)
    words = ['property', 'fit', '--data', str(tmp_path/'a.csv'), '--kind', 'kernel', '--out', str(tmp_path/'m')]
    assert main([*words, '--target', 'length']) == 1 and 'no column length' in capsys.readouterr().err
    assert main([*words, '--target', 'size']) == 1 and 'row 60' in capsys.readouterr().err
    assert main([*words, '--target', 'size', '--skip-bad']) == 0 and 'size: 60 labels, RMSE' in capsys.readouterr().out
    ask = ['property', 'predict', str(tmp_path/'m'), '--data', str(tmp_path/'a.csv'), '--out', str(tmp_path/'b.csv')]
    assert main(ask) == 0
    found = pd.read_csv(tmp_path/'b.csv')
    assert list(found) == ['smiles', 'size', 'size_predicted', 'size_low', 'size_high', 'similarity', 'warning']
    assert found.size_predicted.isna().tolist() == [False] * 60 + [True]
    assert main([*ask[:2], str(tmp_path), *ask[3:]]) == 1 and 'no such file' in capsys.readouterr().err
    assert main([*ask, '--coverage', '0']) == 1 and 'between 0 and 1' in capsys.readouterr().err
    (tmp_path/'a.csv').write_text('smiles,size\n1,CCO,3\n2,CCC,4\n')
    assert main(ask) == 1 and 'more cells than the header' in capsys.readouterr().err
    (tmp_path/'a.csv').write_text('smiles\nC1CC\n')
    assert main(ask) == 1 and 'none of the 1 molecules can be read: ' in capsys.readouterr().err
    (tmp_path/'a.csv').write_text('Name;SMILES\nethanol;CCO\n')
    assert main(ask) == 0, capsys.readouterr().err
    (tmp_path/'a.csv').write_text('name\nethanol\n')
    assert main(ask) == 1 and 'no column smiles among name' in capsys.readouterr().err

def test_a_table_of_a_spreadsheet_is_read(tmp_path):
    "Semicolons, decimal commas, Windows-1252, the line of Excel; what is text stays text."
    from acml.property_task import _read_table
    rows = 'Verbindung;smiles;logS;aktiv\n1,2-\xd6l;CCO;1,1;ja\n;CCN;-0,5;nein\n;CCC;;ja\n'
    for name, data in (('a', rows.encode('cp1252')), ('b', ('sep=;\n' + rows).encode('utf-8-sig')),
                       ('c', rows.replace(';', '\t').encode())):
        (tmp_path/f'{name}.csv').write_bytes(data)
        table = _read_table(tmp_path/f'{name}.csv')
        assert table.logS.fillna(9).tolist() == [1.1, -.5, 9] and table.aktiv.tolist() == ['ja', 'nein', 'ja']
        assert table.Verbindung[0] == '1,2-\xd6l'
    (tmp_path/'d.csv').write_text('smiles;logS\nCCO;1,1\nCCN;<5\n')
    assert _read_table(tmp_path/'d.csv').logS.tolist() == ['1.1', '<5']
    assert _read_table(tmp_path/'d.csv', dtype=str).logS.tolist() == ['1,1', '<5'] # copied as it was typed

# ---- the benchmark

def test_what_the_benchmark_spoils_and_measures(tmp_path, monkeypatch):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
    import property_parts as parts
    rng = np.random.default_rng(0)
    rows = parts.shuffled(200, .5, rng)
    assert sorted(rows) == list(range(200)) and 80 < (rows != np.arange(200)).sum() <= 100
    assert (parts.shuffled(50, 0., rng) == np.arange(50)).all()
    p = rng.random(4000)
    assert parts.expected_calibration_error((rng.random(4000) < p).astype(float), p) < .04
    assert parts.expected_calibration_error(np.zeros(4000), p) > .4
    monkeypatch.setattr(parts, 'acml_home', lambda: tmp_path)
    asked = []
    make = lambda: asked.append(1) or {'score': .5}
    assert parts.cached('a', dict(seed=0), make, 'code', wanted=False) is None
    for _ in range(2): assert parts.cached('a', dict(seed=0), make, 'code') == {'score': .5}
    for seed, code in ((1, 'code'), (0, 'other')): parts.cached('a', dict(seed=seed), make, code)
    assert len(asked) == 3

def test_noise_of_the_benchmark_spoils_training_only():
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
    import property_parts as parts
    clean, spoilt = (parts.Noisy(kind='kernel', features='descriptors').fit(SMILES, SIZES, share) for share in (0., 1.))
    error = lambda m: np.sqrt(np.mean((m.predict(SMILES) - SIZES) ** 2))
    assert error(clean) < .5 * error(spoilt)
    asked = [m._inputs('kernel', SMILES)['descriptors'] for m in (spoilt, clean)]
    assert np.array_equal(*asked, equal_nan=True)

def test_code_that_changes_changes_the_key_of_what_was_measured(tmp_path, monkeypatch):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
    import property_parts as parts
    plain = 'def f(x):\n    "Doubles."\n    return 2 * x # twice\n'
    same, other = 'def f(x):\n    """Twice."""\n\n    return 2*x\n', plain.replace('2 *', '3 *')
    assert parts.code_mark(plain) == parts.code_mark(same) != parts.code_mark(other)
    assert len(parts.SOURCES) == 10
    found = [parts.sources(*o) for o in (parts.SOURCES, [*parts.SOURCES, parts.shuffled], [parts.shuffled])]
    assert len(set(found)) == 3
    monkeypatch.setattr(parts, 'acml_home', lambda: tmp_path)
    monkeypatch.setattr(sys, 'argv', ['x/properties.py', '--part', 'certainty', 'a set'])
    asked, made = [], []
    make = lambda: asked.append(1) or {'score': .5}
    parts.cached('a', {}, make, 'some code', made=made)
    monkeypatch.setattr(sys, 'argv', ['properties.py', '--again'])
    for _ in range(2): assert parts.cached('a', {}, make, 'other code', made=made) == {'score': .5}
    assert len(asked) == 2 and [m['versions']['code'] for m in made[1:]] == ['other code'] * 2
    assert made[0]['command'] == "python benchmarks/properties.py --part certainty 'a set'"
    said = parts.measured([{**made[0], 'date': '2026-01-02'}, made[1]])
    assert said['command'] == f"{made[0]['command']}; python benchmarks/properties.py --again"
    assert said['since'] == '2026-01-02' < said['date'] and 'other code' in said['versions']['code'].split(', ')
    assert 'since' not in parts.measured(made[1:])

def test_a_table_tells_when_and_how_its_predictions_were_made(tmp_path, monkeypatch):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
    import properties, property_parts as parts
    table = pd.DataFrame(dict(smiles=SMILES, y=SIZES))
    split = dict(train=list(range(40)), test=list(range(40, 60)))
    for module in (properties, parts): monkeypatch.setattr(module, 'acml_home', lambda: tmp_path)
    monkeypatch.setattr(properties, 'RESULTS', tmp_path)
    monkeypatch.setattr(properties, 'make_task', lambda name, cv=0: (PropertyTask(table, 'y', split=split), 'sha'))
    models = {'first': Noise(0), 'random trunk': [Noise(1), Noise(2)]}
    monkeypatch.setattr(properties, 'make_models', lambda task, quick: dict(models))
    def run(*words, day):
        monkeypatch.setattr(parts, 'date', type('date', (), dict(today=lambda: pd.Timestamp(day).date())))
        monkeypatch.setattr(sys, 'argv', ['benchmarks/properties.py', *words])
        properties.main()
        return read_json(tmp_path/'properties-esol.json')
    one = run('--only', '^first', 'esol', day='2026-01-01')
    assert one['command'].endswith("--only '^first' esol") and one['date'] == '2026-01-01' and 'since' not in one
    assert set(one['plain']) == {'first', 'test molecules', 'of them seen', 'in train'}
    both = run('--only', 'random', 'esol', day='2026-01-03')
    assert (both['since'], both['date']) == ('2026-01-01', '2026-01-03')
    assert both['command'].count('python') == 2 and both['plain']['first'] == one['plain']['first']
    assert set(both['spread']) == {'random trunk'} and both['spread']['random trunk'] > 0
    later = run('esol', day='2026-01-09')
    assert (later['date'], later['command'], later['plain']) == (both['date'], both['command'], both['plain'])
    monkeypatch.setattr(properties, 'sources', lambda *parts: 'other code')
    assert run('esol', day='2026-01-09')['date'] == '2026-01-09'
