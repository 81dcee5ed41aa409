"""The other tables of benchmarks/properties.py: fusion, noise, uncertainty, and what fine-tuning starts from."""
import ast, inspect, json, re, shlex, sys, time
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rdkit import rdBase
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from acml.baselines import property_baselines
from acml.chem import to_mol
from acml.core import acml_home, file_sha256, fingerprint, shared_data, write_json
from acml.features import ACMLFeaturizer
from acml.finetune import PropertyNet, finetune
from acml.graph import GraphEncoder, GraphStore
from acml.model import ACML
from acml.property import PropertyModel
from acml.property_task import PropertyTask
from acml.stacking import Stacker

from saving import with_kept

RESULTS = Path(__file__).resolve().parent/'results'
VIEWS, FROZEN = ('smiles', 'fingerprint:bigru', 'graph'), ('smiles', 'fingerprint', 'trunk')
MMFDL = { # folder, file, SMILES, property
    'sampl': ('mmfdl', 'SAMPL.csv', 'smiles', 'expt'),
    'delaney': ('moleculenet', 'esol.csv.gz', 'smiles', 'measured log solubility in mols per litre'),
    'bace-pic50': ('moleculenet', 'bace.csv.gz', 'smiles', 'pIC50'),
    'lipophilicity': ('moleculenet', 'lipophilicity.csv.gz', 'smiles', 'exp'),
    'pka-acidic': ('mmfdl', 'pka_datawarrior.csv', 'Smiles', 'pKa'),
    'pka-basic': ('mmfdl', 'pka_datawarrior.csv', 'Smiles', 'pKa'),
    'pdbbind': ('mmfdl', 'pdbbind_refined_moleculenet.csv', 'smiles', '-logKd/Ki')}
ADME = {'hlm': 'LOG HLM_CLint (mL/min/kg)', 'rlm': 'LOG RLM_CLint (mL/min/kg)',
        'mdr1': 'LOG MDR1-MDCK ER (B-A/A-B)', 'solubility': 'LOG SOLUBILITY PH 6.8 (ug/mL)',
        'hppb': 'LOG PLASMA PROTEIN BINDING (HUMAN) (% unbound)',
        'rppb': 'LOG PLASMA PROTEIN BINDING (RAT) (% unbound)'}
SHARES = 0., .1, .2, .3, .4, .5


@lru_cache
def weights():
    "The fingerprint of `joint`: where features and encoders come from, and the random trunk its shape."
    return ACML.from_pretrained('joint').fingerprint()


SOURCES = '''acml.baselines acml.domain acml.features acml.finetune acml.fusion_net acml.labels acml.members
    acml.property acml.property_task acml.stacking'''.split() # one changes: all is measured again
FORESTS = 'acml.baselines', 'acml.features', 'acml.labels', 'acml.property_task' # of their rows, the same


def code_mark(text):
    "A fingerprint of Python that comments, docstrings and line breaks leave as it is."
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, 'body', None)
        if not isinstance(body, list) or not body: continue
        node.body = [n for n in body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    return fingerprint(ast.dump(tree))


@lru_cache
def sources(*parts):
    "A fingerprint of the code that figures come from: of modules by name, and of functions."
    texts = [Path(find_spec(p).origin).read_text() if isinstance(p, str) else inspect.getsource(p) for p in parts]
    return fingerprint(*map(code_mark, texts))


def made_now(code):
    "What is kept with predictions: when, by which command, with which versions and which code they were made."
    found = {p: version(p) for p in ('acml', 'torch', 'scikit-learn')} | dict(rdkit=rdBase.rdkitVersion)
    if find_spec('lightgbm'): found['lightgbm'] = version('lightgbm')
    found |= {'weights of joint': weights()[:12], 'code': code[:12]}
    command = shlex.join(['python', 'benchmarks/properties.py', *sys.argv[1:]])
    return dict(date=date.today().isoformat(), command=command, versions=found)


def measured(made):
    "Date, command and versions of a row, from those of its predictions; `since`, if they are of several days."
    days, commands = sorted({m['date'] for m in made}), list(dict.fromkeys(m['command'] for m in made))
    names = dict.fromkeys(p for m in made for p in m['versions'])
    versions = {p: ', '.join(sorted({m['versions'][p] for m in made if p in m['versions']})) for p in names}
    since = dict(since=days[0]) if len(days) > 1 else {}
    return dict(command='; '.join(commands), date=days[-1], **since, versions=versions)


def cached(name, about, make, code, again=False, wanted=True, made=None):
    "What `make()` gave, as JSON; read where it was made before. None where it was not, and is not wanted now."
    key = fingerprint(json.dumps(about, sort_keys=True), weights(), code)
    path = acml_home()/'properties'/f'{name}-{key}.json'
    if not path.exists() or (again and wanted):
        if not wanted: return None
        start, found = time.time(), make()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, dict(found=found, made=made_now(code)))
        print(f'{name} {about}: {time.time() - start:.0f} s', file=sys.stderr)
    said = json.loads(path.read_text())
    if made is not None: made.append(said['made'])
    return said['found']


