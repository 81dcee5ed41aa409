"""Pictures as people have them: every format, mode and size, damaged files, huge ones, many molecules; and what the shipped eye makes of them."""
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from rdkit import Chem

from acml.core import RecordError
from acml.image import (MAX_ATOMS, SIZE, STYLES, BondReader, ImageEncoder, TimmEncoder, atom_letters, bond_length,
                        bond_table, collate_images, cut_strips, depict, image_modality, magnification, near_pairs,
                        oddity, pretrain_images, strip_points, swap_elements, to_image, write_molecule)
from acml.modality import encode_features
from acml.smiles import atom_environments

SMI = 'CC(C)Cc1ccc(cc1)C(C)C(=O)O'

def saved(image, kind, **options):
    image.save(f := io.BytesIO(), kind, **options)
    return f.getvalue()

def alike(a, b): return np.corrcoef(a.ravel(), b.ravel())[0, 1]

@pytest.fixture(scope='module')
def picture(): return depict(SMI)[0]

@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'BMP', 'GIF', 'TIFF', 'WEBP'])
def test_file_formats(picture, kind, tmp_path):
    data = saved(picture, kind)
    path = tmp_path/f'a.{kind.lower()}'
    path.write_bytes(data)
    reference = to_image(SMI)
    for record in (data, path, str(path)): assert alike(to_image(record), reference) > .95

@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'RGB', 'RGBA', 'LA', 'CMYK', 'YCbCr', 'HSV', 'I', 'F', 'I;16'])
def test_modes(picture, mode):
    grey = picture.convert('L')
    if mode == 'I;16': image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode in ('I', 'F', '1', 'LA'): image = grey.convert(mode)
    else: image = picture.convert(mode)
    assert alike(to_image(image), to_image(SMI)) > .85

@pytest.mark.parametrize('ink', ['black', 'white'])
def test_ink_on_nothing(picture, ink):
    alpha = ImageOps.invert(picture.convert('L'))
    image = Image.new('RGBA', picture.size, ink)
    image.putalpha(alpha)
    assert alike(to_image(image), to_image(picture.convert('L'))) > .95

def test_white_on_black_is_the_same(picture): assert alike(to_image(ImageOps.invert(picture)), to_image(SMI)) > .999

@pytest.mark.parametrize('side', [32, 64, 1000, 3000])
def test_sizes(picture, side):
    seen = to_image(picture.resize((side, side), Image.LANCZOS))
    assert seen.shape == (SIZE, SIZE) and seen.dtype == np.uint8
    if side > 100: assert alike(seen, to_image(SMI)) > .7

def test_a_page_of_10_000_pixels():
    page = Image.new('L', (10_000, 10_000), 255)
    page.paste(depict(SMI)[0].convert('L').resize((6000, 6000)), (2000, 3000))
    assert alike(to_image(page), to_image(SMI)) > .6

def test_arrays(picture):
    a = np.asarray(picture)
    g = a.min(2)
    for record in (a, g, a / 255., a.astype(np.float32), g[..., None], g > 128, a.astype(np.uint16) * 257):
        assert alike(to_image(record), to_image(SMI)) > .8
    for bad in (a[..., 0] * np.nan, np.full((40, 40), np.inf), np.full(
        (40, 40), -1.), a[0, 0], a[None], a.astype(complex), a.astype(str), a[:3, :3], np.zeros((0, 50))):
        with pytest.raises(RecordError): to_image(bad)

