"""Pictures as people have them: all formats, modes and sizes, damaged files, many molecules; and how they are read."""
import io, json, shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from rdkit import Chem

from acml.core import AcmlError, RecordError, Rejected, read_json, write_json
from acml.drawing import SIZE, STYLES, bond_table, depict, encode_labels, to_image, to_rdkit
from acml.image import ImageEncoder, TimmEncoder, _collate_images, image_modality
from acml.modality import PRETRAINED, encode_features
from acml.model import ACML
from acml.ocsr import (BOND_PX, MAX_SCALE, BondClassifier, StructureRecognizer, bond_length, near_pairs,
                       _crop_bonds, _implausibility)
from acml.ocsr_train import pretrain_recognizer, _swap_elements
from acml.reading import read_drawings
from acml.smiles import _atom_environments

FIXTURES = Path(__file__).parent/'fixtures'
TINY = dict(stroke_dim=4, fine_dim=8, coarse_dim=8, dim=8, dilations=(1,), n_context=1, bond_dim=8)
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
            Path('x.png'), b'', b'text', 'C' * 201])
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

@pytest.fixture(scope='module')
def recognizer(): return StructureRecognizer.from_pretrained('structure_recognizer')

def read(recognizer, records): return recognizer.read([torch.from_numpy(r) for r in records])

def read_smiles(recognizer, records):
    return [Chem.MolToSmiles(mol) for mol in recognizer.molecules([torch.from_numpy(r) for r in records])]

@pytest.mark.parametrize('style', list(STYLES))
def test_atoms_and_bonds_are_counted(recognizer, style):
    "As many as there are, nearly always, also in styles never trained on."
    graphs = read(recognizer, [to_image(SMI, style, seed=s) for s in range(4)])
    assert np.mean([abs(g.weight.sum() - 15) for g in graphs]) < 1
    assert np.mean([abs(g.order.sum() - 15) for g in graphs]) < 1

PLAIN = [
    'CC(C)Cc1ccc(cc1)C(C)C(=O)O', 'Cn1cnc2c1c(=O)n(C)c(=O)n2C', 'CC(=O)Oc1ccccc1C(=O)O', 'NCCc1ccc(O)c(O)c1',
    'O=C(O)C1CCCN1', 'Clc1ccc(Br)cc1', 'C#CCSC', 'O=[N+]([O-])c1ccccc1'
]

@pytest.mark.parametrize('style', list(STYLES))
def test_molecules_are_read(recognizer, style):
    "The very SMILES, of nearly all."
    answers = read_smiles(recognizer, [to_image(smi, style, seed=i) for i, smi in enumerate(PLAIN)])
    wrong = [smi for smi, answer in zip(PLAIN, answers) if answer != Chem.CanonSmiles(smi)]
    assert len(wrong) <= 2, wrong

@pytest.mark.parametrize('smi', [
    *PLAIN, 'C[N+](C)(C)CC(=O)[O-]', 'c1cc[nH]c1', 'c1ccc2[se]ccc2c1', '[2H]C([2H])Cl', '[13CH4]', '[Na+].[Cl-]',
    'C[Si](C)(C)C', '[O-][n+]1ccccc1', 'O=c1[nH]cnc2nc[nH]c12', 'CP(=O)(O)O', 'B1OCCO1', 'C1=CC=C[CH-]1', '*CC*'
])
def test_labels_and_lines_are_the_molecule(smi):
    mol = Chem.MolFromSmiles(smi)
    again, allowed = to_rdkit(encode_labels(mol), depict(mol)[2])
    assert allowed and Chem.MolToSmiles(again) == Chem.MolToSmiles(mol) and (_atom_environments(again)
                                                                             == _atom_environments(mol)).all()

def test_impossible_molecules_are_written_all_the_same():
    "Misread drawings, thickets among them: no crash, no endless counting of rings."
    rng = np.random.default_rng(0)
    for n, k in ((3, 2), (50, 100), (300, 1200)):
        pairs = np.unique(np.sort(rng.integers(0, n, (k, 2)), axis=1), axis=0)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        mol, allowed = to_rdkit(np.repeat(encode_labels(Chem.MolFromSmiles('C')), n),
                                      np.column_stack([pairs, rng.integers(1, 5, len(pairs))]))
        assert (mol.GetNumAtoms(), mol.GetNumBonds()) == (n, len(pairs)) and _implausibility(mol, allowed) >= 0
        if n > 3: assert not allowed and _implausibility(mol, allowed) >= 6

