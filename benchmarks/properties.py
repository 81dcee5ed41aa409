"""Measure what acml's features are worth for molecular properties: MoleculeNet, beside what needs no acml.

    python benchmarks/properties.py                     # every set
    python benchmarks/properties.py esol freesolv       # some sets
    python benchmarks/properties.py --quick             # the small sets, no fine-tuning, small forests: five minutes
    python benchmarks/properties.py --cv 10 freesolv    # ten folds by scaffold instead of the fixed split
    python benchmarks/properties.py --only kernel esol  # rows whose name this regular expression finds
    python benchmarks/properties.py --part fusion sampl # another table: fusion, noise, certainty, starts, charges, adme
    python benchmarks/properties.py --part llinas       # MMFDL's solubility challenge

Needs the folder `moleculenet` (in $ACML_DATA, else ../shared/data) with its scaffold splits: Bemis-Murcko with
chirality, as in DeepChem. All models learn from `train` alone, and nothing is chosen by `test`. The predictions of each
model are kept in $ACML_HOME/properties, with their date, command and versions, so that a run that was stopped goes on
with the next model; they are made again when the code they come from has changed. One file for each set and table is
written to benchmarks/results, where figures of other rows stay if they are of the same data and weights; figures of
--quick are only printed. Scores are RMSE, or the mean area under the ROC
curve; errors of differences are from a paired bootstrap over the test molecules. Test molecules whose structure (never
the property) the model had learnt from are counted, and scored apart; those whose connectivity is in train are counted,
and left out of a score of its own. Rows of a random trunk are the mean of three draws of its weights.

`clintox_neutral` is ClinTox with neutral parents: many approved drugs are written as cations, and to tell charges is
not to tell toxicity. Chemprop 2 runs where it is installed (pip install chemprop).
"""
import argparse, json, re, shutil, subprocess, sys, tempfile, time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize
from sklearn.base import BaseEstimator

from acml.baselines import property_baselines
from acml.core import acml_home, file_sha256, fingerprint, shared_data, write_json
from acml.model import ACML as Model
from acml.property import PropertyModel
from acml.property_task import PropertyTask

import property_parts
from property_parts import FORESTS, SOURCES, made_now, measured, sources, weights
from saving import with_kept

RESULTS = Path(__file__).resolve().parent/'results'
SETS = { # file, columns of properties (None: all but those that say what the molecule is)
    'esol': ('esol', ['measured log solubility in mols per litre']), 'freesolv': ('freesolv', ['expt']),
    'lipophilicity': ('lipophilicity', ['exp']), 'bbbp': ('bbbp', ['p_np']), 'bace': ('bace', ['Class']),
    'clintox': ('clintox', ['FDA_APPROVED', 'CT_TOX']), 'clintox_neutral': ('clintox', ['FDA_APPROVED', 'CT_TOX']),
    'sider': ('sider', None), 'tox21': ('tox21', None), 'qm7': ('qm7', ['u0_atom']), 'qm8': ('qm8', None),
    'hiv': ('hiv', ['HIV_active']), 'toxcast': ('toxcast', None), 'muv': ('muv', None)}
QUICK = 'freesolv', 'esol', 'bace', 'bbbp'
REGRESSION = 'esol', 'freesolv', 'lipophilicity', 'qm7', 'qm8'
ACML, KERNEL = 'acml', 'acml, kernel ridge'
PAIRS = [(ACML, 'MapLight without network'), (ACML, 'descriptors, kernel ridge'), (KERNEL, 'descriptors, kernel ridge'),
         (KERNEL, 'descriptors + random trunk, kernel ridge')]


def neutral(smi):
    "The largest fragment without charges; as it is where RDKit cannot."
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smi)
        if mol is None: return smi
        return Chem.MolToSmiles(rdMolStandardize.Uncharger().uncharge(rdMolStandardize.FragmentParent(mol)))