@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'GIF', 'TIFF', 'WEBP', 'BMP'])
def test_damaged_files_never_crash(picture, kind):
    "Cut anywhere, or with bytes changed: a picture or a RecordError."
    data, rng, refused = saved(picture, kind), np.random.default_rng(0), 0
    for cut in (0, 1, 10, 50, len(data) // 4, len(data) // 2):
        with pytest.raises(RecordError): to_image(data[:cut])
    for _ in range(25):
        spoilt = bytearray(data)
        for i in rng.integers(len(data), size=8): spoilt[i] = rng.integers(256)
        try: assert to_image(bytes(spoilt)).shape == (SIZE, SIZE)
        except RecordError: refused += 1
    assert refused or kind in ('BMP', 'GIF', 'TIFF', 'JPEG', 'WEBP')

def test_a_bomb_is_refused_before_it_is_decoded():
    with pytest.raises(RecordError, match='too many pixels'): to_image(saved(Image.new('1', (20_000, 12_000)), 'PNG'))

@pytest.mark.parametrize(
    'bad', [None, 3, 3.5, [], {}, '', ' ', 'C1CC', 'x.png',
            Path('x.png'), b'', b'text', 'C' * (MAX_ATOMS+1)])
def test_bad_records(bad):
    with pytest.raises(RecordError): to_image(bad)

def test_a_directory_is_not_a_picture(tmp_path):
    with pytest.raises(RecordError): to_image(tmp_path)

@pytest.mark.parametrize('smi', [
    'C', '[Na+].[Cl-]', '[2H]C([2H])[2H]', 'C' * 80, '*CC*', '[Fe+2]', 'c1ccccc1.CC(=O)O', 'C[C@H](N)C(=O)O', 'F/C=C/F'
])
@pytest.mark.parametrize('style', list(STYLES))
def test_odd_molecules_are_drawn(smi, style):
    image, positions, bonds = depict(smi, style, seed=1)
    assert len(positions) > 0 and np.isfinite(positions).all()
    assert bonds.shape == bond_table(Chem.MolFromSmiles(smi)).shape
    assert to_image(smi, style, seed=1).max() > 100

def test_hidden_of_the_shipped_encoder():
    modality, encoder = image_modality(), ImageEncoder.shipped('image')
    features, _ = modality.features([SMI, 'C' * 80, depict(SMI, 'serif', 1)[0]])
    hidden = encode_features(modality, encoder, features)
    assert hidden.shape == (3, encoder.out_dim) and np.isfinite(hidden).all()
    assert encode_features(modality, encoder, []).shape == (0, encoder.out_dim)

def read(records):
    return ImageEncoder.shipped('image').read([torch.from_numpy(r) for r in records])

@pytest.mark.parametrize('style', list(STYLES))
def test_the_eye_counts_atoms_and_bonds(style):
    "As many as there are, nearly always, also in styles never trained on."
    graphs = read([to_image(SMI, style, seed=s) for s in range(4)])
    assert np.mean([abs(g.weight.sum() - 15) for g in graphs]) < 1
    assert np.mean([abs(g.order.sum() - 15) for g in graphs]) < 1

PLAIN = [
    'CC(C)Cc1ccc(cc1)C(C)C(=O)O', 'Cn1cnc2c1c(=O)n(C)c(=O)n2C', 'CC(=O)Oc1ccccc1C(=O)O', 'NCCc1ccc(O)c(O)c1',
    'O=C(O)C1CCCN1', 'Clc1ccc(Br)cc1', 'C#CCSC', 'O=[N+]([O-])c1ccccc1'
]

@pytest.mark.parametrize('style', list(STYLES))
def test_molecules_are_read(style):
    "The very SMILES, of nearly all."
    mols = ImageEncoder.shipped('image').molecules(
        [torch.from_numpy(to_image(smi, style, seed=i)) for i, smi in enumerate(PLAIN)])
    right = [Chem.MolToSmiles(mol) == Chem.CanonSmiles(smi) for smi, mol in zip(PLAIN, mols)]
    assert sum(right) >= len(PLAIN) - 2, [smi for smi, ok in zip(PLAIN, right) if not ok]

@pytest.mark.parametrize('smi', [
    *PLAIN, 'C[N+](C)(C)CC(=O)[O-]', 'c1cc[nH]c1', 'c1ccc2[se]ccc2c1', '[2H]C([2H])Cl', '[13CH4]', '[Na+].[Cl-]',
    'C[Si](C)(C)C', '[O-][n+]1ccccc1', 'O=c1[nH]cnc2nc[nH]c12', 'CP(=O)(O)O', 'B1OCCO1', 'C1=CC=C[CH-]1', '*CC*'
])
def test_letters_and_lines_are_the_molecule(smi):
    mol = Chem.MolFromSmiles(smi)
    again, allowed = write_molecule(atom_letters(mol), depict(mol)[2])
    assert allowed and Chem.MolToSmiles(again) == Chem.MolToSmiles(mol) and (atom_environments(again)
                                                                             == atom_environments(mol)).all()

def test_impossible_molecules_are_written_all_the_same():
    "Misread drawings, thickets among them: no crash, no endless counting of rings."
    rng = np.random.default_rng(0)
    for n, k in ((3, 2), (50, 100), (300, 1200)):
        pairs = np.unique(np.sort(rng.integers(0, n, (k, 2)), axis=1), axis=0)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        mol, allowed = write_molecule(np.repeat(atom_letters(Chem.MolFromSmiles('C')), n),
                                      np.column_stack([pairs, rng.integers(1, 5, len(pairs))]))
        assert (mol.GetNumAtoms(), mol.GetNumBonds()) == (n, len(pairs)) and oddity(mol, allowed) >= 0
        if n > 3: assert not allowed and oddity(mol, allowed) >= 6

def test_radicals_charges_unknown_letters_and_lone_carbons_are_odd():
    odd = lambda smi: oddity(Chem.MolFromSmiles(smi), True)
    assert odd('CCO') == odd('C[N+](=O)[O-]') == odd('C') == odd('CCO.O') == odd('CCN.Cl') == 0
    assert min(odd('CC[O]'), odd('CC[O-]'), odd('CC*'), odd('CCO.C')) > 0

def test_exchanged_elements_keep_the_shape():
    rng, new = np.random.default_rng(0), set()
    for smi in PLAIN * 5:
        mol = Chem.MolFromSmiles(smi)
        other = swap_elements(mol, rng)
        assert Chem.SanitizeMol(Chem.Mol(other), catchErrors=True) == 0
        assert (bond_table(other)[:, :2] == bond_table(mol)[:, :2]).all()
        again, allowed = write_molecule(atom_letters(other), depict(other)[2])
        assert allowed and Chem.MolToSmiles(again, isomericSmiles=False) == Chem.MolToSmiles(
            other, isomericSmiles=False)
        new |= {atom.GetSymbol() for atom in other.GetAtoms()}
    assert {'I', 'Si', 'Se', 'P', 'B'} <= new

def test_a_scale_for_every_size():
    "Small molecules fill the square, large ones crowd it: both are read."
    for smi, n in (('CCO', 3), ('c1ccccc1', 6), ('CC(C)(C)c1ccc(cc1)C(=O)CCCN1CCC(CC1)OC(c1ccccc1)c1ccccc1', 35)):
        assert abs(read([to_image(smi)])[0].weight.sum() - n) < 2, smi

CAGES = [
    'C1C2CC3CC1CC(C2)C3', 'CC1(C)C2CCC1(C)C(=O)C2', 'C1CC2CCC1C2', 'C1CN2CCC1CC2', 'CN1C2CCC1CC(O)C2',
    'NC12CC3CC(CC(C3)C1)C2', 'O=C1CC2CCC1C2', 'CC1(C)C2CCC(=C)C1C2'
]

def test_cages_are_read():
    "Lines of all lengths that cross."
    mols = ImageEncoder.shipped('image').molecules([torch.from_numpy(to_image(smi)) for smi in CAGES])
    right = [Chem.MolToSmiles(mol) == Chem.CanonSmiles(smi) for smi, mol in zip(CAGES, mols)]
    assert sum(right) >= len(CAGES) - 1, [smi for smi, ok in zip(CAGES, right) if not ok]

@pytest.mark.parametrize('smi', CAGES)
def test_every_bond_of_a_cage_is_asked_about(smi):
    _, xy, bonds = depict(smi)
    pairs = set(zip(*(part.tolist() for part in near_pairs(xy, bond_length(xy)))))
    assert {(min(a, b), max(a, b)) for a, b, _ in bonds.tolist()} <= pairs

def test_a_large_molecule_is_made_larger_to_be_read():
    smi = 'CCCCCCCCCCCCN(CCCCCCCCCCCC)c1ccc(C#Cc2ccc(C=C(C#N)C#N)cc2)cc1'
    encoder, picture = ImageEncoder.shipped('image'), torch.from_numpy(to_image(smi))
    assert magnification(encoder.scales([picture]))[0] > 1.5
    assert [Chem.MolToSmiles(mol) for mol in encoder.molecules([picture])] == [Chem.CanonSmiles(smi)]

def test_drawings_of_two_or_three_atoms_are_read():
    "Their bonds are as long as the picture: made 22 pixels long, their lines would vanish."
    smiles = ['C#CCBr', 'C1CO1', 'C1CS1', 'C#CF', 'C#CI', 'C#CC', 'CO', 'CF', 'CBr', 'CC#N', 'C=C=O', 'COC']
    modality, encoder = image_modality(), image_modality().encoder().eval()
    read = encoder.molecules(list(collate_images(modality.features(smiles)[0])['image']))
    assert sum(Chem.CanonSmiles(s) == Chem.MolToSmiles(m) for s, m in zip(smiles, read)) >= 11

def test_a_strip_does_not_depend_on_how_it_lies():
    "The same line, level, upright and drawn from the other end."
    ink, scale = torch.zeros(2, 60, 60), np.full(3, 30.)
    ink[0, 29:31, 15:45] = ink[1, 15:45, 29:31] = 1
    start, end = np.array([[15, 30], [45, 30], [30, 15.]]), np.array([[45, 30], [15, 30], [30, 45.]])
    level, back, upright = cut_strips(ink, np.array([0, 0, 1]), strip_points(start, end, scale))
    assert torch.allclose(level, back.flip(1, 2), atol=1e-5) and torch.allclose(level, upright,
                                                                                atol=1e-5) and level.max() > .5

def test_batch_mates_change_nothing():
    encoder, records = ImageEncoder.shipped('image'), [
        to_image(s) for s in (SMI, 'CCO', 'C' * 40, 'Cn1cnc2c1c(=O)n(C)c(=O)n2C')
    ]
    together = encoder(collate_images(records))
    for record, hidden in zip(records, together):
        assert torch.allclose(encoder(collate_images([record]))[0], hidden, atol=1e-3)

def test_noise_and_stripes_are_read_as_something():
    "Not a molecule: a hidden all the same, finite, in reasonable time."
    rng = np.random.default_rng(0)
    pictures = [
        rng.integers(0, 255, (SIZE, SIZE)),
        np.tile(rng.integers(0, 255, SIZE), (SIZE, 1)),
        np.full((SIZE, SIZE), 255),
        np.zeros((SIZE, SIZE))
    ]
    hidden = ImageEncoder.shipped('image')(collate_images([p.astype(np.uint8) for p in pictures]))
    assert hidden.shape[0] == 4 and torch.isfinite(hidden).all()

def test_a_reading_too_long_for_words_does_not_end_the_batch(monkeypatch):
    encoder, batch = ImageEncoder.shipped('image'), collate_images([to_image('CCO')] * 2)
    monkeypatch.setattr(ImageEncoder, 'readings', lambda self, pictures: ([{'C' * 1100: 1.}, {'CCO': 1.}], {}))
    hidden = encoder(batch)
    assert not hidden[0].any() and hidden[1].any()

def test_a_drawing_gone_wrong_does_not_spoil_the_bonds():
    "Atoms far off the paper once left a running variance of 1e23."
    reader, features, xy = BondReader(8).train(), torch.randn(1, 8, 5, 5), np.array([[5., 5.], [1e12, 5.], [9., 9.]])
    reader(torch.rand(1, 30, 30), features, torch.randn(3, 8), np.zeros(3, int), xy,
           (np.array([0, 0, 1]), np.array([1, 2, 2])), np.full(3, 20.))
    assert reader.net[0].running_var.max() < 1e4

def test_saved_and_loaded(tmp_path):
    encoder = ImageEncoder(thin=4, fine=8, coarse=8, dim=8, dilations=(1,), n_context=1, pair_dim=8).eval()
    losses = pretrain_images(encoder, [SMI, 'CCO', 'c1ccccc1'], steps=2, fresh=8)
    assert len(losses) == 2 and np.isfinite(losses).all()
    encoder.save_pretrained(tmp_path)
    again = ImageEncoder.from_pretrained(tmp_path)
    batch = collate_images([to_image(SMI)])
    assert again.fingerprint() == encoder.fingerprint() and torch.equal(again(batch), encoder(batch))

def test_timm_backbone():
    try: import timm # noqa: F401
    except Exception as e: pytest.skip(f'timm cannot be imported here ({type(e).__name__}: {e})')
    encoder = TimmEncoder('resnet18').eval()
    assert encoder(collate_images([to_image(SMI)])).shape == (1, encoder.out_dim)