def write(table, name, order, plain, made, sha, **more):
    "One row of a table of results; figures of the file that were not asked for now stay."
    path = RESULTS/f'{table}-{name}.json'
    write_json(path, with_kept(path, dict(
        table=table, label=name.replace('_', ' '), order=order, columns={}, plain=plain, data_sha256=sha, **more,
        **measured(made))))


def rmse(y, p): return float(np.sqrt(np.mean((np.asarray(y) - np.asarray(p)) ** 2)))
def mean_sd(values): return f'{np.mean(values):.3f} ± {np.std(values, ddof=1) if len(values) > 1 else 0:.3f}'


# ---- fusion: MMFDL's table

def mmfdl_task(name, seed):
    "A random split of one of MMFDL's sets, and the hash of its table."
    folder, file, smiles, target = MMFDL[name]
    path = (shared_data(folder) or sys.exit(f'{folder} is not in $ACML_DATA nor in ../shared/data'))/file
    table = pd.read_csv(path)
    if name.startswith('pka'): table = table[table.basicOrAcidic == name[4:]]
    return PropertyTask(table, target, smiles, 'random', 'regression', seed=seed), file_sha256(path)


def fusion_split(task, part, epochs):
    "Predictions for test by the models of a part, from the 80 % alone; the 10 % for tuning are left."
    train, test = (task.smiles[task.splits[0][p]].tolist() for p in ('train', 'test'))
    y, truth = (task.y[task.splits[0][p], 0] for p in ('train', 'test'))
    out, options = dict(truth=truth.tolist()), dict(n_folds=3, task='regression', epochs=epochs)
    if part == 'kernel':
        out['acml, kernel ridge'] = PropertyModel(kind='kernel', **options).fit(train, y).predict(test).tolist()
        return out
    if part == 'attention':
        out[part] = PropertyModel(views=VIEWS, fusion=part, **options).fit(train, y).predict(test).tolist()
        return out
    views, mark = (FROZEN, '') if part == 'frozen' else (VIEWS, ', learnt')
    model = PropertyModel(views=views, **options).fit(train, y)
    said = model._each(test)
    for k, view in enumerate(views): out[view] = said[:, 0, k].tolist()
    for kind in Stacker.kinds:
        out[kind + mark] = Stacker(kind).fit(model.each_, model.truth_).predict(said)[:, 0].tolist()
    if part == 'learnt': return out
    for kind in ('concat', 'kernel'):
        out[kind] = PropertyModel(views=views, fusion=kind, **options).fit(train, y).predict(test).tolist()
    forest = property_baselines(n_random=0)['Morgan, forest'].fit(train, pd.DataFrame(dict(y=y)))
    out['Morgan, forest'] = forest.predict(test)[:, 0].tolist()
    return out


def fusion(names, quick, again, only=''):
    "MMFDL's table: five random splits of 80, 10 and 10 %; the default kernel, views frozen, learnt, under attention."
    for name in names or (['sampl'] if quick else list(MMFDL)[:4]):
        scores, r, made = {}, {}, []
        for part in ('kernel', 'frozen') if quick else ('kernel', 'frozen', 'learnt', 'attention'):
            for seed in range(2 if quick else 5):
                task, sha = mmfdl_task(name, seed)
                about = dict(part=part, seed=seed, views=dict(kernel=None, frozen=FROZEN).get(part, VIEWS), sha=sha)
                make, wanted = lambda: fusion_split(task, part, None), re.search(only, part)
                found = cached(f'fusion-{name}', about, make, sources(*SOURCES, fusion_split), again, wanted, made)
                if found is None: continue
                for model, p in found.items():
                    if model == 'truth': continue
                    scores.setdefault(model, []).append(rmse(found['truth'], p))
                    r.setdefault(model, []).append(float(pearsonr(found['truth'], p)[0]))
        table = pd.DataFrame({m: dict(RMSE=mean_sd(v), r=mean_sd(r[m])) for m, v in scores.items()}).T
        print(f'\n{name}, five random splits\n{table.to_string()}')
        if quick: continue
        plain = {m: mean_sd(v) for m, v in scores.items()}
        if name == 'sampl': plain['MMFDL, published, one split'] = 1.229
        write('property_fusion', name, list(MMFDL).index(name), plain, made, sha, rmse=scores, pearson=r)