def test_radicals_charges_unknown_labels_and_lone_carbons_are_implausible():
    odd = lambda smi: _implausibility(Chem.MolFromSmiles(smi), True)
    assert odd('CCO') == odd('C[N+](=O)[O-]') == odd('C') == odd('CCO.O') == odd('CCN.Cl') == 0
    assert min(odd('CC[O]'), odd('CC[O-]'), odd('CC*'), odd('CCO.C')) > 0

def test_exchanged_elements_keep_the_shape():
    rng, new = np.random.default_rng(0), set()
    for smi in PLAIN * 5:
        mol = Chem.MolFromSmiles(smi)
        other = _swap_elements(mol, rng)
        assert Chem.SanitizeMol(Chem.Mol(other), catchErrors=True) == 0
        assert (bond_table(other)[:, :2] == bond_table(mol)[:, :2]).all()
        again, allowed = to_rdkit(encode_labels(other), depict(other)[2])
        assert allowed and Chem.MolToSmiles(again, isomericSmiles=False) == Chem.MolToSmiles(
            other, isomericSmiles=False)
        new |= {atom.GetSymbol() for atom in other.GetAtoms()}
    assert {'I', 'Si', 'Se', 'P', 'B'} <= new

def test_a_scale_for_every_size(recognizer):
    "Small molecules fill the square, large ones crowd it: both are read."
    for smi, n in (('CCO', 3), ('c1ccccc1', 6), ('CC(C)(C)c1ccc(cc1)C(=O)CCCN1CCC(CC1)OC(c1ccccc1)c1ccccc1', 35)):
        assert abs(read(recognizer, [to_image(smi)])[0].weight.sum() - n) < 2, smi

CAGES = [
    'C1C2CC3CC1CC(C2)C3', 'CC1(C)C2CCC1(C)C(=O)C2', 'C1CC2CCC1C2', 'C1CN2CCC1CC2', 'CN1C2CCC1CC(O)C2',
    'NC12CC3CC(CC(C3)C1)C2', 'O=C1CC2CCC1C2', 'CC1(C)C2CCC(=C)C1C2'
]

def test_cages_are_read(recognizer):
    "Lines of all lengths that cross."
    answers = read_smiles(recognizer, map(to_image, CAGES))
    wrong = [smi for smi, answer in zip(CAGES, answers) if answer != Chem.CanonSmiles(smi)]
    assert len(wrong) <= 1, wrong

@pytest.mark.parametrize('smi', CAGES)
def test_every_bond_of_a_cage_is_asked_about(smi):
    _, xy, bonds = depict(smi)
    pairs = set(zip(*(part.tolist() for part in near_pairs(xy, bond_length(xy)))))
    assert {(min(a, b), max(a, b)) for a, b, _ in bonds.tolist()} <= pairs

def test_a_large_molecule_is_made_larger_to_be_read(recognizer):
    smi = 'CCCCCCCCCCCCN(CCCCCCCCCCCC)c1ccc(C#Cc2ccc(C=C(C#N)C#N)cc2)cc1'
    picture = to_image(smi)
    assert min(MAX_SCALE, BOND_PX / recognizer.bond_lengths([torch.from_numpy(picture)])[0]) > 1.5
    assert read_smiles(recognizer, [picture]) == [Chem.CanonSmiles(smi)]

def test_drawings_of_two_or_three_atoms_are_read(recognizer):
    "Their bonds are as long as the picture: made 22 pixels long, their lines would vanish."
    smiles = ['C#CCBr', 'C1CO1', 'C1CS1', 'C#CF', 'C#CI', 'C#CC', 'CO', 'CF', 'CBr', 'CC#N', 'C=C=O', 'COC']
    answers = read_smiles(recognizer, map(to_image, smiles))
    assert sum(Chem.CanonSmiles(smi) == answer for smi, answer in zip(smiles, answers)) >= 11

def test_the_crop_of_a_bond_does_not_depend_on_how_it_lies():
    "The same line, level, upright and drawn from the other end."
    ink, bond_px = torch.zeros(2, 60, 60), np.full(3, 30.)
    ink[0, 29:31, 15:45] = ink[1, 15:45, 29:31] = 1
    start, end = np.array([[15, 30], [45, 30], [30, 15.]]), np.array([[45, 30], [15, 30], [30, 45.]])
    level, back, upright = _crop_bonds(ink, np.array([0, 0, 1]), start, end, bond_px)
    assert torch.allclose(level, back.flip(1, 2), atol=1e-5) and torch.allclose(level, upright, atol=1e-5)
    assert level.max() > .5

