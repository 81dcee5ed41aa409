"Clouds of atoms: large ones, many at once, and files that go wrong in ways the pages have no room for."
import numpy as np
import pytest
import torch
from rdkit import Chem

from acml.conformer import ConformerEncoder, conformer_modality, _featurize_conformer, _generate_conformer
from acml.core import AcmlError, RecordError, Rejected
from acml.pointcloud import _split_atoms, collate_atoms, _radius_graph
from acml.modality import encode_features, get_modality
from acml.pocket import find_ligand, pocket_modality, read_pocket, _read_structure

def line(serial, name, residue, chain, number, xyz, element='C', record='ATOM', alt=' ', occupancy=1.):
    place = ''.join(f'{x:8.3f}' for x in xyz)
    return (f'{record:<6}{serial % 100000:5d} {name:^4}{alt}{residue:>3} {chain}{number:4d}    {place}'
            f'{occupancy:6.2f}  0.00          {element:>2}')

def lattice(n, step=1.6):
    side = int(np.ceil(n ** (1 / 3)))
    return np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing='ij'), -1).reshape(-1, 3)[:n] * step

def protein(n_atoms):
    "A block of glycine atoms with a ligand of four carbons on top."
    xyz = lattice(n_atoms)
    lines = [line(k + 1, ('N', 'CA', 'C', 'O')[k % 4], 'GLY', 'A', k // 4 % 9999 + 1, p, ('N', 'C', 'C', 'O')[k % 4])
             for k, p in enumerate(xyz)]
    top = xyz.mean(0) * [1, 1, 0] + [0, 0, xyz[:, 2].max() + 3]
    return [*lines, *(line(k + 1, f'C{k}', 'LIG', 'B', 1, top + [1.5 * k, 0, 0], record='HETATM') for k in range(4))]

@pytest.fixture
def write(tmp_path):
    def write(name, lines):
        path = tmp_path/name
        path.write_text('\n'.join([*lines, 'END', '']))
        return path
    return write

def test_pairs_are_those_of_all_against_all():
    rng = np.random.default_rng(0)
    ptr = np.array([0, 7, 7, 30, 31])
    xyz = rng.normal(0, 3, (31, 3))
    near = np.linalg.norm(xyz[:, None] - xyz, axis=-1) < 5
    mol = np.repeat(np.arange(4), np.diff(ptr))
    near &= (mol[:, None] == mol) & ~np.eye(31, dtype=bool)
    assert _radius_graph(xyz, ptr).T.tolist() == [[j, i] for i, j in np.argwhere(near)]

@pytest.mark.parametrize('name', ['conformer', 'pocket'])
def test_parts_and_whole_agree(name):
    encoder = get_modality(name).encoder().requires_grad_(False)
    fields = len(encoder.config['token_sizes'])
    features = [dict(tokens=np.zeros((n, fields), np.uint8), xyz=lattice(n).astype(np.float32))
                for n in (1, 500, 3, 120, 2)]
    batch = collate_atoms(features)
    whole = encoder.pool(batch)
    with torch.no_grad(): parts = torch.cat([encoder.pool(p) for p in _split_atoms(batch, max_pairs=100)])
    assert torch.isfinite(whole).all() and torch.allclose(whole, parts, rtol=1e-3, atol=1e-2)

def test_shipped_encoders_are_small_and_say_what_they_are_from():
    import json
    from acml.modality import PRETRAINED
    for name in ('conformer', 'pocket'):
        folder = PRETRAINED/f'{name}_encoder'
        assert (folder/'model.safetensors').stat().st_size < 600_000
        assert {'recipe', 'n_records', 'data', 'licence', 'data_fingerprint',
                'losses'} <= {*json.loads((folder/'config.json').read_text())}

def test_a_molecule_that_takes_too_long_is_refused_not_waited_for():
    smi = Chem.MolToSmiles(Chem.MolFromSequence('GAVLIFWYSTGAVLIFWYST'))
    try: assert _generate_conformer(smi, seconds=1, relax=0).GetNumConformers() == 1
    except RecordError as e: assert 'no conformer could be made' in e.reason

def test_five_hundred_atoms_with_coordinates(tmp_path):
    mol = Chem.MolFromSmiles('C' * 500)
    conformer = Chem.Conformer(500)
    for k in range(500): conformer.SetAtomPosition(k, (1.25 * k, .87 * (k % 2), .01 * k))
    mol.AddConformer(conformer)
    features = _featurize_conformer(mol)
    hidden = encode_features(conformer_modality(), ConformerEncoder().eval(), [features])
    assert features['xyz'].shape == (500, 3) and np.isfinite(hidden).all()

def test_a_bad_record_is_set_aside_and_named():
    report = Rejected()
    features, rows = conformer_modality().features(['CCO', '*x*', '', 'C'], report)
    assert rows.tolist() == [0, 3] and [r['row'] for r in report] == [1, 2]

@pytest.mark.parametrize('smi', ['*CC', '[U]', '[2H]C([2H])[2H]', 'C[Pt](Cl)(Cl)N', '[He]', 'O.O.O'])
def test_odd_molecules_give_features_or_a_reason(smi):
    try: assert np.isfinite(_featurize_conformer(smi)['xyz']).all()
    except RecordError as e: assert e.reason

def test_large_structures(write):
    structure = _read_structure(write('large.pdb', protein(40_000)))
    # residue numbers start again after 9,999; names decide
    assert len(structure['xyz']) == 40_004

def test_pocket_of_a_large_structure(write):
    path = write('p.pdb', protein(9_000))
    pocket = read_pocket(path)
    assert 10 < len(pocket['xyz']) < 400
    assert get_modality('pocket').features([path])[0][0]['tokens'].shape == (len(pocket['xyz']), 3)

def test_the_named_copy_and_the_named_chain(write):
    lines = protein(400)
    ligand = lines[-4:]
    lines += [l.replace('LIG B   1', 'LIG C   7') for l in ligand]
    lines += [line(1, f'C{k}', 'BIG', 'B', 2, (k, 0, 30), record='HETATM') for k in range(6)]
    structure = _read_structure(write('two.pdb', lines))
    assert set(structure['residue'][find_ligand(structure)]) == {'BIG'}          # the largest
    assert set(structure['chain'][find_ligand(structure, 'LIG')]) == {'B'}       # the first
    assert set(structure['chain'][find_ligand(structure, 'LIG', 'C')]) == {'C'}
    with pytest.raises(RecordError, match='two.pdb: no ligand called LIG in chain Z'):
        read_pocket(dict(path=write('two.pdb', lines), ligand='LIG', chain='Z'))

def test_only_ions(write):
    lines = protein(40)[:-4] + [line(1, 'ZN', 'ZN', 'A', 99, (0, 0, -3), 'ZN', 'HETATM')]
    with pytest.raises(RecordError, match='only ions'): read_pocket(write('ions.pdb', lines))

def test_random_bytes_and_cuts_never_raise_anything_else(write, tmp_path):
    rng = np.random.default_rng(0)
    text = '\n'.join(protein(60)).encode()
    for k in range(60):
        data = bytearray(text[:rng.integers(1, len(text))])
        for _ in range(rng.integers(0, 30)): data[rng.integers(0, len(data))] = rng.integers(32, 127)
        path = tmp_path/f'{k}.pdb'
        path.write_bytes(bytes(data))
        try: assert np.isfinite(read_pocket(path)['xyz']).all()
        except RecordError as e: assert e.reason

def test_mmcif_needs_gemmi_and_says_so(monkeypatch, write):
    import importlib
    def none(name, *args): raise ImportError(name)
    monkeypatch.setattr(importlib, 'import_module', none)
    with pytest.raises(AcmlError, match='gemmi'): _read_structure(write('x.cif', ['data_x']))

def test_broken_mmcif(write):
    pytest.importorskip('gemmi')
    for text in ('data_x', 'loop_\n_atom_site.id\n1', 'no cif at all', "data_x\nloop_\n_atom_site.id\n'unclosed"):
        with pytest.raises(RecordError): _read_structure(write('x.cif', [text]))
