"""Faults found in the foundations, each by the case that showed it: keys of caches, ranges, devices, resumes."""
import copy
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem
from torch import nn

from acml.chem import to_mol
from acml.checkpoint import atomic_folder
from acml.config import ModelConfig, TowerConfig
from acml.core import AcmlError, RecordError, acml_home, fingerprint
from acml.data import demo_table, load_table, save_table
from acml.graph import GraphStore, graph_mass
from acml.known import kept_libraries
from acml.learner import Learner
from acml.modality import FeatureStore, Modality, ModalityEncoder, encode_features, get_modality
from acml.model import ACML

KEY = 'LFQSCWFLJHTTHZ-UHFFFAOYSA-N'

class Scale(ModalityEncoder):
    "One number, times another."
    def __init__(self, by=1.):
        super().__init__()
        self.config, self.out_dim = dict(by=by), 1
        self.by = nn.Parameter(torch.tensor(by))
    def forward(self, batch): return batch['x'][:, None] * self.by

numbers = Modality('number', 'x', np.float64, lambda f: dict(x=torch.tensor(f)), Scale, print)

def test_fingerprints_see_every_row_of_a_table_and_every_member_of_a_set():
    table = pd.DataFrame(dict(a=range(200), b='x'))
    other = table.assign(a=table.a.replace(100, 7)) # in the middle, which a repr leaves out
    assert fingerprint(table) == fingerprint(table.copy()) != fingerprint(other)
    assert fingerprint(table.a) != fingerprint(other.a)
    assert fingerprint(table) != fingerprint(table.rename(columns=dict(a='c')))
    assert fingerprint(set('abc')) == fingerprint(set('cba')) != fingerprint(set('abd'))
    long = np.array([np.arange(2000.), np.zeros(1)], object)
    short = np.array([np.r_[np.arange(1000.), 7, np.arange(1001., 2000)], np.zeros(1)], object)
    assert fingerprint(long) != fingerprint(short)

def test_what_only_its_place_in_memory_names_has_no_fingerprint():
    with pytest.raises(AcmlError, match='a Mol has no fingerprint'): fingerprint([Chem.MolFromSmiles('C')])
    assert fingerprint('an object at 0x7f3a') # a text is a text

def test_hiddens_beyond_16_bits_are_kept_whole(tmp_path):
    hidden = FeatureStore(tmp_path).hidden(numbers, Scale(1e5), [1., 2.])
    assert hidden.tolist() == [[1e5], [2e5]]
    assert FeatureStore(tmp_path).hidden(numbers, Scale(3.), [1., 2.]).dtype == np.float16

def test_hiddens_that_are_not_finite_are_refused(tmp_path):
    with pytest.raises(AcmlError, match='number: the encoder makes of record 1 numbers that are not finite'):
        FeatureStore(tmp_path).hidden(numbers, Scale(), [1., np.inf])
    assert not list(tmp_path.glob('*.npy'))

class There(ModalityEncoder):
    "Weights on another device; says where its batches come to."
    out_dim = 1
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, device='meta'))
    def forward(self, batch):
        assert batch['x'].device.type == 'meta', 'the batch was left behind'
        return torch.ones(len(batch['x']), 1)

def test_an_encoder_of_another_device_gets_its_batches_there():
    assert encode_features(numbers, There(), [1., 2.]).tolist() == [[1.], [1.]]

def test_the_mass_of_graphs_is_added_up_where_they_are():
    batch = GraphStore.from_smiles(['CCO', 'C']).batch([0, 1])
    there = {k: v.to('meta') for k, v in batch.items()}
    ids = torch.empty(4, dtype=torch.long, device='meta')
    with mock.patch('acml.graph.segment_ids', return_value=ids): assert graph_mass(there).device.type == 'meta'

def test_atoms_that_a_reaction_has_numbered_are_the_same_molecule():
    plain, mapped = 'CC(C)Cc1ccc(cc1)C(=O)[O-].[Na+]', '[CH3:1][CH:2]([CH3:3])[CH2:4]c1cc[c:5](cc1)C(=O)[O-:6].[Na+]'
    one, other = GraphStore.from_smiles([plain]), GraphStore.from_smiles([mapped])
    for name in GraphStore.arrays: assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ('smiles', 'fingerprint'):
        featurize = get_modality(name).featurize
        assert np.array_equal(featurize(plain), featurize(mapped)), name
    with pytest.raises(RecordError): to_mol('[CH3:1:2]C') # no SMILES, and not made one
    given = Chem.MolFromSmiles('[CH3:1]C(C)C') # a molecule stays as it is, and is still seen as symmetric
    assert GraphStore.from_smiles([given]).atom_class[0] == GraphStore.from_smiles(['CC(C)C']).atom_class[0]

def test_a_conformer_is_of_the_smiles_that_everybody_else_reads():
    featurize = get_modality('conformer', relax=0).featurize
    want = featurize('CCO')['xyz']
    for smi in ('CCO\n', '\u200bCCO', 'CCO ethanol', '[CH3:1][CH2:2][OH:3]'):
        assert np.array_equal(featurize(smi)['xyz'], want), smi
    with pytest.raises(RecordError, match='a SMILES of 40,002 characters'):
        featurize('C(' * 13_333 + 'C' + ')' * 13_334 + 'C')

