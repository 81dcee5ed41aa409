"""Each gate against a model that cheats in one way, and against an honest one.

The models are stubs: a molecule is a random vector, its spectrum the same with noise.
"""
import json

import numpy as np
import pandas as pd
import pytest

pytest.importorskip('torch')
pytest.importorskip('rdkit')

from acml.chem import to_formula, to_inchikey
from acml.core import AcmlError
from acml.gates import GATES, VERDICTS, Gate, _gate_encoders, _gate_molecules, check_report, run_gates
from acml.retrieval import RetrievalTask, ReverseRetrievalTask
from acml.smiles import augment_smiles
from acml.training_record import (beyond_chance, count_in_training, hash_molecules, read_training_record,
                                  write_training_record)

ROOTS = ('C', 'CC', 'CCC', 'CC(C)', 'CCCC', 'c1ccccc1', 'C1CCCC1', 'CC(C)(C)', 'C1CCCCC1', 'Cc1ccccc1', 'CCCCC',
         'CC(C)C', 'C=CC', 'C#CC', 'CCOC', 'CSC', 'FC(F)(F)C', 'c1ccncc1', 'CC(C)CC', 'C1CC1')
KEYS = {to_inchikey(a + b): a + b for a in ROOTS
        for b in ('O', 'N', 'Cl', 'C(=O)O', 'C#N', 'C=O', 'OC', 'S', 'Br', 'C(N)=O')}
SMILES, DIM = list(KEYS.values()), 24

