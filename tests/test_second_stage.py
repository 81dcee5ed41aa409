"""What orders the best candidates anew: alignment of lines, local scores, how both are added up and learnt."""
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip('torch')
pytest.importorskip('rdkit')

from acml import candidates, local
from acml.alignment import Prices, align_lines, alignment_costs, line_cost, pack_units, unit_shifts
from acml.candidates import N_SECOND, Candidates, EvaluationSet
from acml.local import LocalScore, log_likelihoods
from acml.modality import Predictions

# ---- alignment

def test_a_unit_of_one_atom_takes_one_line_and_of_two_atoms_two():
    lines, prices = [20.0, 20.4], Prices()
    one, two = (pack_units([20.2], [.5], n_atoms=n) for n in (1, 2))
    own = line_cost(np.array([-.2, .2]), prices.scale(one))
    assert align_lines(lines, one).cost == pytest.approx(own.min() + prices.foreign, abs=.01)
    assert align_lines(lines, two).cost == pytest.approx(own.sum() + prices.second, abs=.01)
    assert align_lines(lines, two).pairs == ((0, 0), (1, 0)) and len(align_lines(lines, one).foreign) == 1
    assert alignment_costs(lines, [one, two]) == pytest.approx([align_lines(lines, u).cost for u in (one, two)])

def test_two_units_on_one_line_are_named():
    units = pack_units([18.2, 18.8, 59.2, 169.], [.3, .3, .8, 1.5])
    found = align_lines([18.5, 60.4, 171.1], units)
    assert found.pairs == ((0, 0), (0, 1), (1, 2), (2, 3)) and found.shared == [0] and not found.lost + found.foreign

def test_the_price_of_a_lost_unit_is_that_of_its_hydrogens_and_of_the_lines_expected():
    units, prices = pack_units([1., 2.], [.1, .1], n_hydrogens=[3, 0], expected=[2., .5]), Prices(per_expected=.7)
    assert prices.skip(units) == pytest.approx([2.1 + .7*2, 3. + .7*.5])
    assert alignment_costs([], [units], prices) == pytest.approx([2.1 + 3. + .7*2.5])

def test_the_scale_of_a_unit_by_hand():
    units = pack_units([0., 1.], [1e-3, 1.])
    assert Prices().scale(units) == pytest.approx([.13, (1.57**2 + .13**2)**.5], rel=1e-3)

def test_each_line_keeps_its_own_price_in_any_order():
    unit = pack_units([10.], [1.])
    cheap = align_lines([50., 10.], unit, foreign=[1., 8.]).cost
    assert cheap == align_lines([10., 50.], unit, foreign=[8., 1.]).cost < 4
    assert align_lines([10., 50.], unit, foreign=[1., 8.]).cost > 4

def test_what_does_not_fit_into_seven_bytes_is_the_nearest_that_does():
    units = pack_units([-1e4, 0., 1e4], [0., 1e9, 1.], n_atoms=900, n_hydrogens=900, expected=900)
    assert unit_shifts(units) == pytest.approx([-50., 0., -50. + .005*65535])
    assert units['spread'].tolist() == [pytest.approx(1e-3, rel=1e-3), 1000., 1.]
    assert set(units['n_atoms']) == set(units['n_hydrogens']) == set(units['expected']) == {255}

def test_a_carbon_with_four_hydrogens_is_told_as_one_with_three():
    methane, kinds = pack_units([-2.3], [.5], n_hydrogens=4), [[False, False, False, True]]
    assert align_lines([-2.3], methane, kinds=kinds).cost == align_lines([-2.3], methane).cost
    other = [[True, True, True, False]]
    assert align_lines([-2.3], methane, kinds=other).cost == pytest.approx(align_lines([-2.3], methane).cost + 4.)

# ---- both scores

EMBEDDINGS = np.eye(4, dtype=np.float32)