def test_options_of_a_modality_hold_for_its_pretraining_and_augmentation_too():
    conformer = get_modality('conformer', relax=0, seed=3)
    with mock.patch('acml.conformer._generate_conformer', side_effect=RecordError('x', 'y')) as made:
        for work in (lambda: conformer.augment('CCO', np.random.default_rng(0)),
                     lambda: conformer.pretrain(None, ['CCO'])):
            with pytest.raises(AcmlError): work()
    assert [c.args[2] for c in made.call_args_list] == [0, 0] and made.call_args_list[1].args[1] == 3
    with mock.patch('acml.pocket.read_pocket', side_effect=RecordError('x', 'y')) as read:
        with pytest.raises(AcmlError): get_modality('pocket', radius=4.).pretrain(None, ['a.pdb'])
    assert read.call_args.args[1] == 4.
    bits = get_modality('fingerprint', n_bits=64, counts=False)
    encoder = type(bits.encoder())(64, 4)
    with mock.patch('acml.fingerprint._featurize_fingerprint', wraps=bits.featurize.func) as made:
        bits.pretrain(encoder, ['CCCCCCCC', 'CCO', 'C'])
    assert {c.args[3] for c in made.call_args_list} == {False}

def test_a_model_on_an_untrained_encoder_opens_again(tmp_path):
    tower = TowerConfig(options=dict(encoder='bigru', n_bits=64))
    config = ModelConfig(8, dict(fingerprint=tower), graph=dict(hidden_dim=8, n_layers=1))
    model = ACML.from_config(config).eval()
    want = model.embed('fingerprint', ['CCO'])
    model.save_pretrained(tmp_path/'model')
    torch.manual_seed(7)
    assert np.array_equal(ACML.from_pretrained(tmp_path/'model').embed('fingerprint', ['CCO']), want)

def test_statistics_beyond_16_bits_survive_saving_in_16(tmp_path):
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(1)
    from acml.modality import load_weights, save_weights
    wide = Wide()
    wide.norm.running_var.fill_(90_000.)
    save_weights(wide.state_dict(), tmp_path, torch.float16)
    assert load_weights(Wide(), tmp_path).norm.running_var.item() == 90_000.

class Sentences(nn.Linear):
    def encode(self, texts, **_): return torch.zeros(len(texts), 2)
    def get_sentence_embedding_dimension(self): return 2

def test_other_weights_of_a_sentence_encoder_are_another_encoder():
    from acml import text
    one, other = Sentences(1, 1), Sentences(1, 1)
    prints = []
    for sentences in (one, copy.deepcopy(one), other):
        with mock.patch.object(text, '_load_sentence_encoder', return_value=sentences):
            encoder = text.text_modality(checkpoint='/models/mine').encoder()
            prints.append((encoder.fingerprint(), encoder.formerly))
    assert prints[0] == prints[1] != prints[2]
    assert prints[0][1] == prints[2][1] # what models of before know it by

def test_a_split_that_is_no_text_is_told(tmp_path):
    table = demo_table('cnmr').head(3)
    save_table(table.assign(split=[1, 2, 3]), tmp_path/'t.parquet')
    with pytest.raises(AcmlError, match="the column split is of the kind int64, and can never be 'train'"):
        load_table(tmp_path/'t.parquet', split='train')
    save_table(table.assign(split=table['split'].astype('category')), tmp_path/'c.parquet')
    split = table['split'].iloc[0]
    assert len(load_table(tmp_path/'c.parquet', split=split)) == (table['split'] == split).sum()

def learner(out, epochs=1, **options):
    from torch.utils.data import DataLoader, TensorDataset
    x = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    from acml.callback import ProgressCB
    return Learner(nn.Sequential(nn.Linear(2, 1)), [x[:4], x[4:]], lambda z, b: z.square().mean(), epochs=epochs,
                   out=out, cbs=(ProgressCB(quiet=True),), **options)

def test_a_run_that_is_begun_anew_leaves_nothing_of_the_old_one_to_go_on_with(tmp_path):
    learner(tmp_path, lr=.1).fit()
    for name in ('last', 'best'): (tmp_path/name).rename(tmp_path/f'.{name}.old')
    with atomic_folder(tmp_path/'last') as new: (new/'x').write_text('') # so that there is one, and one aside ...
    (tmp_path/'.last.old').mkdir(exist_ok=True) # ... as a crash between two moves leaves it
    class Killed(BaseException): pass
    from acml.callback import Callback
    class Kill(Callback):
        def after_step(self, learn): raise Killed
    from acml.callback import ProgressCB
    again = learner(tmp_path)
    again.cbs.append(Kill())
    with pytest.raises(Killed): again.fit(overwrite=True)
    assert not list(tmp_path.glob('.*.old')) and not (tmp_path/'last').exists()
    assert learner(tmp_path).fit(resume=True).epoch == 1

def test_builds_that_were_killed_are_no_libraries(monkeypatch, tmp_path):
    monkeypatch.setenv('ACML_HOME', str(tmp_path))
    for name in ('known-a', '.known-b.old', 'known-c.part'):
        (acml_home()/'libraries'/name).mkdir(parents=True)
        (acml_home()/'libraries'/name/'library.json').write_text('{}')
    assert [p.name for p in kept_libraries()] == ['known-a']

def test_what_another_rdkit_made_is_made_again(tmp_path, monkeypatch):
    "Symmetry, stereo and aromaticity are RDKit's: packed graphs and variants of one release are not those of another."
    from acml import hard_pairs, pairs
    from acml.modality import FeatureStore
    store, smiles = FeatureStore(tmp_path), ['CCO', 'c1ccccc1O']
    for release in ('2020.1', '2030.1', '2030.1'):
        for module in (pairs, hard_pairs): monkeypatch.setattr(module, 'version', lambda package: release)
        pairs._packed_graphs(smiles, store)
        hard_pairs._made(smiles, ('none',), {'none': lambda smi: []}, store)
    assert len([*tmp_path.glob('graphs-*/sums.json')]) == len([*tmp_path.glob('asymmetry-*.json')]) == 2
