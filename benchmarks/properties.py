"""Measure what acml's features are worth for molecular properties: MoleculeNet, beside what needs no acml.

    python benchmarks/properties.py                     # every set
    python benchmarks/properties.py esol freesolv       # some sets
    python benchmarks/properties.py --quick             # the small sets, no fine-tuning, small forests: five minutes
    python benchmarks/properties.py --cv 10 freesolv    # ten folds by scaffold instead of the fixed split
    python benchmarks/properties.py --only kernel esol  # rows whose name this regular expression finds
    python benchmarks/properties.py --part fusion sampl # another table: fusion, noise, certainty, starts, charges, adme

Needs the folder `moleculenet` (in $ACML_DATA, else ../shared/data) with its scaffold splits: Bemis-Murcko with
chirality, as in DeepChem. All models learn from `train` alone, and nothing is chosen by `test`. The predictions of each
model are kept in $ACML_HOME/properties, so that a run that was stopped goes on with the next model. One file for each
set and table is written to benchmarks/results; figures of --quick are only printed. Scores are RMSE, or the mean area
under the ROC curve; errors of differences are from a paired bootstrap over the test molecules. Test molecules whose
structure (never the property) the model had learnt from are counted, and scored apart.

`clintox_neutral` is ClinTox with neutral parents: many approved drugs are written as cations, and to tell charges is
not to tell toxicity. Chemprop 2 runs where it is installed (pip install chemprop).
"""
import argparse, datetime, json, re, shutil, subprocess, sys, tempfile, time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize
from sklearn.base import BaseEstimator

from acml.baselines import property_baselines
from acml.core import acml_home, file_sha256, fingerprint, shared_data, write_json
from acml.property import PropertyModel
from acml.property_task import PropertyTask

import property_parts
from property_parts import weights

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
    train = task.smiles[task.splits[0]['train']].tolist()
    models = property_baselines(task.classes, smiles=train, n_trees=.2 if quick else 1)
    models[KERNEL] = PropertyModel(kind='kernel')
    if quick: return models
    models[ACML] = PropertyModel()
    if find_spec('chemprop') and shutil.which('chemprop'): models['Chemprop 2'] = Chemprop(task.classes)
    else: print('Chemprop is not installed: its row is left out', file=sys.stderr)
    return models


def measure(name, quick, cv, again, only):
    "The report of a set; what was measured before is read."
    task, sha = make_task(name, cv)
    models, tables, valid = make_models(task, quick), [], {}
    for model, estimator in list(models.items()):
        settings = {k: v for k, v in estimator.get_params().items() if k != 'model'}
        learnt = [weights()] if 'acml' in model or 'random trunk' in model else []
        key = fingerprint(model, repr(settings), sha, cv, version('acml'), name, *learnt)
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
            path.with_suffix('.json').write_text(json.dumps(report.scores['valid'].tolist()))
            print(f'{name}: {model} {report.scores.test.iloc[0]:.3f}, {time.time() - start:.0f} s', file=sys.stderr)
        tables.append(pd.read_parquet(path))
        valid[model] = json.loads(path.with_suffix('.json').read_text())
    merged = tables[0]
    for table, model in zip(tables[1:], list(models)[1:]): merged = merged.assign(**{model: table[model]})
    return task, task._report(merged, list(models), valid), sha


def write(name, report, gaps, sha, command, cv):
    "One row of the table of properties."
    scores = {m: round(float(s), 4) for m, s in report.scores.test.items()}
    table, folds = ('properties_cv', f', {cv} scaffold folds') if cv else ('properties', '')
    write_json(RESULTS/f'{table}-{name}.json', dict(
        table=table, label=f'{name}{folds}, {report.metric}', order=list(SETS).index(name), columns={},
        plain={**scores, 'test molecules': int(report.scores.n_test.iloc[0]),
               'of them seen': int(report.scores.n_seen.iloc[0])},
        se={m: round(float(s), 4) for m, s in report.scores.se.items()},
        seen={m: round(float(s), 4) for m, s in report.scores.seen.items()},
        unseen={m: round(float(s), 4) for m, s in report.scores.unseen.items()},
        differences=gaps, repeated=len(report.problems), contradictory=int((report.problems.contradicts != '').sum()),
        command=command, date=datetime.date.today().isoformat(),
        versions={p: version(p) for p in ('acml', 'torch', 'rdkit', 'scikit-learn', 'lightgbm')} |
                 {'weights of joint': weights()[:12]}, data_sha256=sha))


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
        task, report, sha = measure(name, args.quick, args.cv, args.again, args.only)
        print(f'\n{name}: {report}')
        pairs = [(a, b) for a, b in PAIRS if {a, b} <= set(report.scores.index)]
        gaps = {f'{a} - {b}': report.compare(a, b) for a, b in pairs}
        for pair, gap in gaps.items(): print(f'{pair}: {gap}')
        command = f'python benchmarks/properties.py {f"--cv {args.cv} " if args.cv else ""}{name}'
        if not args.quick: write(name, report, gaps, sha, command, args.cv)


def part_of(make, *more): return lambda args: make(args.sets, args.quick, args.again, *more)

PARTS = dict(tables=tables,
             adme=lambda args: property_parts.adme(args.sets, args.quick, args.again, args.only),
             fusion=lambda args: property_parts.fusion(args.sets, args.quick, args.again, args.only),
             charges=part_of(property_parts.charges, make_task), noise=part_of(property_parts.noise, make_task),
             certainty=part_of(property_parts.certainty, make_task),
             starts=lambda args: property_parts.starts(args.sets, args.quick, args.again, make_task, args.only))


if __name__ == '__main__': main()
