"""The losses against slow references in numpy; what a batch tells them: ids, negatives, weights that do not learn."""
import copy

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip('torch')

from acml.core import AcmlError
from acml.loss import AsymmetryLoss, InfoNCELoss, SoftTargetLoss

def z(n, d=6, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

def unit(x): return x/np.linalg.norm(x, axis=1, keepdims=True)

def one_way(a, b, ids, scale, smoothing=0., beta=0.):
    "Row by row, in words: who is right, who is in the running, what each weighs."
    total, a, b = 0., unit(a), unit(b)
    for i, row in enumerate(a):
        logits = [scale*float(row @ other) for other in b]
        wrong = [j for j in range(len(b)) if j != i and (ids is None or ids[j] != ids[i])]
        if beta and wrong:
            w = np.exp([beta*logits[j] for j in wrong])
            for j, o in zip(wrong, w/w.mean()): logits[j] += np.log(o)
        running = [i, *wrong]
        norm = np.log(np.exp([logits[j] for j in running]).sum())
        for j in running:
            target = (1 - smoothing)*(j == i) + smoothing/len(running)
            total -= target*(logits[j] - norm)/len(a)
    return total

@pytest.mark.parametrize('ids', [None, [0, 1, 0, 2, 3, 1, 4, 0]])
@pytest.mark.parametrize('options', [{}, dict(label_smoothing=.2), dict(beta=.7), dict(weights=(1., 0.)),
                                     dict(weights=(.2, .8), temperature=.5)])
def test_infonce_equals_the_slow_reference(ids, options):
    a, b, more_b, more_a = z(4), z(4, seed=1), z(3, seed=2), z(1, seed=3)
    loss = InfoNCELoss(**{'temperature': .3, **options})
    scale, (w_ab, w_ba) = float(loss.scale().detach()), options.get('weights', (.5, .5))
    how = dict(scale=scale, smoothing=options.get('label_smoothing', 0.), beta=options.get('beta', 0.))
    back = None if ids is None else [*ids[:4], *ids[7:]]
    numbers = [x.numpy() for x in (a, b, more_b, more_a)]
    want = (w_ab*one_way(numbers[0], np.concatenate([numbers[1], numbers[2]]), ids and ids[:7], **how)
            + w_ba*one_way(numbers[1], np.concatenate([numbers[0], numbers[3]]), back, **how))
    assert loss(a, b, ids, more_b, more_a).item() == pytest.approx(want, rel=1e-5)
    plain = (w_ab*one_way(numbers[0], numbers[1], ids and ids[:4], **how)
             + w_ba*one_way(numbers[1], numbers[0], ids and ids[:4], **how))
    assert loss(a, b, ids and ids[:4]).item() == pytest.approx(plain, rel=1e-5)

def test_the_weights_of_hard_negatives_do_not_learn():
    "The gradient is that of the loss with its weights written in as constants."
    a, b = z(5).requires_grad_(), z(5, seed=1)
    loss = InfoNCELoss(temperature=.2, learnable=False, beta=1.)
    loss(a, b).backward()
    learnt, a.grad = a.grad, None
    scale = loss.scale().item()
    cosines = torch.nn.functional.normalize(a, dim=1) @ torch.nn.functional.normalize(b, dim=1).T
    logits, eye = scale*cosines, torch.eye(5, dtype=torch.bool)
    def way(l):
        w = (l.detach().masked_fill(eye, -1e9)).softmax(-1)*4
        weighed = l + torch.where(eye, 0., w.log().masked_fill(eye, 0.))
        return -(l - weighed.logsumexp(-1, keepdim=True)).diagonal().mean()
    ((way(logits) + way(logits.T))/2).backward()
    assert torch.allclose(learnt, a.grad, atol=1e-6), 'the weights were derived, too'

def test_a_temperature_has_its_bound_and_comes_back():
    loss = InfoNCELoss(temperature=.01)
    loss.logit_scale.data += 3
    assert loss.scale().item() == pytest.approx(100) and loss.logit_scale.item() == pytest.approx(np.log(100))
    assert InfoNCELoss(temperature=.01).scale().item() == pytest.approx(100)
    with pytest.raises(AcmlError, match='is below 0.01'): InfoNCELoss(temperature=.0099)
    assert InfoNCELoss(learnable=False).logit_scale.requires_grad is False
    assert InfoNCELoss().logit_scale.requires_grad is True

@pytest.mark.parametrize('weights', [(1,), (-.1, 1), (0, 0), (1, 2, 3)])
def test_weights_of_the_directions(weights):
    with pytest.raises(AcmlError, match='expected two, not negative, not both 0'): InfoNCELoss(weights=weights)

def test_embeddings_that_do_not_fit():
    loss = InfoNCELoss()
    with pytest.raises(AcmlError, match='each row needs its partner'): loss(z(3), z(4))
    for a, b in ((z(3), z(3, 5)), (z(3)[0], z(3)[0]), (z(3), z(3)[:, :, None])):
        with pytest.raises(AcmlError): loss(a, b)
    with pytest.raises(AcmlError, match='ids has shape'): loss(z(3), z(3), [0, 1])
    with pytest.raises(AcmlError): SoftTargetLoss()(z(3), z(4))
    with pytest.raises(AcmlError): SoftTargetLoss()(z(3)[0], z(3)[0])

def test_half_precision_is_computed_in_full():
    a, b = z(4).half(), z(4, seed=1).half()
    assert InfoNCELoss()(a, b).dtype == torch.float32 and SoftTargetLoss()(a, b).dtype == torch.float32
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.allclose(InfoNCELoss()(a.float(), b.float()), InfoNCELoss()(a.float(), b.float()), atol=0)
        inside = InfoNCELoss()(a.float(), b.float())
    assert inside.item() == pytest.approx(InfoNCELoss()(a.float(), b.float()).item(), rel=1e-6)

@pytest.mark.parametrize('shares', [(.5, .25, .25), (1., 0., 2.), (.2, .3, 0.)])
def test_asymmetry_is_the_weighted_mean_of_its_terms(shares):
    a, b, other_a, other_b = z(4), z(4, seed=1), z(2, seed=2), z(1, seed=3)
    loss, plain = AsymmetryLoss(shares=shares, temperature=.3), InfoNCELoss(temperature=.3)
    swapped_a, swapped_b = a.clone(), b.clone()
    swapped_a[[2, 0]], swapped_b[[3]] = other_a, other_b
    terms = plain(a, b).item(), plain(swapped_a, b).item(), plain(a, swapped_b).item()
    given = dict(positives_a=([2, 0], other_a), positives_b=([3], other_b))
    assert loss(a, b, **given).item() == pytest.approx(np.dot(shares, terms)/sum(shares), rel=1e-6)
    assert loss(a, b).item() == pytest.approx(terms[0], rel=1e-6)
    only = loss(a, b, positives_a=given['positives_a'], positives_b=([], other_b[:0])).item()
    assert only == pytest.approx(np.dot(shares[:2], terms[:2])/sum(shares[:2]), rel=1e-6)
    for bad in (([0], other_a), ([0, 1], other_a[:, :3])):
        with pytest.raises(AcmlError, match='rows for positives'): loss(a, b, positives_a=bad)
    for wrong in ((1, 2), (0, 1, 1), (1, -1, 1)):
        with pytest.raises(AcmlError, match='expected three'): AsymmetryLoss(shares=wrong)

def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e/e.sum(1, keepdims=True)

@pytest.mark.parametrize('corrected', [False, True])
@pytest.mark.parametrize('temperature', [None, .6])
def test_soft_targets_equal_the_slow_reference(corrected, temperature):
    a, b = z(5)/2, z(5, seed=1)/2
    t = temperature or (.07 if corrected else 1.)
    x, y = (unit(o.numpy()) if corrected else o.numpy() for o in (a, b))
    alike = (x @ x.T + y @ y.T)/2
    targets = softmax(alike/t if corrected else alike*t)
    logits = x @ y.T/t
    way = lambda l, targets: -(targets*np.log(softmax(l))).sum(1)
    want = (way(logits, targets) + way(logits.T, targets if corrected else targets.T)).mean()/2
    assert SoftTargetLoss(temperature, corrected)(a, b).item() == pytest.approx(want, rel=1e-6)

def test_only_corrected_targets_are_constants():
    for corrected in (True, False):
        a = z(4).requires_grad_()
        assert SoftTargetLoss(corrected=corrected).targets(a, z(4, seed=1)).requires_grad is not corrected

# ---- what a batch of pairs tells the loss

@pytest.fixture(scope='module')
def loader(tmp_path_factory):
    from acml.config import ModelConfig, TowerConfig
    from acml.data import demo_table
    from acml.modality import FeatureStore
    from acml.model import ACML
    from acml.pairs import PairLoader
    table = demo_table('cnmr')
    table = table[table.split == 'train'].head(40)
    twice = table.head(6).copy() # a second record of some molecules
    table = pd.concat([table, twice], ignore_index=True)
    graph = dict(hidden_dim=16, n_layers=2, dropout=.5)
    torch.manual_seed(0)
    model = ACML.from_config(ModelConfig(16, graph=graph, head_dim=16, dropout=.5, towers={'cnmr': TowerConfig()}))
    store = FeatureStore(tmp_path_factory.mktemp('store'))
    return PairLoader(model, table, 'cnmr', 12, store=store, n_negatives=30)

def test_further_negatives_of_pairs_carry_the_ids_of_their_molecules(loader):
    "Each hidden that is a negative is that of a record of the molecule that its id names."
    records = loader.records['cnmr']
    key = {code: name for name, code in loader.code.items()}
    batch = next(iter(loader))
    more = batch['negatives']['cnmr']
    assert len(more['ids']) == len(more['hidden']) == 30
    for code, hidden in zip(more['ids'].tolist(), more['hidden'].numpy()):
        rows = records.rows_of[key[code]]
        assert any((np.asarray(records.hidden[r]) == hidden).all() for r in rows), key[code]
    own = batch['cnmr']
    for place, hidden in zip(own['rows'].tolist(), own['hidden'].numpy()):
        rows = records.rows_of[key[int(batch['ids'][place])]]
        assert any((np.asarray(records.hidden[r]) == hidden).all() for r in rows)

def test_a_further_record_of_the_same_molecule_is_no_negative_of_pairs():
    "One pair alone has nothing to be told from."
    from acml.pairs import PairLoss
    loss = PairLoss(InfoNCELoss, 'cnmr', lines=0.)
    batch = dict(ids=torch.tensor([5]), targets={}, cnmr=dict(rows=torch.arange(1)))
    out = dict(graph=z(1), cnmr=z(1, seed=1), negatives=dict(cnmr=z(2, seed=2)))
    def with_ids(*ids): return loss(out, dict(batch, negatives=dict(cnmr=dict(ids=torch.tensor(ids)))))[0].item()
    assert with_ids(5, 5) == 0 < with_ids(5, 8) < with_ids(7, 8)

def test_molecules_without_a_record_are_negatives_of_pairs():
    from acml.pairs import PairLoss
    loss = PairLoss(InfoNCELoss, ('cnmr',), lines=0., weights=dict(cnmr=2.))
    batch = dict(ids=torch.tensor([4, 5, 6]), targets={}, negatives={}, cnmr=dict(rows=torch.tensor([2, 0])))
    out = dict(graph=z(3), cnmr=z(2, seed=1), negatives={})
    total, parts = loss(out, batch)
    want = InfoNCELoss()(out['graph'][[2, 0]], out['cnmr'], [6, 4, 5], negatives_a=out['graph'][[1]])
    assert parts['contrast_cnmr'].item() == pytest.approx(want.item(), rel=1e-6)
    assert total.item() == pytest.approx(2*want.item(), rel=1e-6)

def test_shares_of_a_batch_of_pairs():
    from acml.pairs import _quota
    assert _quota(('a', 'b'), 100, dict(a=1, b=3)) == dict(a=25, b=75)
    assert _quota(('a', 'b', 'c'), 10, dict(a=1, b=1, c=0)) == dict(a=5, b=5)
    assert _quota(('a',), 12, dict(a=.5, b=7)) == dict(a=12)
    with pytest.raises(AcmlError, match='no modality of a, b has a share'): _quota(('a', 'b'), 10, dict(a=0, c=1))

def test_the_order_of_pairs_shows_each_record_or_each_molecule_once(loader):
    from itertools import islice
    records = loader.records['cnmr']
    rng = np.random.default_rng(0)
    assert len(records) > len(records.rows_of)
    for _ in range(2):
        assert sorted(islice(loader.order('cnmr', rng), len(records))) == list(range(len(records)))
    loader.per_molecule = ('cnmr',)
    try: rows = list(islice(loader.order('cnmr', rng), 2*len(records.rows_of)))
    finally: loader.per_molecule = ()
    for half in (rows[:len(rows)//2], rows[len(rows)//2:]):
        assert sorted(records.connectivity[half]) == sorted(records.rows_of)
    assert set(rows[:len(rows)//2]) != set(rows[len(rows)//2:]) # another record of some molecules

def test_negatives_of_pairs_come_once(loader):
    records = loader.records['cnmr']
    loader.n_negatives = 10**6
    try: more = next(iter(loader))['negatives']['cnmr']
    finally: loader.n_negatives = 30
    codes = [loader.code[o] for o in records.connectivity]
    assert sorted(more['ids'].tolist()) == sorted(codes)
    assert (more['hidden'].numpy() == np.asarray(records.hidden)).all()

def test_a_batch_of_pairs_belongs_together(loader):
    "Graphs, ids and hiddens are of the molecules that were drawn; a batch of an epoch is always the same."
    loader.set_epoch(3)
    first, again = next(iter(loader)), next(iter(loader))
    assert (first['ids'] == again['ids']).all() and (first['cnmr']['hidden'] == again['cnmr']['hidden']).all()
    loader.set_epoch(4)
    other = next(iter(loader))
    loader.set_epoch(0)
    assert first['ids'].tolist() != other['ids'].tolist()
    key = {code: name for name, code in loader.code.items()}
    graphs = np.diff(first['graph']['ptr'])
    from rdkit import Chem
    smiles = dict(zip(loader.connectivity, loader.graph_of))
    atoms = [Chem.MolFromSmiles(smiles[key[i]]).GetNumAtoms() for i in first['ids'].tolist()]
    assert graphs.tolist() == atoms and len(set(first['ids'].tolist())) == len(first['ids']) <= 12
    assert sorted(first['cnmr']['rows'].tolist()) == list(range(len(first['ids'])))

def test_neighbours_in_a_loader_are_other_molecules_most_alike_first(loader):
    records = loader.records['cnmr']
    loader.bank = None
    assert loader.nearest(records, [5, 2], 4) == [[5], [2]] and loader.nearest(records, [5], 1) == [[5]]
    loader.model.eval()
    loader.refresh_bank()
    found, second = loader.nearest(records, [5, 2], 4)
    assert second == loader.nearest(records, [2], 4)[0] and second[0] == 2
    assert len(found) == 4 and found[0] == 5 and len(set(records.connectivity[found])) == 4
    own = loader.bank[loader.graph_of[records.smiles[5]]]
    scores = {c: float(own @ loader.bank[i]) for i, c in enumerate(loader.connectivity)}
    scores.pop(records.connectivity[5])
    assert [*records.connectivity[found[1:]]] == sorted(scores, key=scores.get, reverse=True)[:3]
    loader.bank = None

def test_groups_of_an_epoch_come_from_its_own_part_of_the_molecules(loader):
    from acml.pairs import PairLoader
    pooled = copy.copy(loader)
    pooled.hard_group_size, pooled.hard_pool = {'cnmr': 3}, 12
    pooled._index_formulas(pd.DataFrame([(smi, f'C{i % 13}') for i, smi in enumerate(pooled.graph_of)],
                                        columns=['smiles', 'formula']))
    assert sorted(map(len, pooled.isomers)) == [3]*12 + [4]
    parts = []
    for epoch in (0, 1, 0):
        pooled.set_epoch(epoch)
        batches = [b['ids'].tolist() for b in pooled]
        part = {pooled.code[c] for c in pooled.connectivity[pooled.banked]}
        whole = [set(rows) <= set(pooled.banked) for rows in pooled.isomers]
        assert 12 <= len(pooled.bank) == sum(len(rows) for rows, there in zip(pooled.isomers, whole) if there)
        assert all(set(ids) <= part for ids in batches)
        parts.append((part, batches))
    assert parts[0] == parts[2] and parts[0][0] != parts[1][0]
    want = torch.cat([z for _, z in pooled.model.embed_store(pooled.graphs)])
    at = list(pooled.banked)
    assert torch.allclose(pooled.bank, torch.nn.functional.normalize(want)[at], atol=1e-5)
    pooled.precision = 'bf16'
    pooled.refresh_bank(np.random.default_rng(pooled.seed))
    near = torch.nn.functional.normalize(want)[list(pooled.banked)]
    assert pooled.bank.dtype == torch.float32 and 0 < float((pooled.bank - near).abs().max()) < .02
    assert pooled.kept is None # this encoder learns
    pooled.banked = np.array([-1])
    with pytest.raises(AcmlError, match='hard_pool=12: none of these molecules has a record of cnmr'):
        next(PairLoader.order(pooled, 'cnmr', np.random.default_rng(0)))

def test_atoms_of_a_frozen_encoder_are_kept_for_the_batches_of_an_epoch():
    from acml.data import demo_table
    from acml.model import ACML
    from acml.pairs import PairLoader
    from acml.space import Space
    towers = dict(cnmr=dict(subspace='spectra', spectral=True, rank=16), fingerprint=dict(subspace='structure'))
    model = ACML.from_config(graph=dict(hidden_dim=16), space=Space.of(spectra=16, structure=16), towers=towers,
                             head='shared', pool='environments', pooled='structure')
    model.learn_only('heads+pooled')
    table = demo_table('cnmr').head(60)
    loaders = [PairLoader(model, table, 'fingerprint', 24, hard_group_size=dict(fingerprint=3), hard_pool=30, seed=1),
               PairLoader(model, table, 'fingerprint', 24, hard_group_size=dict(fingerprint=3), hard_pool=30, seed=1)]
    kept, (plain, _) = next(iter(loaders[0])), (next(iter(loaders[1])), None)
    plain['graph'].pop('states')
    assert 30 <= len(loaders[0].kept) < 60 and kept['graph']['states'].shape == (len(kept['graph']['x']), 5*16)
    z, want = model.eval()(kept)['graph'], model(plain)['graph']
    assert torch.allclose(z, want, atol=2e-3) and not torch.equal(z, want)
    model.learn_only('all')
    assert 'states' not in next(iter(loaders[0]))['graph']

def test_a_stage_of_predicted_spectra_changes_nothing_else():
    from acml.model import ACML
    from acml.recipes import Stage
    model = ACML.from_config(graph=dict(hidden_dim=16), towers=dict(cnmr=dict(spectral=True), fingerprint={}))
    stage = Stage('lines', 1, 8, 1e-3, names=('cnmr', 'fingerprint'), train='predicted')
    assert stage.modalities(model) == ('cnmr',) # no fingerprint is predicted
    model.learn_only('predicted', stage.modalities(model))
    learns = {name for name, p in model.named_parameters() if p.requires_grad}
    assert learns and all(n.startswith('graph.readouts.cnmr.head.') for n in learns)
    with pytest.raises(AcmlError, match='no spectra of fingerprint are predicted'):
        model.learn_only('predicted', ('fingerprint',))

def test_graphs_and_records_that_say_less_stand_beside_pairs():
    from acml.pairs import PairLoss
    loss = PairLoss(InfoNCELoss, 'cnmr', lines=0.)
    out = dict(graph=z(6), cnmr=z(2, seed=1), weaker=dict(cnmr=z(2, seed=2)))
    batch = dict(ids=torch.tensor([4, 5, 6]), cnmr=dict(rows=torch.tensor([2, 0])),
                 variants=dict(of=torch.tensor([2, 1, 0]), rows=torch.tensor([3, 4, 5])))
    found = loss.positives_of('cnmr', out, batch)
    assert found['positives_b'][0].tolist() == [0, 1] and (found['positives_b'][1] == out['weaker']['cnmr']).all()
    pairs, graphs = found['positives_a'] # the variant of molecule 1 has no record to go with
    assert pairs.tolist() == [0, 1] and (graphs == out['graph'][[3, 5]]).all()
    plain = loss.positives_of('cnmr', dict(graph=z(6)), dict(ids=batch['ids'], cnmr=batch['cnmr']))
    assert plain == {}

def test_the_weight_of_lines_in_the_loss_of_pairs():
    from acml.pairs import PairLoss
    assert PairLoss(None, 'cnmr', lines=.4).weight_of_lines('cnmr') == .4
    by_name = PairLoss(None, 'cnmr', lines=dict(cnmr=.7))
    assert by_name.weight_of_lines('cnmr') == .7 and by_name.weight_of_lines('hnmr') == 0

def test_predicted_lines_are_those_of_the_pairs_asked_for():
    from acml.pairs import _take_predicted
    lines = dict(ptr=torch.tensor([0, 2, 2, 5]), ppm=torch.tensor([1., 2., 3., 4., 5.]))
    some = _take_predicted(lines, torch.tensor([2, 1, 0]))
    assert some['ptr'].tolist() == [0, 3, 3, 5] and some['ppm'].tolist() == [3, 4, 5, 1, 2]
    assert _take_predicted(dict(z=torch.arange(3)), torch.tensor([2, 0]))['z'].tolist() == [2, 0]

def test_embedding_is_done_in_evaluation_mode(loader):
    "In the middle of a training too: no dropout, no statistics learnt, and training goes on afterwards."
    model, smiles, shifts = loader.model, ['CCO', 'c1ccccc1', 'CC(=O)C'], [[18., 58.], [128.], [30., 206.]]
    model.eval()
    want = {m: model.embed(m, r) for m, r in (('graph', smiles), ('cnmr', shifts))}
    model.train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    for m, r in (('graph', smiles), ('cnmr', shifts)):
        assert (model.embed(m, r) == want[m]).all(), f'{m}: embedded with dropout, or with statistics of the batch'
    z, _ = model.embed_and_predict(smiles)
    assert (z == want['graph']).all() and model.training and model.graph.training
    assert all((before[k] == v).all() for k, v in model.state_dict().items()), 'statistics were learnt'
    model.eval()

def test_the_bank_of_a_loader_is_made_in_evaluation_mode(loader):
    loader.model.eval()
    loader.refresh_bank()
    want = loader.bank.clone()
    loader.model.train()
    loader.refresh_bank()
    assert (loader.bank == want).all() and loader.model.training
    loader.model.eval()

# ---- the ion that was measured

@pytest.mark.parametrize('adduct,mz,mass', [
    ('[M+H]+', 181.0707, 180.0634), ('[M-H]-', 179.0561, 180.0634), ('[M+2H]2+', 91.0390, 180.0634),
    ('[2M+Na]+', 383.1160, 180.0634), ('[M-2H]2-', 89.0244, 180.0634)])
def test_the_charge_counts_in_the_mass_of_a_mass_spectrum(adduct, mz, mass):
    "Glucose; worked out by hand from the masses of the atoms and of the electron (NIST)."
    from acml.massspec import MassSpectrum, ion_mz, neutral_mass
    s = MassSpectrum([60., 85.], [1., .5], precursor_mz=mz, adduct=adduct)
    assert s.neutral_mass == pytest.approx(mass, abs=3e-4)
    assert neutral_mass(mz, adduct) == pytest.approx(mass, abs=3e-4)
    assert ion_mz(mass, adduct) == pytest.approx(mz, abs=3e-4)
