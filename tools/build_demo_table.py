"""Build the demo table `acml/demo/demo.parquet`: 2,000 real molecules with *predicted* 13C and 1H shifts.

    python tools/build_demo_table.py [--out acml/demo/demo.parquet] [--n 2000]

Run it in an environment of its own, not in the one acml is developed in (Linux, Python 3.11, one core, about a quarter
of an hour):

    python3.11 -m venv demo-venv
    demo-venv/bin/pip install torch==2.13.0
    demo-venv/bin/pip install csp5==0.3.1 chemicals==1.5.2
    demo-venv/bin/python tools/build_demo_table.py

- chemicals 1.5.2 (MIT, C. Bell and contributors; https://github.com/CalebBell/chemicals) ships identifiers of about
  70,000 substances taken from PubChem: SMILES, InChIKey and names. The molecules and their names come from it.
- csp5 0.3.1 (MIT, B. Rowlands), a graph network over one MMFF conformer in the line of CASCADE (Guan et al., Chem. Sci.
  2021, doi:10.1039/D1SC03343C), predicts the shifts. None of the shifts is measured, no noise is added.

csp5 has learnt from public spectra, so its predictions would leak those into whatever learns from them: this table is
for demonstrations and tests, never for training a model that is shipped or scored on measured spectra.

Two runs with the same versions give the same table; the versions are written into the metadata of the file. Split it
afterwards by `tools/split_demo_table.py`, in the environment of acml: this one knows no models.
"""
import argparse, hashlib, json, math, os, re, sys
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')
import chemicals
import pyarrow as pa, pyarrow.parquet as pq
from rdkit import Chem, RDLogger
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

ROOT = Path(__file__).resolve().parents[1]
FILES = ['chemical identifiers pubchem large.tsv', 'chemical identifiers pubchem small.tsv',
         'chemical identifiers example user db.tsv']
ELEMENTS = set('H C N O F S Cl Br P Si B I'.split())
NUCLEI = {'13C': ('C', 1), '1H': ('H', 2)} # element, decimals of a shift in ppm
CATALOGUE = re.compile(
    r'^(?=.*\d{3})[a-z0-9 .\-]*$|^(nsc|stk|zinc|chembl|akos|mls|smr|ac1|agn-pc|einecs|unii|bb |wln|cb\d|st\d|ai3)',
    re.I)

def read_candidates():
    "The molecules of `chemicals` that fit, one per connectivity block, each with the number of names it goes by."
    best = {}
    for file in FILES:
        for line in open(Path(chemicals.__file__).parent/'Identifiers'/file, encoding='utf-8'):
            cid, _, _, _, smi, _, _, *names = line.rstrip('\n').split('\t')
            mol = Chem.MolFromSmiles(smi)
            if mol is None or not fits(mol): continue
            key = Chem.MolToInchiKey(mol)
            row = dict(cid=int(cid), inchikey=key, smiles=Chem.MolToSmiles(mol), formula=CalcMolFormula(mol),
                       names=names, n_names=len(names))
            if not key or not Chem.MolFromSmiles(row['smiles']): continue
            old = best.get(key[:14])
            if old is None or (row['n_names'], key) > (old['n_names'], old['inchikey']): best[key[:14]] = row
    return sorted(best.values(), key=lambda r: (-r['n_names'], r['inchikey']))

def fits(mol):
    "Organic, 4-35 heavy atoms, 3 carbons or more, in one part with carbon, neutral, no isotopes, no radicals."
    atoms = list(mol.GetAtoms())
    symbols = Counter(a.GetSymbol() for a in atoms)
    parts = [p for p in Chem.GetMolFrags(mol, asMols=True) if any(a.GetSymbol() == 'C' for a in p.GetAtoms())]
    return (set(symbols) <= ELEMENTS and 4 <= len(atoms) <= 35 and symbols['C'] >= 3 and len(parts) == 1
            and Chem.GetFormalCharge(mol) == 0 and not any(a.GetIsotope() or a.GetNumRadicalElectrons() for a in atoms))

