"Drawings as people bring them: abbreviations, numbers, circles, colour, small letters; and what is said in doubt."
import io, warnings

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from acml.core import RecordError, Rejected
from acml.drawing import _unshaded_ink, depict, to_image, to_ink
from acml.image import _see
from acml.lettering import _vocabulary, _read_writing
from acml.ocsr import StructureRecognizer
from acml.reading import read_drawings

@pytest.fixture(scope='module')
def recognizer(): return StructureRecognizer.from_pretrained('structure_recognizer')

def draw(smi, *labels, size=400, **options):
    "A picture; the dummy atoms are labelled by (from the left, from the right)."
    mol = Chem.MolFromSmiles(smi)
    for atom, label in zip((a for a in mol.GetAtoms() if not a.GetAtomicNum()), labels):
        for name, text in zip(('_displayLabel', '_displayLabelW'), (label, label) if isinstance(label, str) else label):
            atom.SetProp(name, text)
    canvas = rdMolDraw2D.MolDraw2DCairo(size, size)
    if options.pop('black', True): canvas.drawOptions().useBWAtomPalette()
    marked = options.pop('marked', [])
    for name, value in options.items(): setattr(canvas.drawOptions(), name, value)
    canvas.DrawMolecule(mol, highlightAtoms=marked)
    canvas.FinishDrawing()
    return Image.open(io.BytesIO(canvas.GetDrawingText())).convert('RGB')

def read(recognizer, *pictures):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return read_drawings(list(pictures), recognizer)

def same(a, b): return Chem.MolToSmiles(Chem.MolFromSmiles(a), isomericSmiles=False) == Chem.CanonSmiles(b)

GROUPS = {('Ph', 'Ph'): 'c1ccccc1', ('OMe', 'MeO'): 'OC', ('OEt', 'EtO'): 'OCC', ('Boc', 'Boc'): 'C(=O)OC(C)(C)C',
          ('CF<sub>3</sub>', 'F<sub>3</sub>C'): 'C(F)(F)F', ('CO<sub>2</sub>Me', 'MeO<sub>2</sub>C'): 'C(=O)OC',
          ('NO<sub>2</sub>', 'O<sub>2</sub>N'): '[N+](=O)[O-]', ('Ts', 'Ts'): 'S(=O)(=O)c1ccc(C)cc1',
          ('OBn', 'BnO'): 'OCc1ccccc1', ('OTBS', 'TBSO'): 'O[Si](C)(C)C(C)(C)C', ('tBu', 'tBu'): 'C(C)(C)C',
          ('Ac', 'Ac'): 'C(C)=O', ('NMe<sub>2</sub>', 'Me<sub>2</sub>N'): 'N(C)C', ('CN', 'NC'): 'C#N'}

def joined(core, group):
    "A molecule with its dummy replaced by a group, whose first atom takes the bond."
    mol = Chem.ReplaceSubstructs(Chem.MolFromSmiles(core), Chem.MolFromSmarts('[#0]'), Chem.MolFromSmiles(group))[0]
    return Chem.MolToSmiles(mol)

@pytest.mark.parametrize('core,size', [('*c1ccc(CC(=O)O)cc1', 400), ('*CCC(C)CC=O', 260)])
def test_groups_are_read(recognizer, core, size):
    answers = read(recognizer, *(draw(core, label, size=size) for label in GROUPS))
    assert [label for (label, smi), got in zip(GROUPS.items(), answers) if not same(got, joined(core, smi))] == []
    assert min(answer.sure for answer in answers) > .5

def test_both_bonds_of_a_group_in_a_ring(recognizer):
    mol = 'CN1CCC(c2ccccc2)CC1'
    picture = draw('*1CCC(c2ccccc2)CC1', ('NMe', 'MeN'))
    assert same(read(recognizer, picture)[0], mol)

@pytest.mark.parametrize('label', ['R', 'R<sup>1</sup>', 'Ar', 'Q', 'Qxz', 'NHTeoc',
                                    'A', 'E', 'L', 'M', 'Ns', 'Bus', 'SES'])
def test_what_no_structure_can_be_made_of_is_told(recognizer, label):
    picture = draw('*c1ccc(CC(=O)O)cc1', label)
    report = Rejected('pictures')
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        answer, = read_drawings([picture], recognizer, report)
    if answer is None: assert 'draw it out' in report.rows[0]['reason'] and report.n_ok == 0
    else: assert answer.sure <= .3 and answer.doubts and 'read with doubt' in str(said[-1].message)

