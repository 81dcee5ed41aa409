"How benchmarks keep what they measure, and whether it is of the weights that ship."
import argparse, json, re, sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import fresh, readme
from acml.core import read_json, write_json
from acml.modality import PRETRAINED, get_modality, known_fingerprints
from acml.model import ACML

sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
import saving

# ---- where results go

def parser():
    p = argparse.ArgumentParser()
    p.add_argument('rows', nargs='*')
    p.add_argument('--model', default='joint')
    p.add_argument('--baseline', type=int, default=600)
    p.add_argument('--only', nargs='+', default=['a', 'b'])
    p.add_argument('--fit', action='store_true')
    return p

@pytest.fixture
def keep(tmp_path, monkeypatch):
    "Save a result with these options typed; the folder, the file, and what it says."
    monkeypatch.setattr(saving, 'ROOT', tmp_path)
    monkeypatch.setattr(saving, 'RESULTS', tmp_path/'results')
    monkeypatch.setattr(saving, 'ELSEWHERE', tmp_path/'elsewhere')
    def save(words, source='joint', **options):
        p = parser()
        info = dict(local=dict(u=.5), verify=1)
        model = SimpleNamespace(source=source, fingerprint=lambda: 'abcd', info=info)
        path = saving.save('modality-x', dict(columns={}), 'modalities', p, p.parse_args(words), ['x y'], model,
                           harmless=['only', 'fit'], **options)
        return path.parent.name, path.name, read_json(path)
    return save

def test_a_row_of_the_tables(keep):
    folder, file, said = keep(['x', '--baseline', '600'])
    assert (folder, file, said['model']) == ('results', 'modality-x.json', 'joint')
    assert said['command'] == "python benchmarks/modalities.py 'x y'" and list(said['fitted']) == ['local']

@pytest.mark.parametrize('words', ['--baseline 0', '--model hnmr'])
def test_options_that_change_figures_never_overwrite_a_row(keep, words):
    folder, file, said = keep(words.split())
    assert folder == 'elsewhere' and file != 'modality-x.json' and said['command'].endswith(words)

def test_harmless_options_are_told(keep):
    folder, _, said = keep(['--only', 'a', '--fit'])
    assert folder == 'results' and said['command'].endswith('--only a --fit')

def test_a_folder_is_no_shipped_model(keep):
    assert keep([], source='/somewhere/joint')[0] == 'elsewhere'
    folder, _, said = keep([], source='/somewhere/runs/pooled', named='runs/pooled')
    assert folder == 'results' and said['model'] == 'runs/pooled'

# ---- weights that ship

MODELS, ENCODERS = dict(joint=('aaaa1', 'bbbb1'), cnmr=('cccc1',)), dict(lcms=('dddd1',))
FITS = dict(joint=dict(local='1', verify='2'))

def judged(**row): return fresh.judge({'r.json': dict(versions={}, **row)}, MODELS, ENCODERS, FITS)

@pytest.mark.parametrize('row', [
    dict(model='joint', model_fingerprint='aaaa1'), dict(model='joint', model_fingerprint='bbbb1'),
    dict(model_fingerprint='cccc1'), dict(model='runs/pooled', model_fingerprint='eeee1'),
    dict(encoder_fingerprint='dddd1'), dict(model='joint', model_fingerprint='old', stale='before the last training'),
    dict(table='reports')])
def test_results_that_may_stand(row): assert judged(**row) == ({}, [])

@pytest.mark.parametrize('row, message', [
    (dict(model='joint', model_fingerprint='cccc1'), 'model joint was cccc1'),
    (dict(model_fingerprint='eeee1'), r'model \? was eeee1'),
    (dict(encoder_fingerprint='eeee1', modality='lcms'), 'encoder lcms was eeee1')])
def test_results_of_other_weights_are_named(row, message):
    found, _ = judged(**row)
    assert list(found) == ['r.json'] and re.search(message, found['r.json'])

def test_weights_in_versions():
    versions = {'weights of joint': 'zz', 'acml': '0.1.0'}
    found, _ = fresh.judge({'r.json': dict(versions=versions)}, MODELS, ENCODERS, FITS)
    assert 'model joint was zz' in found['r.json']
    assert fresh.judge({'r.json': dict(versions={'weights of joint': 'aaaa'})}, MODELS, ENCODERS, FITS) == ({}, [])

def test_what_was_learnt_anew_is_a_warning():
    found, warnings = judged(model='joint', model_fingerprint='aaaa1', fitted=dict(local='1', verify='9'))
    assert not found and warnings == ['r.json: verify of joint were learnt anew since']
    found, warnings = judged(model='joint', model_fingerprint='aaaa1', stale='old')
    assert not found and 'yet it bears a mark: old' in warnings[0]

