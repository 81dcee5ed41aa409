"""Which results were measured with weights that no longer ship?

    python tools/fresh.py                # names them, exit code 1
    python tools/fresh.py --mark WHY     # lets them stand: each says WHY in its JSON (`stale`), and in a footnote

A result holds the fingerprint of its model, or of its encoder. It is out of date if the model of that name has another
one today, and never had this one (`formerly` in config.json: the same weights under other names). Results of models
that do not ship (a folder, such as runs/pooled) are not compared. What is learnt beside the weights (how scores are
added up, what is promised) is no part of the fingerprint: where it has changed since, that is a warning, as is a mark
on a result of weights that ship (one that was measured another way). A result that is measured again loses its mark.
"""
import sys
from pathlib import Path

import readme

ROOT = Path(__file__).resolve().parents[1]

def shipped():
    "Name to all fingerprints, of models and of their encoders; model to hashes of what it learnt beside weights."
    sys.path.insert(0, str(ROOT))
    from acml.core import fingerprint, read_json
    from acml.modality import PRETRAINED, read_weights
    configs = {p.parent.name: read_json(p) for p in sorted(PRETRAINED.glob('*/config.json'))}
    models = {n: config for n, config in configs.items() if 'encoders' in config}
    known = lambda n, own: (own, *configs.get(n, {}).get('formerly', ()))
    own = {n: fingerprint(c['config'], read_weights(PRETRAINED/n), c['encoders']) for n, c in models.items()}
    encoders = {m: f for c in models.values() for m, f in c['encoders'].items()} # loading a model compares them
    return ({n: known(n, f) for n, f in own.items()}, {m: known(f'{m}_encoder', f) for m, f in encoders.items()},
            {n: {part: fingerprint(said) for part, said in c['info'].items()} for n, c in models.items()})

def said_of(row):
    "Triples (kind, name or '', fingerprint or its beginning) that a result names."
    if 'model_fingerprint' in row: yield 'model', row.get('model', ''), row['model_fingerprint']
    if 'encoder_fingerprint' in row: yield 'encoder', row.get('modality', ''), row['encoder_fingerprint']
    for what, found in row['versions'].items():
        if what.startswith('weights of '): yield 'model', what.removeprefix('weights of '), found

def outdated(row, models, encoders):
    "Why a result is of other weights than those that ship; '' if it is not."
    for kind, name, found in said_of(row):
        known = dict(model=models, encoder=encoders)[kind]
        if name and name not in known: continue # a model that does not ship
        fits = [f for n, all_of_it in known.items() if name in ('', n) for f in all_of_it]
        if not any(f.startswith(found) for f in fits): return f'{kind} {name or "?"} was {found}'
    return ''

def judge(rows, models, encoders, fits):
    "Results, by file, that are out of date; and warnings."
    found, warnings = {}, []
    for file, row in rows.items():
        why, marked = outdated(row, models, encoders), row.get('stale')
        if why and not marked: found[file] = f'measured with other weights: {why}'
        if marked and not why: warnings.append(f'{file}: these weights ship, yet it bears a mark: {marked}')
        other = [p for p, h in row.get('fitted', {}).items() if h != fits.get(row.get('model'), {}).get(p, h)]
        if other and not why: warnings.append(f'{file}: {", ".join(other)} of {row["model"]} were learnt anew since')
    return found, warnings

def results():
    "All results, by the name of their file."
    return {p.name: readme.read_result(p) for p in sorted(readme.RESULTS.glob('*.json'))}

def out_of_date():
    "As `judge`, of the results that are there."
    return judge(results(), *shipped())

def mark(why):
    "Write into each result that is out of date why it may stand."
    from acml.core import write_json
    rows = results()
    for file in out_of_date()[0]: write_json(readme.RESULTS/file, dict(rows[file], stale=why))

if __name__ == '__main__':
    args = sys.argv[1:]
    if args and (args[0] != '--mark' or len(args) != 2 or not args[1].strip()): sys.exit(__doc__)
    if args: mark(args[1].strip())
    found, warnings = out_of_date()
    told = [f'warning: {w}' for w in warnings] + [f'{f}: {why}' for f, why in found.items()]
    print('\n'.join(told) or 'All results are of the weights that ship, or say that they are not.')
    if found: sys.exit('Measure them again, or: python tools/fresh.py --mark WHY')
