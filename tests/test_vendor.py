"""Folders of spectrometers: axes against nmrglue's, byte orders, every fault an error that names file and reason."""
import struct, warnings, zipfile

import numpy as np
import pytest

from acml.core import AcmlError, RecordError, Rejected
from acml.nmrfiles import is_nmr_file, read_nmr
from acml.spectra import read_spectra
from acml.vendor import _isotope, read_experiments, read_pair

ACETATE, SF, WIDTH, LEFT, N = [14.2, 21.0, 60.4, 171.1], 100.612769, 239.5, 219.6, 16384

def heights(lines=ACETATE, n=N, scale=1e6):
    ppm = LEFT - np.arange(n) * WIDTH / n
    return scale * sum(1 / (1 + ((ppm - o) * SF / 3)**2) for o in lines)

def bruker(exp, nucleus='13C', order=0, kind=0, n=N, peaks=None, nc=0, title='ethyl acetate', extra='', lines=ACETATE):
    "An experiment with one processed spectrum."
    proc = exp/'pdata'/'1'
    proc.mkdir(parents=True)
    (exp/'acqus').write_text('##TITLE= Parameter file, TopSpin 3.6\n##JCAMPDX= 5.0\n$$ 2021-01-02\n'
                             f'##$D= (0..3)\n0 1 2\n3\n##$NUC1= <{nucleus}>\n##$SFO1= {SF + .01}\n'
                             '##$SOLVENT= <CDCl3>\n##END=\n')
    (proc/'procs').write_text(f'##TITLE= x\n##$AXNUC= <{nucleus}>\n##$BYTORDP= {order}\n##$DTYPP= {kind}\n'
                              f'##$NC_proc= {nc}\n##$OFFSET= {LEFT}\n##$SF= {SF}\n##$SI= {n}\n'
                              f'##$SW_p= {WIDTH * SF}\n{extra}##END=\n')
    code = ('>' if order else '<') + ('f8' if kind == 2 else 'i4')
    (proc/'1r').write_bytes(np.ldexp(heights(lines, n), -nc).astype(code).tobytes())
    (proc/'title').write_text(title + '\nsecond line\n')
    if peaks is not None: (proc/'peaklist.xml').write_text(xml(peaks))
    return exp

def xml(peaks, tail=''):
    one = '<Peak1D F1="{}" annotation="" intensity="{}" type="0"/>'
    rows = ''.join(one.format(p, 1 + i) for i, p in enumerate(peaks))
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<PeakList modified="2021-01-02T11:12:13">\n  <PeakList1D>\n'
            f'    <PeakList1DHeader expNo="1"><PeakPickDetails>MI=0.1cm</PeakPickDetails></PeakList1DHeader>{rows}'
            f'  </PeakList1D>{tail}\n</PeakList>')

# ---- Bruker: the axis

@pytest.mark.parametrize('order, kind, nc', [(0, 0, 0), (1, 0, 0), (0, 2, 0), (1, 2, 0), (0, 0, -4), (0, 0, 3)])
def test_heights_in_every_layout(tmp_path, order, kind, nc):
    found, = read_spectra(bruker(tmp_path/'acetate'/'10', order=order, kind=kind, nc=nc), pick=True)
    np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=WIDTH/N)
    assert found.meta['picked'] and found.meta['source'] == '1r' and found.meta['title'] == 'ethyl acetate'
    assert found.meta['solvent'] == 'CDCl3' and found.meta['field_mhz'] == SF and found.nucleus == '13C'

def test_axis_is_that_of_nmrglue(tmp_path):
    from nmrglue.fileio import bruker as ng, fileiobase
    from acml.vendor import _bruker_trace, _place
    exp = bruker(tmp_path/'acetate'/'10')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        dic, data = ng.read_pdata(str(exp/'pdata'/'1'), read_acqus=False)
        theirs = fileiobase.uc_from_udic(ng.guess_udic(dic, data)).ppm_scale()
    ppm, y, _ = _bruker_trace(_place(exp, 'x'))
    np.testing.assert_allclose(ppm, theirs, atol=1e-6)
    np.testing.assert_array_equal(y, data)

