"""What chemists and programs hold, given to read_spectra, embed, identify and Library.build."""
import json, subprocess, sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rdkit import Chem

from acml.core import AcmlError, RecordError, Rejected
from acml.massspec import MassSpectrum
from acml.objects import name_kind, to_structure
from acml.records import to_records
from acml.spectra import read_spectra
from acml.spectrum import NMRSpectrum

ETHANOL = [58.1, 18.3]
NIST = dict(mz=[31., 45., 46.], intensity=[1., .5, .2])

def matchms(**metadata):
    matchms = pytest.importorskip('matchms')
    return matchms.Spectrum(np.array(NIST['mz']), np.array(NIST['intensity']), metadata)

def near(s, *ppm): return len(s) == len(ppm) and np.allclose(s.shift_ppm, sorted(ppm), atol=1e-4)

# ---- read_spectra

def test_a_matchms_spectrum_keeps_what_it_says():
    s, = read_spectra(matchms(precursor_mz=47.0491, adduct='[M+H]+', ionmode='positive', compound_name='ethanol',
                              smiles='CCO', collision_energy='20 eV', charge=1))
    assert isinstance(s, MassSpectrum) and s.precursor_mz == 47.0491
    assert s.adduct == '[M+H]+' and s.collision_energy == 20.
    assert s.ion_mode == 'positive' and s.meta['name'] == 'ethanol' and s.meta['smiles'] == 'CCO'
    assert s.mz.tolist() == NIST['mz'] and s.meta['energy_unit'] == 'eV'

def test_matchms_metadata_that_is_no_good_is_noted_not_fatal():
    s, = read_spectra(matchms(precursor_mz=0., adduct='[M+?]+', ionmode='n/a', compound_name='x'))
    assert s.precursor_mz is None and s.adduct is None and any('adduct' in n for n in s.meta['notes'])
    s, = read_spectra(matchms(precursor_mz=47.0491), adduct='[M+H]+')
    assert s.adduct == '[M+H]+'

def test_rows_and_tables_of_pandas():
    table = pd.DataFrame(dict(shifts=[ETHANOL, [6.5]], nucleus='13C', solvent=['CDCl3', None], id=['a', 'b']))
    found = read_spectra(table)
    assert near(found[0], *ETHANOL) and found[0].meta['solvent'] == 'CDCl3' and 'solvent' not in found[1].meta
    assert near(read_spectra(table.iloc[0])[0], *ETHANOL) and near(read_spectra(next(table.itertuples()))[0], *ETHANOL)
    assert near(read_spectra(table['shifts'].iloc[0])[0], *ETHANOL)
    peaks = pd.DataFrame({'f1 (ppm)': [58.1, 18.3, 77.2], 'Type': ['Compound', 'Compound', 'Solvent']})
    with pytest.warns(UserWarning, match='77.2 left out'): assert near(read_spectra(peaks)[0], *ETHANOL)
    assert near(read_spectra(peaks['f1 (ppm)'])[0], 58.1, 18.3, 77.2)
    ions = read_spectra(pd.DataFrame(NIST))
    assert [len(s) for s in ions] == [3] and isinstance(ions[0], MassSpectrum)
    rows = read_spectra(pd.DataFrame([dict(NIST, precursor_mz=47.05, adduct='[M+H]+')]*2))
    assert [s.precursor_mz for s in rows] == [47.05]*2

def test_text_in_the_cells_of_a_table():
    s, = read_spectra(dict(identifier='MassSpecGymID1', mzs='31.0,45.0,46.0', intensities='1.0,0.5,0.2'))
    assert s.mz.tolist() == NIST['mz'] and s.meta['id'] == 'MassSpecGymID1'
    assert near(read_spectra(dict(shifts='13C NMR (CDCl3) δ 58.1, 18.3'))[0], *ETHANOL)

