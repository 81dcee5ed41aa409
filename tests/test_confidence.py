"""Confidence against slow references, on libraries where the truth is known.

Promises learnt from one set of molecules hold for another.
"""
import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

pytest.importorskip('torch')
pytest.importorskip('rdkit')

from acml.candidates import Candidates, EvaluationSet
from acml.confidence import (_N_SCORES, Confidence, _compared, _fit_profiles, _profile_features, _score_profiles,
                             confidence_key, fit_confidence, judge, measure_confidence, top_scores)
from acml.core import AcmlError
from acml.hits import Hits
from acml.metrics import auroc, brier_score, _calibration_bins, calibration_error, calibration_summary, risk_coverage

def unit(x): return (x/np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

def make_questions(n=3000, n_query=600, seed=0, dim=32, noise=(.4, 1.6), molecules=0):
    "Random molecules, `molecules` tells which; each spectrum is its molecule with more or less noise."
    z = unit(np.random.default_rng(molecules).normal(size=(n, dim)))
    rng = np.random.default_rng(seed + 100)
    target = rng.choice(n, n_query, replace=False)
    q = unit(z[target]*np.sqrt(dim) + rng.uniform(*noise, n_query)[:, None]*rng.normal(size=(n_query, dim)))
    carbons = 1 + np.arange(n) % 700
    known = pd.DataFrame(dict(connectivity=[f'BLOCK{i:09}' for i in range(n)], formula=[f'C{k}' for k in carbons],
                              exact_mass=12.*carbons))
    return EvaluationSet(Candidates.from_embeddings(z, known), dict(cnmr=q), target)

@pytest.fixture(scope='module')
def known(): return fit_confidence(make_questions())

# ---- metrics

@st.composite
def promises(draw):
    n = draw(st.integers(2, 40))
    p = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    return p, np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))

@given(promises())
def test_auroc_is_a_count_of_pairs(o):
    p, y = o
    if y.all() or not y.any():
        with pytest.raises(AcmlError, match='both kinds'): auroc(p, y)
        return
    assert auroc(p, y) == pytest.approx(np.mean([(a > b) + (a == b)/2 for a in p[y] for b in p[~y]]))

@given(promises(), st.integers(1, 20))
def test_bins_hold_everything_once(o, n_bins):
    p, y = o
    b = _calibration_bins(p, y, n_bins)
    assert b[:, 2].sum() == len(p) and np.ptp(b[:, 2]) <= 1
    assert (b[:, 0]*b[:, 2]).sum() == pytest.approx(p.sum()) and (b[:, 1]*b[:, 2]).sum() == pytest.approx(y.sum())
    assert 0 <= calibration_error(p, y, n_bins) <= 1 and (np.diff(b[:, 0]) >= -1e-12).all()

@given(promises())
def test_one_bin_compares_the_means(o):
    p, y = o
    assert calibration_error(p, y, 1) == pytest.approx(abs(p.mean() - y.mean()))
    assert brier_score(p, y) == pytest.approx(np.mean((p - y)**2))
    assert risk_coverage(p, y)[-1].tolist() == pytest.approx([1, 1 - y.mean()])

@given(promises())
def test_summary_is_json(o):
    p, y = o
    s = calibration_summary(p, y, n=20)
    assert json.loads(json.dumps(s, allow_nan=False)) == s
    assert ('auroc' in s) == (0 < y.mean() < 1)

# ---- profiles

@pytest.mark.parametrize('filter, size', [('none', None), ('none', 300), ('formula', None), ('mass', None)])
def test_profiles_against_a_full_sort(filter, size):
    asked = make_questions(900, 60)
    p = _score_profiles(asked, filter, size=size, seed=3)
    s = asked.query.astype(float) @ asked.candidates.embeddings.astype(float).T
    for i, (part, rows) in enumerate(o for p_, r in _compared(asked, filter, 10, size, 3)
                                     for o in [(j, r) for j in range(len(s))[p_]]):
        t = asked.target[part]
        others = np.setdiff1d(np.arange(900) if rows is None else rows, [t])
        best = np.sort(s[part, others])[::-1][:_N_SCORES]
        assert p.n_others[part] == len(others)
        assert p.absent[part, :len(best)] == pytest.approx(best, abs=1e-6)
        assert np.isnan(p.absent[part, len(best):]).all()
        assert p.right[part] == (not len(best) or s[part, t] > best[0])
        assert p.present[part, 0] == pytest.approx(max([s[part, t], *best]), abs=1e-6)

def test_a_tie_is_wrong():
    asked = make_questions(50, 5)
    twin = next(i for i in range(50) if i not in asked.target)
    asked.candidates.embeddings[twin] = asked.candidates.embeddings[asked.target[0]]
    assert not _score_profiles(asked).right[0]

def test_stereoisomers_are_no_rivals():
    one = top_scores([[.9, .8, .7]], [['A', 'B', 'C']], 3)
    more = top_scores([[.9, .9, .9, .8, .8, .7]], [['A', 'A', 'A', 'B', 'B', 'C']], 6)
    assert np.array_equal(one, more, equal_nan=True)

def test_seen_too_few_distinct_molecules():
    "All hits that were fetched are one molecule: others may follow at once, so nothing is certain."
    top = top_scores([[.9]*30], [['A']*30], 5000)
    assert (top == .9).all() and _profile_features(top, 5000)[0, 0] < 0

def test_no_candidates_no_features():
    assert top_scores(np.zeros((1, 0)), [[]], 0).shape == (1, _N_SCORES)
    with pytest.raises(AcmlError, match='at least a first one'):
        _profile_features(top_scores(np.zeros((1, 0)), [[]], 0), 0)

