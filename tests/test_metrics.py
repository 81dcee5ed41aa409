"""The metrics against slow, plain-Python references, on data full of ties and holes."""
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from acml.core import AcmlError
from acml.metrics import (METRICS, bootstrap_ci, mean_reciprocal_rank, median_rank, rank_of, recall_at_k,
                          retrieval_summary)

VALUES = st.one_of(st.sampled_from([-1., 0., .5, 1., float('nan'), float('inf'), float('-inf')]),
                   st.floats(-1, 1, width=32))

@st.composite
def problems(draw):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    s = np.array([[draw(VALUES) for _ in range(m)] for _ in range(n)], dtype=dtype)
    return s, np.array([draw(st.integers(0, m - 1)) for _ in range(n)])

def slow_rank(row, target, ties):
    "Count, one candidate after the other."
    if math.isnan(row[target]): return len(row)
    above = sum(x > row[target] for x in row if not math.isnan(x))
    equal = sum(x == row[target] for i, x in enumerate(row) if i != target and not math.isnan(x))
    return above + 1 + {'worst': equal, 'best': 0, 'mean': equal/2}[ties]

@given(problems(), st.sampled_from(['worst', 'best', 'mean']))
def test_rank_equals_the_slow_reference(problem, ties):
    s, t = problem
    got = rank_of(s, t, ties)
    assert got.shape == t.shape
    assert got.tolist() == [slow_rank(row, i, ties) for row, i in zip(s.tolist(), t)]

@given(problems())
def test_best_is_not_above_mean_is_not_above_worst(problem):
    best, mean, worst = (rank_of(*problem, ties) for ties in ('best', 'mean', 'worst'))
    assert (best <= mean).all() and (mean <= worst).all() and (best >= 1).all() and (worst <= problem[0].shape[1]).all()

@given(problems(), st.randoms(use_true_random=False))
def test_order_of_candidates_plays_no_part(problem, random):
    s, t = problem
    order = list(range(s.shape[1]))
    random.shuffle(order)
    assert (rank_of(s[:, order], np.argsort(order)[t]) == rank_of(s, t)).all()

@given(problems())
def test_blocks_of_queries_give_the_same(problem):
    s, t = problem
    assert np.concatenate([rank_of(s[i:i+1], t[i:i+1]) for i in range(len(t))]).tolist() == rank_of(s, t).tolist()

@given(problems())
def test_a_filtered_candidate_never_helps_and_never_hurts_below(problem):
    "Taking wrong candidates out (NaN) cannot make a rank worse."
    s, t = problem
    keep = np.zeros(s.shape, bool)
    keep[np.arange(len(t)), t] = True
    only = np.where(keep, s, np.nan)
    before, after = rank_of(s, t), rank_of(only, t)
    assert (after <= before).all()
    assert (after[~np.isnan(s[np.arange(len(t)), t])] == 1).all()

def test_constant_similarity():
    s, t = np.zeros((5, 40)), np.arange(5)
    assert rank_of(s, t).tolist() == [40]*5 and rank_of(s, t, 'best').tolist() == [1]*5
    assert rank_of(s, t, 'mean').tolist() == [20.5]*5

def test_dtypes():
    s = np.random.default_rng(0).random((3, 7))
    assert rank_of(s, [0, 1, 2]).dtype == np.int64 and rank_of(s, [0, 1, 2], 'mean').dtype == np.float64
    assert rank_of(np.zeros((0, 4)), np.zeros(0, int)).shape == (0,)

RANKS = st.lists(st.integers(1, 500), min_size=1, max_size=60)

@given(RANKS, st.integers(1, 600))
def test_figures_equal_slow_references(ranks, k):
    assert recall_at_k(ranks, k) == pytest.approx(sum(r <= k for r in ranks)/len(ranks))
    assert mean_reciprocal_rank(ranks) == pytest.approx(math.fsum(1/r for r in ranks)/len(ranks))
    half, odd = divmod(len(ranks), 2)
    r = sorted(ranks)
    assert median_rank(ranks) == (r[half] if odd else (r[half-1] + r[half])/2)

def slow_bootstrap(values, groups, statistic, n, seed, level):
    "Draw groups, glue their members together."
    rng, names = np.random.default_rng(seed), sorted(set(groups))
    stats = []
    for _ in range(n):
        drawn = [names[i] for i in rng.integers(len(names), size=len(names))]
        stats.append(statistic(np.array([v for g in drawn for v, h in zip(values, groups) if h == g])))
    return np.quantile(stats, [(1 - level)/2, (1 + level)/2])

@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 4)), min_size=1, max_size=20), st.integers(0, 9),
       st.sampled_from([.5, .9]))
def test_grouped_bootstrap_equals_the_slow_reference(rows, seed, level):
    values, groups = (np.array(x) for x in zip(*rows))
    for statistic in (median_rank, mean_reciprocal_rank):
        assert bootstrap_ci(values, statistic, n=20, seed=seed, level=level, groups=groups) == pytest.approx(
            slow_bootstrap(values, groups.tolist(), statistic, 20, seed, level))

def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng, truth, hits = np.random.default_rng(0), .3, 0
    for i in range(100):
        ranks = np.where(rng.random(150) < truth, 1, 9)
        lo, hi = bootstrap_ci(ranks, lambda r: recall_at_k(r, 1), n=200, seed=i)
        hits += lo <= truth <= hi
    assert 88 <= hits <= 100

def test_groups_may_be_strings_and_widen_the_interval():
    ranks = np.repeat(np.random.default_rng(0).integers(1, 4, 80), 5)
    width = lambda **kw: np.diff(bootstrap_ci(ranks, lambda r: recall_at_k(r, 1), n=400, **kw))[0]
    assert width(groups=np.repeat([f'mol{i}' for i in range(80)], 5)) > 1.7*width()

def test_summary_has_the_keys_of_the_design():
    s = retrieval_summary([1, 2, 30], 40, modality='cnmr', filter='none', seconds=1.5)
    assert set(s) == {'n_queries', 'n_library', 'ci95', 'ties', 'modality', 'filter', 'seconds', *METRICS}
    assert (s['n_queries'], s['n_library'], s['top1'], s['top5'], s['top10'], s['median_rank'],
            s['ties']) == (3, 40, 1/3, 2/3, 2/3, 2., 'worst')
    assert set(s['ci95']) == set(METRICS) and all(lo <= hi for lo, hi in s['ci95'].values())

@pytest.mark.parametrize(
    'call', [lambda: rank_of([[1., 2.]], [0.]), lambda: rank_of([[1., 2.]], [-1]), lambda: rank_of([1., 2.], [0]),
             lambda: rank_of(np.zeros((2, 0)), [0, 0]), lambda: rank_of([[1., 2.]], [0], 'first'),
             lambda: recall_at_k([1], 0), lambda: recall_at_k([], 1), lambda: mean_reciprocal_rank([0]),
             lambda: median_rank([[1]]), lambda: median_rank([math.nan]),
             lambda: bootstrap_ci([1, 2], median_rank, groups=[1]), lambda: bootstrap_ci([1], median_rank, n=0),
             lambda: bootstrap_ci([1], median_rank, level=1), lambda: retrieval_summary([5], 4)])
def test_mistakes_are_named(call):
    with pytest.raises(AcmlError): call()

def test_the_last_place_of_a_library_is_a_rank_and_the_next_is_none():
    assert retrieval_summary([3, 7], 7, n=10)['median_rank'] == 5
    with pytest.raises(AcmlError, match='rank 8 in a library of 7 molecules'): retrieval_summary([3, 8], 7, n=10)
