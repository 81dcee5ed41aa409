"Learnt features of encoders, records drawn from predictions, and that a model keeps no frozen weights of its own."
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from acml.cli import main
from acml.core import AcmlError, Rejected, read_json, write_json
from acml.data import demo_table, save_table
from acml.identity import LearntFeatures
from acml.modality import PRETRAINED, get_modality
from acml.model import ACML
from acml.nmr import PeakEncoder
from acml.recipes import pretrain_encoder

FROZEN = Path(__file__).resolve().parents[1]/'benchmarks'/'results'

@pytest.mark.parametrize('name', ['cnmr', 'hnmr', 'joint'])
def test_models_that_ship_keep_no_frozen_weights(name):
    names = load_file(PRETRAINED/name/'model.safetensors')
    assert not [k for k in names if '.peak_encoder.' in k or '.loaded.' in k]

def test_a_model_that_has_frozen_weights_in_its_file_leaves_the_encoder_alone(tmp_path):
    "Files written before held the encoder of the readout; read again, it replaced the one that ships."
    ACML.from_pretrained('hnmr').save_pretrained(tmp_path, torch.float16)
    state = load_file(tmp_path/'model.safetensors')
    save_file({**state, 'graph.readouts.hnmr.peak_encoder.log_width': torch.zeros(4)}, tmp_path/'model.safetensors')
    saved = read_json(tmp_path/'config.json')
    del saved['weights_sha256'] # which they did not have either
    write_json(tmp_path/'config.json', saved)
    read = ACML.from_pretrained(tmp_path).towers['hnmr'].encoder
    assert read.fingerprint() == get_modality('hnmr').encoder().fingerprint()

@pytest.mark.parametrize('name,record',
                         [('cnmr', [9.3, 43., 219.7]), ('hnmr', [1.2, 7.3]), ('gcms', ([43., 58.], [100., 40.]))])
def test_what_was_there_is_still_there_and_the_learnt_features_are_as_long(name, record):
    modality = get_modality(name)
    encoder = modality.encoder()
    k = encoder.config['n_learnt']
    hidden = encoder(modality.collate([modality.featurize(record)]))[0]
    assert k > 0 and len(hidden) == encoder.out_dim
    assert torch.isclose(hidden[:-k].norm(), hidden[-k:].norm(), rtol=1e-3)

def test_an_encoder_saved_without_learnt_features_still_reads(tmp_path):
    PeakEncoder().save_pretrained(tmp_path)
    saved = read_json(tmp_path/'config.json')
    del saved['config']['n_learnt']
    (tmp_path/'config.json').write_text(json.dumps(saved))
    assert PeakEncoder.from_pretrained(tmp_path).out_dim == 1004

def test_learnt_features_of_nothing_are_nothing():
    assert not LearntFeatures(5, 3)(torch.zeros(2, 5)).any()
    assert PeakEncoder(n_learnt=4)(dict(shift_ppm=torch.zeros(0), ptr=torch.tensor([0, 0]))).abs().sum() == 0

@pytest.mark.parametrize('name', ['cnmr', 'hnmr', 'gcms'])
def test_drawn_records_are_records(name):
    report = Rejected()
    smiles = ['CC(=O)Oc1ccccc1C(=O)O', 'C1CC', 'CCN(CC)C(=O)c1cccc(C)c1', 'c1ccccc1']
    records = ACML.from_pretrained('joint').simulate(name, smiles, np.random.default_rng(0), report)
    assert records[1] is None and len(report) == 1
    features, rows = get_modality(name).features([records[i] for i in (0, 2, 3)], drawn := Rejected())
    assert len(rows) >= 2 and len(features) + len(drawn) == 3

def test_same_seed_same_drawing():
    draw = lambda seed: ACML.from_pretrained('cnmr').simulate('cnmr', ['CCO', 'c1ccccc1O'], np.random.default_rng(seed))
    assert all((a == b).all() for a, b in zip(draw(1), draw(1)))
    assert any((a != b).any() for a, b in zip(draw(1), draw(2)))

def test_what_a_model_cannot_draw():
    with pytest.raises(AcmlError, match='draws no records'):
        ACML.from_pretrained('joint').simulate('lcms', ['CCO'], np.random.default_rng(0))
    with pytest.raises(AcmlError, match='draws no records'):
        ACML.from_pretrained('cnmr').simulate('hnmr', ['CCO'], np.random.default_rng(0))

def test_pretraining_draws_records_of_the_other_molecules(tmp_path):
    table = demo_table()
    few = table[table.split == 'train'].head(120).reset_index(drop=True)
    few.loc[few.inchikey.isin(few.inchikey.unique()[:10]), 'nucleus'] = '1H' # no 13C list: one is drawn
    encoder = pretrain_encoder('cnmr', few, tmp_path, steps=1, learn_steps=2, predicted_by='cnmr', batch_size=8,
                               pool_size=8)
    told = read_json(tmp_path/'config.json')
    assert told['n_predicted'] > 0 and told['recipe']['predicted_by'] == 'cnmr' and encoder.config['n_learnt'] == 256
    assert len(encoder.training_record['training']) == few.inchikey.str[:14].nunique()

def test_the_command(tmp_path, capsys):
    save_table(demo_table('cnmr').groupby('split').head(20), tmp_path/'few.parquet')
    assert main(['pretrain', 'cnmr', '--data', str(tmp_path/'few.parquet'), '--out', str(tmp_path/'out'), '--steps',
                 '1', '--predicted-by', 'cnmr']) in (0, None)
    assert main(['pretrain', 'lcms', '--data', str(tmp_path/'few.parquet'), '--out', str(tmp_path/'out2'),
                 '--predicted-by', 'joint']) != 0

@pytest.mark.parametrize('path', sorted(FROZEN.glob('frozen-*.json')), ids=lambda p: p.stem)
def test_pre_training_is_worth_it(path):
    "The figures of the results page: benchmarks/frozen.py"
    gain = read_json(path)['gain_top10']
    assert gain['mean'] > 0, f'{path.stem}: random weights are as good'
