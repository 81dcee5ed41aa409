"""1H NMR: what people paste, export and mistype becomes lines or a named error; sizes; incomplete lists."""
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings, strategies as st

from acml.core import RecordError, Rejected
from acml.modality import get_modality
from acml.lines import MAX_LINES, PartialLineLoss, collate_peaks, _line_density
from acml.jcamp import read_jcamp
from acml.peaktable import read_peaks
from acml.spectrum import NMRSpectrum, merge_multiplets, parse_peaks

fuzz = settings(max_examples=200, deadline=None, derandomize=True)

@pytest.mark.parametrize('text, shifts', [
    ('δ 7.26 (d, J = 8 Hz, 2H)', [7.26]),
    ('1H NMR (400 MHz, CDCl3) δ 7.42–7.35 (m, 3H), 7.26 (d, J = 8.0 Hz, 2H), 4.12 (q, J = 7.1 Hz, 2H)',
     [4.12, 7.26, 7.385]),
    ('1H-NMR (400 MHz, DMSO-d6) δ: 12.1 (s, 1 H), 8.05 (dd, J = 8.2, 1.4 Hz, 1 H); 7.60 - 7.52 (m, 2 H).',
     [7.56, 8.05, 12.1]),
    ('δH (400 MHz; CDCl3) 7.26 (2 H, d, J 8.0, ArH), 3.81 (3 H, s, OMe)', [3.81, 7.26]),
    ('7.26 d, J = 8.0, 1.5 Hz, 2H; 2.31 br s 3 H', [2.31, 7.26]),
    ('1H NMR δ 7.45 (1 H, s). 13C NMR δ 120.1', [7.45]), ('-0.05 7.26', [-.05, 7.26]),
    ('7,26; 4,12; 1,26', [1.26, 4.12, 7.26])])
def test_pasted_protons(text, shifts): assert parse_peaks(text, '1H').tolist() == pytest.approx(shifts, abs=1e-3)

@pytest.mark.parametrize('text', ['2904 1648 500', '13C NMR δ 120.1', 'J = 8 Hz', '7.26 (d', '', '2H', '7.26 x'])
def test_pasted_nonsense(text):
    with pytest.raises(RecordError): parse_peaks(text, '1H')

HNMR = get_modality('hnmr')
BAD = {'empty': [], 'nan': [float('nan')], 'inf': [7.26, float('inf')], 'too high': [21.], 'too low': [-6.],
       'Hz': [2904., 1724.], 'none': None, 'text': 'ethanol', 'number': 7.26, 'rows': [[7.26]],
       'trace': np.linspace(-1, 12, 100_000), 'nucleus': NMRSpectrum('13C', [20.]), 'dict': dict(shifts=[7.26])}

@pytest.mark.parametrize('name', BAD)
def test_bad_record_is_named(name):
    report = Rejected()
    assert len(HNMR.features([[7.26], BAD[name], [1.26]], report)[0]) == 2 and len(report) == 1
    assert report.rows[0]['row'] == 1
    with pytest.raises(RecordError, match='record 0'): HNMR.features([BAD[name]])

def test_hz_is_guessed():
    with pytest.raises(RecordError, match='in Hz'): HNMR.featurize([2904., 1724., 544.])

def test_many_equal_peaks_are_few_lines():
    peaks = np.round(np.random.default_rng(0).uniform(0, 10, 100_000), 2)
    lines = HNMR.featurize(peaks)
    assert len(lines) <= 1001 <= MAX_LINES
    assert np.isfinite(HNMR.encoder()(HNMR.collate([lines])).numpy(force=True)).all()

@fuzz
@given(st.one_of(st.none(), st.text(max_size=5), st.floats(),
                 st.lists(st.one_of(st.floats(), st.none(), st.text(max_size=3), st.lists(st.floats(), max_size=2)),
                          max_size=6)))
def test_any_record_is_lines_or_a_named_error(record):
    try: lines = HNMR.featurize(record)
    except RecordError as e: assert e.reason
    else: assert lines.dtype == np.float32 and (np.diff(lines) > 0).all()

