"""What each result says about itself, and where it is written.

Figures of a model that ships, asked as the tables say, go to benchmarks/results. Those of another model, or with an
option that changes them (fewer queries, another split), go to runs/results, in a file that bears the options: they
never take the place of a row. `command` holds every option that differs from its default.
"""
import datetime, re, shlex
from importlib.metadata import version
from pathlib import Path

from acml.core import fingerprint, read_json, write_json
from acml.registry import PRETRAINED

ROOT = Path(__file__).resolve().parents[1]
RESULTS, ELSEWHERE = ROOT/'benchmarks'/'results', ROOT/'runs'/'results'
PACKAGES = 'acml', 'torch', 'rdkit'


def options(parser, args, leave_out=()):
    "Words of all options that differ from their defaults."
    words = []
    for a in parser._actions:
        value = getattr(args, a.dest, a.default)
        if not a.option_strings or a.dest in leave_out or value == a.default: continue
        values = value if isinstance(value, (list, tuple)) else [] if value is True else [value]
        words += [a.option_strings[0], *map(str, values)]
    return words


def is_shipped(model):
    "Is it one of the models that ship, not a folder of somebody's?"
    source = getattr(model, 'source', None)
    return bool(source) and Path(source).name == source and (PRETRAINED/source/'config.json').is_file()


def fitted(model, parts):
    "Short hashes of what was learnt beside the weights: its fingerprint knows nothing of these parts of `info`."
    info = getattr(model, 'info', None) or {}
    return {part: fingerprint(info[part]) for part in parts if part in info}


def place(name, words, shipped=True):
    "Where the result goes: `words` are the options that change its figures."
    if shipped and not words: return RESULTS/f'{name}.json'
    about = re.sub(r'[^\w.+]+', '_', ' '.join(words))[-100:]
    return ELSEWHERE/f'{name}{about}.json'


def with_kept(path, row):
    """`row`, and the figures of the file that were not measured now, if they are of the same data and weights.

    What is kept of a run may be gone, as on another machine: a run of some models must not lose the figures of others.
    A difference of two models is kept only if neither was measured anew."""
    if not path.exists(): return row
    old, weights = read_json(path), lambda r: r['versions'].get('weights of joint')
    if not set(old['plain']) - set(row['plain']): return row
    if old['data_sha256'] != row['data_sha256'] or weights(old) != weights(row): return row
    anew = {name for name in row['plain'] if not name.startswith(('test ', 'of them ', 'in train'))}
    def stays(key): return not any(key == n or key.startswith(f'{n} - ') or key.endswith(f' - {n}') for n in anew)
    whole = dict(row)
    for part, was in old.items():
        if part == 'versions' or not isinstance(was, dict): continue
        now = row.get(part, {})
        whole[part] = {k: now.get(k, v) for k, v in was.items() if k in now or stays(k)} | now
    both = lambda a, b, sep: sep.join(dict.fromkeys(a.split(sep) + b.split(sep)))
    versions = {p: both(v, row['versions'].get(p, v), ', ') for p, v in old['versions'].items()}
    days = sorted({r.get(k, r['date']) for r in (old, row) for k in ('date', 'since')})
    return whole | dict(command=both(old['command'], row['command'], '; '), versions=row['versions'] | versions,
                        date=days[-1], **(dict(since=days[0]) if days[1:] else {}))


def save(name, result, script, parser, args, rows=(), model=None, named='', harmless=(), parts=('local',),
         packages=PACKAGES):
    """Write a result with command, date and versions; returns the file.

    `rows` are the words that choose it; `named` what the model is called where the row is about one that does not ship;
    `harmless` the options that change no figure (which rows, how many processes); `parts` what the figures depend on of
    that which the model learnt beside its weights."""
    shipped = model is None or bool(named) or is_shipped(model)
    if model is not None:
        result = dict(result, model=named or model.source, model_fingerprint=model.fingerprint(),
                      fitted=fitted(model, parts))
    path = place(name, options(parser, args, harmless), shipped)
    path.parent.mkdir(parents=True, exist_ok=True)
    command = shlex.join(['python', f'benchmarks/{script}.py', *rows, *options(parser, args)])
    write_json(path, dict(result, command=command, date=datetime.date.today().isoformat(),
                          versions={p: version(p) for p in packages}))
    if path.parent != RESULTS: print(f'written to {path.relative_to(ROOT)}: not a row of the tables', flush=True)
    return path