def test_a_strip_of_the_transformed_signal(tmp_path):
    "STSI of FTSIZE points are kept; SW_p is still the whole width."
    exp = bruker(tmp_path/'a'/'1', extra=f'##$FTSIZE= {2*N}\n##$STSI= {N}\n##$STSR= 100\n')
    acqus = exp/'acqus'
    acqus.write_text(acqus.read_text().replace('##END=', f'##$SW_h= {WIDTH * SF}\n##END='))
    found, = read_spectra(exp, pick=True)
    expected = [LEFT - (LEFT - o) / 2 for o in ACETATE] # a step is half as wide
    np.testing.assert_allclose(found.shift_ppm, sorted(expected), atol=WIDTH/N)

# ---- Bruker: which file of it

PATHS = '', 'pdata', 'pdata/1', 'pdata/1/1r', 'pdata/1/procs', 'acqus'

@pytest.mark.parametrize('path', PATHS)
def test_any_part_of_it_names_it(tmp_path, path):
    exp = bruker(tmp_path/'acetate'/'10', peaks=ACETATE)
    found, = read_spectra(exp/path)
    np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=1e-4)
    assert not found.meta['picked'] and found.meta['source'] == 'peaklist.xml'
    np.testing.assert_allclose(found.intensities, np.arange(1, 5) / 4)
    assert read_spectra(str(exp/path))[0].shift_ppm.tolist() == found.shift_ppm.tolist()

@pytest.mark.parametrize('path', PATHS)
def test_a_trace_is_refused_unless_picking_is_asked_for(tmp_path, path):
    exp = bruker(tmp_path/'acetate'/'10', peaks=[])
    with pytest.raises(RecordError, match=r'acetate/10.*: holds a trace \(1r\), no list of peaks: .*pick=True'):
        read_spectra(exp/path)
    assert len(read_spectra(exp/path, pick=True)[0]) == 4

def test_the_trace_by_its_own_name_and_pick_goes_before_the_list(tmp_path):
    exp = bruker(tmp_path/'acetate'/'10', peaks=[50.])
    assert len(read_spectra(exp, pick=True)[0]) == 1
    assert len(read_spectra(exp/'pdata'/'1'/'1r', pick=True)[0]) == 4

def test_the_processed_data_with_a_list_is_read(tmp_path):
    exp = bruker(tmp_path/'acetate'/'10')
    second = exp/'pdata'/'2'
    second.mkdir()
    (second/'peaklist.xml').write_text(xml([7.26]))
    assert read_spectra(exp)[0].shift_ppm.tolist() == [np.float32(7.26)]

PEAK_TXT = '''DU=/opt/data, USER=nmr, NAME=acetate, EXPNO=10, PROCNO=1
F1=219.599ppm, F2=-19.901ppm, MI=0.20cm, MAXI=10000.00cm, PC=1.400

   #     ADDRESS      FREQUENCY              INTENSITY
                   [Hz]         [PPM]
   1      3317.3   17214.845    171.1000        4.16
   2     10890.9    6077.011     60.4000       18.00
   3     13586.2    2112.868     21.0000       15.10
   4     14051.4    1428.701     14.2000       16.00
'''

def test_the_list_of_older_programs(tmp_path):
    exp = bruker(tmp_path/'acetate'/'10')
    (exp/'pdata'/'1'/'peak.txt').write_text(PEAK_TXT)
    for path in (exp, exp/'pdata'/'1'/'peak.txt'):
        found, = read_spectra(path)
        np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=1e-4)
        assert found.meta['source'] == 'peak.txt'
    alone = tmp_path/'carbon.txt'
    alone.write_text(PEAK_TXT)
    np.testing.assert_allclose(read_spectra(alone, '13C')[0].shift_ppm, ACETATE, atol=1e-4)
    with pytest.raises(RecordError, match='carbon.txt: does not say which nucleus'): read_spectra(alone)
    alone.write_text(PEAK_TXT.replace('17214.845    171.1000', '171.1000    17214.845'))
    with pytest.raises(RecordError, match='carbon.txt: .*which column holds the shifts'): read_spectra(alone, '13C')