@pytest.fixture
def toy(monkeypatch):
    "Four molecules; each of two kinds of record says by numbers how likely each molecule is, and may tell a mass."
    def explain(units, record): return np.array([float(u[0]) for u in units])*record['factor']
    kind = SimpleNamespace(log_likelihood=explain, mass=lambda record: record.get('mass'))
    monkeypatch.setattr(local, 'get_modality', lambda name: kind)
    molecules = pd.DataFrame(dict(smiles='C', inchikey='', formula='CH4', connectivity=list('abcd'),
                                  exact_mass=[100., 100., 100.002, 101.]))
    predicted = Predictions.of([[1.], [2.], [3.], [4.]])
    return Candidates.from_embeddings(EMBEDDINGS, molecules, dict(a=predicted, b=predicted))

ROWS = np.arange(4)

def two_inputs(toy, **changes):
    queries = dict(a=EMBEDDINGS[[0, 1]], b=EMBEDDINGS[[2, 2]])
    records = dict(a=[[dict(factor=1.)], [dict(factor=-1.)]], b=[[dict(factor=.5)], [dict(factor=.5)]])
    weights = dict(a=dict(u=.25, scale=1.), b=dict(u=.5, scale=3.)) | changes.pop('weights', {})
    return LocalScore(toy, queries | changes.pop('queries', {}), records, weights)

def test_several_inputs_have_shares_in_proportion_to_their_scales(toy):
    a = .25*np.array([1, 2, 3, 4]) + .75*EMBEDDINGS[0]
    b = .5*.5*np.array([1, 2, 3, 4]) + .5*EMBEDDINGS[2]
    assert two_inputs(toy)(0, ROWS) == pytest.approx(.25*a + .75*b)
    assert two_inputs(toy)(0, ROWS[::-1]) == pytest.approx((.25*a + .75*b)[::-1])

def test_an_input_that_is_missing_leaves_the_others_whole(toy):
    second = two_inputs(toy, queries=dict(b=np.full((2, 4), np.nan, np.float32)))
    assert second(0, ROWS) == pytest.approx(.25*np.array([1, 2, 3, 4]) + .75*EMBEDDINGS[0])

def test_an_input_without_a_local_score_counts_with_its_cosine(toy):
    second = two_inputs(toy, weights=dict(b=dict(u=0., scale=3.)))
    a = .25*np.array([1, 2, 3, 4]) + .75*EMBEDDINGS[0]
    assert second(0, ROWS) == pytest.approx(.25*a + .75*EMBEDDINGS[2])
    assert second.parts(0, ROWS)['b'][-1] is None

def test_a_part_of_the_queries_keeps_its_own_records(toy):
    second = two_inputs(toy)
    assert second.part([1])(0, ROWS) == pytest.approx(second(1, ROWS))
    assert second.part(np.array([False, True]))(0, ROWS) == pytest.approx(second(1, ROWS))
    assert not np.allclose(second(0, ROWS), second(1, ROWS))

def test_what_is_told_of_one_input_is_its_cosine_and_its_likelihood(toy):
    second = LocalScore(toy, dict(a=EMBEDDINGS[:1]), dict(a=[[dict(factor=2.)]]), dict(a=dict(u=.5, scale=1.)))
    told = second.columns(second.parts(0, ROWS))
    assert told['global'] == pytest.approx(EMBEDDINGS[0]) and told['local'] == pytest.approx([2, 4, 6, 8])
    both = two_inputs(toy)
    assert both.columns(both.parts(0, ROWS)) == {}

@pytest.mark.parametrize('off_ppm, off_da, fits', [(9.9, 0, 1.), (-9.9, 0, 1.), (10.1, 0, .5), (0, .499, .5),
                                                   (0, -.501, 0.)])
def test_how_near_a_mass_must_be(toy, off_ppm, off_da, fits):
    assert local._mass_fits('a', [dict(mass=200*(1 + off_ppm*1e-6) + off_da)], [200.]).tolist() == [fits]

def test_equal_predictions_get_equal_scores_in_spite_of_the_last_digits(monkeypatch):
    "A sum over a batch differs in its last bits with the place in it."
    explain = lambda units, record: -3.25 + 1e-10*np.arange(len(units))
    monkeypatch.setattr(local, 'get_modality', lambda name: SimpleNamespace(log_likelihood=explain))
    predicted = dict(a=Predictions.of([[1.], [1.], [1.]]))
    assert len(set(log_likelihoods(predicted, 'a', ['record'], [0, 1, 2]).tolist())) == 1

