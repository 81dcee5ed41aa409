"""What each part is worth: the same small model trained in several ways, three seeds each.

    python benchmarks/ablation.py                  # every row and seed that is not there yet, half an hour on one core
    python benchmarks/ablation.py plain hard       # some rows
    python benchmarks/ablation.py --seeds 0        # some seeds; a row is written after each of them
    python benchmarks/ablation.py --again plain    # measure again what is there

All rows have the same 2,000 `train` spectra of the 13C table (one for each molecule), the same small network (width 96)
and the same number of epochs: 16 in which the shift head learns (once for a seed, for all rows that have it), then 10
of contrast. The row without that first stage has 26 epochs of contrast. The last epoch counts, nothing is chosen by its
figures. Where a local score is used, its weight is learnt on `valid`.

Asked are 600 `valid` and 600 `test` spectra (one of each molecule, drawn once; those marked suspect left out), in one
library: all molecules of `valid` and `test`, and the 2,000 of `train`. Ties count against the model; molecules of one
connectivity are one. Besides the spectra as they are, the same with one in seven lines lost, and with one solvent line
added (`weaker` of the modality); and 200 of the molecules against up to ten positional isomers drawn for them (of those
that have some).
Needs nmrshiftdb2.parquet (in $ACML_DATA, else ../shared/data).
"""
import argparse, copy, datetime, json, sys, time
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from acml.asymmetry import positional_decoys, weaken
from acml.callback import ProgressCB
from acml.candidates import Candidates, EvaluationSet
from acml.chem import connectivity
from acml.config import ModelConfig, TowerConfig
from acml.core import Rejected, evaluating, file_sha256, read_json, seed_everything, shared_data, write_json
from acml.data import is_suspect, molecule_table, one_per_molecule, table_rows
from acml.graph import GraphStore
from acml.local import LocalScore, fit_local
from acml.metrics import recall_at_k
from acml.modality import FeatureStore, ModalityEncoder, Predictions, get_modality
from acml.model import ACML
from acml.pairs import PairLoader
from acml.recipes import Stage, _align, check_train, make_learner
from acml.search import pair_scores
from acml.towers import Tower

ROOT = Path(__file__).resolve().parents[1]
NAME, N_TRAIN, N_QUERIES, N_DECOYS = 'cnmr', 2000, 600, 200
SMALL = dict(graph=dict(hidden_dim=96), head_dim=128)
MODEL = ModelConfig(128, **SMALL, towers={NAME: TowerConfig(spectral=True)})
AUTHORS = ModelConfig(128, graph=dict(hidden_dim=96), head='published', towers={NAME: TowerConfig(spectral=True)})
VALID = dict(n_others=0, n_queries=100) # looked at by nobody
LINES = Stage('lines', epochs=16, batch_size=64, lr=2e-3)
PLAIN = Stage('infonce', epochs=10, batch_size=128, lr=1e-3, temperature=.05, lines=.3, valid=VALID)
WEAKER, VARIANTS = ('lost', 'merged', 'shifted', 'foreign', 'coarse'), ('tautomer', 'protonation', 'stereo')
POSITIVES = replace(PLAIN, loss='asymmetry', weaker=WEAKER, variants=VARIANTS)
HARD = dict(decoys=('positional', 'one_bond'), n_decoys=64, hard_group_size={NAME: 2}, hard_from='formula')
ROWS = { # row: (label, model, stage, whether the shift head learns first)
    'plain': ('plain InfoNCE', MODEL, PLAIN, True),
    'published': ("the authors' loss as published", MODEL, replace(PLAIN, loss='published'), True),
    'published_heads': ("the authors' loss as published, with their heads", AUTHORS,
                        replace(PLAIN, loss='published'), True),
    'corrected': ("the authors' loss, corrected", MODEL, replace(PLAIN, loss='corrected', temperature=.07), True),
    'positives': ('InfoNCE + asymmetry positives', MODEL, POSITIVES, True),
    'hard': ('InfoNCE + asymmetry positives + hard negatives', MODEL, replace(POSITIVES, **HARD), True),
    'hard_only': ('InfoNCE + hard negatives', MODEL, replace(PLAIN, **HARD), True),
    'trainable': ('plain InfoNCE, trainable teacher', MODEL, PLAIN, True),
    'no_lines': ('plain InfoNCE, loss of the shift head off', MODEL, replace(PLAIN, lines=0., epochs=26), False)}