# ---- samples, zips

def sample(folder):
    bruker(folder/'10', peaks=ACETATE)
    bruker(folder/'2', '1H', peaks=[1.26, 2.04, 4.12])
    bruker(folder/'11', '19F', peaks=[-110.])
    (bruker(folder/'12')/'pdata'/'1'/'1r').rename(folder/'12'/'pdata'/'1'/'2rr')
    return folder

def test_all_that_can_be_read_of_a_sample(tmp_path):
    report = Rejected()
    found = read_spectra(sample(tmp_path/'acetate'), report=report)
    assert [(s.nucleus, s.meta['file']) for s in found] == [('1H', 'acetate/2'), ('13C', 'acetate/10')]
    assert [(r['id'], r['reason']) for r in report] == [
        ('acetate/11', 'a 19F spectrum; 13C and 1H can be read'), ('acetate/12', 'a 2D experiment')]
    with pytest.warns(UserWarning, match='2 of 4 left out: acetate/11: a 19F'): read_spectra(tmp_path/'acetate')
    with pytest.warns(UserWarning, match='3 of 4 left out'):
        assert [s.nucleus for s in read_spectra(tmp_path/'acetate', '13C')] == ['13C']

def test_a_zip_is_read_like_its_folder(tmp_path):
    folder = sample(tmp_path/'acetate')
    with zipfile.ZipFile(tmp_path/'data.zip', 'w') as z:
        for p in folder.rglob('*'): z.write(p, p.relative_to(tmp_path))
    report = Rejected()
    found = read_spectra(tmp_path/'data.zip', report=report)
    assert [s.meta['file'] for s in found] == ['data.zip/acetate/2', 'data.zip/acetate/10'] and len(report) == 2

@pytest.mark.parametrize('content, reason', [
    (b'', 'damaged zip'), (b'PK\x03\x04 nothing', 'damaged zip'), (None, 'no experiment of a Bruker or Varian')])
def test_a_zip_of_anything_else(tmp_path, content, reason):
    path = tmp_path/'x.zip'
    if content is None:
        with zipfile.ZipFile(path, 'w') as z: z.writestr('../../note.txt', 'hello')
    else: path.write_bytes(content)
    with pytest.raises(RecordError, match=f'x.zip: {reason}'): read_spectra(path)
    assert not (tmp_path.parent/'note.txt').exists()