# ---- noise

class Noisy(PropertyModel):
    "Views of a share of the training molecules are those of other molecules, in each view on its own."
    def fit(self, X, y, share=0., noise_seed=0):
        self._noise = share, np.random.default_rng(noise_seed)
        try: return super().fit(X, y)
        finally: self._noise = None

    def _inputs(self, name, smiles, without=()):
        found = super()._inputs(name, smiles, without)
        if not getattr(self, '_noise', None): return found
        share, rng = self._noise
        return {b: x[shuffled(len(x), share, rng)] for b, x in found.items()}


def shuffled(n, share, rng):
    "Rows (n,), of which a share have changed places."
    rows, some = np.arange(n), rng.choice(n, round(share * n), replace=False)
    rows[some] = rng.permutation(some)
    return rows


def noise_cell(task, kind, share, seed):
    "Scores on the fixed test part of single views and fusions, all learnt from the same spoilt molecules."
    rng, split = np.random.default_rng(seed), task.splits[0]
    train, test = (task.smiles[split[p]].tolist() for p in ('train', 'test'))
    y, truth = task.y[split['train'], 0], task.y[split['test'], 0]
    if kind == 'labels': y = y[shuffled(len(y), share, rng)]
    score = (lambda p: float(roc_auc_score(truth, p))) if task.classes else (lambda p: rmse(truth, p))
    options = dict(task='classification' if task.classes else 'regression', views=FROZEN)
    spoilt = (share if kind == 'inputs' else 0.), seed
    model = Noisy(**options).fit(train, y, *spoilt)
    out, said = {}, model._each(test)
    for k, view in enumerate(FROZEN): out[view] = score(said[:, 0, k])
    for how in Stacker.kinds:
        stack = Stacker(how, task.classes).fit(model.each_, model.truth_)
        out[how] = score(stack.predict(said)[:, 0])
        if share: continue
        for k, view in enumerate(FROZEN):
            gone = np.where(np.arange(len(FROZEN)) == k, np.nan, said)
            out[f'{how} without {view}'] = score(stack.predict(gone)[:, 0])
    for how in ('kernel', 'concat'):
        model = Noisy(fusion=how, **options).fit(train, y, *spoilt)
        out[how] = score(model._scores(test)[:, 0])
        for view in FROZEN if not share else (): out[f'{how} without {view}'] = score(model._scores(test, view)[:, 0])
    return out


def noise(names, quick, again, make_task):
    "Labels, or inputs, of a share of the training molecules exchanged."
    code = sources(*SOURCES, noise_cell, Noisy, shuffled)
    for name in names or ['freesolv', 'esol', 'bace'][:1 if quick else None]:
        task, sha = make_task(name)
        for kind in ('labels', 'inputs'):
            table, made = {}, []
            for share in SHARES[::5] if quick else SHARES:
                for seed in range(1 if quick else 3):
                    about = dict(kind=kind, share=share, seed=seed, views=FROZEN, sha=sha)
                    make = lambda: noise_cell(task, kind, share, seed)
                    found = cached(f'noise-{name}', about, make, code, again, made=made)
                    for model, score in found.items(): table.setdefault(model, {}).setdefault(share, []).append(score)
            grid = pd.DataFrame({m: {f'{s:.0%}': mean_sd(v) for s, v in row.items()} for m, row in table.items()}).T
            print(f'\n{name}, {kind} exchanged, {"AUC" if task.classes else "RMSE"}\n{grid.to_string()}')
            if quick: continue
            whole = {m: row for m, row in table.items() if ' without ' not in m}
            missing = {m: float(np.mean(row[0.])) for m, row in table.items() if ' without ' in m}
            plain = {f'{m}, {s:.0%}': float(np.mean(row[s])) for m, row in whole.items() for s in (0., .5)}
            write('property_noise', f'{name}_{kind}', 0, plain, made, sha, missing=missing,
                  scores={m: {str(s): v for s, v in row.items()} for m, row in whole.items()})


# ---- uncertainty