class Chemprop(BaseEstimator):
    "Chemprop 2 by its command line, in a folder of its own."
    def __init__(self, classes=False, epochs=50, seed=0): self.classes, self.epochs, self.seed = classes, epochs, seed

    def fit(self, smiles, labels):
        self.folder, self.names = tempfile.mkdtemp(), list(labels)
        labels.assign(smiles=smiles).to_csv(f'{self.folder}/train.csv', index=False)
        task = 'classification' if self.classes else 'regression'
        self._run('train', '--data-path', 'train.csv', '--smiles-columns', 'smiles', '--target-columns', *self.names,
                  '--task-type', task, '--epochs', self.epochs, '--output-dir', 'model', '--data-seed', self.seed,
                  '--split-sizes', .9, .1, 0.)
        return self

    def _run(self, *words):
        done = subprocess.run(['chemprop', *map(str, words)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode: raise RuntimeError(f'chemprop: {done.stderr[-500:]}')

    def predict(self, smiles):
        pd.DataFrame(dict(smiles=smiles)).to_csv(f'{self.folder}/ask.csv', index=False)
        self._run('predict', '--test-path', 'ask.csv', '--smiles-columns', 'smiles', '--model-paths', 'model',
                  '--preds-path', 'told.csv')
        return pd.read_csv(f'{self.folder}/told.csv')[self.names].to_numpy(float)

    def predict_proba(self, smiles): return [pd.DataFrame({0: 1 - p, 1: p}).to_numpy() for p in self.predict(smiles).T]


def make_task(name, cv=0):
    "The task of a set, and the hash of its table."
    file, targets = SETS[name]
    folder = shared_data('moleculenet') or sys.exit('moleculenet is not in $ACML_DATA nor in ../shared/data')
    table, split = pd.read_csv(folder/f'{file}.csv.gz'), folder/f'{file}.scaffold.json'
    if targets is None: targets = [c for c in table if c not in ('smiles', 'mol_id')]
    if name.endswith('_neutral'): table['smiles'] = table.smiles.map(neutral)
    kind = 'regression' if name in REGRESSION else 'classification'
    task = PropertyTask(table, targets, split='scaffold-cv' if cv else split, task=kind, n_folds=cv or 5)
    return task, file_sha256(folder/f'{file}.csv.gz')


def make_models(task, quick):
    "All rows of the table."
    models = property_baselines(task.classes, n_trees=.2 if quick else 1)
    models[KERNEL] = PropertyModel(kind='kernel')
    if quick: return models
    models[ACML] = PropertyModel()
    if find_spec('chemprop') and shutil.which('chemprop'): models['Chemprop 2'] = Chemprop(task.classes)
    else: print('Chemprop is not installed: its row is left out', file=sys.stderr)
    return models


def settings_of(estimator):
    "All that an estimator, or each of a list of them, was told, as text."
    if isinstance(estimator, list): return repr([settings_of(e) for e in estimator])
    shown = lambda v: v.fingerprint() if isinstance(v, Model) else v
    return repr({k: shown(v) for k, v in estimator.get_params().items()})


def measure(name, quick, cv, again, only):
    "The report of a set; what was measured before is read."
    task, sha = make_task(name, cv)
    models, tables, valid, made = make_models(task, quick), [], {}, []
    for model, estimator in list(models.items()):
        learnt = [weights()] if 'acml' in model else []
        code = sources(*FORESTS) if 'forest' in model or 'MapLight' in model else sources(*SOURCES)
        key = fingerprint(model, settings_of(estimator), sha, cv, code, name, *learnt)
        path = acml_home()/'properties'/f'{name}-{key}.parquet'
        wanted = re.search(only, model)
        if not wanted and not path.exists():
            del models[model]
            continue
        if not path.exists() or (again and wanted):
            start = time.time()
            report = task.run({model: estimator})
            report.predictions.attrs = {}
            path.parent.mkdir(parents=True, exist_ok=True)
            report.predictions.to_parquet(path)
            write_json(path.with_suffix('.json'), dict(valid=report.scores['valid'].tolist(), made=made_now(code)))
            print(f'{name}: {model} {report.scores.test.iloc[0]:.3f}, {time.time() - start:.0f} s', file=sys.stderr)
        said = json.loads(path.with_suffix('.json').read_text())
        tables.append(pd.read_parquet(path))
        valid[model] = said['valid']
        made.append(said['made'])
    if not tables: sys.exit(f'{name}: no row has {only!r}')
    whole = tables[0].assign(**{c: t[c] for t in tables[1:] for c in t if c not in tables[0]})
    return task, task._report(whole, list(models), valid), sha, measured(made)


def write(name, report, gaps, sha, made, cv):
    "One row of the table of properties."
    each = lambda column: {m: round(float(s), 4) for m, s in report.scores[column].dropna().items()}
    counts = report.scores.iloc[0]
    table, folds = ('properties_cv', f', {cv} scaffold folds') if cv else ('properties', '')
    path = RESULTS/f'{table}-{name}.json'
    write_json(path, with_kept(path, dict(
        table=table, label=f'{name}{folds}, {report.metric}', order=list(SETS).index(name), columns={},
        plain={**each('test'), 'test molecules': int(counts.n_test), 'of them seen': int(counts.n_seen),
               'in train': int(counts.n_in_train)},
        **{c: each(c) for c in ('se', 'spread', 'seen', 'unseen', 'not_in_train') if c in report.scores},
        differences=gaps, repeated=len(report.problems), contradictory=int((report.problems.contradicts != '').sum()),
        splits_of_one_class=report.dropped, data_sha256=sha, **made)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sets', nargs='*', help=f'of {", ".join(SETS)}')
    parser.add_argument('--quick', action='store_true', help='small sets, no fine-tuning, small forests; printed only')
    parser.add_argument('--cv', type=int, default=0, help='folds by scaffold instead of the fixed split')
    parser.add_argument('--only', default='', help='rows whose name has this (a pattern), beside those measured before')
    parser.add_argument('--part', choices=[*PARTS, 'all'], default='tables', help='which tables')
    parser.add_argument('--again', action='store_true', help='measure also what was measured before')
    args = parser.parse_args()
    known = dict(fusion=property_parts.MMFDL, adme=property_parts.ADME).get(args.part, SETS)
    unknown = set(args.sets) - set(known)
    if unknown: parser.error(f'no set {sorted(unknown)[0]}; there are {", ".join(known)}')
    if args.part == 'all' and args.sets: parser.error('--part all takes no sets')
    for part in PARTS if args.part == 'all' else [args.part]: PARTS[part](args)


def tables(args):
    "The models of `make_models` on fixed scaffold splits, or in scaffold folds."
    for name in args.sets or (QUICK if args.quick else SETS):
        task, report, sha, made = measure(name, args.quick, args.cv, args.again, args.only)
        print(f'\n{name}: {report}')
        pairs = [(a, b) for a, b in PAIRS if {a, b} <= set(report.scores.index)]
        gaps = {f'{a} - {b}': report.compare(a, b) for a, b in pairs}
        for pair, gap in gaps.items(): print(f'{pair}: {gap}')
        if not args.quick: write(name, report, gaps, sha, made, args.cv)


def connectivity(smi):
    "The first block of the InChIKey, or None."
    with rdBase.BlockLogs(): mol = Chem.MolFromSmiles(smi)
    return Chem.MolToInchiKey(mol)[:14] if mol is not None else None


def llinas(args):
    "Second solubility challenge, as MMFDL has it: AqSolDB without the drugs of both test sets, then these sets."
    folder = shared_data('mmfdl') or sys.exit('mmfdl is not in $ACML_DATA nor in ../shared/data')
    read = lambda file, smi, y: pd.read_csv(folder/file)[[smi, y]].set_axis(['smiles', 'y'], axis=1)
    asked = pd.concat([read(f'llinas2020_set{k}.csv', 'SMILES', 'log S0').assign(part='test', k=k) for k in (1, 2)])
    learnt = read('aqsoldb.csv.gz', 'SMILES', 'Solubility').assign(part='train', k=0)
    names = set(asked.smiles.map(connectivity))
    keep = ~learnt.smiles.map(connectivity).isin(names)
    task = PropertyTask(pd.concat([learnt[keep], asked], ignore_index=True), 'y', split='part', task='regression')
    k = task.data.k.to_numpy()[task.rows][task.splits[0]['test']]
    files = 'aqsoldb.csv.gz', 'llinas2020_set1.csv', 'llinas2020_set2.csv'
    sha = fingerprint(*[file_sha256(folder/f) for f in files])
    size, made = {'train molecules': len(task.splits[0]['train'])}, []
    code = property_parts.sources(*SOURCES, property_parts.fusion_split)
    sets = {n: size | {'test molecules': int((k == n).sum())} for n in (1, 2)}
    for part in ('kernel', 'frozen'):
        make, wanted = lambda: property_parts.fusion_split(task, part, None), re.search(args.only, part)
        found = property_parts.cached('llinas', dict(part=part, sha=sha), make, code, args.again, wanted, made)
        if found is None: continue
        truth = pd.Series(found.pop('truth'))
        for model, p in found.items():
            for n, plain in sets.items(): plain[model] = property_parts.rmse(truth[k == n], pd.Series(p)[k == n])
    print(pd.DataFrame(sets).round(3).to_string())
    for n, plain in sets.items():
        if made: property_parts.write('property_llinas', f'set_{n}', n, plain, made, sha)


def part_of(make, *more): return lambda args: make(args.sets, args.quick, args.again, *more)

PARTS = dict(tables=tables, llinas=llinas,
             adme=lambda args: property_parts.adme(args.sets, args.quick, args.again, args.only),
             fusion=lambda args: property_parts.fusion(args.sets, args.quick, args.again, args.only),
             charges=part_of(property_parts.charges, make_task), noise=part_of(property_parts.noise, make_task),
             certainty=part_of(property_parts.certainty, make_task),
             starts=lambda args: property_parts.starts(args.sets, args.quick, args.again, make_task, args.only))


if __name__ == '__main__': main()
