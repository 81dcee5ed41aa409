"""Objects as programs hold them, with values that hurt put into them: for tests/fuzz.py."""
import copy
from collections import namedtuple
from contextlib import suppress
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
from rdkit import Chem

SHIFTS, MZ, HEIGHTS = [171.1, 60.4, 21.0, 14.2], [31.018, 45.033, 46.041], [1., .5, .2]
MODALITIES = 'graph', 'cnmr', 'hnmr', 'lcms', 'gcms', 'smiles'

def _values():
    "What may stand where a number, a text or a list was expected."
    return [None, float('nan'), float('inf'), -1, 0, -0., 1e308, 1e-320, 10**400, -10**30, True, '', ' ', 'x', 'nan',
            '1e5', '7.2', '7.2, 3.1', '13C', '1H', 'C13', b'7', [], [[]], [None], [float('nan')], ['a'],
            [[1.], [2., 3.]], {}, {'a': 1}, (), (1,), {1.}, range(3), iter([1.]), object(), object, len, 1 + 2j,
            Decimal('1.5'), pd.NA, pd.NaT, pd.Timestamp(0), np.array([]), np.zeros((2, 3)), np.zeros((0, 3)),
            np.array(1.), np.array([1 + 2j]), np.array(['a', 'b']), np.array([None, 1], dtype=object),
            np.float32('nan'), np.int64(3), np.ma.masked, np.array(['2020-01-01'], 'M8'), '\ud800', '\u2003',
            'C'*6000, '('*3000, '9'*5000, [1.]*20_000, '[M+H]+', '[M+?]', 'positive', '35 V +/- 15',
            SimpleNamespace(), pd.Series(dtype=float), pd.DataFrame(), Chem.Mol(), 'CCO']

def _seeds():
    "Whole objects, of each kind one."
    nmr = dict(id='a', shifts=SHIFTS, nucleus='13C', multiplicities=['s', 't', 'q', 'q'], intensities=[1., 2., 2., 2.],
               solvent='CDCl3', field_mhz=100.6, smiles='CCOC(C)=O')
    ms = dict(id='b', mz=MZ, intensity=HEIGHTS, precursor_mz=47.0491, adduct='[M+H]+', charge=1, ion_mode='positive',
              collision_energy='20 eV', instrument_type='ESI-QTOF', smiles='CCO', pepmass=(47.0491, None))
    peaks = {'f1 (ppm)': SHIFTS, 'Intensity': [1., 2., 2., 2.], 'Type': ['Compound']*3 + ['Solvent']}
    procs = dict(SI=64, OFFSET=219.6, SF=100.6, SW_p=24094., BYTORDP=0, AXNUC='13C', FTSIZE=64, STSI=64)
    trace = np.exp(-((np.arange(64) - 20)/2)**2) + 1e-3*np.sin(np.arange(64)*9)
    pipe = dict(FDF2FTFLAG=1., FDF2LABEL='13C', FDF2OBS=100.6, FDF2SW=24094., FDF2ORIG=1000., FDSIZE=64.,
                FDDIMCOUNT=1., FDDIMORDER=[2., 1., 3., 4.], FDF2QUADFLAG=1., FDQUADFLAG=1.)
    jcamp = {'.OBSERVEFREQUENCY': ['100.6'], '.OBSERVENUCLEUS': ['^13C'], 'DATATYPE': ['NMR SPECTRUM'],
             'XUNITS': ['HZ'], 'FIRSTX': ['22000'], 'LASTX': ['0'], 'NPOINTS': ['64'], '.SOLVENTNAME': ['CDCl3']}
    matchms = dict(precursor_mz=47.0491, adduct='[M+H]+', ionmode='positive', compound_name='ethanol', smiles='CCO')
    return [nmr, ms, dict(list(nmr.items())[:3]), dict(mzs='31.0,45.0', intensities='1.0,0.5', identifier='x'),
            (dict(procs=procs, acqus=dict(NUC1='13C', SW_h=24094., SOLVENT='CDCl3')), trace), (pipe, trace),
            (jcamp, trace),
            dict(metadata=matchms, mz=MZ, intensities=HEIGHTS, kind='matchms'), [nmr, ms], SHIFTS, peaks, 'CCO',
            [[58.1, 18.3], [6.5]], dict(mz=MZ, intensity=HEIGHTS)]