def test_a_zip_that_would_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr('acml.vendor._LARGEST', 1000)
    with zipfile.ZipFile(tmp_path/'x.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('fid', bytes(10_000))
    with pytest.raises(RecordError, match='x.zip: more than 1 GB'): read_spectra(tmp_path/'x.zip')

# ---- faults

def fault(name, how, reason, pick=True, id=None): return pytest.param(name, how, reason, pick, id=id or reason)

@pytest.mark.parametrize('file, how, reason, pick', [
    fault('pdata/1/1r', lambda b: b[:-4], f'1r truncated: {N-1} points, not {N}'),
    fault('pdata/1/1r', lambda b: b[:-3], '1r truncated'),
    fault('pdata/1/1r', lambda b: b'', '1r truncated: 0 points'),
    fault('pdata/1/1r', lambda b: b + bytes(8), f'1r does not fit its settings: {N+2} points, not {N}'),
    fault('pdata/1/1r', lambda b: bytes(len(b)), 'no peak rises above the noise'),
    fault('pdata/1/procs', lambda b: None, 'procs is missing'),
    fault('pdata/1/procs', lambda b: b'', 'SI is missing in its settings'),
    fault('pdata/1/procs', lambda b: b.replace(b'OFFSET', b'OFFSIDE'), 'OFFSET is missing'),
    fault('pdata/1/procs', lambda b: b.replace(b'SW_p= 2', b'SW_p= -2'), 'SW_p= -2.*must be positive'),
    fault('pdata/1/procs', lambda b: b.replace(b'SF= 100', b'SF= inf'), 'SF is not a number'),
    fault('pdata/1/procs', lambda b: b.replace(b'DTYPP= 0', b'DTYPP= 1'), 'DTYPP= 1 is not known'),
    fault('pdata/1/procs', lambda b: b.replace(b'DTYPP= 0', b'DTYPP= 2'), '1r truncated: 8192 points'),
    fault('pdata/1/procs', lambda b: b.replace(b'OFFSET= 219', b'OFFSET= 2190'), 'outside -50..350 ppm'),
    fault('pdata/1/procs', lambda b: bytes(range(256)) * 9, 'not a text file'),
    fault('pdata/1/peaklist.xml', lambda b: b'<PeakList><Peak1D F1="7', 'damaged XML', False),
    fault('pdata/1/peaklist.xml', lambda b: b'<PeakList><Peak1D/></PeakList>', 'a peak without a shift F1', False),
    fault('pdata/1/peaklist.xml', lambda b: b'<PeakList><Peak2D F1="7" F2="8"/></PeakList>', 'a 2D peak list', False),
    fault('pdata/1/peaklist.xml', lambda b: b'<html/>', 'no peak list of TopSpin, but <html>', False),
    fault('pdata/1/peaklist.xml', lambda b: b'<!DOCTYPE a [<!ENTITY x "y">]><PeakList/>', 'DOCTYPE or entities', False),
    fault('acqus', lambda b: b.replace(b'13C', b'31P'), 'a 31P spectrum; 13C and 1H can be read'),
    fault('acqus', lambda b: b.replace(b'<13C', b'<13C' * 3)[:60], None, id='acqus cut within a value'),
])
def test_faults_name_the_experiment_and_the_reason(tmp_path, file, how, reason, pick):
    exp = bruker(tmp_path/'acetate'/'10')
    path = exp/file
    new = how(path.read_bytes() if path.exists() else b'')
    path.unlink(missing_ok=True)
    if new is not None: path.write_bytes(new)
    if reason is None:
        assert read_spectra(exp, pick=pick)[0].nucleus == '13C' # as procs says
        return
    with pytest.raises(RecordError, match=reason) as e: read_spectra(exp, pick=pick)
    assert str(e.value).startswith(('acetate/10: ', 'peaklist.xml: ', 'procs: '))

def test_another_nucleus_and_none_at_all(tmp_path):
    exp = bruker(tmp_path/'acetate'/'10', peaks=ACETATE)
    with pytest.raises(RecordError, match='acetate/10: a 13C spectrum, not 1H'): read_spectra(exp, '1H')
    with pytest.raises(RecordError, match='acetate/10: a 13C spectrum, not 19F'): read_spectra(exp, '19F')
    alone = tmp_path/'alone'
    alone.mkdir()
    (alone/'peaklist.xml').write_text(xml(ACETATE))
    with pytest.raises(RecordError, match="alone: does not say which nucleus it is of: add nucleus='13C'"):
        read_spectra(alone)
    assert len(read_spectra(alone, '13C')[0]) == 4

def test_two_dimensions_and_raw_signals_without_settings(tmp_path):
    exp = bruker(tmp_path/'cosy'/'3', '1H')
    (exp/'pdata'/'1'/'1r').unlink()
    with pytest.raises(RecordError, match='cosy/3: neither a peak list, nor a spectrum'): read_spectra(exp)
    (exp/'ser').write_bytes(b'0')
    with pytest.raises(RecordError, match='cosy/3: a 2D experiment'): read_spectra(exp)
    (tmp_path/'raw').mkdir()
    (tmp_path/'raw'/'fid').write_bytes(bytes(800))
    for path in (tmp_path/'raw', tmp_path/'raw'/'fid'):
        with pytest.raises(RecordError, match='raw: a fid without acqus'): read_spectra(path)

# ---- signals in time

def signal(sign, middle, mhz, width, points=8192, lines=ACETATE):
    hertz = sign * (np.array(lines) - middle) * mhz
    return np.exp((2j*np.pi*hertz[:, None] - 4) * np.arange(points) / width).sum(0)

def bruker_fid(exp, delay=67.98, kind=0, order=0, sf=SF, procs=True):
    exp.mkdir(parents=True)
    width, middle = 24038.46, 100.
    y = np.r_[np.zeros(round(delay)), signal(1, middle, sf, width)]
    code = ('>' if order else '<') + ('f8' if kind == 2 else 'i4')
    (exp/'fid').write_bytes((1e5 * np.stack([y.real, y.imag], 1).ravel()).astype(code).tobytes())
    (exp/'acqus').write_text(f'##$AQ_mod= 3\n##$BF1= {SF}\n##$BYTORDA= {order}\n##$DTYPA= {kind}\n##$GRPDLY= {delay}\n'
                             f'##$NUC1= <13C>\n##$SFO1= {sf * (1 + middle * 1e-6):.9f}\n##$SW_h= {width}\n'
                             f'##$TD= {2 * len(y)}\n')
    if procs:
        (exp/'pdata'/'1').mkdir(parents=True)
        (exp/'pdata'/'1'/'procs').write_text(f'##$SF= {sf}\n')
    return exp

@pytest.mark.parametrize('kind, order', [(0, 0), (0, 1), (2, 0)])
def test_a_signal_of_bruker(tmp_path, kind, order):
    exp = bruker_fid(tmp_path/'raw'/'1', kind=kind, order=order, sf=SF * (1 + 2e-6))
    with pytest.raises(RecordError, match='raw/1: holds a fid that was never transformed: .*pick=True'):
        read_spectra(exp)
    found, = read_spectra(exp, pick=True)
    np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=.02)
    assert found.meta['source'] == 'fid'

