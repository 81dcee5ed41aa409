"""Nothing that is read takes the process down: sizes are looked at before the work begins, and the record is named."""
import io, json, os, time

import numpy as np
import pytest
from PIL import Image
from rdkit import Chem

from acml.candidates import describe_molecules
from acml.chem import _MAX_ATOMS, parse_formula, read_smiles, to_mol
from acml.core import AcmlError, RecordError, Rejected, downloads, may_download
from acml.disk import write_sealed
from acml.drawing import DrawnSMILES, _open_image, _main_part, to_image

def cage(n):
    "n carbons in a ladder that closes on itself: n/2 + 1 rings."
    mol, half = Chem.RWMol(), n // 2
    for _ in range(2 * half): mol.AddAtom(Chem.Atom(6))
    for i in range(half):
        for a, b in ((i, (i + 1) % half), (half + i, half + (i + 1) % half), (i, half + i)):
            mol.AddBond(a, b, Chem.BondType.SINGLE)
    return Chem.MolToSmiles(mol, canonical=False)

HUGE = {'chain': 'C' * 20_000, 'branches': 'C(' * 20_000 + 'C' + ')' * 20_000, 'dots': '.'.join('C' * 2000),
        'cage': cage(900), 'brackets': '[' * 20_000, 'rings': 'C1' * 20_000, 'atoms': 'C(C)' * 1200}

@pytest.mark.parametrize('what', HUGE)
def test_a_huge_smiles_is_refused_before_it_is_read(tmp_path, what):
    (tmp_path/'a.smi').write_text(f'CCO ethanol\n{HUGE[what]} huge\nCCN amine\n')
    start, report = time.process_time(), Rejected('a.smi')
    found = [describe_molecules(o, report) for o in read_smiles(tmp_path/'a.smi')]
    assert found[0]['smiles'].tolist() == ['CCO', 'CCN'] and [r['row'] for r in report] == [1]
    assert any(word in report.rows[0]['reason'] for word in ('at most', 'not valid'))
    assert len(repr(report)) < 1000 and time.process_time() - start < 10

def test_molecules_of_a_usual_size_are_read():
    peptide = 'N' + 'C(C)C(=O)N' * 90 + 'CC(=O)O'
    assert to_mol(peptide).GetNumAtoms() == 455
    c60 = ('c12c3c4c5c1c1c6c7c2c2c8c3c3c9c4c4c%10c5c5c1c1c6c6c%11c7c2c2c7c8c3c3c8c9c4c4c9c%10c5c5c1c1c6c6c%11c2c2c7c3c3'
           'c8c4c4c9c5c1c1c6c2c3c41')
    assert to_mol(c60).GetNumAtoms() == 60
    assert to_mol(to_mol('CCO')).GetNumAtoms() == 3

def v3000(n):
    "A molecule of n carbons in a row, as an SD file."
    atoms = ''.join(f'M  V30 {i + 1} C {i} 0 0 0\n' for i in range(n))
    bonds = ''.join(f'M  V30 {i + 1} 1 {i + 1} {i + 2}\n' for i in range(n - 1))
    return (f'chain\n\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS {n} {n - 1} 0 0 0\n'
            f'M  V30 BEGIN ATOM\n{atoms}M  V30 END ATOM\nM  V30 BEGIN BOND\n{bonds}M  V30 END BOND\nM  V30 END CTAB\n'
            'M  END\n$$$$\n')

def test_a_huge_molecule_of_an_sd_file(tmp_path):
    ethanol = Chem.MolToMolBlock(to_mol('CCO')) + '$$$$\n'
    (tmp_path/'a.sdf').write_text(ethanol + v3000(20_000) + ethanol + v3000(20))
    report = Rejected('a.sdf')
    found = [describe_molecules(o, report) for o in read_smiles(tmp_path/'a.sdf')]
    assert found[0]['smiles'].tolist() == ['CCO', 'CCO', 'C' * 20]
    assert report.rows[0]['reason'] == f'20,000 atoms, at most {_MAX_ATOMS:,}'

def test_an_sd_file_in_another_encoding_with_a_broken_molecule(tmp_path):
    good = Chem.MolToMolBlock(to_mol('CCO')) + '> <name>\nÄthanol\n\n$$$$\n'
    (tmp_path/'a.sdf').write_bytes((good + good.replace('  3  2  0', '  3  9  0') + good).encode('cp1252'))
    df = next(read_smiles(tmp_path/'a.sdf'))
    assert df['smiles'].tolist() == ['CCO', '', 'CCO'] and df['name'][0] == 'Äthanol'
    with pytest.raises(RecordError, match='RDKit cannot read this molecule'): to_mol(df['smiles'][1])

