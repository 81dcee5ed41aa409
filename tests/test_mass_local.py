"The local score of mass spectra: against a plain reading of the stored bytes; the mass that is told; bad input."
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from acml.core import RecordError, evaluating
from acml.graph import GraphStore
from acml.library import Library
from acml.mass import _store_spectra, explain_spectrum
from acml.mass_encoder import collate_spectra, featurize_spectrum, to_bin
from acml.modality import get_modality
from acml.model import ACML

SMILES = ['CCN(CC)C(=O)c1cccc(C)c1', 'CCCN(C)C(=O)c1cccc(C)c1', 'CC(=O)Nc1ccc(OCC)cc1', 'Cn1cnc2c1c(=O)n(C)c(=O)n2C',
          'CCO']
DEET = dict(precursor_mz=192.1383, adduct='[M+H]+', ion_mode='POSITIVE', ce_value=35.,
            mz=[65.0387, 72.0444, 91.0542, 100.0757, 109.0648, 119.0491, 123.0806, 192.1383],
            intensity=[4, 43, 41, 53, 40, 999, 1, 803])
CAFFEINE = dict(mz=[55., 67., 82., 109., 194., 195., 400., 1200.], intensity=[20, 30, 15, 60, 100, 9, 2, 3])
RECORDS = dict(gcms=[CAFFEINE, ([91.], [1.])],
               lcms=[DEET, dict(DEET, mz=[round(o) for o in DEET['mz']]), dict(DEET, precursor_mz=None),
                     dict(mz=[134.0248, 107.0377], intensity=[9, 4], precursor_mz=178.0874, adduct='[M-H]-')])

@pytest.fixture(scope='module')
def joint(): return ACML.from_pretrained('joint')

@pytest.fixture(scope='module')
def library(joint): return Library.build(joint, SMILES, progress=False)

