"Settings, spaces and recipes: what is unknown is refused by name, and models saved by acml 0.1 still open."
import copy, json, shutil

import numpy as np
import pytest

from acml.config import ModelConfig, TowerConfig
from acml.core import AcmlError, read_json, write_json
from acml.model import ACML
from acml.recipes import RECIPES, Recipe, get_recipe
from acml.space import Space

@pytest.fixture(scope='module')
def before(root): return json.loads((root/'tests'/'fixtures'/'model-0.1.json').read_text())

@pytest.mark.parametrize('name', ['linear', 'published', 'shared'])
def test_a_model_saved_by_acml_0_1_gives_the_same_embeddings(root, before, name, tmp_path):
    model, answers = ACML.from_pretrained(root/'tests'/'fixtures'/f'model-0.1-{name}'), before['answers'][name]
    for kind in ('graph', *model.towers):
        records = before['smiles'] if kind == 'graph' else before['records'][kind]
        z, was = model.embed(kind, records), np.array(answers[kind])
        assert np.allclose(z, was, atol=2e-5), f'{kind}: up to {abs(z - was).max():.2g} apart'
    assert model.made(answers['fingerprint_of_model']), 'a library of that time does not know its model'
    model.save_pretrained(tmp_path/'again')
    again = ACML.from_pretrained(tmp_path/'again')
    assert again.fingerprint() == model.fingerprint() and again.made(answers['fingerprint_of_model'])

def test_old_names_are_refused_where_new_ones_belong():
    for given in (dict(embed_dim=64), dict(modalities={}), dict(apart=True)):
        with pytest.raises(AcmlError, match=f'unknown setting {next(iter(given))!r}'): ModelConfig.from_dict(given)
    stage = dict(loss='infonce', epochs=1, batch_size=8, lr=1e-3)
    for key in ('alike', 'body', 'only'):
        with pytest.raises(AcmlError, match=f'stage 1: unknown setting {key!r}'):
            Recipe.from_dict(dict(model={}, stages=[{**stage, key: True}]))

@pytest.mark.parametrize('name', RECIPES)
def test_a_recipe_survives_being_written(name):
    recipe = get_recipe(name)
    said = json.loads(json.dumps(recipe.to_dict()))
    assert Recipe.from_dict(said) == recipe and Recipe.from_dict(said).to_dict() == recipe.to_dict()

@pytest.mark.parametrize('name', ['cnmr', 'hnmr', 'joint'])
def test_shipped_models_have_the_layout_of_today(name):
    from acml.modality import PRETRAINED
    saved = read_json(PRETRAINED/name/'config.json')
    model = ACML.from_pretrained(name)
    assert saved['layout'] == 2 and saved['config'] == json.loads(json.dumps(model.config.to_dict()))
    assert model.source == name and all(model.made(f) for f in saved.get('formerly', ()))
    assert model.config == ModelConfig.from_dict(model.config.to_dict())

def test_the_recipe_of_joint_makes_the_space_that_ships():
    assert ACML.from_pretrained('joint').space == get_recipe('joint').model.space == Space.of(
        spectra=320, structure=192, composition=(48, .4))

def test_building_a_model_leaves_its_recipe_as_it_was():
    recipe = get_recipe('demo')
    was = copy.deepcopy(recipe)
    ACML.from_config(recipe.model)
    assert recipe == was and isinstance(recipe.model.towers['cnmr'], TowerConfig)

def damaged(model, folder, change):
    "A saved model with something else in its config.json."
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    saved = read_json(folder/'config.json')
    change(saved)
    write_json(folder/'config.json', saved)
    return folder

def test_a_config_that_cannot_be_is_named(tmp_path):
    model = ACML.from_config(space=Space.of(spectra=8, structure=8), head='shared', pooled='structure', head_dim=8,
                             graph=dict(hidden_dim=16, n_layers=1), towers={'cnmr': dict(subspace='spectra')})
    faults = {
        'layout 3': lambda s: s.update(layout=3),
        "unknown setting 'poool'": lambda s: s['config'].update(poool='add'),
        "tower cnmr: unknown setting 'ranks'": lambda s: s['config']['towers']['cnmr'].update(ranks=3),
        "overlaps 'spectra'": lambda s: s['config']['space']['structure'].update(start=4),
        'belong to no subspace': lambda s: s['config']['space']['structure'].update(start=9),
        "no subspace 'smell'": lambda s: s['config']['towers']['cnmr'].update(subspace='smell'),
        'says nothing about encoders': lambda s: s.pop('encoders'),
        "graph: unknown setting 'depth'": lambda s: s['config']['graph'].update(depth=3)}
    for message, change in faults.items():
        with pytest.raises(AcmlError, match=message): ACML.from_pretrained(damaged(model, tmp_path/'model', change))

def test_a_library_made_before_the_settings_had_their_names_still_opens(tmp_path):
    from acml.library import Library
    model = ACML.from_pretrained('joint')
    Library.build(model, ['CCO', 'c1ccccc1'], tmp_path/'lib', progress=False)
    info = read_json(tmp_path/'lib'/'library.json')
    model.formerly = '004b3b04dc9f24c9', 'fedcba9876543210' # as its config.json would say
    for fingerprint in model.formerly:
        write_json(tmp_path/'lib'/'library.json', {**info, 'model_fingerprint': fingerprint})
        library = Library.load(tmp_path/'lib', model)
        assert library.identify([1.2, 3.6], 'hnmr', k=1)[0]['smiles'] == 'CCO'
        assert Library.load(tmp_path/'lib').identify([1.2, 3.6], 'hnmr', model=model, k=1)[0]['smiles'] == 'CCO'
    write_json(tmp_path/'lib'/'library.json', {**info, 'model_fingerprint': '0123456789abcdef'})
    with pytest.raises(AcmlError, match='made with another model'): Library.load(tmp_path/'lib', model)