def expected_calibration_error(y, p, bins=10):
    "Mean distance of the share of positives from the probability, over bins of equal size."
    order = np.argsort(p)
    return float(sum(abs(y[rows].mean() - p[rows].mean()) * len(rows) for rows in np.array_split(order, bins)) / len(p))


def certainty_cell(task):
    "How intervals and probabilities hold on test, and what the two warnings are worth."
    split = task.splits[0]
    train, test = (task.smiles[split[p]].tolist() for p in ('train', 'test'))
    model = PropertyModel('probe', task='classification' if task.classes else 'regression')
    model.fit(train, task.labels.iloc[split['train']])
    y, each = task.y[split['test']], model._each(test)
    signs = model._signs(test, each)
    scores, (similarity, spread, gap, _) = model._together(each), signs
    there, out = np.isfinite(y), {}
    error = np.abs(y - (1 / (1 + np.exp(-scores)) if task.classes else scores))
    doubt, near = spread[there], np.repeat(similarity[:, None], y.shape[1], 1)[there]
    left = np.repeat(gap[:, None], y.shape[1], 1)[there]
    if task.classes:
        p = (1 / (1 + np.exp(-scores)))[there]
        base = np.repeat(np.nanmean(task.y[split['train']], 0)[None], len(y), 0)[there]
        brier = lambda q: float(np.mean((q - y[there]) ** 2))
        out |= {'Brier': brier(p), 'Brier of the share': brier(base),
                'calibration error': expected_calibration_error(y[there], p)}
        doubt = -np.abs(p - .5)
    else:
        for c in (.5, .8, .9, .95):
            width = model._half_width(c, signs)
            out[f'{c:.0%} intervals hold'] = float(np.mean((error <= width)[there]))
        out['median width of 90 %'] = float(2 * np.median(model._half_width(.9, signs)))
    e = error[there]
    sure, alike = doubt <= np.median(doubt), near >= np.median(near)
    out |= {'error': float(np.sqrt(np.mean(e ** 2))), 'of the surer half': float(np.sqrt(np.mean(e[sure] ** 2))),
            'of the more similar half': float(np.sqrt(np.mean(e[alike] ** 2))),
            'rank correlation, doubt': float(spearmanr(e, doubt)[0]),
            'rank correlation, dissimilarity': float(spearmanr(e, -near)[0]),
            'rank correlation, doubt of the kernel': float(spearmanr(e, left)[0])}
    odd, limit = similarity < model.domain_.limit, model.spread_
    out |= {'warned by similarity': float(odd.mean())}
    if odd.any(): out['error of these'] = float(np.sqrt(np.nanmean(error[odd] ** 2)))
    if task.classes: return out
    apart = (spread > limit).any(1)
    out['warned by disagreement'] = float(apart.mean())
    if apart.any(): out['error of those'] = float(np.sqrt(np.nanmean(error[apart] ** 2)))
    return out


def certainty(names, quick, again, make_task):
    "Intervals, probabilities and warnings, on the fixed scaffold splits."
    for name in names or (['freesolv'] if quick else ['esol', 'freesolv', 'lipophilicity', 'bbbp', 'bace', 'clintox']):
        task, sha = make_task(name)
        made = []
        code = sources(*SOURCES, certainty_cell, expected_calibration_error)
        found = cached(f'certainty-{name}', dict(sha=sha), lambda: certainty_cell(task), code, again, made=made)
        print(f'\n{name}\n{pd.Series(found).round(3).to_string()}')
        table = 'property_probabilities' if task.classes else 'property_intervals'
        if not quick: write(table, name, 0, found, made, sha)


# ---- ClinTox: how much charges tell

def charges(names, quick, again, make_task):
    "AUC of 'has a positive atom' for 'approved', in the molecules as they are written and as neutral parents."
    plain = {}
    for name, how in (('clintox', 'as written'), ('clintox_neutral', 'neutral parents')):
        task, sha = make_task(name)
        approved = task.y[:, task.targets.index('FDA_APPROVED')]
        charged = np.array([any(a.GetFormalCharge() > 0 for a in to_mol(s).GetAtoms()) for s in task.smiles], float)
        plain[f'AUC of charged = approved, {how}'] = float(roc_auc_score(approved, charged))
        test = task.splits[0]['test']
        plain[f'on test, {how}'] = float(roc_auc_score(approved[test], charged[test]))
        for label, word in ((1, 'approved'), (0, 'others')):
            plain[f'charged of the {word}, {how}'] = float(charged[approved == label].mean())
    print(f'\nClinTox\n{pd.Series(plain).round(3).to_string()}')
    if not quick: write('property_charges', 'clintox', 0, plain, [made_now(sources(charges))], sha)