def plain_likelihood(stored, record, name):
    "One molecule, byte by byte."
    e, stored = get_modality(name).encoder(), stored['level'].tolist()
    f = featurize_spectrum(record, name)
    tandem, accurate, precursor = name == 'lcms', f['known'][4], f['known'][0]
    negative = tandem and bool(f['known'][2])
    current = {}
    for mz, intensity in zip(f['mz'].astype(float), f['intensity'].astype(float)):
        near_precursor = tandem and precursor and -4 < precursor - mz < .6
        b = math.floor(mz * .9996 + .5)
        if b < e.n_bins and not near_precursor: current[b] = current.get(b, 0) + intensity
    total, n_bins = sum(current.values()), len(stored) - 300 * tandem
    if not current: return 0.
    weight = {b: (x / total)**(.5 if tandem else .6) * (1 if tandem else b**.5) for b, x in current.items()}
    out = 0.
    for b, w in weight.items():
        byte = stored[b] if b < n_bins else 255
        level, step = (byte % 16 if negative else byte // 16, 12 / 15) if tandem else (byte, 15 / 255)
        out -= w / sum(weight.values()) * level * step
    if not tandem: return out
    channels = e.channels(collate_spectra([f]))[0].square().double().split(e.sizes)[2:]
    for k, (x, known) in enumerate(zip(channels, (accurate, accurate and precursor))):
        if not known: continue
        inside = min(float(x.sum()), 1.)
        roots = {i: float(v)**.5 for i, v in enumerate(x) if v > 0}
        shares = {i: inside * v / sum(roots.values()) for i, v in roots.items()} | {len(x): 1 - inside}
        start = n_bins + 150 * k + 75 * negative
        entries = [stored[start + 3 * j:start + 3 * j + 3] for j in range(25)]
        levels = {a + 256 * b: level for a, b, level in entries}
        out -= sum(w * levels.get(i, 255) * 9 / 255 for i, w in shares.items())
    return out

@pytest.mark.parametrize('name, i', [(m, i) for m, records in RECORDS.items() for i in range(len(records))])
def test_fast_and_plain_agree(library, name, i):
    record, stored = RECORDS[name][i], library.predicted[name][np.arange(len(library))]
    fast = get_modality(name).log_likelihood(stored, record)
    np.testing.assert_allclose(fast, [plain_likelihood(o, record, name) for o in stored], atol=1e-5)
    assert np.ptp(fast) > .1

@torch.no_grad()
def test_what_is_stored_is_what_is_predicted(joint, library):
    batch = GraphStore.from_smiles(SMILES).batch(np.arange(len(SMILES)))
    with evaluating(joint):
        for name, (top, worst) in dict(gcms=(255, 15), lcms=(15, 12)).items():
            predicted, _ = joint._predict_one(name, batch)
            kept = library.predicted[name][range(5)]
            assert [len(o) for o in _store_spectra(predicted, batch)] == [len(o) for o in kept]
            for log_p, ion, stored in zip(predicted['bins'], predicted['ion'], kept):
                n = int(ion.max()) + 5
                level = stored['level'][:n] // (1 if top == 255 else 16)
                off = np.abs(level * (worst / top) + np.clip(log_p[0, :n].numpy(), -worst, 0))
                assert off.max() < .51 * worst / top

def test_small_on_disk_and_the_same_from_there(joint, library, tmp_path):
    kept = Library.build(joint, SMILES, tmp_path/'lib', progress=False)
    for name in RECORDS:
        assert (np.asarray(kept.predicted[name].values) == library.predicted[name].values).all()
        assert (kept.predicted[name].ptr == library.predicted[name].ptr).all()
    size = lambda name, i: library.predicted[name][[i]][0].nbytes
    assert size('gcms', 0) == 191 + 5 and size('lcms', 0) == 192 + 5 + 300

def test_the_told_mass_orders_and_can_be_left_out(library):
    hits = library.identify(DEET, 'lcms')
    assert hits.scoring == 'both' and set(hits.table['formula'][:2]) == {'C12H17NO'}
    gap = hits.table['score'][1] - hits.table['score'][2]
    without = library.identify(DEET, 'lcms', score='no-mass')
    assert without.scoring == 'no-mass' and without.table['score'].max() - without.table['score'].min() < gap
    assert 'without the mass' in without._repr_html_() and without.table['smiles'][0] == SMILES[0]
    assert library.identify(lcms=DEET, cnmr=[13.1, 21.4, 41.]).contributions.shape == (5, 2)

UNTOLD = dict(DEET, adduct=None), dict(DEET, precursor_mz=None), (DEET['mz'], DEET['intensity'])

@pytest.mark.parametrize('record', UNTOLD)
def test_no_mass_told_no_term_no_error(library, record):
    same = [library.identify(record, 'lcms', score=s).table['score'] for s in ('both', 'no-mass')]
    np.testing.assert_array_equal(*same)

@pytest.mark.parametrize('record', UNTOLD)
def test_no_mass_told_is_another_calibration(library, record):
    model = library.model
    known = {k: v for k, v in model.info['confidence'].items() if k != 'lcms, no-mass'}
    told = replace(library, model=WithInfo(model, confidence=known)).identify(DEET, 'lcms')
    assert told.scoring == 'both' and told.confidence is not None and not told.notes
    hits = replace(library, model=WithInfo(model, confidence=known)).identify(record, 'lcms')
    assert hits.scoring == 'no-mass' and hits.confidence is None
    assert hits.notes == ('no probability: none is fitted for lcms without a mass',) and hits.notes[0] in repr(hits)
    known['lcms, no-mass'] = dict(known['lcms, both'], right=[0.]*6, present=[0.]*6)
    hits = replace(library, model=WithInfo(model, confidence=known)).identify(record, 'lcms')
    assert (hits.confidence, hits.in_library, hits.notes) == (.5, .5, ())
    both = library.identify_all([dict(lcms=DEET), dict(lcms=record), dict(lcms=record, cnmr=[13.1, 21.4])])
    assert [h.scoring for h in both] == ['both', 'no-mass', 'no-mass']
    assert library.identify([13.1, 21.4], score='no-mass').scoring == 'both' # carbon lines tell no mass

class WithInfo:
    "A model that knows other things of itself."
    def __init__(self, model, **info): self.model, self.info = model, {**model.info, **info}
    def __getattr__(self, name): return getattr(self.model, name)

def test_the_shares_told_are_those_that_ordered(library):
    local = library.model.info['local']
    pair = dict(cnmr=[13.1, 21.4, 41.], hnmr=[1.2, 2.3, 3.4, 7.2])
    share = local['cnmr']['scale']/(local['cnmr']['scale'] + local['hnmr']['scale'])
    hits = library.identify(**pair)
    assert hits.inputs['cnmr']['share'] == pytest.approx(share, abs=2e-3)
    np.testing.assert_allclose(hits.contributions.sum(axis=1), hits.table['score'], atol=1e-9)
    heavy = library.identify(**pair, weights=dict(cnmr=2*library.model.info['weights']['cnmr']['scale'],
                                                  hnmr=library.model.info['weights']['hnmr']['scale']))
    assert heavy.inputs['cnmr']['share'] == pytest.approx(2*share/(1 + share), abs=2e-3)
    usual, of_cosine = library.model.info['weights'], library.identify(**pair, score='global')
    share = usual['cnmr']['scale']/(usual['cnmr']['scale'] + usual['hnmr']['scale'])
    assert of_cosine.inputs['cnmr']['share'] == pytest.approx(share, abs=2e-3)

IONS = ['CC(=O)OCC[N+](C)(C)C', 'C[N+](C)(C)CCCCCCCCCC[N+](C)(C)C', 'C[N+](C)(C)C', 'CCN(CC)C(=O)c1cccc(C)c1']

@pytest.mark.parametrize('mz, adduct, smi', [
    (146.1176, '[M]+', IONS[0]), (146.1190, '[M]+', IONS[0]), (146.1162, '[M]+', IONS[0]), # 9.6 ppm on both sides
    (129.1512, '[M]2+', IONS[1]), (129.1523, '[M]2+', IONS[1]), (129.1501, '[M]2+', IONS[1]),
    (74.0964, '[M]+', IONS[2]), (74.0970, '[M]+', IONS[2]), (74.0958, '[M]+', IONS[2]),
    (191.1305, '[M]+', IONS[3]), (192.1383, '[M+H]+', IONS[3])])
def test_the_mass_of_a_cation_is_that_of_its_ion(joint, mz, adduct, smi):
    library = Library.build(joint, IONS, progress=False)
    record = dict(DEET, precursor_mz=mz, adduct=adduct)
    table = library.identify(record, 'lcms').table.set_index('smiles')
    likelihood = get_modality('lcms').log_likelihood(library.predicted['lcms'][range(4)], record)
    told = table['local'][IONS] - likelihood
    expected = [joint.info['local']['lcms']['mass']*(s == smi) for s in IONS]
    np.testing.assert_allclose(told, expected, atol=1e-5)
    mass = get_modality('lcms').mass(record)
    assert library.identify(record, 'lcms', mass=mass, ppm=10).table['smiles'].tolist() == [smi]

@pytest.mark.parametrize('mz, fits', [(192.1383, 1), (192.1400, 1), (192.1405, .5), (192.0, .5), (193.0, 0)])
def test_a_mass_fits_within_10_ppm_and_a_nominal_one_by_half(library, mz, fits):
    record = dict(DEET, precursor_mz=mz)
    table = library.identify(record, 'lcms').table.set_index('smiles')
    likelihood = get_modality('lcms').log_likelihood(library.predicted['lcms'][[0, 4]], record)
    weight = library.model.info['local']['lcms']['mass']
    told = table['local'][[SMILES[0], SMILES[4]]] - likelihood # DEET, and ethanol, which is far off
    np.testing.assert_allclose(told, [fits * weight, 0], atol=1e-5)

def test_a_library_made_before_says_what_to_do(library):
    before = replace(library, predicted={m: p for m, p in library.predicted.items() if m not in RECORDS})
    for name, (record, *_) in RECORDS.items():
        hits = before.identify(record, name)
        assert hits.scoring == 'global' and 'embed it again: acml embed' in hits.notes[0] and name in hits.notes[0]
    assert not library.identify(DEET, 'lcms').notes

BAD = [(([], []), 'no peaks'), (dict(DEET, adduct='proton'), 'proton'),
       (dict(DEET, mz=[np.nan] * 8), 'not a number'), (dict(mz=[91.]), 'no intensity')]

@pytest.mark.parametrize('record, why', BAD)
def test_bad_spectra_are_named(library, record, why):
    for ask in (lambda: library.identify(record, 'lcms'),
                lambda: get_modality('lcms').log_likelihood(library.predicted['lcms'][[0]], record)):
        with pytest.raises(RecordError, match=why): ask()

def test_what_cannot_be_compared_is_no_preference(library):
    precursor = dict(DEET, mz=[192.1383], intensity=[1.])
    beyond = dict(DEET, mz=[2100.5], intensity=[1.], precursor_mz=2300.5)
    for record in (precursor, beyond):
        assert not get_modality('lcms').log_likelihood(library.predicted['lcms'][range(5)], record).any()
        assert len(library.identify(record, 'lcms')) == 5
    assert get_modality('gcms').log_likelihood([], CAFFEINE).shape == (0, )

def test_peaks_are_explained_one_by_one(library):
    found = explain_spectrum(library.predicted['lcms'][[0]][0], DEET, 'lcms')
    assert len(found) == 8 and np.isnan(found['probability'].iloc[-1]), 'the precursor is not compared'
    assert found['probability'].idxmax() == 5 and found['probability'].dropna().between(0, 1).all()
    ei = explain_spectrum(library.predicted['gcms'][[3]][0], CAFFEINE)
    assert np.isnan(ei['probability'].iloc[-1]) and ei['probability'].iloc[4] > ei['probability'].iloc[6]
    assert (to_bin(torch.tensor([194.08])) == 194).all()