def test_lists_arrays_and_what_it_gave_itself():
    spectrum = NMRSpectrum('13C', ETHANOL)
    assert read_spectra(spectrum) == [spectrum] and read_spectra([spectrum, spectrum]) == [spectrum]*2
    assert near(read_spectra(ETHANOL)[0], *ETHANOL) and near(read_spectra(np.array(ETHANOL))[0], *ETHANOL)
    assert read_spectra([1.2, 3.6], '1H')[0].nucleus == '1H'
    report = Rejected()
    assert len(read_spectra([dict(shifts=ETHANOL), dict(smiles='C'), dict(shifts=[1e4])], report=report)) == 1
    assert (report.n_ok, [r['row'] for r in report]) == (1, [1, 2])

@pytest.mark.parametrize('o, error, reason', [
    (3.5, AcmlError, 'a float is no spectrum'), (None, AcmlError, 'nothing is no spectrum'),
    (Chem.MolFromSmiles('C'), AcmlError, r'an RDKit molecule is no spectrum; a structure is for embed\("graph"'),
    (Image.new('L', (50, 50)), AcmlError, 'a picture is no spectrum'), (b'1 2', AcmlError, 'a bytes is no spectrum'),
    (np.zeros((3, 2)), RecordError, 'an array of shape 3x2: one row of shifts expected, not 2 dimensions'),
    (dict(a=1), RecordError, r'no spectrum \(shifts; or mz, intensity\) among a'), ([], RecordError, 'empty peak list'),
    (['a', 'b'], RecordError, 'a list of 2: the shifts are not all numbers'),
    (({'procs': {}}, np.zeros(1000)), RecordError, 'nmrglue pair: a trace of 1000 heights, which are no shifts'),
    (dict(NIST, mz=[1.]), RecordError, 'dict: 1 m/z values but 3 intensities'),
    (pd.Series(dict(shifts=[7.2], nucleus='1H')), RecordError, 'a 1H spectrum, not 13C')])
def test_wrong_kinds_are_named(o, error, reason):
    with pytest.raises(error, match=reason): read_spectra(o, '13C')

# ---- structures

def test_structures():
    from torch_geometric.data import Data
    from torch_geometric.utils import from_smiles
    mol, graph = Chem.AddHs(Chem.MolFromSmiles('OCC')), from_smiles('OCC')
    things = mol, graph, pd.Series(dict(SMILES='CCO')), dict(canonical_smiles='CCO'), 'CCO'
    assert [to_structure(o) for o in things] == ['CCO', 'OCC', 'CCO', 'CCO', 'CCO']
    bare = Data(x=graph.x, edge_index=graph.edge_index, edge_attr=graph.edge_attr)
    assert to_structure(bare) == 'CCO'
    with pytest.raises(RecordError, match='PyG graph: it has no `smiles`'):
        to_structure(Data(x=graph.x[:, :2], edge_index=graph.edge_index))
    assert to_structure(ETHANOL) is None

def test_no_heavy_library_is_imported_to_look():
    code = '''
import sys
from acml.objects import name_kind
from acml.spectra import read_spectra
name_kind([1]), read_spectra([1., 2.]), read_spectra(dict(mz=[31.], intensity=[1.]))
print([m for m in ("torch", "torch_geometric", "matchms", "nmrglue") if m in sys.modules])'''
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout.strip() == '[]'

# ---- embed, Library.build, identify

@pytest.fixture(scope='module')
def model():
    from acml import ACML
    return ACML.from_pretrained('cnmr')

@pytest.fixture(scope='module')
def library(model):
    from acml import Library
    return Library.build(model, ['CCO', 'CC', 'CCC(=O)OC', 'c1ccccc1C', 'CC(C)=O'], progress=False)

def test_embed_takes_objects(model):
    from torch_geometric.utils import from_smiles
    table = pd.DataFrame(dict(smiles=['CCO'], shifts=[ETHANOL], nucleus='13C'))
    plain = model.embed('graph', ['CCO'])
    mol = Chem.MolFromSmiles('OCC')
    for o in ([mol], [Chem.AddHs(mol)], [from_smiles('CCO')], [table.iloc[0]], table):
        np.testing.assert_allclose(model.embed('graph', o), plain, atol=1e-6)
    plain = model.embed('cnmr', [ETHANOL])
    for o in ([table.iloc[0]], table, [pd.Series(ETHANOL)], [np.array(ETHANOL)], list(table.itertuples()),
              read_spectra(dict(shifts=ETHANOL))):
        np.testing.assert_allclose(model.embed('cnmr', o), plain, atol=1e-6)

