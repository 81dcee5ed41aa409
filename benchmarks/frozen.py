"""Is the pre-training of the frozen encoders worth anything? Each against itself with random weights, frozen too.

    python benchmarks/frozen.py                    # every modality that has weights and a table
    python benchmarks/frozen.py cnmr gcms          # some

Only a head (`SharedHead`, made as in the model `joint`: spectra and texts at unit length, all else at unit variance)
learns, by InfoNCE, to bring the frozen hiddens of `train` records to a target that no encoder had a hand in: ECFP
counts of the molecule, their logarithms reduced to 256 principal axes. Then `valid` records, 800 where features are
quick to make and 300 elsewhere, are looked for among 2,000 molecules (their own and training molecules) by cosine; ties
count against. Same records, same head, same steps, nothing tuned. Three seeds each: of the head, and of the random
weights. What is no weight stays: the words, masses and classes that an encoder knows are those it was shipped with.
Where a start is not random (the picture of `PeakEncoder`, the weights of `TextEncoder`), each number is multiplied by
exp(N(0, 1)). `fingerprint` has no weights, and for `pocket` there is no table; they are left out. One record for each
molecule; intervals are 95 % bootstrap over queries.
Needs nmrshiftdb2.parquet, massbank.parquet and chebi20.parquet (in $ACML_DATA, else ../shared/data).
"""
import argparse, json, sys, time

import numpy as np
import pandas as pd
import torch

from acml.core import Rejected, file_sha256, seed_everything, shared_data
from acml.data import one_per_molecule, table_records, table_rows
from acml.fingerprint import _featurize_fingerprint
from acml.layers import normalize
from acml.loss import InfoNCELoss
from acml.metrics import bootstrap_ci, rank_of, recall_at_k
from acml.modality import encode_features, get_modality
from acml.space import Space
from acml.towers import SharedHead

from saving import save

ROWS = { # modality: (table, label, training records and queries: few where features are slow)
    'smiles': ('nmrshiftdb2', 'SMILES', 3000, 300),
    'image': ('nmrshiftdb2', 'structure image', 800, 300),
    'conformer': ('nmrshiftdb2', '3D conformer', 1000, 300),
    'cnmr': ('nmrshiftdb2', '13C NMR lines', 5000, 800),
    'hnmr': ('nmrshiftdb2', '1H NMR lines', 5000, 800),
    'gcms': ('massbank', 'GC-MS (EI)', 5000, 800),
    'lcms': ('massbank', 'LC-MS/MS with precursor', 5000, 300),
    'text': ('chebi20', 'description (ChEBI-20)', 5000, 300)}
SEEDS, N_LIBRARY, EMBED_DIM = (0, 1, 2), 2000, 256


def records_of(name, n_train, n_query, seed=0):
    "Train and valid rows, one for each molecule, and the file they are from."
    file = f'{ROWS[name][0]}.parquet'
    path = shared_data(file) or sys.exit(f'{file} is not in $ACML_DATA nor in ../shared/data')
    df = pd.read_parquet(path)
    if 'split_alt' in df: df = df.assign(split=df['split_alt'])
    if name in ('smiles', 'image', 'conformer'): df = table_rows(df, 'cnmr')
    df = table_rows(df, name)
    if 'suspect' in df: df = df[~df['suspect']]
    df = df.sample(frac=1, random_state=seed)
    df = one_per_molecule(df)
    take = lambda split, n: df[df['split'] == split].head(n)
    return take('train', n_train), take('valid', n_query), take('train', N_LIBRARY - n_query), path


def targets(smiles, axes=None):
    "(n, 256) unit rows: principal axes of the logarithms of ECFP counts; the axes are those of the training molecules."
    x = torch.from_numpy(np.stack([_featurize_fingerprint(s) for s in smiles]).astype(np.float32)).log1p()
    if axes is None: axes = x.mean(0), torch.pca_lowrank(x, q=EMBED_DIM, niter=4)[2]
    return normalize((x - axes[0]) @ axes[1]), axes


def random_weights(encoder, seed):
    "The same encoder before any training; vocabularies, which are whole numbers, stay."
    seed_everything(seed)
    new = type(encoder)(**encoder.config)
    for name, b in new.named_buffers():
        if not b.is_floating_point(): b.copy_(encoder.get_buffer(name))
    for p in (p for name, p in new.named_parameters() if name.startswith('log_')):
        p.data.add_(torch.randn(p.shape)) # the broadening of PeakEncoder, in logarithms
    if not list(new.parameters()):
        for b in (b for b in new.buffers() if b.is_floating_point() and b.numel()): b.mul_(torch.randn(b.shape).exp())
    return new.eval()