# ---- what fine-tuning starts from

def finetune_cell(task, start, share, seed):
    "The score on test of one network, from a share of the training molecules."
    split, rng = task.splits[0], np.random.default_rng(seed)
    rows = rng.permutation(split['train'])
    y = task.y[rows]
    n = max(20, round(share * len(rows)))
    if task.classes: # at least one label of each class in the sample
        while any(len(np.unique(c[:n][np.isfinite(c[:n])])) < 2 for c in y.T): n += 10
    rows = rows[:n]
    model = ACML.from_pretrained('joint' if start == 'random' else start)
    net = PropertyNet.from_model(model, task.y.shape[1], seed)
    if start == 'random':
        torch.manual_seed(seed)
        net.encoder = GraphEncoder(**net.encoder.config).requires_grad_(True)
    finetune(net, GraphStore.from_smiles(task.smiles[rows].tolist()), task.y[rows], task.classes, seed=seed)
    p, truth = net.predict(GraphStore.from_smiles(task.smiles[split['test']].tolist())), task.y[split['test']]
    if not task.classes: return rmse(truth, p)
    there = np.isfinite(truth)
    each = [(t[k], s[k]) for t, s, k in zip(truth.T, p.T, there.T) if len(np.unique(t[k])) == 2]
    return float(np.mean([roc_auc_score(t, s) for t, s in each]))


def starts(names, quick, again, make_task, only=''):
    "Fine-tuning from joint, cnmr, hnmr and random weights, with all and a tenth of the labels, three seeds."
    for name in names or ['freesolv', 'esol', 'bbbp', 'bace'][:2 if quick else None]:
        task, sha = make_task(name)
        code = sources('acml.finetune', 'acml.labels', 'acml.property_task', finetune_cell)
        scores, made, kinds = {}, [], ('random', 'joint') if quick else ('random', 'joint', 'cnmr', 'hnmr')
        for share in (.1,) if quick else (.1, 1.):
            for start in kinds:
                mark = ACML.from_pretrained('joint' if start == 'random' else start).fingerprint()
                for seed in range(1 if quick else 3):
                    about = dict(start=start, share=share, seed=seed, sha=sha, model=mark)
                    label = f'{start}, {share:.0%}'
                    make = lambda: finetune_cell(task, start, share, seed)
                    score = cached(f'starts-{name}', about, make, code, again, re.search(only, label), made)
                    if score is not None: scores.setdefault(label, []).append(score)
        print(f'\n{name}, {"AUC" if task.classes else "RMSE"}\n{pd.Series({k: mean_sd(v) for k, v in scores.items()})}')
        plain = {k: mean_sd(v) for k, v in scores.items()}
        if not quick: write('property_starts', name, 0, plain, made, sha, scores=scores)


# ---- ADME

def adme(names, quick, again, only=''):
    "Six ADME endpoints, scaffold split of the molecules that have one: Pearson r on test."
    path = shared_data('adme_biogen.csv') or sys.exit('adme_biogen.csv is not in $ACML_DATA nor in ../shared/data')
    table, sha = pd.read_csv(path), file_sha256(path)
    for name in names or list(ADME)[:1 if quick else None]:
        task = PropertyTask(table[table[ADME[name]].notna()], ADME[name], 'SMILES', 'scaffold', 'regression')
        def make(kind):
            p = task.run({'it': PropertyModel(kind='kernel') if kind == 'acml, kernel ridge' else
                          property_baselines(n_random=0)[kind]}).predictions
            return dict(truth=p.truth.tolist(), p=p['it'].tolist())
        plain, made = {}, []
        for kind in ('acml, kernel ridge', 'descriptors, kernel ridge', 'Morgan, forest')[:1 if quick else None]:
            about, wanted = dict(kind=kind, sha=sha), re.search(only, kind)
            told = cached(f'adme-{name}', about, lambda: make(kind), sources(*SOURCES), again, wanted, made)
            if told is None: continue
            found = told
            plain[f'{kind}, r'] = float(pearsonr(found['truth'], found['p'])[0])
            plain[f'{kind}, RMSE'] = rmse(found['truth'], found['p'])
        plain['test molecules'] = len(found['truth'])
        print(f'\n{name}\n{pd.Series(plain).round(3).to_string()}')
        if not quick: write('property_adme', name, list(ADME).index(name), plain, made, sha)