def test_batch_mates_change_nothing():
    encoder, records = ImageEncoder.shipped('image'), [
        to_image(s) for s in (SMI, 'CCO', 'C' * 40, 'Cn1cnc2c1c(=O)n(C)c(=O)n2C')
    ]
    together = encoder(_collate_images(records))
    for record, hidden in zip(records, together):
        assert torch.allclose(encoder(_collate_images([record]))[0], hidden, atol=1e-3)

def test_noise_and_stripes_are_read_as_something():
    "Not a molecule: a hidden all the same, finite, in reasonable time."
    rng = np.random.default_rng(0)
    pictures = [
        rng.integers(0, 255, (SIZE, SIZE)),
        np.tile(rng.integers(0, 255, SIZE), (SIZE, 1)),
        np.full((SIZE, SIZE), 255),
        np.zeros((SIZE, SIZE))
    ]
    hidden = ImageEncoder.shipped('image')(_collate_images([p.astype(np.uint8) for p in pictures]))
    assert hidden.shape[0] == 4 and torch.isfinite(hidden).all()

def test_a_reading_too_long_for_words_does_not_end_the_batch(monkeypatch):
    encoder, batch = ImageEncoder.shipped('image'), _collate_images([to_image('CCO')] * 2)
    found = [{'C' * 1100: 1.}, {'CCO': 1.}], {}
    monkeypatch.setattr(StructureRecognizer, 'candidates', lambda self, pictures: found)
    hidden = encoder(batch)
    assert not hidden[0].any() and hidden[1].any()

def test_a_drawing_gone_wrong_does_not_spoil_the_bonds():
    "Atoms far off the paper once left a running variance of 1e23."
    classifier, features = BondClassifier(8).train(), torch.randn(1, 8, 5, 5)
    xy, pairs = np.array([[5., 5.], [1e12, 5.], [9., 9.]]), (np.array([0, 0, 1]), np.array([1, 2, 2]))
    classifier(torch.rand(1, 30, 30), features, torch.randn(3, 8), np.zeros(3, int), xy, pairs, np.full(3, 20.))
    assert classifier.head[0].running_var.max() < 1e4

def test_pictures_are_read_or_set_aside(recognizer, tmp_path):
    "What cannot be opened is named; more pictures than fit into a batch."
    (tmp_path/'half.png').write_bytes(saved(depict(SMI)[0], 'PNG')[:500])
    report, records = Rejected(), [depict(smi)[0] for smi in PLAIN[:3]]
    records[1:1] = [tmp_path/'half.png', np.zeros((64, 64), np.uint8), 3]
    answers = read_drawings(records, recognizer, report, batch_size=2)
    assert [a is None for a in answers] == [False, True, True, True, False, False]
    assert [row['row'] for row in report] == [1, 2, 3] and report.n_ok == 3
    assert [answers[k] for k in (0, 4, 5)] == [Chem.CanonSmiles(smi) for smi in PLAIN[:3]]
    with pytest.raises(RecordError, match='drawing 1: .*not a picture'): read_drawings(records, recognizer)

# ---- saved and loaded

def test_a_recognizer_comes_back_as_it_was(tmp_path):
    one = StructureRecognizer(**TINY).eval()
    losses = pretrain_recognizer(one, [SMI, 'CCO', 'c1ccccc1'], 2, np.random.default_rng(0), fresh=8)
    assert len(losses) == 2 and np.isfinite(losses).all()
    one.save_pretrained(tmp_path, licence='none')
    again = StructureRecognizer.from_pretrained(tmp_path)
    picture = [torch.from_numpy(to_image(SMI))]
    assert again.fingerprint() == one.fingerprint() and again.candidates(picture)[0] == one.candidates(picture)[0]

def test_an_image_encoder_of_ones_own_comes_back_as_it_was(tmp_path):
    encoder = ImageEncoder(StructureRecognizer(**TINY), ImageEncoder.shipped('image').smiles_encoder).eval()
    assert len(image_modality().pretrain(encoder, [SMI, 'CCO', 'c1ccccc1'], steps=2, seed=0, fresh=8)) == 2
    encoder.save_pretrained(tmp_path, torch.float16)
    again, batch = ImageEncoder.from_pretrained(tmp_path), _collate_images([to_image(SMI)])
    assert [p.name for p in sorted(tmp_path.iterdir())] == ['config.json', 'structure_recognizer']
    assert torch.allclose(again(batch), encoder(batch), atol=1e-2)
    encoder.save_pretrained(tmp_path)
    assert ImageEncoder.from_pretrained(tmp_path).fingerprint() == encoder.fingerprint()