def learn_head(hidden, target, seed, unit_length, epochs=30, batch_size=256, lr=1e-3):
    "A head from the hiddens (n, d) to the targets (n, 256)."
    seed_everything(seed)
    space, rank = Space.of(all=EMBED_DIM), min(256, hidden.shape[1])
    head = SharedHead(hidden.shape[1], space, space['all'], rank=rank, unit_length=unit_length)
    loss = InfoNCELoss()
    optimiser = torch.optim.AdamW([*head.parameters(), *loss.parameters()], lr=lr, weight_decay=.01)
    steps = epochs * max(1, len(hidden) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps)
    for step in range(steps):
        if step * batch_size % len(hidden) < batch_size: order = torch.randperm(len(hidden))
        rows = order
        if len(hidden) > batch_size: rows = order[torch.arange(step*batch_size, (step+1)*batch_size) % len(hidden)]
        optimiser.zero_grad()
        loss(normalize(head(hidden[rows])), target[rows]).backward()
        optimiser.step(); schedule.step()
    return head.eval()


def measure(name, n_train=None):
    "One row of the table."
    modality = get_modality(name)
    train, queries, rest, path = records_of(name, n_train or ROWS[name][2], ROWS[name][3])
    report, parts = Rejected(name), []
    for rows in (train, queries):
        features, ok = modality.features(table_records(rows, modality), report)
        parts.append((features, rows.iloc[ok]))
    (train_features, train), (query_features, queries) = parts
    target, axes = targets(train['smiles'])
    library = targets([*queries['smiles'], *rest['smiles']], axes)[0]
    shipped, ranks = modality.encoder(), {}
    for kind in ('pre-trained', 'random weights'):
        hiddens, found = None, []
        for seed in SEEDS:
            if hiddens is None or kind != 'pre-trained':
                encoder = shipped if kind == 'pre-trained' else random_weights(shipped, seed)
                hiddens = [torch.from_numpy(encode_features(modality, encoder, f, 64))
                           for f in (train_features, query_features)]
            head = learn_head(hiddens[0], target, seed, bool(get_modality(name).spectral) or name == 'text')
            with torch.no_grad(): similarity = normalize(head(hiddens[1])) @ library.T
            found.append(rank_of(similarity.numpy(), np.arange(len(queries))))
        ranks[kind] = np.stack(found, 1)                                        # (n_queries, n_seeds)
    columns, ci = {}, {}
    for k in (1, 10):
        for kind, r in ranks.items():
            share = lambda r, k=k: recall_at_k(r.ravel(), k)
            columns[f'{kind}, top-{k}'], ci[f'{kind}, top-{k}'] = share(r), bootstrap_ci(r, share).tolist()
    gain = lambda r: recall_at_k(r[:, :len(SEEDS)].ravel(), 10) - recall_at_k(r[:, len(SEEDS):].ravel(), 10)
    both = np.hstack([*ranks.values()])
    per_seed = {f'{kind}, top-{k}': [recall_at_k(c, k) for c in r.T] for kind, r in ranks.items() for k in (1, 10)}
    return dict(table='frozen', label=ROWS[name][1], order=list(ROWS).index(name), columns=columns, ci95=ci,
                plain={'training records': len(train), 'queries': len(queries), 'library': len(library)}, ties='worst',
                n_set_aside=len(report), modality=name,
                gain_top10=dict(mean=gain(both), ci95=bootstrap_ci(both, gain).tolist()),
                per_seed=per_seed, encoder_fingerprint=shipped.fingerprint(), data_sha256=file_sha256(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', choices=[*ROWS, []], metavar='MODALITY',
                        help=f'some of {", ".join(ROWS)}; all if none is named')
    parser.add_argument('--train', type=int, metavar='N', help='training records; the result goes to runs/results/')
    args = parser.parse_args()
    for name in args.rows or ROWS:
        start = time.time()
        result = measure(name, args.train)
        result['seconds'] = round(time.time() - start)
        save(f'frozen-{name}', result, 'frozen', parser, args, [name])
        print(name, json.dumps(result['columns']), 'gain top-10', json.dumps(result['gain_top10']), flush=True)


if __name__ == '__main__': main()
