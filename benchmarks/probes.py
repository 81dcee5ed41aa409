"""Measure what embeddings know: linear probes of properties, neighbours, and the geometry of the shared space.

    python benchmarks/probes.py                   # 2,500 molecules
    python benchmarks/probes.py --molecules 600
    python benchmarks/probes.py --only rationales

Written to benchmarks/results/; of another number of molecules to runs/results/. Molecules of library_1m.parquet (in
$ACML_DATA, else ../shared/data), split `test`, which no model was trained on, divided by scaffold: four fifths to fit
the probes, the rest to judge them (`probe`: ridge regression for numbers, logistic regression for groups, strengths as
written there, nothing tuned). Embeddings of molecules ('graph'): with random weights (the layouts of `cnmr` and of
`joint`), after 13C (`cnmr`), after 1H (`hnmr`), after all modalities (`joint`), and Morgan bits (radius 2, 2,048);
beside them the trunk, atoms pooled before any head, of `joint` and of its random twin. Neighbours: Tanimoto similarity
(of those bits) of the nearest other molecule by cosine. Rationales: whether the atoms that carry the answer of a probe
for a group are those of the group (`47a_rationales`). Geometry: `test` records of each modality of `joint` and their
molecules.
"""
import argparse, time
from functools import partial

import numpy as np
import pandas as pd
import torch

from acml.core import Rejected, file_sha256, shared_data
from acml.data import is_suspect, one_per_molecule, split_by_scaffold, table_records, table_rows
from acml.features import ACMLFeaturizer
from acml.model import ACML
from acml.probes import _PROPERTIES, _morgan_bits, describe_properties, geometry, probe
from acml.rationales import rationale_agreement
from acml.search import top_k

from saving import PACKAGES, save as save_result

PARTS = ['probes', 'geometry', 'rationales']
TABLES = dict(cnmr='nmrshiftdb2', hnmr='nmrshiftdb2', gcms='massbank', lcms='massbank', text='chebi20')

def save_as(parser, args, name, path, model, **result):
    save_result(name, dict(task='probes', **result, data_sha256=file_sha256(path)), 'probes', parser, args, (), model,
                harmless=['only'], parts=(), packages=(*PACKAGES, 'scikit-learn'))

def embeddings(smiles):
    "Name to an array, and the joint model."
    out, models = {}, {name: ACML.from_pretrained(name) for name in ('cnmr', 'hnmr', 'joint')}
    for name in ('cnmr', 'joint'):
        torch.manual_seed(0)
        random = ACML.from_config(models[name].config).eval()
        out[f'random weights ({name})'] = random.embed('graph', smiles)
    for name, model in models.items():
        start = time.time()
        out[name] = model.embed('graph', smiles)
        print(f'{name}: {time.time() - start:.0f} s', flush=True)
    trunks = {'random trunk (joint)': random, 'joint trunk': models['joint']}
    for name, model in trunks.items(): out[name] = ACMLFeaturizer(model, 'trunk').fit_transform(smiles)
    return {**out, 'Morgan bits': _morgan_bits(smiles)}, models['joint']

def tanimoto_of_nearest(z, bits):
    "Mean Tanimoto similarity of each molecule and its nearest other one."
    z = np.ascontiguousarray(z / np.linalg.norm(z, axis=1, keepdims=True), np.float32)
    near = top_k(z, z, 2)[1]
    near = np.where(near[:, 0] == np.arange(len(z)), near[:, 1], near[:, 0])
    both = (bits * bits[near]).sum(1)
    return float((both / (bits.sum(1) + bits[near].sum(1) - both)).mean())