def test_what_ships_is_not_written_twice():
    "The image encoder refers to recognizer and SMILES encoder; all three are whole."
    assert [p.name for p in (PRETRAINED/'image_encoder').iterdir()] == ['config.json']
    encoder, said = ImageEncoder.shipped('image'), read_json(PRETRAINED/'image_encoder'/'config.json')
    for part in ('recognizer', 'smiles_encoder'):
        assert said[part]['expected'] == getattr(encoder, part).fingerprint()
        assert (PRETRAINED/said[part]['shipped']/'model.safetensors').is_file()

@pytest.mark.parametrize('part', ['recognizer', 'smiles_encoder'])
def test_an_image_encoder_with_other_parts_is_refused(tmp_path, part):
    said = read_json(PRETRAINED/'image_encoder'/'config.json')
    said[part]['expected'] = '0' * 16
    write_json(tmp_path/'config.json', said)
    with pytest.raises(AcmlError, match='made with another .*0000'): ImageEncoder.from_pretrained(tmp_path)
    del said[part]
    write_json(tmp_path/'config.json', said)
    with pytest.raises(AcmlError, match=f'does not say which {part}'): ImageEncoder.from_pretrained(tmp_path)

def test_an_image_encoder_of_acml_0_1_is_read():
    "Settings and weights by the names of then; its encoder of SMILES is the one that ships."
    encoder = ImageEncoder.from_pretrained(FIXTURES/'image_encoder-0.1')
    sums = json.loads((FIXTURES/'image_encoder-0.1-sums.json').read_text())
    own = encoder.recognizer.state_dict()
    assert sorted(round(float(v.double().sum()), 3) for v in own.values()) == sorted(round(v, 3) for v in sums.values())
    assert len(own) == len(sums)
    for was, now in (('eye.letters.weight', 'detector.labels.weight'), ('letter_ids', 'label_ids'),
                     ('closer.name.3.bias', 'atom_classifier.head.3.bias'),
                     ('bonds.strip.6.weight', 'bond_classifier.crop.6.weight'),
                     ('eye.context.0.look.weight', 'detector.context.0.wide.weight')):
        assert abs(float(own[now].double().sum()) - sums[was]) < 1e-6, was
    assert encoder.recognizer.scales == [1., 1.12, .88, 1.4] and encoder.recognizer.min_votes == 1.5
    assert encoder.smiles_encoder.fingerprint() == ImageEncoder.shipped('image').smiles_encoder.fingerprint()
    assert encoder(_collate_images([to_image(SMI)])).isfinite().all()
    assert encoder.formerly == ('7baaa8816550dfb9',) != (encoder.fingerprint(),)

def test_a_model_with_an_image_encoder_of_acml_0_1_is_read(tmp_path):
    "One of the user's own: the model knows it by its fingerprint of then."
    old = FIXTURES/'image_encoder-0.1'
    settings, encoder = read_json(old/'config.json')['config'], ImageEncoder.from_pretrained(old)
    model = ACML.from_config(space=16, towers=dict(image=dict(encoder=settings)))
    model.use_encoder('image', encoder)
    model.eval().save_pretrained(tmp_path)
    shutil.rmtree(tmp_path/'encoders'/'image')
    shutil.copytree(old, tmp_path/'encoders'/'image')
    saved = read_json(tmp_path/'config.json')
    write_json(tmp_path/'config.json', dict(saved, encoders=dict(image='7baaa8816550dfb9')))
    again = ACML.from_pretrained(tmp_path)
    assert np.allclose(again.embed('image', [SMI]), model.embed('image', [SMI]), atol=1e-6)
    write_json(tmp_path/'config.json', dict(saved, encoders=dict(image='0' * 16)))
    with pytest.raises(AcmlError, match='is not the one'): ACML.from_pretrained(tmp_path)

def test_settings_of_acml_0_1_build_the_same_encoder():
    "As the config.json of a model has them, whose image encoder was the user's own."
    saved = read_json(FIXTURES/'image_encoder-0.1'/'config.json')['config']
    assert ImageEncoder.from_config(saved).config == ImageEncoder.from_pretrained(FIXTURES/'image_encoder-0.1').config

def test_the_shipped_image_encoder_is_known_by_its_fingerprint_of_acml_0_1():
    assert '2fb37e72f494c811' in ImageEncoder.shipped('image').formerly

def test_timm_backbone():
    try: import timm # noqa: F401
    except Exception as e: pytest.skip(f'timm cannot be imported here ({type(e).__name__}: {e})')
    encoder = TimmEncoder('resnet18').eval()
    assert encoder(_collate_images([to_image(SMI)])).shape == (1, encoder.out_dim)
