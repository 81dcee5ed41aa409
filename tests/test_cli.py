"""The command line as the terminal sees it: exit codes, one-line errors, JSON keys, and the whole demo."""
import json, os, re, resource, shutil, signal, subprocess, sys
from pathlib import Path

import pandas as pd
import pytest

from acml.cli import main
from acml.core import AcmlError, read_json
from acml.parser import COMMANDS, usable_cores

FILES = Path(__file__).parent/'files'
CAMPHOR = '219.6 57.7 46.8 43.3 43.1 29.9 27.0 19.8 19.1 9.2'
ACML = [sys.executable, '-c', 'import sys; from acml.cli import main; sys.exit(main())']

def run(*args, cwd=None, **env):
    "acml in a process of its own."
    return subprocess.run([*ACML, *map(str, args)], capture_output=True, text=True, cwd=cwd, env={**os.environ, **env})

def short(recipe, epochs=2):
    "A recipe with few epochs."
    from dataclasses import replace
    return replace(recipe, stages=[replace(s, epochs=epochs) for s in recipe.stages])

def break_libraries(d):
    "Libraries as a full disk, an interruption or another program may leave them, and reports of the same kind."
    for name in ('cut', 'flipped', 'headless', 'garbled', 'unlisted', 'empty'):
        shutil.copytree(d/'lib', d/f'lib_{name}')
    data = (d/'lib'/'embeddings.f16').read_bytes()
    (d/'lib_cut'/'embeddings.f16').write_bytes(data[:len(data)//2])
    (d/'lib_flipped'/'embeddings.f16').write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    (d/'lib_headless'/'library.json').unlink()
    (d/'lib_garbled'/'library.json').write_text('{"format": "acml-lib')
    (d/'lib_unlisted'/'molecules.parquet').unlink()
    (d/'lib_stopped.part').mkdir()
    for name, text in {
        'none': None, 'garbled': '{', 'foreign': '{"task": "retrieval"}',
        'lost': json.dumps(dict(task='retrieval', n_queries=1, n_library=2, top1=1., ci95=dict(top1=[1, 1]), chance={},
                                filter='none', predictions='gone.parquet'))}.items():
        (d/f'report_{name}').mkdir()
        if text is not None: (d/f'report_{name}'/'a.json').write_text(text)

def empty_library(d):
    "A whole library of no molecules, every number in it right."
    import hashlib, pyarrow.parquet as pq
    molecules = pq.read_table(d/'lib'/'molecules.parquet')
    pq.write_table(molecules.slice(0, 0), d/'lib_empty'/'molecules.parquet')
    (d/'lib_empty'/'embeddings.f16').write_bytes(b'')
    info = read_json(d/'lib'/'library.json')
    parts = {n: dict(bytes=len(b := (d/'lib_empty'/n).read_bytes()), sha256=hashlib.sha256(b).hexdigest())
             for n in info['parts']}
    (d/'lib_empty'/'library.json').write_text(json.dumps({**info, 'n': 0, 'parts': parts}))

def write_mass_spectra(d):
    "Small files: of one compound with a spectrum that is none, of two compounds, and of nothing."
    mgf = lambda *ions: ''.join(f'BEGIN IONS\nTITLE=scan {i}\nPEPMASS={mz}\n{peaks}\nEND IONS\n'
                                for i, (mz, peaks) in enumerate(ions))
    peaks = '77.0386 40\n105.0335 100'
    (d/'one.mgf').write_text(mgf((183.0804, peaks), (183.0804, '77.0386 forty'), (183.0812, peaks)))
    (d/'two.mgf').write_text(mgf((183.0804, peaks), (121.0648, peaks)))
    (d/'broken.mgf').write_text(mgf((183.0804, '77.0386 forty')))
    (d/'two.msp').write_text(''.join(f'Name: {n}\nNum Peaks: 2\n{peaks}\n\n' for n in ('toluene', 'anisole')))

@pytest.fixture(scope='module')
def place(tmp_path_factory):
    "A folder with small tables, two tiny models and a library."
    from acml.data import demo_table, save_table
    d = tmp_path_factory.mktemp('cli')
    table = demo_table('cnmr')
    few = table.groupby('split').head(30)
    save_table(few, d/'few.parquet')
    save_table(few[few['split'] != 'test'], d/'no_test.parquet')
    save_table(few[few['split'] == 'train'], d/'only_train.parquet')
    save_table(few.assign(nucleus='1H'), d/'protons.parquet')
    few.drop(columns='shifts').to_parquet(d/'no_shifts.parquet')
    save_table(few[(few['split'] == 'test') & ~few['formula'].duplicated(keep=False)], d/'lonely.parquet')
    few[['smiles', 'name']].to_csv(d/'molecules.csv', index=False)
    (d/'no_smiles.csv').write_text('name,formula\nwater,H2O\n')
    (d/'empty.csv').write_text('')
    (d/'bad.smi').write_text('C1CC\nnonsense\n')
    (d/'empty.txt').write_text('')
    (d/'cut.sd').write_text((FILES/'nmrshiftdb2_layout.sd').read_text()[:900])
    for seed in (0, 1):
        assert main(['train', '--data', str(d/'few.parquet'), '--recipe', 'demo', '--out', str(d/f'model{seed}'),
                     '--seed', str(seed)]) == 0
    assert main(['embed', '--model', str(d/'model0'), '--smiles', str(d/'molecules.csv'), '--out', str(d/'lib')]) == 0
    shutil.copytree(d/'lib', d/'lib_without_name')
    info = read_json(d/'lib'/'library.json')
    del info['model']
    (d/'lib_without_name'/'library.json').write_text(json.dumps(info))
    shutil.copytree(d/'lib', d/'lib_lost')
    (d/'lib_lost'/'library.json').write_text(json.dumps({**info, 'model': 'gone/model'}))
    break_libraries(d)
    empty_library(d)
    write_mass_spectra(d)
    return d

@pytest.fixture
def here(place, monkeypatch):
    "The same, as the current folder."
    monkeypatch.chdir(place)
    return place

# ---- help

def test_help_is_quick_and_imports_nothing_heavy():
    def cpu():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert 'eval retrieval' in run('--help').stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert min(cpu() for _ in range(3)) < .5
    heavy = {'torch', 'rdkit', 'pandas', 'numpy', 'matplotlib'}
    code = 'import sys; from acml.cli import main; main(["search", "--help"]); '
    code += f'print("HEAVY", *({heavy} & set(sys.modules)))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.rstrip().endswith('HEAVY')

def test_all_commands_are_listed_each_with_one_line(capsys):
    assert main(['--help']) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in COMMANDS: assert sum(l.startswith(f'  {name} ') for l in lines) == 1
    known = ('demo fetch prepare pretrain train embed search eval report check property library models completion '
             'verify').split()
    assert {n.split()[0] for n in COMMANDS} == set(known)

@pytest.mark.parametrize('name', COMMANDS)
def test_each_option_has_a_line_of_help(name, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '200')
    assert main([*name.split(), '--help']) == 0
    text = capsys.readouterr().out
    assert text.startswith(f'usage: acml {name} ') and COMMANDS[name].__doc__ in text
    parts = re.split(r'\n  (?=\S)', text.split('options:')[1])[1:]
    assert all(len(re.split(r'\s{2,}', p.strip(), maxsplit=1)) == 2 for p in parts), parts

def test_version(capsys):
    from acml import __version__
    assert main(['--version']) == 0 and capsys.readouterr().out == f'acml {__version__}\n'

# ---- exit codes

@pytest.mark.parametrize(
    'line, says',
    [('', 'usage: acml COMMAND'), ('serach --library L', "did you mean 'search'"), ('sing', "no command 'sing'"),
     ('eval retreival', "did you mean 'eval retrieval'"),
     ('embed --model m --smiles s', 'required: --out'), ('fetch', 'required: NAME'),
     ('search --library L --peaks 1 -k ten', "invalid int value: 'ten'"),
     ('search --library L --mass heavy', 'invalid float value'),
     ('eval retrieval --model m --data d --filter weight', 'invalid choice'),
     ('search --library L --peaks 1 --score locl', 'did you mean local?'),
     ('search --library L --peaks 1 --fomula C6H6', 'did you mean --formula?'),
     ('train --data --out o', 'argument --data: expected at least one argument'),
     ('demo --epochs 3', 'unrecognized arguments'), ('--demo', 'there is no command'),
     ('property predict --model m --data d --out o', 'it is given without --model'),
     ('search --libra L', 'unrecognized arguments'), ('train --data d --out o --out p', '--out is given twice')])
def test_usage_errors_are_2(line, says, capsys):
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert says in err and not out

# What a user may get wrong: the words typed, what the answer must say.
MISTAKES = {
    'fetch, unknown source': ('fetch pubchem', "'pubchem' is not one of the sources"),
    'fetch, mirror without the file': ('fetch nmrshiftdb2 --mirror . --out new', 'the mirror has no file'),
    'prepare, unknown source': ('prepare pubchem few.parquet --out t.parquet', 'not one of the sources'),
    'prepare, no file': ('prepare nmrshiftdb2 none.sd --out t.parquet', 'none.sd: no such file'),
    'prepare, empty file': ('prepare nmrshiftdb2 empty.txt --out t.parquet', 'no measured 13C or 1H spectrum'),
    'prepare, truncated file': ('prepare nmrshiftdb2 cut.sd --out t.parquet', 'no measured 13C or 1H spectrum'),
    'pretrain, unknown modality': ('pretrain xray --data few.parquet --out new', "no modality called 'xray'"),
    'pretrain, no file': ('pretrain cnmr --data none.parquet --out new', 'none.parquet: no such file'),
    'train, no file': ('train --data none.parquet --out new', 'no such file'),
    'train, not a table': ('train --data molecules.csv --out new', 'not a Parquet file'),
    'train, wrong columns': ('train --data no_shifts.parquet --out new', 'no column shifts'),
    'train, other nucleus': ('train --data protons.parquet --out new', 'no rows with nucleus = 13C'),
    'train, unknown modality': ('train --data few.parquet --modality xray --out new', "no modality called 'xray'"),
    'train, unknown recipe': ('train --data few.parquet --recipe magic --out new', "no recipe called 'magic'"),
    'train, folder in use': ('train --data few.parquet --recipe demo --out model0',
                             'is not empty: go on with the run in it by --resume'),
    'train, a file in the way': ('train --data few.parquet --recipe demo --out few.parquet', 'is a file'),
    'train, resume another run': ('train --data few.parquet --recipe demo --out model0 --seed 3 --resume',
                                  'holds another run: seed was 0, is 3'),
    'embed, unknown model': ('embed --model nosuch --smiles molecules.csv --out new', 'nosuch: no model there'),
    'embed, no file': ('embed --model model0 --smiles none.csv --out new', 'none.csv: no such file'),
    'embed, wrong columns': ('embed --model model0 --smiles no_smiles.csv --out new', 'no column "smiles"'),
    'embed, empty file': ('embed --model model0 --smiles empty.csv --out new', 'empty.csv'),
    'embed, nothing readable': ('embed --model model0 --smiles bad.smi --out new', 'no molecule could be embedded'),
    'embed, library exists': ('embed --model model0 --smiles molecules.csv --out lib', 'lib exists'),
    'embed, foreign folder': ('embed --model model0 --smiles molecules.csv --out model1 --overwrite',
                              'not part of a library'),
    'search, no library': ('search --library none --peaks 13.2', 'no library here'),
    'search, not a library': ('search --library model0 --peaks 13.2', 'no complete library'),
    'search, no spectrum': ('search --library lib', 'give one spectrum, either by --peaks or by --file'),
    'search, fewer spectra than kinds': ('search --library lib --modality cnmr --modality hnmr --peaks 13.2',
                                         'for each --modality'),
    'search, kind that the model lacks': ('search --library lib --cnmr 13.2 --hnmr 1.2',
                                          "no modality 'hnmr'; it has cnmr"),
    'search, no picture': ('search --library lib --image none.png', 'none.png: no such file'),
    'search, no file of peaks': ('search --library lib --gcms 91.1',
                                 '91.1: no such file (peaks of mass spectra are read from files'),
    'search, mass spectra of several compounds': ('search --library lib --gcms two.msp --together',
                                                  'two.msp holds spectra of several compounds (anisole, toluene)'),
    'search, ions of several compounds': (
        'search --library lib --lcms two.mgf --together',
        'two.mgf holds spectra of several compounds (precursor m/z 121.1, precursor m/z 183.1)'),
    'search, no mass spectrum': ('search --library lib --lcms broken.mgf', 'broken.mgf: no usable spectrum; row 0'),
    'search, adduct that is none': ('search --library lib --lcms one.mgf --adduct proton', "adduct 'proton'"),
    'search, index that was not made': ('search --library lib --peaks 13.2 --approximate', 'no approximate index'),
    'search, elements that are none': ('search --library lib --peaks 13.2 --elements carbon', "elements 'carbon'"),
    'eval, pairing unknown': ('eval retrieval --model model0 --data few.parquet --pairing some', "pairing 'some'"),
    'eval, floor unknown': ('eval retrieval --model model0 --data few.parquet --floor wood', "floor 'wood'"),
    'search, two spectra': ('search --library lib --peaks 13.2 --file empty.txt', 'give one spectrum'),
    'search, empty peaks': ('search --library lib --peaks ,', 'empty peak list'),
    'search, unreadable peaks': ('search --library lib --peaks 13.2 carbonyl', "cannot read 'carbonyl'"),
    'search, nan': ('search --library lib --peaks nan', "cannot read 'nan'"),
    'search, shift out of range': ('search --library lib --peaks 13.2 420', 'outside -50..350 ppm'),
    'search, no peak file': ('search --library lib --file none.txt', 'none.txt: no such file'),
    'search, no JCAMP file': ('search --library lib --file none.jdx', 'none.jdx'),
    'search, empty peak file': ('search --library lib --file empty.txt', 'empty.txt: empty file'),
    'search, not JCAMP': ('search --library lib --file few.jdx', 'few.jdx'),
    'search, bad formula': ('search --library lib --peaks 13.2 --formula C10Qq', "formula 'C10Qq'"),
    'search, bad mass': ('search --library lib --peaks 13.2 --mass -5', 'is no filter'),
    'search, no hits wanted': ('search --library lib --peaks 13.2 -k 0', 'k must be at least 1'),
    'search, unknown modality': ('search --library lib --modality xray --peaks 13.2', "no modality called 'xray'"),
    'search, unknown model': ('search --library lib --model nosuch --peaks 13.2', 'nosuch: no model there'),
    'search, another model': ('search --library lib --model model1 --peaks 13.2', 'lib was made with another model'),
    'search, model not named': ('search --library lib_without_name --peaks 13.2', 'name it by --model'),
    'search, model moved': ('search --library lib_lost --peaks 13.2', 'gone/model'),
    'eval, unknown model': ('eval retrieval --model nosuch --data few.parquet', 'nosuch: no model there'),
    'eval, not a model': ('eval retrieval --model lib --data few.parquet', 'lib: no model there'),
    'eval, unknown modality': ('eval retrieval --model model0 --modality xray --data few.parquet',
                               "no modality 'xray'; it has cnmr"),
    'eval, no file': ('eval retrieval --model model0 --data none.parquet', 'none.parquet: no such file'),
    'eval, wrong columns': ('eval retrieval --model model0 --data no_shifts.parquet', 'no column shifts'),
    'eval, no such split': ('eval retrieval --model model0 --data no_test.parquet', "no rows of split 'test'"),
    'eval, no library': ('eval retrieval --model model0 --data few.parquet --library none.csv',
                         'none.csv: no such file'),
    'eval, library of another model': ('eval retrieval --model model1 --data few.parquet --library lib',
                                       'made with another model'),
    'search, half of the embeddings': ('search --library lib_cut --peaks 13.2', 'embeddings.f16 has'),
    'search, a bit flipped': ('search --library lib_flipped --peaks 13.2', 'was changed or damaged'),
    'search, no library.json': ('search --library lib_headless --peaks 13.2', 'library.json is missing'),
    'search, library.json cut off': ('search --library lib_garbled --peaks 13.2', 'library.json'),
    'search, no molecules.parquet': ('search --library lib_unlisted --peaks 13.2', 'molecules.parquet is missing'),
    'search, build not finished': ('search --library lib_stopped --peaks 13.2', 'was begun and not finished'),
    'search, empty library': ('search --library lib_empty --peaks 13.2', 'empty'),
    'eval, half of the embeddings': ('eval retrieval --model model0 --data few.parquet --library lib_cut',
                                     'embeddings.f16 has'),
    'eval, empty file of molecules': ('eval retrieval --model model0 --data few.parquet --library empty.csv',
                                      'empty.csv'),
    'eval, molecules that are not among the candidates': (
        'eval retrieval --model model0 --data few.parquet --queries train --candidates test',
        'its molecule is not among the candidates'),
    'eval, candidates of no split': ('eval retrieval --model model0 --data few.parquet --candidates exam',
                                     "no rows of split 'exam'"),
    'eval, molecules of a library as spectra': (
        'eval retrieval --model model0 --data few.parquet --direction to_spectrum --library lib',
        'have no spectra here'),
    'eval isomers, unknown model': ('eval isomers --model nosuch --data few.parquet', 'nosuch: no model there'),
    'eval isomers, none there': ('eval isomers --model model0 --data lonely.parquet',
                                 'no query has an isomer in this library'),
    'report, no folder': ('report nowhere', 'nowhere: no such folder'),
    'report, nothing to report': ('report report_none', 'no evaluation here'),
    'report, damaged figures': ('report report_garbled', 'a.json'),
    'report, figures of another program': ('report report_foreign', 'this is no report of acml'),
    'report, ranks are gone': ('report report_lost', 'gone.parquet: cannot be read'),
    'demo, foreign folder': ('demo --out model0', 'which no demo wrote'),
    'demo, a file in the way': ('demo --out few.parquet', 'is a file'),
}

def check_one_line(err, says):
    assert err.count('\n') == 1 and err.startswith('acml: ') and says in err, err

@pytest.mark.parametrize('what', MISTAKES)
def test_mistakes_are_answered_in_one_line(what, here, capfd):
    (here/'few.jdx').write_text('nothing of the kind\n')
    line, says = MISTAKES[what]
    assert main(line.split()) == 1
    check_one_line(capfd.readouterr().err, says)
    assert not (here/'new'/'config.json').exists() and not (here/'t.parquet').exists()
    assert not (here/'new.part').exists()

@pytest.mark.slow
@pytest.mark.parametrize('what',
                         ['prepare, truncated file', 'train, wrong columns', 'embed, unknown model',
                          'embed, nothing readable', 'search, unreadable peaks', 'search, bad formula',
                          'search, another model', 'eval, unknown modality', 'eval, no file', 'demo, foreign folder'])
def test_mistakes_in_a_process_of_their_own(what, place):
    "Whatever the libraries print when they are imported must not reach the user either."
    line, says = MISTAKES[what]
    done = run(*line.split(), cwd=place)
    assert done.returncode == 1 and 'Traceback' not in done.stdout + done.stderr
    check_one_line(done.stderr, says)

def test_file_that_cannot_be_written(here, capfd):
    assert main(['embed', '--model', 'model0', '--smiles', 'molecules.csv', '--out', 'few.parquet/lib']) == 1
    check_one_line(capfd.readouterr().err, 'few.parquet')

def test_bugs_keep_their_traceback(monkeypatch):
    def broken(): raise RuntimeError('a bug')
    monkeypatch.setitem(COMMANDS, 'demo', broken)
    with pytest.raises(RuntimeError): main(['demo'])

def test_reader_that_stops_reading(place):
    p = subprocess.Popen([*ACML, 'search', '--library', 'lib', '--peaks', '13.2', '--json'], cwd=place,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    p.stdout.close()
    assert p.stderr.read() == '' and p.wait() == 1

@pytest.mark.slow
def test_ctrl_c_and_resume(place, tmp_path):
    "Stopped after some epochs: 130 and one line; resumed, the model is the one that was never stopped."
    train = ['train', '--data', 'few.parquet', '--recipe', 'demo', '--out', str(tmp_path/'model')]
    listen = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) # background shells make their children ignore it
    p = subprocess.Popen([*ACML, *train], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         preexec_fn=listen, env={**os.environ, 'PYTHONUNBUFFERED': '1'})
    for line in p.stdout:
        if re.match(r'\s*3/24 ', line): break
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and not (tmp_path/'model'/'config.json').exists()
    check_one_line(err, 'with --resume goes on')
    done = run(*train, '--resume', cwd=place)
    assert done.returncode == 0 and ' 1/24 ' not in done.stdout, done.stderr
    from acml.model import ACML as Model
    assert Model.from_pretrained(tmp_path/'model').fingerprint() == Model.from_pretrained(place/'model0').fingerprint()

# ---- what comes out

def test_train_says_what_it_was_trained_on(place):
    from acml.core import file_sha256
    info = json.loads((place/'model0'/'config.json').read_text())['info']
    assert info['data'] == 'few.parquet' and info['data_sha256'] == file_sha256(place/'few.parquet')
    assert info['seed'] == 0 and info['data_licence'] == 'MIT'

def test_pretrain(here, capsys):
    assert main('pretrain cnmr --data few.parquet --out encoder --steps 3 --seed 5'.split()) == 0
    assert 'learnt from 30 records' in capsys.readouterr().out
    from acml.nmr import PeakEncoder
    assert PeakEncoder.from_pretrained('encoder').out_dim > 100

def test_prepare_writes_table_and_report(here, capsys):
    from acml.data import load_table
    assert main(['prepare', 'nmrshiftdb2', str(FILES/'nmrshiftdb2_layout.sd'), '--out', 'prepared.parquet']) == 0
    assert 'set aside' in capsys.readouterr().out
    assert len(load_table('prepared.parquet', 'cnmr'))
    assert list(pd.read_csv('prepared.report.csv')) == ['row', 'id', 'reason']

def test_prepare_takes_what_fetch_downloaded(here, capsys, monkeypatch):
    "The README's commands as they stand: fetch without --out, then the bare name of the file."
    monkeypatch.setenv('ACML_HOME', 'cache')
    Path('mirror').mkdir()
    shutil.copy(FILES/'nmrshiftdb2_layout.sd', 'mirror/nmrshiftdb2withsignals.sd')
    assert main('fetch nmrshiftdb2 --mirror mirror'.split()) == 0
    assert main('prepare nmrshiftdb2 nmrshiftdb2withsignals.sd --out t.parquet'.split()) == 0
    assert Path('t.parquet').stat().st_size
    Path('nmrshiftdb2withsignals.sd').write_text('') # one that lies here is meant
    assert main('prepare nmrshiftdb2 nmrshiftdb2withsignals.sd --out u.parquet'.split()) == 1
    assert 'no measured 13C or 1H spectrum' in capsys.readouterr().err

def test_embed_reports_bad_molecules_and_overwrites(here, capsys):
    Path('mixed.smi').write_text('CCO ethanol\nC1CC broken\nCC(=O)C acetone\n')
    assert main('embed --model model0 --smiles mixed.smi --out mixed.lib'.split()) == 0
    out = capsys.readouterr().out
    assert '2 read, 1 set aside' in out and 'row 1 (C1CC)' in out and 'unclosed ring' in out
    assert 'mixed.lib/report.csv' in out
    assert pd.read_csv('mixed.lib/report.csv')['row'].tolist() == [1]
    assert json.loads(Path('mixed.lib/library.json').read_text())['model'] == str((here/'model0').resolve())
    assert main('embed --model model0 --smiles mixed.smi --out mixed.lib --overwrite'.split()) == 0

def test_library_of_a_shipped_model_remembers_its_name(here, monkeypatch):
    import acml.modality, acml.model, acml.registry
    shutil.copytree(acml.modality.PRETRAINED/'cnmr_encoder', here/'shipped'/'cnmr_encoder')
    for module in (acml.modality, acml.model, acml.registry): monkeypatch.setattr(module, 'PRETRAINED', here/'shipped')
    shutil.copytree(here/'model0', here/'shipped'/'small')
    assert main('embed --model small --smiles molecules.csv --out small.lib'.split()) == 0
    assert json.loads(Path('small.lib/library.json').read_text())['model'] == 'small'
    assert main('search --library small.lib --peaks 13.2'.split()) == 0

def search(capsys, *args):
    capsys.readouterr()
    assert main(['search', '--library', 'lib', *args, '--json']) == 0
    return json.loads(capsys.readouterr().out)

def test_search_json(here, capsys):
    found = search(capsys, '--peaks', CAMPHOR, '-k', '3')
    assert list(found) == ['query', 'modality', 'n_candidates', 'filters', 'note', 'hits', 'scoring']
    assert found['query'] == sorted(map(float, CAMPHOR.split())) and found['modality'] == 'cnmr'
    assert found['n_candidates'] == 90
    assert [h['rank'] for h in found['hits']] == [1, 2, 3]
    assert set(found['hits'][0]) >= {'rank', 'score', 'smiles', 'formula', 'exact_mass', 'inchikey'}

def test_search_takes_peaks_in_every_form(here, capsys):
    whole = search(capsys, '--peaks', CAMPHOR)
    assert search(capsys, '--peaks', *CAMPHOR.split())['hits'] == whole['hits']
    pasted = f'13C NMR (101 MHz, CDCl3) δ {CAMPHOR.replace(" ", ", ")}.'
    assert search(capsys, '--peaks', pasted)['hits'] == whole['hits']
    files = [search(capsys, '--file', str(FILES/name)) for name in ('camphor_german.csv', 'camphor_peak_table.jdx')]
    assert all(len(f['query']) >= 9 and len(f['hits']) == 10 for f in files)
    assert search(capsys, '--peaks', '-3.2 10')['query'] == [-3.2, 10.]

def test_search_with_several_inputs(here, capsys):
    plain = search(capsys, '--peaks', CAMPHOR)
    assert search(capsys, '--cnmr', *CAMPHOR.split()) == plain
    assert search(capsys, '--modality', 'cnmr', '--peaks', CAMPHOR) == plain
    twice = search(capsys, '--cnmr', CAMPHOR, '--cnmr', str(FILES/'camphor_german.csv'), '--together')
    assert twice['inputs'] == dict(cnmr=dict(share=1., records=2)) and twice['set_aside'] == {}
    assert twice['modality'] == 'cnmr' and len(twice['query']['cnmr']) == 2
    assert main(['search', '--library', 'lib', '--cnmr', CAMPHOR, '--cnmr', '219 57.7', '--html',
                 'pages/two.html', '--together']) == 0
    check_self_contained(Path('pages/two.html').read_text(encoding='utf-8'))

def test_mass_spectra_from_files(here, capsys):
    "What is set aside or missing is said on stderr; --adduct supplies it; all spectra of a file are one compound's."
    from acml.search_cli import _collect_inputs
    read = lambda **kw: (_collect_inputs([], [], [], dict(lcms=[['one.mgf']]), **kw)['lcms'], capsys.readouterr().err)
    spectra, err = read()
    assert len(spectra) == 2 and spectra[0].neutral_mass is None and '2 read, 1 set aside' in err and 'row 1' in err
    note = "note: no adduct in one.mgf, so the mass of the molecule is not used; say --adduct '[M+H]+' if it is that"
    assert err.splitlines()[-1] == note
    spectra, err = read(adduct='[M+H]+')
    assert spectra[0].neutral_mass == pytest.approx(182.073, abs=.001) and 'note' not in err

def test_json_of_mass_spectra_is_short(here, capsys):
    from acml.search_cli import _brief, _collect_inputs
    query = _brief(_collect_inputs([], [], [], dict(lcms=[['one.mgf']], cnmr=[['13.2']])))
    assert query['cnmr'] == [13.2] and len(query['lcms']) == 2
    assert query['lcms'][0] == dict(id='scan 0', n_peaks=2, base_peak_mz=105.0335, precursor_mz=183.0804, adduct=None)

@pytest.mark.parametrize('line, says', [
    ('--image broken.mgf', 'broken.mgf: '), ('--image empty.txt', 'empty.txt: '),
    ('--conformer broken.mgf', 'broken.mgf: '), ('--pocket empty.txt', 'empty.txt: '),
    ('--fingerprint C1CC', 'C1CC: '), ('--smiles nonsense', 'nonsense: '), ('--text ""', '--text: ')])
def test_bad_input_is_named_by_what_was_typed(here, line, says, capsys):
    import shlex
    from acml.search_cli import _ask, _collect_inputs
    from acml.modality import get_modality
    flag, word = shlex.split(line)
    class Anything:
        def identify(self, model=None, **records):
            for m, record in records.items(): get_modality(m).features([record])
    with pytest.raises(ValueError) as e:
        _ask(Anything(), None, _collect_inputs([], [], [], {flag[2:]: [[word]]}), {})
    assert (str(e.value).startswith(says) and 'record 0' not in str(e.value)
            and str(e.value).count(says) == 1), str(e.value)

def test_approximate_search(here, capsys):
    pytest.importorskip('usearch')
    assert main('embed --model model0 --smiles molecules.csv --out near --index --workers 1'.split()) == 0
    capsys.readouterr()
    ask = lambda *more: (main(['search', '--library', 'near', '--peaks', CAMPHOR, '--json', *more]),
                         json.loads(capsys.readouterr().out))
    exact, near = ask(), ask('--approximate')
    assert exact == near and len(near[1]['hits']) == 10
    assert main(['search', '--library', 'near', '--peaks', CAMPHOR, '--approximate', '--formula', 'C10H16O']) == 0

def test_embed_after_a_mistake(here):
    "The wrong file first, then the right one: nothing is in the way."
    assert main('embed --model model0 --smiles no_smiles.csv --out second'.split()) == 1
    assert not Path('second.part').exists()
    assert main('embed --model model0 --smiles molecules.csv --out second'.split()) == 0

def test_search_elements(here, capsys):
    assert all('N' not in h['formula'] and 'O' in h['formula']
               for h in search(capsys, '--peaks', CAMPHOR, '--elements', 'C', 'H', 'O+', '-k', '90')['hits'])

def test_search_filters(here, capsys):
    hit = search(capsys, '--peaks', CAMPHOR)['hits'][0]
    by_formula = search(capsys, '--peaks', CAMPHOR, '--formula', hit['formula'])
    assert {h['formula'] for h in by_formula['hits']} == {hit['formula']}
    assert by_formula['filters'] == dict(formula=hit['formula'])
    by_mass = search(capsys, '--peaks', CAMPHOR, '--mass', f'{hit["exact_mass"]:.4f}', '--ppm', '5')
    assert all(abs(h['exact_mass']/hit['exact_mass'] - 1) < 6e-6 for h in by_mass['hits'])
    assert by_mass['filters']['ppm'] == 5
    nothing = search(capsys, '--peaks', CAMPHOR, '--formula', 'C99H2')
    assert nothing['hits'] == [] and nothing['note']

def test_more_hits_wanted_than_there_are(here, capsys):
    found = search(capsys, '--peaks', CAMPHOR, '-k', '1000')
    assert len(found['hits']) == found['n_candidates'] == 90 and len({h['inchikey'] for h in found['hits']}) == 90
    assert main(['search', '--library', 'lib', '--peaks', CAMPHOR, '-k', '1000', '--formula', 'C10H16O']) == 0

def test_formula_that_matches_nothing(here, capsys):
    "An answer, not a mistake: exit code 0, no hits, and the reason in one line."
    assert main(['search', '--library', 'lib', '--peaks', CAMPHOR, '--formula', 'C99H2']) == 0
    out, err = capsys.readouterr()
    assert out.strip() == '0 of 0 candidates (formula C99H2): no molecule of the library passes' and not err

def test_search_text_and_page(here, capsys):
    assert main(['search', '--library', 'lib', '--peaks', CAMPHOR, '-k', '2', '--html', 'pages/hits.html']) == 0
    assert '2 of 90 candidates' in capsys.readouterr().out
    page = Path('pages/hits.html').read_text(encoding='utf-8')
    check_self_contained(page)
    assert page.count('<section>') == 2 and 'acml-view' in page
    assert main(['search', '--library', 'lib', '--peaks', CAMPHOR, '--formula', 'C99H2', '--html', 'none.html']) == 0
    assert Path('none.html').exists()

KEYS = ('task modality n_queries n_library top1 top5 top10 mrr median_rank ci95 filter ties data_sha256 '
        'model_fingerprint seconds').split()

def is_refused(result):
    "As an exit code. The few may be molecules that the encoder that ships has learnt from."
    return int(result.get('verdict') == 'refused')

def evaluate(*args):
    code = main(['eval', 'retrieval', '--model', 'model0', '--data', 'few.parquet', *args, '--json', 'out/result.json',
                 '--predictions', 'out/ranks.parquet'])
    result = json.loads(Path('out/result.json').read_text())
    assert code == (0 if 'all' in args else is_refused(result))
    return result, pd.read_parquet('out/ranks.parquet')

def test_eval_json_and_predictions(here):
    from acml.core import file_sha256
    from acml.model import ACML as Model
    result, ranks = evaluate()
    assert set(KEYS) <= set(result) and result['task'] == 'retrieval' and result['modality'] == 'cnmr'
    assert result['ties'] == 'worst' and result['filter'] == 'none'
    assert result['n_queries'] == len(ranks) == 30 and result['n_library'] == 90
    assert set(result['ci95']) == {'top1', 'top5', 'top10', 'mrr', 'median_rank'}
    assert all(len(c) == 2 for c in result['ci95'].values())
    assert result['data_sha256'] == file_sha256('few.parquet')
    assert result['model_fingerprint'] == Model.from_pretrained('model0').fingerprint()
    assert result['top10'] == pytest.approx((ranks['rank'] <= 10).mean()) and 0 <= result['top1'] <= 1
    assert list(pd.read_csv('out/result.report.csv')) == ['row', 'id', 'reason']

def test_eval_options(here):
    Path('more.smi').write_text('CCCCCCCCCCCCCCCCCCCCCCCO\nC1CC\n')
    result, ranks = evaluate('--queries', 'all', '--library', 'more.smi', 'lib', '--filter', 'formula')
    assert result['n_queries'] == 90 and result['n_library'] == 91 and result['filter'] == 'formula'
    assert result['n_set_aside'] == 1
    assert pd.read_csv('out/result.report.csv')['id'].tolist() == ['C1CC']
    mass, _ = evaluate('--filter', 'mass', '--ppm', '20')
    assert mass['filter'] == 'mass' and mass['ppm'] == 20
    mean, floor = evaluate('--pairing', 'mean')[0], evaluate('--floor', 'formula')[0]
    assert mean['pairing'] == 'mean' and floor['floor'] == 'formula' and floor['top1'] != mean['top1']
    lines, listed = evaluate()[0], evaluate('--per-carbon')[0]
    assert lines['per_carbon'] is False and listed['per_carbon'] is True
    assert lines['model_fingerprint'] == listed['model_fingerprint']

def test_eval_isomers(here):
    from acml.data import demo_table, save_table
    save_table(demo_table('cnmr').query('formula == "C10H16O"').assign(split='test'), 'isomers.parquet')
    code = main(['eval', 'isomers', '--model', 'model0', '--data', 'isomers.parquet', '--decoys', '2', '--json',
                 'out/isomers.json', '--predictions', 'out/isomers.pq'])
    result, ranks = json.loads(Path('out/isomers.json').read_text()), pd.read_parquet('out/isomers.pq')
    assert code == is_refused(result) and result['task'] == 'isomers'
    assert {*KEYS, 'by_group_size', 'chance', 'mass_only', 'by_kind'} <= set(result)
    assert result['n_queries'] == len(ranks)
    assert (result['n_decoys'] == 0
            and result['predictions'] == 'isomers.pq'), 'camphor and its isomers have no aromatic ring'

def test_eval_scopes_and_directions(here):
    few, whole = evaluate('--candidates', 'test')[0], evaluate()[0]
    assert few['n_library'] == 30 and whole['n_library'] == 90 and few['candidates'] == 'test'
    assert few['mrr'] >= whole['mrr']
    other, ranks = evaluate('--direction', 'to_spectrum')
    assert other['direction'] == 'to_spectrum' and len(ranks) == 30 and other['n_library'] == 90

def test_eval_suspect(here):
    from acml.data import save_table
    few = pd.read_parquet('few.parquet')
    save_table(few.assign(suspect=few.index == few.index[few['split'] == 'test'][0], suspect_reason='too many peaks'),
               'doubtful.parquet')
    def run(*more):
        code = main(['eval', 'retrieval', '--model', 'model0', '--data', 'doubtful.parquet', '--json',
                     'out/doubtful.json', *more])
        result = json.loads(Path('out/doubtful.json').read_text())
        assert code == is_refused(result)
        return result['n_queries']
    assert run() == 29
    assert pd.read_csv('out/doubtful.report.csv')['reason'].tolist() == ['marked suspect: too many peaks']
    assert run('--suspect') == 30

def test_gates_are_run_and_may_refuse(here, capsys, monkeypatch):
    import acml.gates
    assert {o['verdict'] for o in evaluate()[0]['gates']} <= {'passed', 'flagged', 'refused'}
    assert 'gates' not in evaluate('--floor', 'shuffled')[0] or not evaluate('--floor', 'shuffled')[0]['gates']
    gate = dict(name='training molecules', verdict='refused', why='three test molecules are in train', numbers={})
    def refuse(task, report, ready):
        report.summary.update(verdict='refused', gates=[gate])
        return report
    monkeypatch.setattr(acml.gates, 'check_report', refuse)
    capsys.readouterr()
    ask = lambda *more: main(['eval', 'retrieval', '--model', 'model0', '--data', 'few.parquet', *more])
    assert ask('--report', 'refused') == 1
    out, err = capsys.readouterr()
    check_one_line(err, 'the report is refused: three test molecules are in train')
    assert 'REFUSED: 30 queries' in out
    assert 'REFUSED' in Path('refused/report.md').read_text(), 'what was refused is shown as such'
    for part in ('all', 'train'): assert ask('--queries', part) == 0, 'molecules learnt from are what was asked for'
    assert 'the report is refused' in capsys.readouterr().err
    gate['name'] = 'spelling'
    assert ask('--queries', 'all') == 1

def test_report(here, capsys):
    "From --report, and again from the files alone; both pages are whole."
    assert main('eval retrieval --model model0 --data few.parquet --queries all --report study'.split()) == 0
    assert main('eval isomers --model model0 --data few.parquet --queries all --decoys 3 --report study'.split()) == 0
    names = {p.name for p in Path('study').iterdir()}
    assert {'report.html', 'report.md', 'retrieval-cnmr.json', 'retrieval-cnmr.parquet', 'isomers-cnmr.json',
            'isomers-cnmr.parquet'} <= names
    page, text = (Path('study', n).read_text(encoding='utf-8') for n in ('report.html', 'report.md'))
    check_self_contained(page)
    figures = json.loads(Path('study/retrieval-cnmr.json').read_text())
    for t in (page, text):
        assert t.count('data:image/svg+xml;base64,') >= 2 and f'{100*figures["top1"]:.1f}' in t
        assert figures['model_fingerprint'] in t and 'positional' in t and 'Gates' in t
    for name in ('report.html', 'report.md'): Path('study', name).unlink()
    shutil.move('study', 'elsewhere')
    assert main(['report', 'elsewhere']) == 0
    assert Path('elsewhere/report.html').read_text(encoding='utf-8') == page
    assert Path('elsewhere/report.md').read_text(encoding='utf-8') == text

@pytest.mark.slow
@pytest.mark.browser
def test_report_in_a_browser(here, browser):
    assert main('eval retrieval --model model0 --data few.parquet --queries all --report seen'.split()) == 0
    browser.get((here/'seen'/'report.html').as_uri())
    assert browser.execute_script(
        'return [...document.images].every(i => i.complete && i.naturalWidth > 0) && document.images.length > 0')
    assert [m['message'] for m in browser.get_log('browser') if m['level'] == 'SEVERE'] == []

# ---- the demo

def check_self_contained(page):
    "Nothing is loaded from anywhere."
    loads = re.findall(r'''(?:\bsrc|<link[^>]+href|<a[^>]+href)\s*=\s*["']?(?:https?:)?//[^"'\s>]*|@import[^;]*'''
                       r'''|url\(["']?https?:[^)]*|\bimport\s*\(?\s*["'][^"']*|\bfrom\s+["']https?:[^"']*'''
                       r'''|fetch\(''', page)
    assert not loads and "default-src 'none'" in page

def test_demo_in_short_twice(tmp_path, capsys):
    from acml.data import demo_table
    from acml.recipes import get_recipe
    from acml.report import run_demo
    few = demo_table('cnmr').groupby('split').head(25)
    reports = [run_demo(tmp_path/'demo', few, short(get_recipe('demo'))) for _ in range(2)]
    assert reports[0].summary['top1'] == reports[1].summary['top1']
    assert reports[0].predictions.equals(reports[1].predictions)
    page = (tmp_path/'demo'/'report.html').read_text(encoding='utf-8')
    check_self_contained(page)
    assert 'csp5' in page and 'not measured' in page and page.count('<section>') == 6
    (tmp_path/'demo'/'notes.txt').write_text('mine')
    with pytest.raises(ValueError, match='notes.txt'): run_demo(tmp_path/'demo', few)
    assert (tmp_path/'demo'/'notes.txt').read_text() == 'mine'

@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    d = tmp_path_factory.mktemp('demo')
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run('demo', '--out', 'out', cwd=d)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return d/'out', done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

@pytest.mark.slow
def test_demo(demo):
    out, done, cpu = demo
    result = json.loads((out/'retrieval.json').read_text())
    assert set(KEYS) <= set(result) and result['n_library'] > 1900
    assert result['top1'] > .25 and result['top10'] > .6 and result['top1'] > 100*result['chance']['top1']
    page = (out/'report.html').read_text(encoding='utf-8')
    check_self_contained(page)
    assert 'csp5' in page and 'carbaryl' in page and 'acml-view' in page and len(page) < 3e6
    assert 'not measured' in done.stdout and 'the first hit is right' in done.stdout and 'report.html' in done.stdout
    assert not done.stderr
    assert cpu < 2*240, 'it shall end within four minutes on two cores'
    kilobyte = 1024 if sys.platform == 'darwin' else 1
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4e6*kilobyte, 'more than 4 GB'

@pytest.mark.slow
def test_demo_library_can_be_searched_from_anywhere(demo, tmp_path):
    done = run('search', '--library', demo[0]/'library', '--peaks', CAMPHOR, '--formula', 'C10H16O', '--json',
               cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (done.returncode == 0 and found['n_candidates'] == len(found['hits'])
            and {'camphor', 'fenchone'} == {h['name'] for h in found['hits'][:2]}), done.stdout

@pytest.mark.slow
@pytest.mark.browser
def test_demo_report_in_a_browser(demo, browser):
    browser.get(f'file://{demo[0]/"report.html"}')
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
    view = WebDriverWait(browser, 20).until(lambda b: b.find_element(By.CSS_SELECTOR, '.acml-view'))
    hint = view.find_element(By.CSS_SELECTOR, '.acml-readout').text
    line = view.find_element(By.CSS_SELECTOR, '.acml-spectrum rect.hit[tabindex]')
    browser.execute_script('arguments[0].scrollIntoView({block: "center"})', line)
    ActionChains(browser).move_to_element(line).perform()
    assert view.find_element(By.CSS_SELECTOR, '.acml-readout').text != hint
    assert browser.execute_script('return [...document.images].every(i => i.complete && i.naturalWidth > 0)')
    assert [m['message'] for m in browser.get_log('browser') if m['level'] == 'SEVERE'] == []

def test_cores():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)

# ---- what else a report says

REPORT = ('13C NMR (101 MHz, CDCl3) δ 171.1, 60.4, 21.0, 14.2. 1H NMR (400 MHz, CDCl3) δ 4.12 (q, J = 7.1 Hz, 2H), '
          '2.04 (s, 3H), 1.26 (t, J = 7.1 Hz, 3H). HRMS (ESI) m/z calcd for C4H9O2 [M+H]+ 89.0597, found 89.0598.')

class _Towers:
    def __init__(self, *names): self.towers = dict.fromkeys(names)

def test_both_lists_of_a_report_are_asked(capsys):
    from acml.search_cli import _collect_inputs, _more_reports, _with_more
    inputs = _collect_inputs([], [[REPORT]], [], {})
    more = _more_reports(inputs, [[REPORT]], False)
    assert [*inputs] == ['cnmr'] and [*more] == ['hnmr']
    assert [*_with_more(inputs, more, _Towers('cnmr', 'hnmr'))] == ['cnmr', 'hnmr']
    assert 'lists of cnmr and hnmr' in capsys.readouterr().err
    assert [*_with_more(inputs, more, _Towers('cnmr', 'lcms'))] == ['cnmr']
    assert 'hnmr too, which is left out: the model of this library has only cnmr, lcms' in capsys.readouterr().err

def test_the_mass_of_a_report_is_used_when_told(tmp_path, capsys):
    from acml.search_cli import _use_hrms
    asked, told = dict(mass=None, formula=None), '(or --mass 88.0525)'
    (tmp_path/'a.txt').write_text(REPORT)
    for given in ([[REPORT]], [[str(tmp_path/'a.txt')]], [['1.2'], REPORT.split()]):
        assert _use_hrms(given, False, asked) == asked and told in capsys.readouterr().err
        assert _use_hrms(given, True, asked)['mass'] == pytest.approx(88.0525, abs=1e-4)
    assert _use_hrms([[REPORT]], False, dict(asked, mass=88.)) == dict(asked, mass=88.)
    assert not capsys.readouterr().err
    with pytest.raises(AcmlError, match='no HRMS with its ion'): _use_hrms([['171.1', '60.4']], True, asked)
    with pytest.raises(AcmlError, match='give --hrms, or'): _use_hrms([[REPORT]], True, dict(asked, formula='C4H8O2'))
