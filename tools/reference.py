"""What the shipped models answer to fixed questions, kept so that a change of shape changes no answer.

    python tools/reference.py write     # writes tests/fixtures/reference.npz with the models as they are
    python tools/reference.py check     # says what differs from it, exit code 1

Kept, for each shipped model: embeddings of 200 molecules and of 100 records of each modality, ranks of 100 queries,
the predicted shift of each atom of 50 molecules; and what is read in 100 drawings. Records that acml cannot make
itself lie in the file too. Write it again only when weights were trained anew, and say so in the commit.
"""
import json, sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT/'tests'/'fixtures'/'reference.npz'
MODELS = 'cnmr', 'hnmr', 'joint'

def molecules():
    "200 molecules of the demo table, of all sizes."
    from acml.data import demo_table
    return demo_table('cnmr')['smiles'].iloc[::10].tolist()

def made_up_spectra(smiles, family, rng):
    "Mass spectra that nobody measured: peaks below the mass of the molecule, for comparison only."
    from rdkit import Chem
    from rdkit.Chem.Descriptors import ExactMolWt
    out = []
    for smi in smiles:
        mass = ExactMolWt(Chem.MolFromSmiles(smi))
        n = int(rng.integers(5, 40))
        mz, intensity = np.sort(rng.uniform(40, mass, n)).round(4), rng.uniform(1, 100, n).round(2)
        record = dict(mz=mz.tolist(), intensity=intensity.tolist())
        if family == 'lcms':
            record.update(precursor_mz=round(mass + 1.00728, 4), adduct='[M+H]+', ion_mode='positive',
                          collision_energy=20.)
        out.append(record)
    return out

def text_records():
    "100 questions by modality: lines and peaks; all else is made of the molecules themselves."
    from acml.data import demo_table
    from acml.model import ACML
    smiles, rng = molecules()[:100], np.random.default_rng(0)
    shifts = [np.round(s.astype(float), 2).tolist() for s in demo_table('cnmr')['shifts'].iloc[::10].iloc[:100]]
    drawn = ACML.from_pretrained('hnmr').simulate('hnmr', smiles, np.random.default_rng(0))
    hydrogens = [np.round(np.asarray(o, float), 3).tolist() if o is not None and len(o) else [1.] for o in drawn]
    return dict(cnmr=shifts, hnmr=hydrogens, **{m: made_up_spectra(smiles, m, rng) for m in ('gcms', 'lcms')})

def all_records(known):
    "Records of every modality, of the first 100 molecules."
    from acml.drawing import depict
    smiles = molecules()[:100]
    drawings = [np.asarray(depict(smi, 'comic' if i % 2 else 'default', seed=i)[0]) for i, smi in enumerate(smiles)]
    words = [f'a molecule of {len(smi)} letters, an aromatic ester with {i % 7} rings, a plant metabolite'
             for i, smi in enumerate(smiles)]
    return {**known, 'smiles': smiles, 'fingerprint': smiles, 'conformer': smiles, 'image': drawings, 'text': words}

def answers(known):
    "All that is compared: names to arrays."
    from acml.core import Rejected
    from acml.reading import read_drawings
    from acml.candidates import describe_molecules
    from acml.library import Library
    from acml.model import ACML
    smiles, records, out = molecules(), all_records(known), {}
    out['drawings'] = np.array(read_drawings(records['image']))
    for name in MODELS:
        model = ACML.from_pretrained(name)
        z = model.embed('graph', smiles)
        out[f'{name}/graph'] = z.astype(np.float16)
        library = Library.from_embeddings(z.astype(np.float16), describe_molecules(smiles))
        for m in model.towers:
            q = model.embed(m, records[m], report=Rejected())
            out[f'{name}/{m}'] = q.astype(np.float16)
            ok = np.isfinite(q).all(1)
            out[f'{name}/{m}/ranks'] = library.ranks(q[ok], np.flatnonzero(ok))['rank'].to_numpy()
        for m in (m for m in ('cnmr', 'hnmr') if m in model.towers):
            out[f'{name}/{m}/shifts'] = np.concatenate([model.predict_shifts(smi, m) for smi in smiles[:50]])
    return out

def compare(old, new):
    "What differs, one line each: cosines below 1 - 1e-5, other ranks, readings or shifts."
    for key in sorted(old.keys() | new.keys()):
        if key not in old or key not in new:
            yield f'{key}: only {"before" if key in old else "now"}'
            continue
        a, b = old[key], new[key]
        if a.shape != b.shape: yield f'{key}: {b.shape}, was {a.shape}'
        elif a.dtype.kind in 'UiS':
            if (a != b).any(): yield f'{key}: {int((a != b).sum())} of {len(a)} differ'
        elif key.endswith('/shifts'):
            far = np.nanmax(abs(a - b))
            if far > 1e-3 or (np.isnan(a) != np.isnan(b)).any(): yield f'{key}: up to {far:.2g} ppm apart'
        else:
            a, b = a.astype(float), b.astype(float)
            if (np.isnan(a) != np.isnan(b)).any(): yield f'{key}: other records are set aside'
            cosine = (a*b).sum(1)/np.linalg.norm(a, axis=1)/np.linalg.norm(b, axis=1)
            if np.nanmin(cosine) < 1 - 1e-5: yield f'{key}: cosine down to {np.nanmin(cosine):.7f}'

def load():
    "(known records, answers) of the file."
    with np.load(PATH, allow_pickle=False) as f: saved = {k: f[k] for k in f}
    return json.loads(str(saved.pop('records'))), saved

def write():
    "Ask, and keep the answers."
    known = text_records()
    np.savez_compressed(PATH, records=json.dumps(known), **answers(known))
    print(f'{PATH.relative_to(ROOT)}: {PATH.stat().st_size/1e6:.1f} MB')

def check():
    "What differs today."
    known, old = load()
    return list(compare(old, answers(known)))

if __name__ == '__main__':
    if sys.argv[1:] == ['write']: write()
    elif sys.argv[1:] == ['check']:
        found = check()
        sys.exit('\n'.join(found) or print('All answers as before.'))
    else: sys.exit(__doc__)