@pytest.mark.filterwarnings('ignore:the weights of')
def test_fingerprints_read_from_files_are_those_of_the_models():
    models, encoders, _ = fresh.shipped()
    assert models == {name: known_fingerprints(ACML.from_pretrained(name)) for name in models}
    assert {'cnmr', 'hnmr', 'joint'} <= models.keys() and {'text', 'image', 'lcms'} <= encoders.keys()
    files = {name: found for name, found in encoders.items() if (PRETRAINED/f'{name}_encoder').is_dir()}
    assert files == {name: known_fingerprints(get_modality(name).encoder()) for name in files}

def test_results_that_are_there():
    assert fresh.out_of_date()[0] == {}

def test_rows_of_earlier_weights_have_a_footnote(tmp_path):
    row = dict(table='t', label='old row', order=1, columns={'gain': -.2}, ci95={'gain': [-.4, .1]}, signed=['gain'],
               command='c', date='2026-11-22', versions={}, data_sha256='ab'*32, stale='joint before November')
    (tmp_path/'t-a.json').write_text(json.dumps(row))
    lines = readme.to_table(readme.load_results(tmp_path)['t']).splitlines()
    assert lines[2] == '| old row † | -20.0 (-40.0–10.0) |'
    told = '† Of earlier weights, or measured another way: old row: joint before November.'
    assert told in lines
    text = readme.fill('<!-- results: t\nrows: a\ncolumns: gain\n-->', readme.load_results(tmp_path))
    assert text.endswith(f'| old row † | -20.0 |\n\n{told}')
    for over, message in ((dict(signed=[]), 'not a fraction'), (dict(stale=' '), 'no reason')):
        (tmp_path/'t-a.json').write_text(json.dumps({**row, **over}))
        with pytest.raises(ValueError, match=message): readme.load_results(tmp_path)

# ---- heads and explanations

def test_a_head_learns_the_targets_of_frozen_hiddens():
    torch = pytest.importorskip('torch')
    import frozen
    torch.manual_seed(0)
    hidden = torch.randn(64, 12)
    target = torch.nn.functional.normalize(hidden @ torch.randn(12, frozen.EMBED_DIM), dim=1)
    head = frozen.learn_head(hidden, target, 0, False, epochs=20, batch_size=32)
    with torch.no_grad(): near = (torch.nn.functional.normalize(head(hidden), dim=1) @ target.T).argmax(1)
    assert (near == torch.arange(64)).float().mean() > .9

def records(good, random, also=(.5, .5)):
    "Areas of records: a good order, and one at random; deletion and insertion."
    return [{('atoms', 'occlusion'): (a, .5), ('atoms', 'random'): (b, .5), ('atoms', 'morgan'): also}
            for a, b in zip(good, random)]

def test_an_explanation_that_is_worse_than_chance_is_told():
    import faithfulness
    row = faithfulness.curves_row(records([.6]*20, [.5]*20))
    assert row['columns']['better than random'] == pytest.approx(-.2) and row['plain']['records'] == 20
    low, high = row['ci95']['better than random']
    assert low == pytest.approx(-.2) and high == pytest.approx(-.2) # one pair like the other: no spread

def test_all_orders_are_judged_on_the_same_records():
    import faithfulness
    found = records([.2]*10, [.4]*10) + records([.2], [1e6]) + records([.2], [.4], (float('nan'), .5))
    areas, orders = faithfulness.usable(found, 'atoms')
    assert areas.shape == (10, 3, 2) and set(orders) == {'occlusion', 'random', 'morgan'}
    row = faithfulness.curves_row(found)
    assert row['n_left_out'] == 2 and row['columns']['better than random'] == pytest.approx(.5)
    row = faithfulness.curves_row(records([.2, .6]*10, [.4, .5]*10))
    low, high = row['ci95']['better than random']
    assert low < 1 - .4/.45 < high
    low, high = row['areas_ci95']['deletion: occlusion']
    assert row['plain']['deletion: occlusion'] == pytest.approx(.4) and .2 < low < .4 < high < .6
    assert row['areas_ci95']['insertion: random'] == [.5, .5] and 'random weights' not in row['plain']

def test_a_molecule_without_a_conformer_is_left_out_and_a_part_without_ink_is_nothing(capsys):
    import faithfulness
    assert faithfulness.make('conformer', 'C12C3C4C1C5C2C3C45C1CC1=C=C=C1C#C1') is None
    assert 'no conformer could be made' in capsys.readouterr().err
    assert faithfulness.n_records('image', 100) == 33 and faithfulness.n_records('conformer', 100) == 100