@pytest.mark.parametrize('formula', ['C' * 10_000, '(' * 299 + ')', 'C999999' * 40,
                                     '((((C999999)999999)999999)999999)999999'])
def test_formulas(formula):
    with pytest.raises(AcmlError): parse_formula(formula)

# ---- pictures

def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    Image.new('1', (12_800, 12_500)).save(tmp_path/'a.png')
    start = time.process_time()
    with pytest.raises(RecordError, match='too many pixels'): _open_image(tmp_path/'a.png')
    assert time.process_time() - start < 2

@pytest.mark.parametrize('head', [b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n', b'%PDF-1.4\n',
                                  b'<svg/>', b'8BPS\x00\x01', b'FORM'])
@pytest.mark.parametrize('name', ['a.png', 'a.jpg'])
def test_only_formats_of_pictures_are_opened(tmp_path, name, head, monkeypatch):
    def never(*args, **options): raise AssertionError('a program was started')
    monkeypatch.setattr('subprocess.Popen', never)
    (tmp_path/name).write_bytes(head + b'x' * 400)
    for record in (tmp_path/name, head + b'x' * 400):
        with pytest.raises(RecordError, match='not a picture'): _open_image(record)

@pytest.mark.parametrize('smi', ['C' * 2000, 'C' * 400])
def test_large_molecules_are_not_drawn(smi):
    with pytest.raises(RecordError, match='at most'): to_image(smi)

def test_what_is_not_joined_to_a_drawing():
    indole = 'COc1ccc2[nH]ccc2c1'
    for beside, kept in (('[Br]', 0), ('C.C.CC', 0), ('[TeH]', 0), ('[Cl-]', 1), ('Cl', 1), ('O=C(O)C(F)(F)F', 1),
                         ('[Na+]', 1)):
        assert Chem.MolToSmiles(_main_part(Chem.MolFromSmiles(f'{indole}.{beside}'))).count('.') == kept, beside
    assert DrawnSMILES.elected({'CCO': 2., 'CCN': 2.}).sure == .5

def test_a_frame_does_not_change_a_drawing():
    drawing = np.array(_open_image(_png('c1ccccc1CCO')))
    framed = np.pad(drawing, 40, constant_values=255)
    framed[[12, -13], 12:-12] = framed[12:-12, [12, -13]] = 0
    same = to_image(np.pad(drawing, 40, constant_values=255))
    assert (np.abs(to_image(framed).astype(int) - same) > 40).mean() < .01

def _png(smi):
    from acml.drawing import depict
    depict(smi)[0].convert('L').save(file := io.BytesIO(), 'PNG')
    return file.getvalue()

# ---- nothing is fetched that nobody asked for

def test_what_a_file_says_about_downloads_does_not_count():
    assert may_download(True) and not may_download()
    with downloads(False): assert not may_download(True)
    with downloads(True):
        with downloads(False): assert may_download()

@pytest.fixture
def no_network(monkeypatch):
    "Any connection is a failure, also where the libraries think that they are online."
    import huggingface_hub.constants, socket
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', False)
    asked = []
    def refuse(*args, **options):
        asked.append(args)
        raise OSError('no network here')
    for name in ('connect', 'connect_ex'): monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, 'getaddrinfo', refuse)
    return asked

def test_a_model_folder_cannot_ask_a_hub(tmp_path, no_network):
    pytest.importorskip('transformers')
    from acml.model import ACML
    ACML.from_pretrained('cnmr').save_pretrained(tmp_path/'m')
    saved = json.loads((tmp_path/'m'/'config.json').read_text())
    towers = saved['config']['towers']
    tower = dict(next(iter(towers.values())), options=dict(checkpoint='someone/not-there'))
    for options, words in ((dict(checkpoint='someone/not-there'), 'allow_download=True'),
                           (dict(checkpoint='someone/not-there', allow_download=True), 'only a user may allow')):
        saved['config']['towers'] = {**towers, 'smiles': dict(tower, options=options)}
        saved['encoders']['smiles'] = 'x' * 16
        write_sealed(tmp_path/'m'/'config.json', {k: v for k, v in saved.items() if k != 'check'})
        with pytest.raises(AcmlError, match=words):
            model = ACML.from_pretrained(tmp_path/'m')
            model.towers['smiles'].encoder # should it be loaded only when it is needed
    assert not no_network

def test_factories_ask_a_hub_only_with_leave(no_network):
    pytest.importorskip('transformers')
    from acml.modality import get_modality
    with pytest.raises(AcmlError, match='allow_download=True'): get_modality('smiles', checkpoint='someone/not-there')
    assert not no_network

# ---- a molecule that ends the process, or does not come back