# ---- promises

def test_promises_hold_for_other_molecules_and_sizes(known):
    other = make_questions(3000, 600, seed=1, molecules=1)
    for filter in ('none', 'formula'):
        m = measure_confidence(known, other, filter, n_bins=8)
        assert m['first']['ece'] < .07 and m['first']['auroc'] > .8, (filter, m['first'])
        assert m['in_library']['ece'] < .07 and m['in_library']['auroc'] > .7, (filter, m['in_library'])
        assert json.loads(json.dumps(m, allow_nan=False)) == m
    larger = measure_confidence(known, make_questions(9000, 600, seed=2, molecules=2), n_bins=8)
    assert larger['first']['ece'] < .1

def test_fit_says_what_it_learnt_from(known):
    assert json.loads(json.dumps(known)) == known and known['about']['n_queries'] == 600
    assert known['about']['sizes'] == [100, 300, 1000, 3000]
    assert known['about']['cross_fitted']['ece'] < .08
    assert fit_confidence(make_questions()) == known # nothing random that is not seeded

def test_a_larger_lead_is_surer(known):
    ask = Confidence(**known)
    tops = np.array([[.8] + [.8 - gap]*9 for gap in np.linspace(0, .4, 20)])
    right = ask(tops, 3000)[0]
    assert (np.diff(right) > 0).all() and right[0] < .5 < right[-1]

def test_a_single_candidate_is_right_if_it_is_there(known):
    right, present = Confidence(**known)([[.3] + [np.nan]*9, [.95] + [np.nan]*9], 1)
    assert right.tolist() == [1, 1] and present[0] < present[1]

def test_nothing_to_learn():
    asked = make_questions(700, 50) # every formula once
    with pytest.raises(AcmlError, match='nothing to learn'): _fit_profiles([_score_profiles(asked, 'formula')])
    with pytest.raises(AcmlError, match='both kinds'):
        _fit_profiles([_score_profiles(make_questions(700, 50, noise=(0, .01)))])

def test_all_right_can_be_measured(known):
    m = measure_confidence(known, make_questions(700, 50, noise=(0, .01)))
    assert m['first']['share'] == 1 and 'auroc' not in m['first'] and 'auroc' in m['in_library']

def test_single_candidates_do_not_flatter(known):
    asked = make_questions(1100, 300) # 700 formulas: of four hundred there are two molecules
    m, p = measure_confidence(known, asked, 'formula', n_bins=8), _score_profiles(asked, 'formula')
    some = p.n_others > 0
    assert m['n_single'] == (~some).sum() > 50 and m['first']['n'] == some.sum() > 50 and m['n_queries'] == 300
    right, _ = Confidence(**known)(p.present, p.n_others + 1)
    assert m['first']['ece'] == pytest.approx(calibration_error(right[some], p.right[some], 8))
    assert m['first']['ece'] > calibration_error(right, p.right, 8)
    alone = measure_confidence(known, make_questions(700, 50), 'formula')
    assert alone['first'] == dict(n=0) and alone['n_single'] == 50

@pytest.mark.parametrize('change', [dict(right=[1, 2]), dict(present=[float('nan')]*6), dict(right='x')])
def test_damaged_confidence(change, known):
    with pytest.raises((AcmlError, TypeError, ValueError)): Confidence(**{**known, **change})

def test_evaluation_set_checks_itself():
    asked = make_questions(50, 5)
    for change, why in [(dict(target=asked.target[:2]), '5 queries for 2 targets'),
                        (dict(queries=dict(cnmr=asked.query[:0]), target=[]), '0 queries')]:
        with pytest.raises(AcmlError, match=why): replace(asked, **change)
    twice = replace(asked, candidates=asked.candidates.part(np.r_[np.arange(50), 0]))
    with pytest.raises(AcmlError, match='twice'): _score_profiles(twice)

# ---- hits

class Model:
    def __init__(self, **info): self.info = info

def hits(**kw):
    table = pd.DataFrame(dict(rank=[1, 2], score=[.9, .7], smiles=['CCO', 'COC'], formula=['C2H6O']*2))
    return Hits(table, 3000, **{'profile': tuple([.9, .7] + [.5]*8), **kw})

def test_hits_are_judged_where_the_model_knows(known):
    h = judge(hits(), Model(confidence={'cnmr': known}))
    assert 0 <= h.confidence <= 1 and 0 <= h.in_library <= 1
    assert 'that the first is right' in repr(h) and 'that the first is right' in h.to_html()
    told = json.loads(h.to_json())
    assert told['confidence'] == h.confidence and told['in_library'] == h.in_library
    both = judge(hits(modality='hnmr+cnmr'), Model(confidence={'cnmr+hnmr': known}))
    assert both.confidence == h.confidence and confidence_key('hnmr+cnmr') == confidence_key(('cnmr', 'hnmr'))

@pytest.mark.parametrize('model', [None, object(), Model(), Model(confidence={}), Model(confidence={'hnmr': {}})])
def test_and_left_alone_where_it_does_not(model):
    h = judge(hits(), model)
    assert h.confidence is None and 'right' not in h.title and 'confidence' not in json.loads(h.to_json())

def test_no_hits_no_confidence(known):
    empty = Hits(hits().table[:0], 0, note='no molecule of the library passes')
    assert judge(empty, Model(confidence={'cnmr': known})).confidence is None

def test_shipped_models_keep_plain_numbers():
    from acml.core import read_json
    from acml.modality import PRETRAINED
    found = [o for p in PRETRAINED.glob('*/config.json')
             for o in read_json(p).get('info', {}).get('confidence', {}).values()]
    for o in found: assert asdict(Confidence(**o))['sharpness'] > 0
