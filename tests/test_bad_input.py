"""Every modality against records nobody should send, and against very large ones.

Each becomes features, or an error in one line that names the record and the reason.
"""
import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from acml.core import RecordError, Rejected
from acml.modality import get_modality
from acml.registry import SHIPPED

nan, inf = float('nan'), float('inf')
NO_RECORD = [None, '', ' ', 3, 3.5, True, nan, b'', [], {}, (), object()]
NO_SMILES = [*NO_RECORD, 'C1CC', 'not a molecule', 'C[N](C)(C)(C)C', 'C' * 5000, ['CCO'], np.array([1.])]
PEAKS = dict(mz=[77.039, 105.0335], intensity=[.4, 1.])
POCKET = dict(xyz=[[0., 0, 0], [1.5, 0, 0]], element=['C', 'N'], residue=['ALA', 'ALA'], atom=['CA', 'N'])

def saved(image, kind='PNG', **options):
    image.save(f := io.BytesIO(), kind, **options)
    return f.getvalue()

BAD_MASS = [*NO_RECORD, 'peaks', dict(mz=[100.]), dict(PEAKS, mz=[77., nan]), dict(PEAKS, mz=[77., inf]),
            dict(PEAKS, mz=[0., 105.]), dict(PEAKS, mz=[-77., 105.]), dict(PEAKS, mz=[77.]), dict(PEAKS, mz=['a', 'b']),
            dict(PEAKS, mz=[[77., 105.]]), dict(PEAKS, mz=[77_000., 105_000.]), dict(PEAKS, mz=[.077, .105]),
            dict(PEAKS, mz=None), dict(PEAKS, intensity=[-1., 1.]), dict(PEAKS, intensity=[nan, 1.]),
            dict(PEAKS, intensity=[0., 0.]), dict(PEAKS, intensity=[inf, 1.]), dict(PEAKS, intensity=None),
            dict(PEAKS, precursor_mz=-5.), dict(PEAKS, precursor_mz='heavy'), dict(PEAKS, precursor_mz=inf),
            dict(PEAKS, adduct='proton'), dict(PEAKS, ion_mode='sideways')]
BAD_NMR = [*NO_RECORD, 'camphor', [nan], [inf], [12_000.], [-400.], ['a'], [[1., 2.], [3.]], {'shift': 7.26},
           np.linspace(1, 9, 100_000)]
BAD = dict(smiles=NO_SMILES, fingerprint=[r for r in NO_SMILES if r != 'C' * 5000],
           conformer=[*NO_SMILES, 'nowhere.sdf', 'mol block\n', '\n\n\n  1  0\n'], gcms=BAD_MASS, lcms=BAD_MASS,
           cnmr=BAD_NMR, hnmr=BAD_NMR, text=[*NO_RECORD, ['a ketone'], '...', '\x00\x01'],
           image=[*NO_RECORD, 'nowhere.png', 'C1CC', 'C' * 500, b'GIF89a', np.zeros((1, 1)), np.full((64, 64), nan),
                  np.full((64, 64), -1), np.zeros((64, 64, 2)), Image.new('RGB', (1, 1)),
                  Image.new('RGB', (200, 200), 'white'), saved(Image.new('1', (20_000, 20_000))),
                  saved(Image.new('L', (100, 100)))[:40]],
           pocket=[*NO_RECORD, 'nowhere.pdb', 'letter.docx', dict(path=''), dict(path=None),
                   dict(POCKET, xyz=[[0., 0, nan], [1, 0, 0]]), dict(POCKET, xyz=[[0., 0]]), dict(POCKET, xyz='x'),
                   dict(POCKET, atom=['CA'])])

def test_every_modality_is_here(): assert set(BAD) == set(SHIPPED)

@pytest.mark.parametrize('name', BAD)
def test_bad_records_are_named_one_by_one(name):
    modality, report = get_modality(name), Rejected()
    for k, record in enumerate(BAD[name]):
        with pytest.raises(RecordError) as e: modality.featurize(record)
        assert e.value.reason and '\n' not in str(e.value) and len(str(e.value)) < 400, (k, str(e.value))
        with pytest.raises(RecordError, match=f'{name} record 0'): modality.features([record])
    features, rows = modality.features(BAD[name], report)
    assert not features and not len(rows) and len(report) == len(BAD[name]) and all(r['reason'] for r in report)

FIELDS = ['mz', 'intensity', 'precursor_mz', 'path', 'xyz', 'element', 'residue', 'atom', 'a']
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(max_size=12),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), some, max_size=5), max_leaves=8)

@pytest.mark.parametrize('name', BAD)
def test_anything_is_read_or_refused(name):
    featurize = get_modality(name).featurize
    @given(ANYTHING)
    @settings(max_examples=80, deadline=None, derandomize=True)
    def check(record):
        try: featurize(record)
        except RecordError as e: assert e.reason
    check()

LARGE = dict(smiles='NCC(=O)' * 125 + 'O', fingerprint='C' * 500, text='ketone ' * 10_000,
             hnmr=np.repeat(np.linspace(1, 9, 500), 200), cnmr=np.repeat(np.linspace(1, 200, 500), 200))
LARGE |= {m: dict(mz=np.random.default_rng(0).uniform(50, 900, 100_000),
                  intensity=np.random.default_rng(1).random(100_000)) for m in ('gcms', 'lcms')}

@pytest.mark.parametrize('name', LARGE)
def test_large_records_are_read(name):
    modality = get_modality(name)
    assert modality.collate(modality.features([LARGE[name]])[0])

PIXELS = np.asarray(Image.new('L', (120, 80), 255)).copy()
PIXELS[38:42, 20:100] = 0

@pytest.mark.parametrize('what', ['16 bit', 'cmyk', 'palette with alpha', 'animated', 'one row', 'grey with alpha',
                                  'rotated by exif'])
def test_odd_pictures(what):
    "A horizontal bar, in whichever way it was saved."
    plain = Image.fromarray(PIXELS)
    if what == '16 bit': record = saved(Image.fromarray(PIXELS.astype(np.uint16) * 257))
    if what == 'cmyk': record = saved(plain.convert('CMYK'), 'TIFF')
    if what == 'palette with alpha':
        clear = plain.convert('P', palette=Image.ADAPTIVE, colors=2)
        record = saved(clear, 'PNG', transparency=clear.getpixel((0, 0)))
    if what == 'animated':
        record = saved(plain, 'GIF', save_all=True, append_images=[Image.new('L', plain.size, 0)] * 3)
    if what == 'one row': record = Image.fromarray(np.full((1, 500), 255, np.uint8))
    if what == 'grey with alpha':
        record = Image.new('LA', plain.size, (0, 0))
        record.putalpha(Image.fromarray(255 - PIXELS))
    if what == 'rotated by exif':
        exif = Image.Exif()
        exif[274] = 6
        record = saved(plain.convert('RGB').rotate(90, expand=True), 'JPEG', exif=exif, quality=95)
    featurize = get_modality('image').featurize
    if what == 'one row':
        with pytest.raises(RecordError, match='too few'): featurize(record)
    else: assert np.corrcoef(featurize(record).ravel(), featurize(plain).ravel())[0, 1] > .9