@lru_cache
def data():
    "(table: the training rows, and all of valid and test; its path)."
    path = shared_data('nmrshiftdb2.parquet') or sys.exit('nmrshiftdb2.parquet is not in $ACML_DATA')
    df = table_rows(pd.read_parquet(path), NAME)
    df = df[~is_suspect(df)]
    train = one_per_molecule(check_train(df, 'the table')).sample(N_TRAIN, random_state=0)
    return pd.concat([train, df[df['split'] != 'train']], ignore_index=True), path

@lru_cache
def library():
    "The molecules, packed."
    molecules = molecule_table(data()[0])
    return molecules, GraphStore.from_smiles(molecules['smiles'].tolist(), Rejected())

@lru_cache
def queries(split):
    "One spectrum of some molecules of a split."
    df = one_per_molecule(data()[0][data()[0]['split'] == split])
    return df.sample(min(N_QUERIES, len(df)), random_state=0)

@lru_cache
def decoys(split):
    "Positions of molecules of a split in the library, and packed positional isomers of each."
    molecules = library()[0]
    rows = molecules.index[molecules['connectivity'].isin(connectivity(queries(split)['inchikey']))][:N_DECOYS]
    made = {row: d for row in rows if (d := positional_decoys(molecules['smiles'][row], 10))}
    return list(made), GraphStore.from_smiles([s for d in made.values() for s in d]), [len(d) for d in made.values()]

@torch.no_grad()
def embed(model, store):
    "Unit embeddings of packed molecules, and what is kept of their predicted spectra."
    keep, z, stored = get_modality(NAME).spectral.store, [], []
    with evaluating(model):
        for _, batch in model._batches(store, 256):
            atoms = model.graph.atoms(batch)
            predicted = model.graph.predict(atoms)
            z.append(torch.nn.functional.normalize(model.graph.project(atoms, predicted, model.heads)))
            stored += keep(predicted[NAME], batch)
    return torch.cat(z).numpy(), Predictions.of(stored)

# ---- training

class TrainableTower(Tower):
    "A tower whose encoder learns as well."
    frozen = False
    def hidden(self, batch): return batch['hidden'].float() if 'hidden' in batch else self.encoder(batch)

class FeatureLoader(PairLoader):
    "Batches of features instead of hiddens, for an encoder that changes."
    def batch(self, molecules, rows, rng):
        b, modality = super().batch(molecules, rows, rng), self.model.towers[NAME].modality
        records = [self.records[NAME].records[i] for i in rows[NAME].values()]
        b[NAME] = dict(rows=b[NAME]['rows'], **modality.collate(modality.features(records)[0]))
        return b

def unfreeze(model, learn):
    "The teacher learns, from the weights that ship."
    tower = model.towers[NAME]
    tower.__class__, learn.train_dl.__class__ = TrainableTower, FeatureLoader
    for m in model.modules():
        if isinstance(m, ModalityEncoder): m.requires_grad_(True)

def fit(model, stage, seed, store, trainable=False):
    learn = make_learner(model, stage, data()[0], None, store, (ProgressCB(quiet=True),), seed)
    if trainable: unfreeze(model, learn)
    learn.fit()

def start(config, seed, store, lines, begun={}):
    "The model before its contrast: a shift head that has learnt, the same for all rows of a seed."
    key = config.head, seed, lines
    if key not in begun:
        seed_everything(seed)
        model = ACML.from_config(config)
        if lines: fit(model, LINES, seed, store)
        if config.head != 'published': _align(model, data()[0], store)
        begun[key] = model
    return copy.deepcopy(begun[key])

# ---- figures

def ask(model, candidates, split, how=''):
    "The spectra of a split, or the same made weaker."
    df, modality = queries(split), get_modality(NAME)
    records = df['shifts'].tolist()
    if how: records = [weaken(modality, r, how, np.random.default_rng([7, i])) for i, r in enumerate(records)]
    q = model.embed(NAME, records, Rejected())
    ok = np.isfinite(q).all(1)
    return EvaluationSet(candidates, {NAME: q[ok]}, candidates.rows_of(df['inchikey'])[ok],
                         records={NAME: [[r] for r, good in zip(records, ok) if good]})

def local(evaluation, weights):
    "Both scores for the same questions."
    second = LocalScore(evaluation.candidates, evaluation.queries, evaluation.records, {NAME: weights})
    return replace(evaluation, second=second)