def test_a_signal_that_was_never_referenced(tmp_path):
    exp = bruker_fid(tmp_path/'raw'/'1', procs=False)
    with pytest.warns(UserWarning, match='raw/1: the spectrum was never referenced'):
        found, = read_spectra(exp, pick=True)
    np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=.02)

@pytest.mark.parametrize('old, new, reason', [
    ('AQ_mod= 3', 'AQ_mod= 2', 'a fid of one channel'), ('##$TD', '##$TE', 'TD is missing'),
    ('##$SW_h', '##$SW', 'SW_h is missing'), ('##$TD= 1', '##$TD= 3', 'fid truncated')])
def test_faults_of_a_signal(tmp_path, old, new, reason):
    exp = bruker_fid(tmp_path/'raw'/'1')
    text = (exp/'acqus').read_text()
    assert old in text
    (exp/'acqus').write_text(text.replace(old, new))
    with pytest.raises(RecordError, match=f'raw/1: {reason}'): read_spectra(exp, pick=True)

def varian(folder, tn='C13', blocks=1, referenced=True, status=0x1 | 0x8 | 0x10, np_sent=None, extra=''):
    "A folder as VnmrJ writes it: header of 32 bytes, block header of 28, pairs of 32 bit floats, big end first."
    folder.mkdir(parents=True)
    sfrq, width, middle = 125.7, 30487.8, 95.
    reffrq = sfrq / (1 + middle * 1e-6)
    y = signal(-1, middle, reffrq, width).astype('complex64')
    data = np.stack([y.real, y.imag], 1).ravel().astype('>f4').tobytes()
    head = struct.pack('>6lhhl', blocks, 1, 2 * len(y), 4, len(data), len(data) + 28, 0, status, 1)
    (folder/'fid').write_bytes(head + (struct.pack('>4h1l4f', 0, status, 1, 0, 1, 0, 0, 0, 0) + data)*blocks)
    rfp, rfl = 77.16 * reffrq, 77.16 * reffrq - middle * reffrq + width/2
    def one(name, value):
        kind, text = (2, f'"{value}"') if isinstance(value, str) else (1, f'{value:.9g}')
        return f'{name} 1 {kind} 1e18 -1e18 0 2 1 0 1 64\n1 {text}\n0\n'
    said = dict(tn=tn, solvent='cdcl3', sfrq=sfrq, reffrq=reffrq, sw=width, np=2. * len(y), ni=1.)
    if referenced: said |= dict(rfl=rfl, rfp=rfp)
    (folder/'procpar').write_text(''.join(one(k, v) for k, v in said.items()) + extra)
    (folder/'text').write_text('ethyl acetate\n')
    return folder