def probes_part(n, save):
    path = shared_data('library_1m.parquet')
    smiles = pd.read_parquet(path, filters=[('split', '==', 'test')])['smiles'].sample(n, random_state=0).tolist()
    found, joint = embeddings(smiles)
    properties, train = describe_properties(smiles), np.array(split_by_scaffold(smiles)) == 'train'
    table = pd.DataFrame({name: probe(z, properties, train) for name, z in found.items()})
    print(table.round(3).to_string(), flush=True)
    numbers = [p for p in table.index if p in _PROPERTIES]
    for place, (name, row) in enumerate(table.iterrows()):
        judged = 'R²' if name in numbers else 'ROC AUC'
        label = f'{name.replace("_", " ")} ({judged})'
        save('probes-' + name.replace(' ', '-'), path, joint, table='probes', label=label,
             order=place, columns={}, plain={k: float(v) for k, v in row.items()})
    random = table[[c for c in table if c.startswith('random weights')]].max(axis=1)
    trunk_gain = table['joint trunk'] - table['random trunk (joint)']
    wins = dict(beside_random=float((table['joint'] > random).mean()),
                beside_morgan=float((table['joint'] > table['Morgan bits']).mean()),
                trunk_beside_random=float((trunk_gain > 0).mean()))
    print('joint better than random weights (the better of both)', wins['beside_random'], 'than Morgan',
          wins['beside_morgan'], 'its trunk than a random one', wins['trunk_beside_random'], 'of', len(table))
    near = {name: tanimoto_of_nearest(z, found['Morgan bits']) for name, z in found.items()}
    for what, label in (('beside_random', 'properties on which `joint` beats random weights'),
                        ('beside_morgan', 'properties on which `joint` beats Morgan bits'),
                        ('trunk_beside_random', 'properties on which the trunk of `joint` beats a random trunk')):
        save('probes-' + what.replace('_', '-'), path, joint, table='probes_marks', label=label, order=len(what),
             columns={'share': wins[what]}, plain=dict(properties=len(table), molecules=n, judged=int((~train).sum())))
    for place, (name, value) in enumerate(near.items()):
        save('neighbours-' + name.replace(' ', '-').replace('(', '').replace(')', ''), path, joint, table='neighbours',
             label=name, order=place, columns={}, plain={'Tanimoto to the nearest': value, 'molecules': n})
    print('Tanimoto to the nearest:', {k: round(v, 3) for k, v in near.items()})

def geometry_part(save, n=400):
    joint = ACML.from_pretrained('joint')
    for place, (name, table_name) in enumerate(TABLES.items()):
        path = shared_data(f'{table_name}.parquet')
        table = pd.read_parquet(path)
        if 'split_alt' in table: table = table.assign(split=table['split_alt'])
        table = table_rows(table, name)
        table = table[(table['split'] == 'test') & ~is_suspect(table)]
        table = one_per_molecule(table.sample(frac=1, random_state=0)).head(n)
        q = joint.embed(name, table_records(table, name), Rejected())
        m = joint.embed('graph', table['smiles'].tolist(), Rejected())
        of = geometry(q, m)
        print(name, {k: round(v, 3) for k, v in of.items()}, len(table), flush=True)
        save(f'geometry-{name}', path, joint, table='geometry', label=name, order=place, columns={},
             plain={k.replace('_', ' '): v for k, v in of.items()} | dict(pairs=len(table)))

def rationales_part(n, save, n_explained=20):
    path = shared_data('library_1m.parquet')
    smiles = pd.read_parquet(path, filters=[('split', '==', 'test')])['smiles'].sample(n, random_state=0).tolist()
    train, found, joint = np.array(split_by_scaffold(smiles)) == 'train', {}, ACML.from_pretrained('joint')
    torch.manual_seed(0)
    models = {'joint': joint, 'cnmr': ACML.from_pretrained('cnmr'), 'hnmr': ACML.from_pretrained('hnmr'),
              'random weights (joint)': ACML.from_config(joint.config).eval(), 'Morgan bits': None}
    for place, (name, model) in enumerate(models.items()):
        table = rationale_agreement(model, smiles, train, n_explained=n_explained)
        print(name, table.round(3).to_string(), sep='\n', flush=True)
        mean = table[['probe', 'atoms']].mean()
        save('rationales-' + name.replace(' ', '-').replace('(', '').replace(')', ''), path, joint, table='rationales',
             label=name, order=place, plain=dict(groups=len(table), explained=int(table['molecules'].sum())),
             columns={'probe, ROC AUC': float(mean['probe']), 'atoms, ROC AUC': float(mean['atoms'])},
             groups=table.to_dict('index'))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--molecules', type=int, default=2500)
    parser.add_argument('--only', choices=PARTS, nargs='+', default=PARTS, help='some parts')
    args = parser.parse_args()
    save = partial(save_as, parser, args)
    if 'probes' in args.only: probes_part(args.molecules, save)
    if 'geometry' in args.only: geometry_part(save)
    if 'rationales' in args.only: rationales_part(args.molecules, save)

if __name__ == '__main__': main()