@pytest.mark.parametrize('smi', ['*c1ccc(OC)cc1', '*CCC(=O)OC', 'CC(*)c1ccncc1'])
def test_letters_that_are_nearly_those_of_an_atom(smi):
    unknown = lambda label: bool(_read_writing(to_ink(draw(smi, label))).unknown)
    assert [o for o in ('Q', 'Qx', 'X', 'Cp', 'Nap', 'R1') if not unknown(o)] == []
    assert [o for o in ('O', 'N', 'OH', 'S', 'Cl') if unknown(o)] == []

def test_a_refusal_names_the_drawing(recognizer):
    with pytest.raises(RecordError, match="drawing 1: the label 'R' is neither an atom nor a group"):
        read_drawings([draw('CCO'), draw('*c1ccccc1', 'R')], recognizer)

INDOLE, AZIDE = 'COc1ccc2c(CCO)c[nH]c2c1OC', 'COc1ccc2c(CCN=[N+]=[N-])c[nH]c2c1'

@pytest.mark.parametrize('smi', [INDOLE, AZIDE])
@pytest.mark.parametrize('options', [dict(addAtomIndices=True), dict(marked=[2, 3, 4, 5, 6]),
                                     dict(size=1600, maxFontSize=20), dict(size=1600, maxFontSize=20, black=False)])
def test_styles(recognizer, smi, options):
    answer, = read(recognizer, draw(smi, **options))
    assert same(answer, smi) or ('addAtomIndices' in options and answer.sure <= .3 and answer.doubts)

def test_circles_in_rings(recognizer):
    saturated = Chem.MolFromSmiles('CCC1CCC(CO)CC1')
    image, places, _ = depict(saturated)
    ring = places[list(saturated.GetRingInfo().AtomRings()[0])]
    (x, y), r = ring.mean(0), .62 * np.linalg.norm(ring - ring.mean(0), axis=1).mean()
    ImageDraw.Draw(image).ellipse([x - r, y - r, x + r, y + r], outline='black', width=2)
    assert same(read(recognizer, image)[0], 'CCc1ccc(CO)cc1')

def test_ordinary_drawings_are_not_changed():
    for smi in (INDOLE, 'OC(=O)c1cc(Cl)ccc1N', 'BrCCI', 'C1CC1', 'O', 'FC(F)(F)c1ccncc1', 'CS(C)=O'):
        for style in ('default', 'varied', 'comic', 'serif'):
            found = _read_writing(to_ink(depict(smi, style, 1)[0]))
            assert (found.changed, found.groups) == (False, []), (smi, style)

def test_a_shaded_ground_is_paper():
    image = depict(INDOLE)[0]
    shade = np.linspace(255, 190, image.height)[:, None, None] * np.array([1., 1., .95])
    shaded = Image.fromarray(np.minimum(np.asarray(image), shade).astype(np.uint8))
    assert (np.abs(_unshaded_ink(shaded).astype(int) - to_ink(image)) > 90).mean() < .01
    assert (_unshaded_ink(image) == to_ink(image)).all()

def test_an_encoder_sees_the_group_drawn_out(tmp_path):
    draw('*c1ccc(CC(=O)O)cc1', ('OMe', 'MeO')).save(tmp_path/'a.png')
    assert (_see(tmp_path/'a.png') == to_image(Chem.CanonSmiles('COc1ccc(CC(=O)O)cc1'))).all()
    depict(INDOLE)[0].save(tmp_path/'b.png')
    assert (_see(tmp_path/'b.png') == to_image(INDOLE)).all()
    draw('*c1ccccc1', 'R').save(tmp_path/'c.png')
    with pytest.raises(RecordError, match='c.png'): _see(tmp_path/'c.png')

def test_every_group_is_a_molecule_with_a_place():
    for labels in _vocabulary().values():
        for label in labels:
            if label.kind != 'group': continue
            mol = Chem.MolFromSmiles(label.smiles)
            assert mol is not None and mol.GetAtomWithIdx(0).GetAtomicNum() == 0, label
            assert label.place is None or 0 <= label.place[0] < label.place[1] <= len(label.text), label

@pytest.mark.parametrize('ink', [np.zeros((40, 40)), np.full((40, 40), 255), np.eye(64) * 255,
                                 np.random.default_rng(0).integers(0, 255, (300, 300)), np.full((4, 900), 200),
                                 np.indices((500, 500)).sum(0) % 5 * 60])
def test_anything_but_a_drawing(ink):
    assert _read_writing(ink.astype(np.uint8)).groups == []