@pytest.mark.parametrize('referenced', [True, False])
def test_a_signal_of_varian(tmp_path, referenced):
    folder = varian(tmp_path/'acetate.fid', referenced=referenced)
    for path in (folder, folder/'fid', folder/'procpar'):
        with pytest.raises(RecordError, match='acetate.fid: holds a fid that was never transformed'): read_spectra(path)
        found, = read_spectra(path, pick=True)
        np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=.02)
    assert found.meta['solvent'] == 'cdcl3' and found.meta['title'] == 'ethyl acetate'
    assert abs(found.meta['field_mhz'] - 125.7) < 1e-6

def test_faults_of_varian(tmp_path):
    def bad(name, reason, change=None, nucleus=None, **kwargs):
        folder = varian(tmp_path/f'{name}.fid', **kwargs)
        if change: change(folder)
        with pytest.raises(RecordError, match=f'{name}.fid: {reason}'): read_spectra(folder, nucleus, pick=True)
    bad('a', 'a 1H spectrum, not 13C', tn='H1', nucleus='13C')
    bad('b', 'a 19F spectrum', tn='F19')
    bad('c', 'a 2D or arrayed experiment of 3 signals', blocks=3)
    bad('d', 'fid is missing', lambda f: (f/'fid').unlink())
    bad('e', 'fid truncated', lambda f: (f/'fid').write_bytes((f/'fid').read_bytes()[:-100]))
    bad('f', 'fid truncated: no header', lambda f: (f/'fid').write_bytes(b'123'))
    bad('g', 'procpar is damaged', lambda f: (f/'procpar').write_text((f/'procpar').read_text()[:70]))
    bad('h', 'sw is missing', lambda f: (f/'procpar').write_text((f/'procpar').read_text().replace('sw 1', 'sx 1')))
    bad('i', 'fid holds a spectrum', status=0x1 | 0x2 | 0x8)

def test_without_nmrglue_the_error_says_what_to_install(tmp_path, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, 'nmrglue', None)
    with pytest.raises(AcmlError, match='read through nmrglue .*; pip install nmrglue'):
        read_spectra(varian(tmp_path/'a.fid'), pick=True)
    assert len(read_spectra(bruker(tmp_path/'b'/'1', peaks=ACETATE))[0]) == 4

# ---- pairs of nmrglue