# ---- the same questions

def test_seen_is_what_any_part_of_the_record_holds():
    import literature
    from acml.training_record import hash_molecules
    keys = [c*14 + '-UHFFFAOYSA-N' for c in 'ABCD']
    record = dict(training=hash_molecules(keys[:1]), cnmr=hash_molecules(keys[1:3]))
    assert literature.seen(record, [keys[0], keys[2], keys[3]]) == 2

def test_the_model_is_asked_what_its_baseline_was_asked():
    import modalities
    import numpy as np
    import pandas as pd
    from acml.candidates import Candidates, EvaluationSet, describe_molecules
    molecules = describe_molecules(['C', 'CC', 'CCC', 'CCCC', 'CCO'])
    z = np.eye(5, dtype=np.float32)
    names = pd.DataFrame(dict(row=[10, 11, 12], id=list('abc'), split='test'))
    evaluation = EvaluationSet(Candidates.from_embeddings(z, molecules), dict(x=z[[4, 1, 3]]), [4, 1, 3], names)
    ranks = pd.Series([1, 1], index=[10, 12])
    ranks.attrs['library'] = [molecules['inchikey'][i] for i in (4, 3, 0)]
    same = modalities.same_question(evaluation, ranks)
    assert len(same) == 2 and len(same.candidates) == 3
    assert same.candidates.table(same.target)['smiles'].tolist() == ['CCO', 'CCCC']
    assert same.ranks()['rank'].tolist() == [1, 1]

def test_spectra_without_a_mass_are_asked_apart():
    "Half of them have lost their adduct, half their precursor too; of a modality that tells no mass nothing is asked."
    pytest.importorskip('torch')
    from acml.candidates import EvaluationSet
    from acml.library import Library
    from acml.model import ACML
    from confidence import untold, without_mass
    joint = ACML.from_pretrained('joint')
    library = Library.build(joint, ['CCO', 'CCN(CC)C(=O)c1cccc(C)c1'], progress=False)
    record = dict(mz=[91.05, 119.05], intensity=[1., 9.], precursor_mz=192.1383, adduct='[M+H]+', ion_mode='POSITIVE')
    lost = [sorted(record.keys() - untold(record, i).keys()) for i in range(2)]
    assert lost == [['adduct'], ['adduct', 'precursor_mz']]
    z = joint.embed('lcms', [record]*2)
    asked = EvaluationSet(library, dict(lcms=z), [1, 1], records=dict(lcms=[[record]]*2))
    bare = without_mass(joint, asked)
    assert bare.queries['lcms'].shape == z.shape and abs(bare.queries['lcms'][1] - z[1]).max() > 1e-3
    assert [untold(record, i) for i in range(2)] == [o for o, in bare.records['lcms']]


def of_properties(**more):
    "A row of a table of properties, as `benchmarks/properties.py` writes it."
    row = dict(plain={'acml': .7, 'forest': .6, 'test molecules': 9}, se={'acml': .1, 'forest': .2}, label='bace',
               differences={'acml - forest': dict(difference=.1)}, data_sha256='d', command='python a',
               date='2026-11-30', versions={'weights of joint': 'w', 'code': 'c1'})
    return row | more


@pytest.fixture
def measured_before(tmp_path):
    path = tmp_path/'properties-bace.json'
    write_json(path, of_properties())
    return path


def test_a_run_of_one_model_keeps_the_figures_of_the_others(measured_before):
    now = of_properties(plain={'acml': .8, 'test molecules': 9}, se={'acml': .1}, differences={}, command='python b',
                        date='2026-12-02', versions={'weights of joint': 'w', 'code': 'c2'})
    found = saving.with_kept(measured_before, now)
    assert found['plain'] == {'acml': .8, 'forest': .6, 'test molecules': 9} and found['se']['forest'] == .2
    assert found['differences'] == {} # of an `acml` that is no more
    assert found['versions'] == {'weights of joint': 'w', 'code': 'c1, c2'} and found['command'] == 'python a; python b'
    assert (found['since'], found['date']) == ('2026-11-30', '2026-12-02')


@pytest.mark.parametrize('other', [dict(data_sha256='e'), dict(versions={'weights of joint': 'v', 'code': 'c1'})])
def test_figures_of_other_data_or_weights_are_not_kept(measured_before, other):
    now = of_properties(plain={'acml': .8, 'test molecules': 9}, **other)
    assert saving.with_kept(measured_before, now) == now


def test_a_whole_run_takes_the_place_of_the_row(measured_before):
    now = of_properties(date='2026-12-02', command='python b')
    assert saving.with_kept(measured_before, now) == now