def start_fragile(folder):
    "A worker whose model dies of arsenic and sleeps over lead."
    import os
    import torch
    from acml import pieces as module
    class Fragile:
        def embed(self, name, smiles, report=None):
            if any('[As]' in s for s in smiles): os._exit(11)
            if any('[Pb]' in s for s in smiles): time.sleep(600)
            return np.eye(8, dtype=np.float32)[[len(s) % 8 for s in smiles]]
    module._model = Fragile()

@pytest.mark.slow
def test_a_process_that_dies_or_hangs_is_replaced_and_the_molecule_named(tmp_path):
    from acml import pieces as module
    smiles = ['C', 'C[As]C', 'CC', 'CCC', 'CCCC', 'C[Pb]C']
    pieces = list(module._pieces(smiles, 2))
    workers = module._Workers(str(tmp_path), 2, start_fragile, (60., 0.))
    try:
        warm, = module._pieces(['C'], 2) # started, so that the limit is of the work alone
        workers.submit(warm, 'inchikey').result()
        workers.patience = 15., 0.
        with pytest.warns(UserWarning, match='has died'):
            found = list(module._shared(None, workers, pieces, 'inchikey'))
    finally: workers.stop()
    kept = [s for f, _ in found for s in f.molecules['smiles'].to_pylist()]
    assert kept == [s for s in smiles if '[' not in s]
    assert sorted((r['row'], r['id']) for _, report in found for r in report) == [(1, 'C[As]C'), (5, 'C[Pb]C')]

FRAGILE = """
import os, signal, sys, time
from acml import pieces
embed, pieces._PATIENCE = pieces._embed_piece, (20., 0.)
def fragile(model, piece, merge):
    if any('[As]' in s for s in piece['smiles']): os.kill(os.getpid(), signal.SIGSEGV)
    if any('[Pb]' in s for s in piece['smiles']): time.sleep(600)
    return embed(model, piece, merge)
pieces._embed_piece = fragile
from acml.cli import main
if __name__ == '__main__': sys.exit(main())
"""

def embed_fragile(folder, molecules, out='lib', **env):
    "`acml embed` of FRAGILE, with one process; what it did."
    import subprocess, sys
    (folder/'run.py').write_text(FRAGILE)
    (folder/'a.csv').write_text('smiles\n' + molecules)
    words = f'embed --model cnmr --smiles a.csv --out {out} --workers 1'.split()
    plain = {k: v for k, v in os.environ.items() if k != 'ACML_WATCHED'}
    return subprocess.run([sys.executable, 'run.py', *words], cwd=folder, env={**plain, **env}, capture_output=True,
                          text=True, timeout=300)

def set_aside(library):
    import csv
    return [(r['row'], r['id']) for r in csv.DictReader((library/'report.csv').open())]

@pytest.mark.slow
def test_a_molecule_that_the_only_process_does_not_come_back_from_is_named(tmp_path):
    done = embed_fragile(tmp_path, 'CCO\nC[Pb]C\n')
    assert done.returncode == 0 and 'note: the process has died (SIGALRM)' in done.stderr, done.stderr
    assert set_aside(tmp_path/'lib') == [('1', 'C[Pb]C')] and 'Library of 1 molecules' in done.stdout

@pytest.mark.slow
def test_a_molecule_that_ends_the_only_process_is_named(tmp_path):
    molecules = 'CCO\nC[As]C\nCCC\n'
    done = embed_fragile(tmp_path, molecules)
    assert done.returncode == 0 and 'note: the process has died (SIGSEGV)' in done.stderr, done.stderr
    assert set_aside(tmp_path/'lib') == [('1', 'C[As]C')] and 'Library of 2 molecules' in done.stdout
    # nobody watches: begun again, it is found all the same
    assert embed_fragile(tmp_path, molecules, 'other', ACML_WATCHED='1').returncode == -11
    done = embed_fragile(tmp_path, molecules, 'other', ACML_WATCHED='1')
    assert done.returncode == 0 and 'C[As]C' in (tmp_path/'other'/'report.csv').read_text()

def test_the_licence_is_told_by_the_first_process_alone(monkeypatch):
    import types, warnings
    from acml import pieces
    from acml.registry import LicenceWarning
    def load(folder):
        warnings.warn(f'the weights of {folder} are not for commercial use', LicenceWarning)
        return 'a model'
    monkeypatch.setattr(pieces.ACML, 'from_pretrained', load)
    monkeypatch.setattr(pieces, 'threading', types.SimpleNamespace(Thread=lambda **_: types.SimpleNamespace(start=int)))
    monkeypatch.setattr(pieces, 'signal', types.SimpleNamespace(signal=lambda *_: None, SIGINT=2, SIG_IGN=1))
    monkeypatch.setattr(pieces.torch, 'set_num_threads', lambda n: None)
    monkeypatch.setattr(pieces, '_model', None, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        pieces._start_worker('tmp1234')
    assert pieces._model == 'a model'
