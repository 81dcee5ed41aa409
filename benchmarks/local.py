"""Learn how local and global scores are added up, and write it into a model's config.json.

    python benchmarks/local.py cnmr                     # all modalities of the model that have a local score
    python benchmarks/local.py joint

Needs nmrshiftdb2.parquet and massbank.parquet (in $ACML_DATA, else ../shared/data). Learnt on the `valid` spectra with
a library of all molecules of the table; `test` is not looked at. `benchmarks/confidence.py --fit` comes after it.
"""
import sys

from confidence import FILES, read
from acml.core import read_json, write_json
from acml.local import LocalScore, fit_local
from acml.modality import pretrained_path
from acml.model import ACML
from acml.retrieval import RetrievalTask

def learn(model, modality):
    "The weights of one modality."
    evaluation = RetrievalTask(model, read(modality)[0], modality, 'valid').prepare()
    if modality not in evaluation.candidates.predicted: return None
    even = {modality: dict(u=.5, scale=1.)}
    evaluation.second = LocalScore(evaluation.candidates, evaluation.queries, evaluation.records, even)
    return fit_local(evaluation, modality)

def main():
    for name in sys.argv[1:]:
        model, path = ACML.from_pretrained(name), pretrained_path(name)/'config.json'
        towers = {m: t.modality for m, t in model.towers.items() if m in FILES}
        wanted = [m for m, t in towers.items() if t.log_likelihood is not None]
        found = {m: learn(model, m) for m in wanted}
        saved = read_json(path)
        saved['info']['local'] = {m: w for m, w in found.items() if w is not None}
        write_json(path, saved)
        print(name, saved['info']['local'])

if __name__ == '__main__': main()