def test_pairs(tmp_path):
    from nmrglue.fileio import bruker as ng, pipe
    exp = bruker(tmp_path/'acetate'/'10')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        dic, data = ng.read_pdata(str(exp/'pdata'/'1'))
    with pytest.raises(RecordError, match='16384 heights, which are no shifts'): read_pair((dic, data))
    np.testing.assert_allclose(read_pair((dic, data), pick=True).shift_ppm, ACETATE, atol=WIDTH/N)
    for bad, reason in (((dic, data[:100]), '100 points, but SI= 16384'),
                        ((dic, np.stack([data, data])), '2 dimensions'),
                        (({}, data), 'a fid, or a spectrum without its axis'), ((dic, data*1j), 'a fid, or a spectrum'),
                        (({'procs': {}}, data), 'SI is missing')):
        with pytest.raises(RecordError, match=reason): read_pair(bad, pick=True)
    with pytest.raises(RecordError, match='a 13C spectrum, not 1H'): read_pair((dic, data), '1H', pick=True)
    udic = {'ndim': 1, 0: dict(sw=WIDTH * SF, complex=False, obs=SF, car=(LEFT - WIDTH/2) * SF, size=N, label='13C',
                               encoding='direct', time=False, freq=True)}
    pdic = pipe.create_dic(udic)
    found = read_pair((pdic, data.astype('float32')), pick=True)
    np.testing.assert_allclose(found.shift_ppm, ACETATE, atol=2*WIDTH/N)
    assert found.nucleus == '13C'

# ---- whatever else

@pytest.mark.parametrize('seed', range(40))
def test_damaged_files_are_named_errors(tmp_path, seed):
    "Bits flipped, cut, or emptied in any file: what is read, or an AcmlError; never another exception."
    rng = np.random.default_rng(seed)
    folder = [lambda p: bruker(p, peaks=ACETATE), bruker, bruker_fid, varian][seed % 4](tmp_path/'x'/'1')
    files = sorted(p for p in folder.rglob('*') if p.is_file())
    path = files[rng.integers(len(files))]
    raw = bytearray(path.read_bytes())
    how = rng.integers(3)
    if how == 0:
        for i in rng.integers(len(raw), size=1 + len(raw)//50): raw[i] ^= 1 << rng.integers(8)
    elif how == 1: raw = raw[:rng.integers(len(raw))]
    else: raw = b''
    path.write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: found = read_spectra(folder, pick=True)
        except AcmlError as e: assert str(e)
        else: assert all(len(s) for s in found)

def test_isotopes():
    names = '13C', 'C13', '<1H>', '195Pt', '', 'off'
    assert [_isotope(o) for o in names] == ['13C', '13C', '1H', '195Pt', None, None]

def test_a_folder_of_something_else_is_no_experiment(tmp_path):
    (tmp_path/'a'/'b').mkdir(parents=True)
    (tmp_path/'a'/'b'/'notes.txt').write_text('x')
    assert not is_nmr_file(tmp_path)
    with pytest.raises(RecordError, match='no experiment'): read_experiments(tmp_path)
    with pytest.raises(RecordError, match='mine.mnova: a file that only MestReNova can read'):
        (tmp_path/'mine.mnova').write_bytes(b'\x00')
        read_nmr(tmp_path/'mine.mnova')

def test_the_command_line_picks_where_it_is_told_to(tmp_path):
    from acml.search_cli import _collect_inputs
    exp = bruker(tmp_path/'acetate'/'10')
    with pytest.raises(RecordError, match=r'holds a trace .*\(--pick\)'):
        _collect_inputs([], [], [], {'cnmr': [[str(exp)]]})
    found = _collect_inputs([], [], [], {'cnmr': [[str(exp)]]}, pick=True)
    np.testing.assert_allclose(found['cnmr'].shift_ppm, ACETATE, atol=WIDTH/N)

def test_dept_is_no_spectrum_of_all_carbons(tmp_path):
    for number, program in (('10', 'zgpg30'), ('11', 'deptsp135'), ('12', 'deptqgpsp')):
        exp = bruker(tmp_path/'acetate'/number, peaks=ACETATE)
        acqus = (exp/'acqus').read_text().replace('##END=', f'##$PULPROG= <{program}>\n##END=')
        (exp/'acqus').write_text(acqus)
    with pytest.warns(UserWarning, match='1 of 3 left out: acetate/11: deptsp135, which does not show all carbons'):
        assert len(read_spectra(tmp_path/'acetate', '13C')) == 2
    with pytest.raises(RecordError, match='deptsp135'): read_spectra(tmp_path/'acetate'/'11')
