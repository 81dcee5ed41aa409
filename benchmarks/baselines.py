"""What a chemist would do without acml: find the training record most like the query, trust its molecule.

Queries are those that the model is asked (rows marked suspect are not, nor are they among the training records), and
candidates are all molecules of the table, as for the model. They are ranked by how much they resemble the molecule of
the nearest record (Tanimoto, Morgan radius 2); where the records tell the mass of the molecule (precursor and adduct),
also with those within 10 ppm of it before all others, for the model uses the precursor too. Likeness of records: cosine
of binned spectra (13C 1 ppm, 1H 0.05 ppm, both blurred by one bin; mass spectra 1 Da, square root of intensity),
cosine of TF-IDF vectors for text; for mass spectra also the modified cosine of matchms over the 50 best by binned
cosine.

Records that show the structure itself are compared with the same kind of record made of each candidate: SMILES by
being the same canonical string, ECFP by the Tanimoto coefficient of the counts, pictures by the cosine of thumbnails of
27 pixels (candidates as RDKit draws them), conformers by USRCAT.
"""
import re
from collections import Counter

import numpy as np
import pandas as pd
import scipy.sparse as sp
from rdkit import Chem, DataStructs
from rdkit.Chem import Descriptors, rdFingerprintGenerator, rdMolDescriptors

from acml.conformer import _to_conformer
from acml.core import AcmlError
from acml.data import is_suspect, table_records, table_rows
from acml.drawing import to_image
from acml.massspec import to_mass_spectrum
from acml.metrics import rank_of

GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
COUNTS = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)


def _bins(record, name):
    "Positions and heights of one record on its grid."
    if name in ('cnmr', 'hnmr'):
        at = np.round((np.unique(np.asarray(record, float)) + 50) / (1. if name == 'cnmr' else .05)).astype(int)
        return np.concatenate([at - 1, at, at + 1]), np.repeat([.5, 1., .5], len(at))
    mz, intensity = np.asarray(record['mz'], float), np.asarray(record['intensity'], float)
    return np.round(mz).astype(int), np.sqrt(np.maximum(intensity, 0))


def _text(records, known=None):
    "TF-IDF rows of words and word pairs."
    tokens = [re.findall(r'[a-z0-9]+', r.lower()) for r in records]
    counts = [Counter(t + [f'{a} {b}' for a, b in zip(t, t[1:])]) for t in tokens]
    if known is None:
        df = Counter(w for c in counts for w in c)
        known = {w: (i, np.log(len(counts) / n)) for i, (w, n) in enumerate(df.items())}
    cells = [(i, *known[w], n) for i, c in enumerate(counts) for w, n in c.items() if w in known]
    i, j, idf, n = zip(*cells)
    return sp.csr_matrix((np.multiply(idf, 1 + np.log(n)), (i, j)), shape=(len(records), len(known))), known


def vectors(records, name, known=None):
    "Unit rows, sparse; and what the vectors of queries need to know."
    if name == 'text': x, known = _text(records, known)
    else:
        parts = [_bins(r, name) for r in records]
        i = np.repeat(np.arange(len(parts)), [len(p[0]) for p in parts])
        at, h = (np.concatenate([p[k] for p in parts]) for k in (0, 1))
        x = sp.csr_matrix((h, (i, np.clip(at, 0, 5000))), shape=(len(parts), 5001))
    norm = np.sqrt(np.asarray(x.multiply(x).sum(1)).ravel())
    return sp.diags(1 / np.maximum(norm, 1e-9)) @ x, known


def _modified(query, others):
    "Modified cosine of matchms of one query with several spectra."
    from matchms import Spectrum
    from matchms.similarity import ModifiedCosine
    mz = lambda r: float(r.get('precursor_mz') or max(r['mz']))
    make = lambda r: Spectrum(mz=np.asarray(r['mz'], float), intensities=np.asarray(r['intensity'], float),
                              metadata=dict(precursor_mz=mz(r)))
    score, q = ModifiedCosine(tolerance=.3), make(query)
    return np.array([float(score.pair(make(o), q)['score']) for o in others])


def nearest(queries, train, name, modified=False):
    "For each query the row of the training record most like it."
    x, known = vectors(train, name)
    q, _ = vectors(queries, name, known)
    best = np.zeros(len(queries), int)
    for b in range(0, len(queries), 256):
        s = np.asarray((q[b:b+256] @ x.T).todense())
        best[b:b+256] = s.argmax(1)
        if not modified: continue
        for i, row in enumerate(s):
            top = np.argsort(-row, kind='stable')[:50]
            best[b + i] = top[_modified(queries[b + i], [train[t] for t in top]).argmax()]
    return best


def _fingerprints(smiles): return [GENERATOR.GetFingerprint(Chem.MolFromSmiles(s)) for s in smiles]