def trace(ppm, y, mhz=400., xunits='HZ'):
    x = ppm * (mhz if xunits == 'HZ' else 1)
    rows = [f'{i} ' + ' '.join(str(int(1000*v)) for v in y[i:i+12]) for i in range(0, len(y), 12)]
    return '\n'.join(['##TITLE= t', '##JCAMP-DX= 5', '##DATA TYPE= NMR SPECTRUM', f'##.OBSERVE FREQUENCY= {mhz}',
                      '##.OBSERVE NUCLEUS= ^1H', f'##XUNITS= {xunits}', '##YUNITS= ARBITRARY UNITS', '##YFACTOR= 0.001',
                      f'##FIRSTX= {x[0]}', f'##LASTX= {x[-1]}', f'##NPOINTS= {len(y)}', '##XYDATA= (X++(Y..Y))', *rows,
                      '##END=\n'])

@pytest.mark.parametrize('rising', [True, False])
@pytest.mark.parametrize('commas', [True, False])
@pytest.mark.parametrize('xunits', ['HZ', 'PPM'])
def test_multiplets_of_a_trace_become_lines(tmp_path, rising, commas, xunits):
    ppm = np.linspace(0, 10, 8001)[::1 if rising else -1]
    triplet = [(1.26 + d*.0178, h) for d, h in ((-1, .5), (0, 1), (1, .5))]
    quartet = [(4.12 + d*.0178, h) for d, h in ((-1.5, .2), (-.5, .6), (.5, .6), (1.5, .2))]
    branches = triplet + [(2.04, 1.5)] + quartet
    text = trace(ppm, sum(h/(1 + ((ppm - c)/.002)**2) for c, h in branches), xunits=xunits)
    (tmp_path/'t.jdx').write_text(text.replace('.0\n', ',0\n').replace('0.001', '0,001') if commas else text)
    spectrum = read_jcamp(tmp_path/'t.jdx', '1H')
    assert len(spectrum) == 8 and len(merge_multiplets(spectrum)) == 3
    assert HNMR.featurize(spectrum).tolist() == pytest.approx([1.26, 2.04, 4.12], abs=.005)

def test_a_trace_without_signal(tmp_path):
    (tmp_path/'flat.jdx').write_text(trace(np.linspace(0, 10, 100), np.zeros(100)))
    with pytest.raises(RecordError, match='flat.jdx'): read_jcamp(tmp_path/'flat.jdx', '1H')

def test_table_of_protons(tmp_path):
    (tmp_path/'p.csv').write_text('shift;multiplicity\n7,26;d\n2,31;s\n')
    spectrum = read_peaks(tmp_path/'p.csv', '1H')
    assert spectrum.multiplicities == ('s', 'd') and HNMR.featurize(spectrum).tolist() == pytest.approx([2.31, 7.26])

@fuzz
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6), st.integers(0, 99))
@example([(0, 0)], 0)
@example([(0, 3)], 0)
def test_partial_loss_is_the_sum_over_molecules(sizes, seed):
    rng = np.random.default_rng(seed)
    predicted, listed = ([np.sort(rng.uniform(0, 10, n[i])).astype(np.float32) for n in sizes] for i in (0, 1))
    lines, at = collate_peaks(predicted), collate_peaks(listed)
    k = len(lines['shift_ppm'])
    lines |= dict(spread_ppm=torch.tensor(rng.uniform(.05, 1, k), dtype=torch.float32),
                  weight=torch.tensor(rng.uniform(0, 2, k), dtype=torch.float32))
    if not len(at['shift_ppm']): return
    loss, p, q = PartialLineLoss()(lines, {}, at).item(), lines['ptr'], 0.
    for i, ys in enumerate(listed):
        mu, b, w = (lines[o][p[i]:p[i+1]].double().numpy() for o in ('shift_ppm', 'spread_ppm', 'weight'))
        q += w.sum() - sum(np.log(.01 + (w/(2*b)*np.exp(-np.abs(y - mu)/b)).sum()) for y in ys)
    assert loss == pytest.approx(q/len(at['shift_ppm']), rel=1e-4, abs=1e-4)
    assert (_line_density(lines, at) >= .01 - 1e-6).all()
