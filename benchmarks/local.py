"""Learn how local and global scores are added up, and those of several inputs, and write it into config.json.

    python benchmarks/local.py cnmr                     # all modalities of the model that have a local score
    python benchmarks/local.py joint joint:lcms         # all of joint; one modality of it, all else stays as it is

Needs nmrshiftdb2.parquet and massbank.parquet (in $ACML_DATA, else ../shared/data). Learnt on the `valid` spectra with
a library of all molecules of the table; `test` is not looked at. `benchmarks/confidence.py --fit` comes after it.
Trainings end with the same; this is for models that were trained before.
"""
import sys

from confidence import FILES, read
from acml.combine import fit_weights
from acml.core import read_json
from acml.disk import write_sealed
from acml.local import learn_local
from acml.modality import pretrained_path
from acml.model import ACML

def main():
    for asked in sys.argv[1:]:
        name, _, only = asked.partition(':')
        model, path = ACML.from_pretrained(name), pretrained_path(name)/'config.json'
        saved, local = read_json(path), {}
        for m in [only] if only else [m for m in model.towers if m in FILES]:
            local |= learn_local(model, read(m)[0][0], [m])
        saved['info']['local'] = {**saved['info'].get('local', {}), **local} if only else local
        if len(local) > 1: saved['info']['weights'] = fit_weights(model, read('+'.join(local))[0], modalities=[*local])
        write_sealed(path, saved)
        print(asked, local)

if __name__ == '__main__': main()