def baseline_ranks(table, name, split='test', modified=False, n_queries=None):
    """Ranks of the true molecule of each query of a split, among all molecules of the modality's rows.

    At most n_queries of them, drawn at random. A table: `rank`, and for `modified` (mass spectra) `within_mass`, where
    candidates within 10 ppm of the mass that the record tells come first; the number of candidates in `attrs`."""
    rows = table_rows(table, name)
    rows, molecules = rows[~is_suspect(rows)], rows
    molecules = molecules[~molecules['inchikey'].str[:14].duplicated()].reset_index(drop=True)
    place = dict(zip(molecules['inchikey'].str[:14], range(len(molecules))))
    asked, train = rows[rows['split'] == split], rows[rows['split'] == 'train']
    if n_queries and len(asked) > n_queries: asked = asked.sample(n_queries, random_state=0)
    records = table_records(asked, name)
    best = nearest(records, table_records(train, name), name, modified)
    fps = _fingerprints(molecules['smiles'])
    at = train['inchikey'].str[:14].map(place).to_numpy()[best]
    target = asked['inchikey'].str[:14].map(place).to_numpy()
    alike = {a: np.array(DataStructs.BulkTanimotoSimilarity(fps[a], fps)) for a in np.unique(at)}
    rank = lambda scores, t: int(rank_of(scores[None], np.array([t]))[0])
    out = pd.DataFrame({'rank': [rank(alike[a], t) for a, t in zip(at, target)]}, index=asked.index)
    out.attrs['n_library'] = len(molecules)
    told = [to_mass_spectrum(r).neutral_mass for r in records] if modified else []
    if not any(told): return out
    mass = np.array([Descriptors.ExactMolWt(Chem.MolFromSmiles(s)) for s in molecules['smiles']])
    fits = [np.ones(len(mass), bool) if m is None else np.abs(mass - m) <= 1e-5*m for m in told]
    out['within_mass'] = [rank(alike[a] + 2*f, t) for a, f, t in zip(at, fits, target)]
    return out


def _counts(smiles): return COUNTS.GetCountFingerprint(Chem.MolFromSmiles(smiles))


def _thumbnail(smiles, style='default'):
    "A picture at 27 x 27 pixels, as a unit row."
    small = to_image(smiles, style).reshape(27, 8, 27, 8).mean((1, 3)).ravel()
    return small / np.linalg.norm(small)


def _shape(smiles, seed):
    "USRCAT numbers of a conformer; None if there is none."
    try: return list(rdMolDescriptors.GetUSRCAT(_to_conformer(smiles, seed)))
    except (AcmlError, ValueError): return None


def _shape_scores(queries, library):
    "USR scores; -1 with those that have no shape."
    return np.array([[-1. if c is None else rdMolDescriptors.GetUSRScore(q, c) for c in library] for q in queries])


def _same(queries, library): return np.array(queries)[:, None] == np.array(library)


def _tanimoto(queries, library): return np.array([DataStructs.BulkTanimotoSimilarity(q, library) for q in queries])


def _cosine(queries, library): return np.stack(queries) @ np.stack(library).T


# By modality: the record of a candidate from its SMILES, that of a query from its SMILES and a drawing style,
# and how alike they are, (n_queries, n_library).
LIKENESS = {
    'smiles': (Chem.CanonSmiles, lambda s, style: Chem.CanonSmiles(s), _same),
    'fingerprint': (_counts, lambda s, style: _counts(s), _tanimoto),
    'image': (_thumbnail, _thumbnail, _cosine),
    'conformer': (lambda s: _shape(s, 0), lambda s, style: _shape(s, 1), _shape_scores)}


def likeness_ranks(molecules, name, split='test', style='default', n_queries=600, n_others=3000):
    """Ranks of the molecules of a split (at most n_queries of them, at random) among all, by likeness of the records.

    Conformers: among the queries and n_others; a query that cannot be folded has no rank. `attrs['library']` holds the
    InChIKeys of the candidates."""
    asked = molecules[(molecules['split'] == split) & ~is_suspect(molecules)]
    if n_queries and len(asked) > n_queries: asked = asked.sample(n_queries, random_state=0)
    if name == 'conformer':
        others = molecules.drop(asked.index)
        molecules = pd.concat([asked, others.sample(min(n_others, len(others)), random_state=0)])
    candidate, query, alike = LIKENESS[name]
    library = [candidate(s) for s in molecules['smiles']]
    queries = {i: query(s, style) for i, s in asked['smiles'].items()}
    queries = {i: q for i, q in queries.items() if q is not None}
    ranks = pd.Series(rank_of(alike(list(queries.values()), library), molecules.index.get_indexer(list(queries))),
                      index=list(queries))
    ranks.attrs['library'] = molecules['inchikey'].tolist()
    return ranks