def unit(x): return (x/np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

class Honest:
    "The first shift tells the molecule; the others are noise, taken by their sum, so that their order plays no part."
    training_record = dict(training=hash_molecules([k for i, k in enumerate(KEYS) if i % 3]),
                           cnmr=hash_molecules([k for i, k in enumerate(KEYS) if i % 3]))
    z = np.random.default_rng(0).normal(size=(len(SMILES), DIM))
    def fingerprint(self): return type(self).__name__
    def molecule(self, smi): return self.z[SMILES.index(KEYS[to_inchikey(smi)])]
    def spectrum(self, shifts):
        i = int(round(min(shifts)))
        return self.z[i] + .4*np.random.default_rng(int(sum(np.round(shifts)))).normal(size=DIM)
    def embed(self, modality, records, report=None, **kw):
        return unit(np.array([self.molecule(o) if modality == 'graph' else self.spectrum(o) for o in records]))

class TrainedOnTest(Honest):
    training_record = dict(training=hash_molecules(KEYS), cnmr=Honest.training_record['cnmr'])

class EncoderSawTest(Honest):
    training_record = dict(training=Honest.training_record['training'], cnmr=hash_molecules(KEYS))

class SaysNothing(Honest):
    training_record = {}

class KnowsTheTestSet(Honest):
    "Puts test molecules and test spectra into a corner of their own."
    def molecule(self, smi):
        return super().molecule(smi) + 6*np.eye(DIM)[0]*(SMILES.index(KEYS[to_inchikey(smi)]) % 3 == 0)
    def spectrum(self, shifts): return super().spectrum(shifts) + 6*np.eye(DIM)[0]

class ReadsTheSpelling(Honest):
    def molecule(self, smi): return super().molecule(smi) + sum(map(ord, smi[:2]))/50*np.eye(DIM)[1]

class DependsOnPeakOrder(Honest):
    def spectrum(self, shifts): return super().spectrum(shifts) + shifts[0]/20*np.eye(DIM)[2]

class LooksUpTheTarget(Honest):
    "Finds the molecule by the digits of the spectrum, and knows nothing else."
    def spectrum(self, shifts):
        exact = all(float(s) == round(float(s)) for s in shifts)
        return self.z[int(min(shifts))] if exact else np.random.default_rng(int(1e6*(min(shifts) % 1))).normal(size=DIM)

class BatchNormInTraining(Honest):
    def embed(self, modality, records, report=None, **kw):
        z = super().embed(modality, records)
        return unit(z - .6*z.mean(0))

class ByBatchSize(Honest):
    def embed(self, modality, records, report=None, **kw):
        return unit(super().embed(modality, records) + .3*np.eye(DIM)[3]*(len(records) == 1))

class SortsTheTruthFirst(Honest):
    "All candidates are alike; the ranks come from a stable sort in which the truth was stored first."
    def embed(self, modality, records, report=None, **kw):
        return np.tile(np.eye(1, DIM, dtype=np.float32), (len(records), 1))

class KnowsOnlyTheFormula(Honest):
    def molecule(self, smi): return np.random.default_rng(abs(hash(to_formula(smi))) % 2**32).normal(size=DIM)
    def spectrum(self, shifts): return self.molecule(SMILES[int(round(min(shifts)))])

@pytest.fixture(scope='module')
def table():
    return pd.DataFrame([dict(inchikey=k, smiles=s, formula=to_formula(s), split='test' if i % 3 == 0 else 'train',
                              nucleus='13C', id=f's{i}', shifts=np.float32([300 + i, i, 400 + j]))
                         for i, (k, s) in enumerate(KEYS.items()) for j in range(2)])

def evaluated(model, table, kind=RetrievalTask, **options):
    task = kind(model, table, **options)
    evaluation = task.prepare()
    report = task.score(evaluation)
    if isinstance(model, SortsTheTruthFirst): report.predictions['rank'] = 1
    return check_report(task, report, evaluation, n=24)

def verdicts(report): return {g['name']: g['verdict'] for g in report.summary['gates']}

def test_an_honest_model_passes_every_gate(table):
    report = evaluated(Honest(), table)
    assert set(verdicts(report).values()) == {'passed'} and len(verdicts(report)) == len(GATES), report.summary['gates']
    assert report.summary['verdict'] == 'passed'
    assert json.loads(json.dumps(report.summary)) == report.summary
    assert not report.title.startswith('REFUSED')

@pytest.mark.parametrize(
    'model, gate, verdict',
    [(TrainedOnTest, 'training molecules', 'refused'), (SaysNothing, 'training molecules', 'flagged'),
     (EncoderSawTest, 'encoder pre-training', 'refused'), (SaysNothing, 'encoder pre-training', 'flagged'),
     (KnowsTheTestSet, 'shuffled queries', 'refused'), (ReadsTheSpelling, 'spelling', 'refused'),
     (DependsOnPeakOrder, 'order of peaks', 'refused'), (LooksUpTheTarget, 'order of peaks', 'refused'),
     (BatchNormInTraining, 'batch mates', 'refused'), (ByBatchSize, 'batch mates', 'refused'),
     (SortsTheTruthFirst, 'ranks', 'refused'), (KnowsOnlyTheFormula, 'floors', 'flagged')],
    ids=lambda o: getattr(o, '__name__', o))
def test_each_cheat_is_found(model, gate, verdict, table):
    report = evaluated(model(), table)
    assert verdicts(report)[gate] == verdict, report.summary['gates']
    found = next(g for g in report.summary['gates'] if g['name'] == gate)
    assert found['why'] and VERDICTS.index(report.summary['verdict']) >= VERDICTS.index(verdict)
    assert report.title.startswith('REFUSED') == (report.summary['verdict'] == 'refused')

@pytest.mark.parametrize('filter', ['none', 'formula', 'mass'])
def test_filters(filter, table):
    assert verdicts(evaluated(Honest(), table, filter=filter))['ranks'] == 'passed'

def test_one_shared_molecule_is_seen(table):
    "No molecule is too few: two of them are beyond chance, and every one is at least flagged."
    class Leaks(Honest):
        def __init__(self, n):
            learnt = hash_molecules([k for i, k in enumerate(KEYS) if i % 3 or i < 3*n])
            self.training_record = dict(Honest.training_record, training=learnt)
    found = [verdicts(evaluated(Leaks(n), table))['training molecules'] for n in (0, 1, 2)]
    assert found == ['passed', 'refused', 'refused'] # so few that one is beyond chance too

def test_order_of_the_library_changes_no_rank(table):
    task = RetrievalTask(Honest(), table)
    evaluation = task.prepare()
    before = task.score(evaluation).predictions['rank'].to_numpy()
    order = np.random.default_rng(0).permutation(len(evaluation.candidates))
    evaluation.candidates = evaluation.candidates.part(order)
    evaluation.target = np.argsort(order)[evaluation.target]
    report = check_report(task, task.score(evaluation), evaluation)
    assert (report.predictions['rank'].to_numpy() == before).all() and verdicts(report)['ranks'] == 'passed'

def test_duplicates_are_flagged(table):
    task = RetrievalTask(Honest(), table)
    evaluation = task.prepare()
    evaluation.candidates = evaluation.candidates.part(np.r_[np.arange(len(evaluation.candidates)), 0, 1])
    assert verdicts(check_report(task, task.score(evaluation), evaluation))['ranks'] == 'flagged'

def test_ranks_that_are_too_bad_are_flagged(table):
    task = RetrievalTask(Honest(), table)
    evaluation = task.prepare()
    report = task.score(evaluation)
    report.predictions['rank'] += 1
    assert verdicts(check_report(task, report, evaluation))['ranks'] == 'flagged'

def test_directions_without_molecules_as_candidates(table):
    report = evaluated(Honest(), table, ReverseRetrievalTask)
    assert ('spelling' not in verdicts(report) and 'order of peaks' not in verdicts(report)
            and report.summary['verdict'] == 'passed'), report.summary['gates']

def test_isomers_take_gates_too(table):
    from acml.isomers import IsomerTask
    task = IsomerTask(Honest(), table)
    evaluation = task.prepare()
    report = check_report(task, task.run(evaluation=evaluation), evaluation)
    assert (verdicts(report) == {**verdicts(report), 'ranks': 'passed', 'spelling': 'passed'}
            and report.summary['verdict'] == 'passed'), report.summary['gates']
    floors = next(g['numbers'] for g in report.summary['gates'] if g['name'] == 'floors')
    assert floors['formula_only'] == pytest.approx(report.summary['chance'], abs=1e-4)

def test_some_gates_alone(table):
    task = RetrievalTask(Honest(), table)
    evaluation = task.prepare()
    some = run_gates(task, evaluation, task.score(evaluation), gates=[_gate_molecules, _gate_encoders])
    assert [g.name for g in some] == ['training molecules', 'encoder pre-training']
    alone, prepared = check_report(task, task.score(evaluation)), check_report(task, task.score(evaluation), evaluation)
    assert alone.summary['gates'] == prepared.summary['gates']

def test_a_respelled_molecule_is_the_same_molecule():
    for smi in SMILES[::7]:
        assert to_inchikey(augment_smiles(smi, np.random.default_rng(3))) == to_inchikey(smi)
    assert any(augment_smiles(s, np.random.default_rng(1)) != augment_smiles(s, np.random.default_rng(2))
               for s in SMILES)

def test_only_three_verdicts():
    with pytest.raises(AcmlError, match='there are passed, flagged, refused'): Gate('x', 'maybe', '')

# ---- what was seen

def test_seen_is_kept_by_part(tmp_path):
    some = list(KEYS)[:50]
    write_training_record(tmp_path, dict(training=KEYS, cnmr=some, hnmr=[]))
    back = read_training_record(tmp_path)
    assert {k: len(v) for k, v in back.items()} == dict(training=len(KEYS), cnmr=50, hnmr=0)
    assert (back['cnmr'] == hash_molecules(some)).all()
    write_training_record(tmp_path, back)
    again = read_training_record(tmp_path)
    assert {k: v.tolist() for k, v in again.items()} == {k: v.tolist() for k, v in back.items()}
    assert pd.read_parquet(tmp_path/'training.parquet').columns.tolist() == ['hash', 'parts']

@pytest.mark.parametrize('content', [b'', b'PAR1', b'not a table'])
def test_damaged_file(content, tmp_path):
    (tmp_path/'training.parquet').write_bytes(content)
    with pytest.raises(AcmlError, match='damaged'): read_training_record(tmp_path)

def test_a_table_of_something_else(tmp_path):
    pd.DataFrame(dict(hash=[1], parts=[1])).to_parquet(tmp_path/'training.parquet')
    with pytest.raises(AcmlError, match='damaged'): read_training_record(tmp_path)

def test_hits_against_chance():
    from scipy.stats import poisson
    for n, chance in [(0, 0), (1, 1e-5), (1, .01), (2, .01), (2, .2), (5, .2), (30, 12.)]:
        assert beyond_chance(n, chance) == (n > 0 and poisson.sf(n - 1, chance) < 1e-3)
    asked, hits, chance = count_in_training(list(KEYS)*2, hash_molecules(KEYS))
    assert (asked, hits) == (len(KEYS), len(KEYS)) and chance < 1e-4