def test_of_several_shares_that_do_as_well_the_middle_one_is_learnt():
    always = np.zeros((3, 4, 2))
    always[:, 0] = 1. # the truth is first by either score
    assert local._best_share(always) == local._SHARES[len(local._SHARES)//2]
    only_local = always.copy()
    only_local[:, 1, 0] = 50.
    assert local._best_share(only_local) == 1. # the cosine misleads

def test_an_input_that_the_model_has_no_local_score_of_keeps_its_scale():
    model = SimpleNamespace(info=dict(local=dict(a=dict(u=.1, scale=9.))))
    assert local.local_weights(model, dict(a=30., b=5.), kept=['a'])['b'] == dict(u=0., scale=5.)

def test_the_smallest_worth_of_a_mass_that_does_as_well_is_learnt():
    "The cosine alone is right, a rival of another mass has the better lines: no mass has to be worth more than 4."
    x = np.zeros((2, 3, 3))
    x[:, 0] = 1., 0., 1.
    x[:, 1] = 0., 10., 0.
    assert local._fit_mass(x)['mass'] == 4.

def test_a_query_whose_truth_is_not_among_the_best_teaches_nothing(toy):
    second = LocalScore(toy, dict(a=EMBEDDINGS[[0, 1]]), dict(a=[[dict(factor=1.)]]*2), dict(a=dict(u=.5, scale=1.)))
    asked = EvaluationSet(toy, dict(a=EMBEDDINGS[[0, 1]]), [0, 3], second=second) # of equal cosines the first rows
    x = local._features(asked, 'a', 2)
    assert x.shape == (1, 2, 3) and x[0, 0].tolist()[:2] == [1., 1.]

# ---- the second stage of an evaluation

class Second:
    "Scores by row, a row of numbers for each query."
    def __init__(self, scores): self.scores = np.asarray(scores, float)
    def __call__(self, i, rows): return self.scores[i][rows]
    def part(self, keep): return Second(self.scores[keep])

def test_ranks_and_the_best_row_are_those_of_the_second_stage(toy):
    r = toy.ranks(EMBEDDINGS[[0, 1]], np.array([0, 1]), second=Second([[0, 9, 1, 2], [3, 5, 5, 1]]))
    assert r['rank'].tolist() == [4, 2] # a tie counts against the truth
    assert r['best_row'].tolist() == [1, 1] and r['best_score'].tolist() == [9, 5] and r['score'].tolist() == [0, 5]

def test_the_last_one_that_the_second_stage_looks_at():
    scores = np.arange(N_SECOND + 1.)
    rows = np.arange(N_SECOND)
    second = lambda i, rows: scores[rows]
    last = N_SECOND - 1
    assert candidates._second_rank(second, 0, rows, last, N_SECOND)[0] == 1
    assert candidates._second_rank(second, 0, rows, last, N_SECOND + 1)[0] == N_SECOND + 1 # ties: it fell out
    assert candidates._second_rank(second, 0, rows, N_SECOND, N_SECOND)[:2] == (N_SECOND, N_SECOND)

def test_a_part_of_the_questions_takes_its_second_stage_along(toy):
    records = dict(a=[['first'], ['second']])
    asked = EvaluationSet(toy, dict(a=EMBEDDINGS[[0, 1]]), [0, 1], second=Second([[9, 0, 0, 0], [0, 1, 2, 3]]),
                          records=records)
    for keep in ([1], np.array([False, True]), slice(1, None)):
        part = asked.part(keep)
        assert part.ranks()['rank'].tolist() == asked.ranks()['rank'].tolist()[1:] == [3]
        assert part.records == dict(a=[['second']])

def test_shuffled_questions_are_asked_with_the_second_stage_of_another(toy):
    "Else the floor would be as good as the answer."
    own = np.eye(4)[[0, 1, 2, 3]]
    asked = EvaluationSet(toy, dict(a=EMBEDDINGS), ROWS, second=Second(own), records=dict(a=[[i] for i in range(4)]))
    assert asked.ranks()['rank'].tolist() == [1]*4
    wrong = asked.shuffled(seed=3)
    assert (wrong.ranks()['rank'] > 1).all() and wrong.records == {}
