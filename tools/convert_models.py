"""The folders in acml/pretrained from the layout of acml 0.1 to that of today: the same weights, other names.

    python tools/convert_models.py          # converts what still has the old layout, says what it did

A folder that is converted already is left alone, so the script can be run again. Models of users need no conversion:
`ACML.from_pretrained` reads both layouts.
"""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from acml.core import read_json, write_json # noqa: E402
from acml.model import ACML # noqa: E402
from acml.modality import PRETRAINED # noqa: E402
from acml.recipes import RECIPES # noqa: E402

LAYOUT = 2
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
    if saved.get('layout') == LAYOUT: return f'{name}: has layout {LAYOUT} already'
    model = ACML.from_pretrained(name)
    said = dict(model='ACML', layout=LAYOUT, acml=saved['acml'], config=model.config.to_dict(),
                encoders=saved['encoders'], info=_converted_info(name, saved['info']), formerly=[FORMERLY[name]])
    write_json(path, said)
    return f'{name}: layout {LAYOUT}, fingerprint {ACML.from_pretrained(name).fingerprint()}, was {FORMERLY[name]}'

def main():
    for name in FORMERLY: print(convert_model(name))

if __name__ == '__main__': main()