def against_decoys(model, candidates, evaluation, split):
    "How often the first spectrum of a molecule tells it from positional isomers drawn for it."
    rows, store, sizes = decoys(split)
    z, won = embed(model, store)[0], []
    for row, part in zip(rows, np.split(z, np.cumsum(sizes)[:-1])):
        i = np.flatnonzero(evaluation.target == row)
        if not len(i): continue
        among = np.concatenate([candidates.embeddings[[row]], part])
        s = pair_scores(evaluation.query[i[:1]], among, np.zeros(len(among), int), np.arange(len(among)))
        won.append(s[0] > s[1:].max())
    return float(np.mean(won))

def figures(model):
    "All figures of a trained model, by split."
    molecules, store = library()
    z, stored = embed(model, store)
    columns = ['connectivity', 'smiles', 'formula', 'exact_mass']
    candidates = Candidates.from_embeddings(z, molecules[columns].iloc[store.rows], {NAME: stored})
    out, weights = {}, None
    for split in ('valid', 'test'):
        evaluation = ask(model, candidates, split)
        if weights is None: weights = fit_local(local(evaluation, dict(u=.5, scale=1.)), NAME)
        ranks = evaluation.ranks()['rank']
        both = local(evaluation, weights).ranks()['rank']
        out[split] = {'top-1': recall_at_k(ranks, 1), 'top-10': recall_at_k(ranks, 10),
                      'formula known, top-1': recall_at_k(evaluation.ranks('formula')['rank'], 1),
                      'lines lost, top-1': recall_at_k(ask(model, candidates, split, 'lost').ranks()['rank'], 1),
                      'solvent line, top-1': recall_at_k(ask(model, candidates, split, 'foreign').ranks()['rank'], 1),
                      'drawn isomers, top-1': against_decoys(model, candidates, evaluation, split),
                      'with local score, top-1': recall_at_k(both, 1),
                      'with local score, top-10': recall_at_k(both, 10)}
        out[split] = {k: round(float(v), 4) for k, v in out[split].items()}
    return {**out, 'u': weights['u']}

def measure(name, seed, store):
    "One training."
    label, config, stage, lines = ROWS[name]
    begun = time.time()
    model = start(config, seed, store, lines)
    at = time.time()
    fit(model, stage, seed, store, name == 'trainable')
    trained = time.time()
    return dict(figures(model.eval()), seed=seed, seconds=dict(
        before=round(at - begun), contrast=round(trained - at), figures=round(time.time() - trained)))

def result(name, runs):
    "The row, its figures on `test` averaged over seeds; all runs beside them."
    runs = sorted(runs, key=lambda r: r['seed'])
    table = lambda split: pd.DataFrame([r[split] for r in runs])
    spread = lambda t: t.std(ddof=1).fillna(0.).round(4).to_dict()
    mean = lambda t: t.mean().round(4).to_dict()
    molecules = library()[0]
    return dict(table='ablation', label=ROWS[name][0], order=list(ROWS).index(name), columns=mean(table('test')),
                plain={'seeds': len(runs), 'library': len(molecules)}, spread=spread(table('test')),
                valid=dict(mean=mean(table('valid')), spread=spread(table('valid'))), runs=runs,
                stage=ROWS[name][2].to_dict(), n_train=N_TRAIN, ties='worst',
                queries={s: len(queries(s)) for s in ('valid', 'test')},
                command=f'python benchmarks/ablation.py {name}', date=datetime.date.today().isoformat(),
                versions={p: version(p) for p in ('acml', 'torch', 'rdkit')}, data_sha256=file_sha256(data()[1]))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*ROWS, []], metavar='ROW',
                        help=f'some of {", ".join(ROWS)}; all if none is named')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2], metavar='N')
    parser.add_argument('--again', action='store_true', help='measure what is there already, too')
    parser.add_argument('--out', default=ROOT/'benchmarks'/'results', type=Path, metavar='DIR')
    args = parser.parse_args()
    store = FeatureStore(ROOT/'runs'/'ablation')
    for seed in args.seeds: # a seed at a time: its shift head is trained once
        for name in args.rows or ROWS:
            path = args.out/f'ablation-{name}.json'
            runs = read_json(path)['runs'] if path.exists() else []
            if any(r['seed'] == seed for r in runs) and not args.again: continue
            run = measure(name, seed, store)
            write_json(path, result(name, [r for r in runs if r['seed'] != seed] + [run]))
            print(name, json.dumps(run), flush=True)


if __name__ == '__main__': main()