def pick(rows, n, n_known=800, group=6, cap=12, max_salts=.02):
    "The best known molecules first, then isomers of them, so that many formulas have several molecules; few salts."
    by_formula, chosen, taken = defaultdict(list), {}, Counter()
    for r in rows: by_formula[r['formula']].append(r)
    salts = 0
    def take(r, limit):
        nonlocal salts
        salt = '.' in r['smiles']
        if r['inchikey'] in chosen or taken[r['formula']] >= limit or len(chosen) >= n: return
        if salt and salts >= max_salts*n: return
        chosen[r['inchikey']] = r
        taken[r['formula']] += 1
        salts += salt
    for r in rows[:n_known]: take(r, cap)
    known = sorted(taken, key=lambda f: (-sum(math.log(r['n_names']) for r in by_formula[f][:group]), f))
    for f in known:
        for r in by_formula[f]: take(r, group)
    for r in rows: take(r, group) # only if the groups were not enough
    return list(chosen.values())

def name_of(row):
    "The common name where there is one, else the systematic one."
    iupac, *common = row['names'] + ['']
    return next((x for x in common[:4] if re.search('[a-z]{3}', x, re.I) and not CATALOGUE.match(x)), iupac) or iupac

def predict(smiles, nucleus):
    "{SMILES of one part: {atom index: ppm}}, atoms counted with hydrogens added; parts that csp5 cannot do are absent."
    from csp5 import predict_smiles
    from csp5._runtime import cascade_core
    cascade_core.EMBED_ATTEMPT_TIMEOUT_S = 3600 # of the clock: a busy machine must not change the geometry
    res = predict_smiles(smiles, nucleus=nucleus, device='cpu', num_workers=1)
    out = defaultdict(dict)
    for smi, i, ppm in zip(res.predictions.smiles, res.predictions.atom_index, res.predictions.shift_ppm):
        out[smi][int(i)] = float(ppm)
    for f in res.failures: print(f'{nucleus}: left out: {f}', file=sys.stderr)
    return out

AMIDE = Chem.MolFromSmarts('[#6,#1][CX3](=[OX1])[NX3;!$(N[CX3](=O)[#7,#8])]')

def stereo_elements(mol, atom=None):
    """Where the molecule has, or could have, stereochemistry; with `atom` labelled as another isotope.

    Amide C-N counts as a double bond."""
    mol, seen = Chem.RWMol(mol), set()
    for _, c, o, n in mol.GetSubstructMatches(AMIDE):
        if {c, n} & seen: continue
        seen |= {c, n}
        for j, bond, charge in ((o, Chem.BondType.SINGLE, -1), (n, Chem.BondType.DOUBLE, 1)):
            mol.GetBondBetweenAtoms(c, j).SetBondType(bond)
            mol.GetAtomWithIdx(j).SetFormalCharge(charge)
    mol.UpdatePropertyCache(strict=False)
    if atom is not None: mol.GetAtomWithIdx(atom).SetIsotope(99)
    return {(str(e.type), e.centeredOn) for e in Chem.FindPotentialStereo(mol.GetMol(), flagPossible=True)}

def equivalent(mol, element):
    """Groups of atoms whose shifts are equal by symmetry or fast rotation.

    Atoms that the graph cannot tell apart are diastereotopic, and kept apart, when labelling one of them makes a new
    stereo element beside another one, or E/Z isomers (the methyl groups of menthol, of camphor, of DMF)."""
    rank, same = list(Chem.CanonicalRankAtoms(mol, breakTies=False)), defaultdict(list)
    for a in mol.GetAtoms():
        if a.GetSymbol() == element: same[rank[a.GetIdx()]].append(a.GetIdx())
    plain = stereo_elements(mol)
    for group in same.values():
        labelled = stereo_elements(mol, group[0]) if len(group) > 1 else plain
        new = labelled - plain
        if not new or (len(labelled) == 1 and 'Double' not in str(new)): yield group; continue
        parents = defaultdict(list)
        for i in group: # the three hydrogens of a methyl group are equal all the same
            up = mol.GetAtomWithIdx(i).GetNeighbors()[0]
            parents[up.GetIdx() if element == 'H' and up.GetTotalNumHs(includeNeighbors=True) == 3 else (i,)].append(i)
        yield from parents.values()