def test_embed_names_the_wrong_kind(model):
    for o, name in (('CCO', 'a text'), (Chem.MolFromSmiles('C'), 'an RDKit molecule')):
        with pytest.raises(AcmlError, match=f'embed takes a list of records, not {name}'): model.embed('graph', o)
    with pytest.raises(RecordError, match='cnmr record: an RDKit molecule cannot be one'):
        model.embed('cnmr', [Chem.MolFromSmiles('C')])
    with pytest.raises(RecordError, match='a trace of 100 heights, which are no shifts'):
        model.embed('cnmr', [({'procs': {}}, np.zeros(100))])
    report = Rejected()
    z = model.embed('cnmr', [ETHANOL, Chem.MolFromSmiles('C')], report)
    assert np.isfinite(z[0]).all() and np.isnan(z[1]).all() and len(report) == 1

def test_a_library_of_objects(model):
    from torch_geometric.utils import from_smiles
    from acml import Library
    mol = Chem.MolFromSmiles('OCC')
    for molecules in ([mol, 'CC'], [from_smiles('CCO'), 'CC'], pd.DataFrame(dict(smiles=[mol, 'CC'])),
                      [pd.Series(dict(smiles='CCO')), dict(smiles='CC')][:1] + ['CC']):
        library = Library.build(model, molecules, progress=False)
        assert sorted(library.table(np.arange(2)).smiles) == ['CC', 'CCO']
    assert len(Library.build(model, mol, progress=False)) == 1
    bad = Library.build(model, [mol, Chem.Mol(), 3.5], progress=False)
    assert len(bad) == 1 and len(bad.set_aside) == 2

def test_identify_takes_objects(library):
    row = pd.Series(dict(shifts=ETHANOL, nucleus='13C', name='x'))
    plain = library.identify(cnmr=ETHANOL).table
    for o in (row, pd.Series(ETHANOL), pd.DataFrame({'ppm': ETHANOL}), read_spectra(ETHANOL)[0]):
        pd.testing.assert_frame_equal(library.identify(cnmr=o).table, plain)
    assert json.loads(library.identify(cnmr=row).to_json())['hits'][0]['smiles'] == plain.smiles[0]
    with pytest.raises(RecordError, match='an RDKit molecule cannot be one'):
        library.identify(cnmr=Chem.MolFromSmiles('C'))
    with pytest.raises(RecordError, match='a trace of 100 heights'):
        library.identify(cnmr=({'acqus': {}}, np.zeros(100)))
    with pytest.raises(RecordError, match='a row of nucleus 1H, not 13C'):
        library.identify(cnmr=pd.Series(dict(shifts=[7.2], nucleus='1H')))

def test_matchms_spectra_are_records_of_mass_spectra():
    spectrum = matchms(precursor_mz=47.0491, adduct='[M+H]+', compound_name='ethanol')
    for name in ('lcms', 'gcms'):
        found = to_records(name, [spectrum, spectrum])
        assert [s.precursor_mz for s in found] == [47.0491]*2
    with pytest.raises(RecordError, match='smiles record: a matchms spectrum cannot be one'):
        to_records('smiles', spectrum)

def test_pictures_pass_as_they_are():
    picture = Image.new('L', (50, 50))
    assert to_records('image', picture) is picture and name_kind(picture) == 'a picture'

def test_pairs_of_shift_and_height_are_not_spectra_of_two_lines():
    for pairs in ([(171.1, 1.), (60.4, .5)], ((171, 1), (60, 2), (21, 1))):
        with pytest.raises(AcmlError, match='pairs of numbers: shifts with their heights'): read_spectra(pairs)
    assert len(read_spectra([[171.1, 60.4], [21., 14.2]])) == 2
    found, = read_spectra(dict(shifts=[171.1, 60.4], intensities=[1., .5]))
    np.testing.assert_allclose(found.intensities, [.5, 1.])