def _holders(o):
    "All dicts and lists in an object."
    if isinstance(o, (dict, list)): yield o
    if isinstance(o, (dict, list, tuple)) and len(o) < 100:
        for v in o.values() if isinstance(o, dict) else o: yield from _holders(v)

def _hurt(o, rng):
    "Change one value, name or length somewhere in an object."
    holders, values = [h for h in _holders(o) if len(h)], _values()
    other = values[rng.integers(len(values))]
    if not holders or rng.random() < .05: return other
    holder = holders[rng.integers(len(holders))]
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key = keys[rng.integers(len(keys))]
    kind = rng.integers(6)
    if kind < 3: holder[key] = other
    elif kind == 3: del holder[key]
    elif kind == 4 and isinstance(holder, dict): holder[_names(rng)] = holder.pop(key)
    elif kind == 4: holder.insert(key, other)
    elif isinstance(holder[key], (list, tuple, str)):
        with suppress(Exception): # what cannot be made of it stays as it is
            holder[key] = [np.array, tuple, list, str, pd.Series][rng.integers(5)](holder[key])
    else: holder[key] = [holder[key]]*int(rng.integers(4))
    return o

def _names(rng):
    "A name of a field, another's or none."
    names = [*_seeds()[rng.integers(3)], '', 3, None, 'SMILES', 'ppm', 'X']
    return names[rng.integers(len(names))]

def _wrap(o, rng):
    "The same facts as another kind of object, where they can be."
    if isinstance(o, dict) and 'kind' in o: # of matchms
        peaks = SimpleNamespace(mz=o.get('mz'), intensities=o.get('intensities'))
        return SimpleNamespace(metadata=o.get('metadata'), peaks=peaks)
    kind = rng.integers(8)
    with suppress(Exception): # it can only be what it is
        if isinstance(o, dict):
            if kind == 0: return pd.Series(o)
            if kind == 1: return pd.DataFrame([o, o])
            if kind == 2: return pd.DataFrame(o)
            if kind == 3: return namedtuple('Row', list(o))(*o.values())
            if kind == 4: return next(pd.DataFrame([o]).itertuples())
        if isinstance(o, list):
            if kind == 0: return pd.Series(o)
            if kind == 1: return np.array(o, dtype=object)
            if kind == 2: return np.array(o)
            if kind == 3: return pd.DataFrame(o)
        if isinstance(o, str) and kind < 3: return Chem.MolFromSmiles(o, sanitize=kind == 0) or o
    return [o] if kind == 7 else o

def make(rng):
    "An object of a random kind, with up to three things wrong in it."
    seeds = _seeds()
    o = copy.deepcopy(seeds[rng.integers(len(seeds))])
    for _ in range(rng.integers(4)): o = _hurt(o, rng)
    return Made(_wrap(o, rng), rng)

class Made:
    "An object, and how it shall be read."
    def __init__(self, value, rng):
        self.value, self.nucleus = value, (None, None, '13C', '1H', '19F')[rng.integers(5)]
        self.aside, self.pick, self.name = bool(rng.integers(2)), bool(rng.integers(4)), MODALITIES[rng.integers(6)]
    def __repr__(self): return f'{type(self.value).__name__} {self.value!r:.3000}, {self.nucleus}, {self.name}'

def read(made):
    "As a spectrum."
    from acml.core import Rejected
    from acml.spectra import read_spectra
    return read_spectra(made.value, made.nucleus, Rejected() if made.aside else None, pick=made.pick)

def records(made):
    "As a record of some modality, as a structure, in words."
    from acml.core import AcmlError
    from acml.objects import is_matchms, name_kind, row_fields, to_structure
    from acml.records import is_foreign, to_records
    for look in (name_kind, row_fields, is_matchms, is_foreign): look(made.value)
    try: to_structure(made.value)
    except AcmlError as e: assert str(e)
    return to_records(made.name, made.value, strict=made.aside)

_MODELS = {}

def embed(made):
    "As a point in the space of a model."
    from acml.core import Rejected
    from acml.model import ACML
    model = _MODELS.setdefault('joint', None) or ACML.from_pretrained('joint')
    _MODELS['joint'] = model
    name = made.name if made.name in model.towers else 'graph'
    value = made.value if isinstance(made.value, list) else [made.value]
    z = model.embed(name, value, Rejected() if made.aside else None)
    assert len(z) == len(value) and (made.aside or np.isfinite(z).all())
    return z