def peak_list(smi, shifts, nucleus):
    "Sorted (ppm, multiplicity), one an atom; None where a prediction is missing. Equivalent atoms get their mean."
    element, digits = NUCLEI[nucleus]
    mol = Chem.AddHs(Chem.MolFromSmiles(smi))
    if set(shifts) != {a.GetIdx() for a in mol.GetAtoms() if a.GetSymbol() == element}: return None
    letter = lambda i: '' if nucleus == '1H' else 'SDTQQ'[mol.GetAtomWithIdx(i).GetTotalNumHs(includeNeighbors=True)]
    groups = [(round(sum(shifts[i] for i in g)/len(g), digits) + 0., g) for g in equivalent(mol, element)]
    return sorted((ppm, letter(i)) for ppm, g in groups for i in g)

def parts_of(smi):
    "The parts of a salt that hold carbon, as SMILES; counter-ions without carbon are not predicted."
    return [p for p in smi.split('.') if any(a.GetSymbol() == 'C' for a in Chem.MolFromSmiles(p).GetAtoms())]

def split_of(inchikey):
    "train, valid or test, about 80/10/10, from SHA-256 of the connectivity block, until `split_demo_table.py` has run."
    u = int(hashlib.sha256(inchikey[:14].encode()).hexdigest()[:8], 16)/16**8
    return 'train' if u < .8 else 'valid' if u < .9 else 'test'

def build(n):
    "The rows of the table; molecules that csp5 cannot do give way to the next ones."
    rows = pick(read_candidates(), round(n*1.03))
    parts = sorted({p for r in rows for p in parts_of(r['smiles'])})
    shifts = {nucleus: predict(parts, nucleus) for nucleus in NUCLEI}
    table, done = [], 0
    for r in rows:
        peaks = {}
        for nucleus in NUCLEI:
            lists = [peak_list(p, shifts[nucleus].get(p, {}), nucleus) for p in parts_of(r['smiles'])]
            peaks[nucleus] = None if None in lists else sorted(sum(lists, []))
        if done == n or not peaks['13C'] or peaks['1H'] is None: continue
        done += 1
        table += [record(r, nucleus, p) for nucleus, p in peaks.items() if p]
    return sorted(table, key=lambda t: (t['inchikey'], t['nucleus']))

def record(r, nucleus, peaks):
    "One row of the table."
    mol = Chem.AddHs(Chem.MolFromSmiles(r['smiles']))
    return dict(inchikey=r['inchikey'], smiles=r['smiles'], formula=r['formula'], name=name_of(r),
                split=split_of(r['inchikey']), nucleus=nucleus, shifts=[p for p, _ in peaks],
                multiplicities=[m for _, m in peaks], n_peaks=len(peaks),
                n_atoms=sum(a.GetSymbol() == NUCLEI[nucleus][0] for a in mol.GetAtoms()),
                source=f'PubChem CID {r["cid"]}', licence='MIT', kind='predicted')

SCHEMA = pa.schema([*[(c, pa.string()) for c in ('inchikey', 'smiles', 'formula', 'name', 'split', 'nucleus')],
                    ('shifts', pa.list_(pa.float32())), ('multiplicities', pa.list_(pa.string())),
                    ('n_peaks', pa.int16()), ('n_atoms', pa.int16()),
                    *[(c, pa.string()) for c in ('source', 'licence', 'kind')]])

def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--out', type=Path, default=ROOT/'acml'/'demo'/'demo.parquet')
    ap.add_argument('--n', type=int, default=2000)
    args = ap.parse_args()
    RDLogger.DisableLog('rdApp.*')
    table = build(args.n)
    about = dict(what='Real molecules; 13C and 1H shifts PREDICTED by csp5, none is measured. '
                      'For demonstrations and tests only.',
                 shifts='predicted', licence='MIT (csp5, chemicals)', script='tools/build_demo_table.py',
                 versions={p: version(p) for p in ('csp5', 'chemicals', 'rdkit', 'torch', 'numpy', 'pyarrow')})
    tbl = pa.Table.from_pylist(table, schema=SCHEMA).replace_schema_metadata({'acml': json.dumps(about)})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(tbl, args.out, compression='zstd', compression_level=19)
    n_molecules, kilobytes = len({t['inchikey'] for t in table}), args.out.stat().st_size/1e3
    print(f'{args.out.name}: {len(tbl):,} rows, {n_molecules:,} molecules, {kilobytes:.0f} kB')
    print(dict(Counter(t['split'] for t in table if t['nucleus'] == '13C')))

if __name__ == '__main__': main()
