"""The folders in acml/pretrained from the layout of acml 0.1 to that of today: the same weights, other names.

    python tools/convert_models.py          # converts what still has the old layout, says what it did

A folder that is converted already is left alone, so the script can be run again; only the fingerprints by which folders
refer to one another are brought up to date each time. What users saved needs no conversion: `from_pretrained` reads
both layouts.
"""
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from acml.core import atomic_write, read_json, write_json # noqa: E402
from acml.image import ImageEncoder, _present_name, _present_settings # noqa: E402
from acml.model import ACML, _LAYOUT # noqa: E402
from acml.modality import PRETRAINED, get_modality # noqa: E402
from acml.ocsr import StructureRecognizer # noqa: E402
from acml.recipes import RECIPES # noqa: E402

# ---- the models: a config.json of settings by the names of today

FORMERLY = dict(cnmr='bb6ff9c659295c04', hnmr='874b0bd397f01859', joint='8e7054d4aecb0e7f') # Fingerprints in acml 0.1

def _converted_info(name, info):
    "What is known of the training, in the words of today's recipes."
    info = dict(info)
    if name in RECIPES: info['recipe'] = RECIPES[name].to_dict()
    else: info['settings'] = info.pop('recipe') # trained by a script: no recipe of today makes it
    return info

def convert_model(name):
    "One model: config.json anew, the weights as they are."
    path = PRETRAINED/name/'config.json'
    saved = read_json(path)
    if saved.get('layout') == _LAYOUT: return f'{name}: has layout {_LAYOUT} already'
    model = ACML.from_pretrained(name)
    said = dict(model='ACML', layout=_LAYOUT, acml=saved['acml'], config=model.config.to_dict(),
                encoders=saved['encoders'], info=_converted_info(name, saved['info']), formerly=[FORMERLY[name]])
    write_json(path, said)
    return f'{name}: layout {_LAYOUT}, fingerprint {ACML.from_pretrained(name).fingerprint()}, was {FORMERLY[name]}'

# ---- the encoder of images: a recognizer in a folder of its own, and the encoder of SMILES, both by name

IMAGE, RECOGNIZER = (PRETRAINED/name for name in ('image_encoder', 'structure_recognizer'))
WORDS = {'eye': 'detector', 'close-ups': 'atom crops', 'close-up': 'atom crop', 'the strip of paper': 'a crop',
         'strips': 'bond crops', 'tangle`': 'drawing_difficulty`', 'n_close_ups': 'n_crops'}

def _renamed(o):
    "What is told of the training, in the words of today."
    if isinstance(o, dict): return {_renamed(k): _renamed(v) for k, v in o.items()}
    if isinstance(o, list): return [_renamed(v) for v in o]
    if isinstance(o, str):
        for was, now in WORDS.items(): o = o.replace(was, now)
    return o

def split_image_encoder():
    "The recognizer goes to a folder of its own; False if it is there already."
    if not (IMAGE/'model.safetensors').exists(): return False
    saved, formerly = read_json(IMAGE/'config.json'), ImageEncoder.from_pretrained(IMAGE).formerly
    weights = {_present_name(name): value for name, value in load_file(IMAGE/'model.safetensors').items()}
    with atomic_write(RECOGNIZER/'model.safetensors') as tmp:
        save_file({name.removeprefix('recognizer.'): value for name, value in weights.items()}, tmp)
    settings, valid = _present_settings(saved['config'])['recognizer'], saved['valid']
    read, found = valid['what'].split('; ')
    found = f"{read.split(':')[0]}: {found}"
    info = {k: _renamed(v) for k, v in saved.items() if k not in ('encoder', 'config', 'parts', 'valid')}
    valid_read = dict(what=read, read=valid['read'])
    write_json(RECOGNIZER/'config.json', dict(model='StructureRecognizer', config=settings, **info, valid=valid_read))
    valid_found = dict(what=found, found=valid['found'])
    write_json(IMAGE/'config.json', dict(encoder='ImageEncoder', formerly=list(formerly), valid=valid_found))
    (IMAGE/'model.safetensors').unlink()
    return True

def refer_to_parts():
    "The image encoder names its parts with the fingerprints that they have today; its own is given back."
    encoder = ImageEncoder(StructureRecognizer.from_pretrained(RECOGNIZER), get_modality('smiles').encoder())
    saved = read_json(IMAGE/'config.json')
    encoder.save_pretrained(IMAGE, **{k: v for k, v in saved.items() if k not in ('encoder', *encoder.config)})
    return encoder.fingerprint()

def convert_images():
    "Folders of the image encoder and its recognizer, and the fingerprint by which `joint` knows it."
    done, fingerprint, path = split_image_encoder(), refer_to_parts(), PRETRAINED/'joint'/'config.json'
    joint = read_json(path)
    write_json(path, dict(joint, encoders={**joint['encoders'], 'image': fingerprint}))
    return f'image_encoder: {"converted" if done else "refers to its parts already"}, fingerprint {fingerprint}'

def main():
    for name in FORMERLY: print(convert_model(name))
    print(convert_images())

if __name__ == '__main__': main()
