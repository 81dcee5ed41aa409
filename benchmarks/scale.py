"""Measure what a million molecules cost: embedding them, searching them exactly, and by the approximate index.

    python benchmarks/scale.py                # all of library_1m.parquet by the model cnmr; writes scale.json
    python benchmarks/scale.py --n 20000      # a random part; writes scale-20000.json
    python benchmarks/scale.py --random 512   # search only, of random vectors of 512 numbers; nothing is embedded

Written to benchmarks/results/; of another model or random vectors to runs/results/. Needs library_1m.parquet and
nmrshiftdb2.parquet (in $ACML_DATA, else ../shared/data); the queries are its `valid` 13C spectra. Everything is kept in
runs/scale: started again, the embedding goes on where it was (its seconds are added up; processor time too, for a
machine that has other things to do) and what is done is not done again. Peak memory is the resident set of this process
and all its children together, sampled twice a second while embedding.
"""
import argparse, os, platform, sys, threading, time
from pathlib import Path

import numpy as np
import pandas as pd

from acml.ann import near_top_k
from acml.chem import connectivity, formula_mass
from acml.core import file_sha256, read_json, shared_data, write_json
from acml.data import load_table
from acml.library import Library
from acml.model import ACML

from saving import PACKAGES, is_shipped, save

ROOT = Path(__file__).resolve().parents[1]
EFFORTS = 128, 256, 512, 1024

# ---- embedding

def used(pid):
    "Bytes in memory and seconds of processor time of a process and of all it started (0 without /proc)."
    try:
        bytes_ = int(Path(f'/proc/{pid}/statm').read_text().split()[1])*os.sysconf('SC_PAGE_SIZE')
        times = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[11:15] # its own, and of ended children
        children = [c for t in Path(f'/proc/{pid}/task').iterdir() for c in (t/'children').read_text().split()]
    except OSError: return np.zeros(2)
    own = np.array([bytes_, sum(map(int, times))/os.sysconf('SC_CLK_TCK')])
    return sum((used(c) for c in children), own)

class Clock:
    "Seconds, processor seconds and peak memory of a `with` block, added to earlier attempts that `path` remembers."
    def __init__(self, path):
        self.path, self.done = path, threading.Event()
        self.seconds, self.cpu, self.peak = read_json(path).values() if path.exists() else (0., 0., 0)

    def _watch(self):
        seconds, cpu, start, last = self.seconds, self.cpu - used(os.getpid())[1], time.perf_counter(), 0.
        while True:
            stop, now, (memory, busy) = self.done.wait(.5), time.perf_counter() - start, used(os.getpid())
            self.seconds, self.cpu, self.peak = seconds + now, cpu + float(busy), max(self.peak, int(memory))
            if stop or now - last > 5:
                last = now
                write_json(self.path, dict(seconds=self.seconds, cpu=self.cpu, peak=self.peak))
            if stop: return

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.thread.join()

def run_name(model):
    "Of the folder in runs/scale: a folder of weights that is called like a shipped model has its own."
    return model.source if is_shipped(model) else f'{Path(model.source).name}-{model.fingerprint()}'

def part_of(data, n, folder):
    "The whole file, or a random part of it, in a file of its own."
    if n is None: return data
    path = folder/f'part-{n}.parquet'
    if not path.exists(): pd.read_parquet(data).sample(n, random_state=0).to_parquet(path, index=False)
    return path

def embed(model, data, folder, workers):
    "The library, and what it cost."
    out, clock = folder/'library', Clock(folder/'embedding.json')
    if not out.exists():
        with clock: Library.build(model, data, out, merge='connectivity', workers=workers)
    library = Library.load(out, model, verify=True)
    n = len(library) + library.info['n_merged'] + library.info['n_set_aside']
    return library, dict(molecules=n, kept=len(library), merged=library.info['n_merged'],
                         set_aside=library.info['n_set_aside'], seconds=round(clock.seconds, 1),
                         cpu_seconds=round(float(clock.cpu), 1), per_second=round(n/clock.seconds),
                         peak_gb=round(clock.peak/1e9, 2), workers=workers,
                         disk_mb=round(sum(p.stat().st_size for p in out.iterdir())/1e6))

def random_library(data, n, dim):
    "Real molecules with random unit vectors."
    table, rng = pd.read_parquet(data).head(n), np.random.default_rng(0)
    mass = {f: formula_mass(f) for f in table.formula.unique()}
    z = np.empty((len(table), dim), np.float16)
    for i in range(0, len(z), 65536):
        x = rng.standard_normal(z[i:i+65536].shape, dtype=np.float32)
        z[i:i+65536] = x/np.linalg.norm(x, axis=1, keepdims=True)
    molecules = table[['smiles', 'inchikey', 'formula']]
    molecules = molecules.assign(connectivity=connectivity(table.inchikey), exact_mass=table.formula.map(mass))
    return Library.from_embeddings(z, molecules)

# ---- searching

def latency(ask, records, n=60):
    "Median and 95th percentile of the milliseconds of one question, once it is warm."
    for r in records[:3]: ask(r)
    ms = []
    for r in records[3:n+3]:
        start = time.perf_counter()
        ask(r)
        ms.append(1e3*(time.perf_counter() - start))
    return dict(median_ms=round(float(np.median(ms)), 2), p95_ms=round(float(np.quantile(ms, .95)), 2))

def exact_search(library, q, table):
    "Milliseconds of one question with and without filters, seconds of a thousand together, and their ten best rows."
    start = time.perf_counter()
    library.search(q[0])
    out, records = dict(first_ms=round(1e3*(time.perf_counter() - start))), list(zip(q, table.formula))
    out['plain'] = latency(lambda r: library.search(r[0]), records)
    out['formula'] = latency(lambda r: library.search(r[0], formula=r[1]), records)
    out['mass_10ppm'] = latency(lambda r: library.search(r[0], mass=formula_mass(r[1])), records)
    out['elements'] = latency(lambda r: library.search(r[0], elements='C H N O S+'), records)
    start = time.perf_counter()
    library.search(q)
    out['together'] = dict(queries=len(q), seconds=round(time.perf_counter() - start, 2))
    return out, library.nearest(q, 10)[1]

def approximate_search(library, q, best, threads):
    "What the index costs and what it finds."
    have = library.path is not None and (library.path/'neighbours.json').exists()
    start = time.perf_counter()
    index = library.index(threads=threads)
    out = dict(made_seconds='made before' if have else round(time.perf_counter() - start, 1),
               mb=round(index.graph.memory_usage/1e6), efforts={})
    for effort in EFFORTS:
        found = near_top_k(index, q, library.embeddings, 10, effort)[1]
        recall = np.mean([len(set(a) & set(b))/10 for a, b in zip(found, best)])
        ask = lambda z: near_top_k(index, z[None], library.embeddings, 10, effort)
        out['efforts'][effort] = dict(recall10=round(float(recall), 4), **latency(ask, q))
    return {**out, 'search': latency(lambda z: library.search(z, approximate=True), q)}

def second_stage(library, table):
    "Milliseconds of one list of lines: encoded, searched, two hundred candidates put in order by the local score."
    records = list(zip(table.shifts.tolist(), table.formula))
    return dict(plain=latency(lambda r: library.identify(r[0]), records),
                formula=latency(lambda r: library.identify(r[0], formula=r[1]), records))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--n', type=int, help='molecules, drawn at random; default all')
    parser.add_argument('--model', default='cnmr', help='a shipped name or a folder')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='processes that embed')
    parser.add_argument('--random', type=int, metavar='DIM', help='random vectors, no embedding')
    args = parser.parse_args()
    data, spectra = (shared_data(f) or sys.exit(f'{f} is not in $ACML_DATA nor in ../shared/data')
                     for f in ('library_1m.parquet', 'nmrshiftdb2.parquet'))
    model = ACML.from_pretrained(args.model)
    name = f'random{args.random}' if args.random else run_name(model)
    folder = ROOT/'runs'/'scale'/f'{name}-{args.n or "all"}'
    folder.mkdir(parents=True, exist_ok=True)
    table = load_table(spectra, 'cnmr', split='valid').head(1000)
    if args.random:
        library, cost = random_library(data, args.n, args.random), None
        q = np.random.default_rng(1).standard_normal((len(table), args.random), dtype=np.float32)
        q /= np.linalg.norm(q, axis=1, keepdims=True)
    else:
        library, cost = embed(model, part_of(data, args.n, folder), folder, args.workers)
        q = model.embed('cnmr', table.shifts.tolist())
    print(library, cost, flush=True)
    exact, best = exact_search(library, q, table)
    print(exact, flush=True)
    both = None if args.random else second_stage(library, table)
    print(both, flush=True)
    near = None if args.random else approximate_search(library, q, best, 0)
    print(near, flush=True)
    result = dict(table='scale',
                  label=f'{len(library):,} molecules, {library.embed_dim} numbers each, on {os.cpu_count()} cores',
                  order=-len(library), columns={}, plain={})
    if near: result['columns']['recall@10 of the index'] = near['efforts'][512]['recall10']
    if cost:
        result['plain'].update({'embedded, min': round(cost['seconds']/60, 1), 'molecules a second': cost['per_second'],
                                'one core, ms a molecule': round(1e3*cost['cpu_seconds']/cost['molecules'], 2),
                                'peak memory, GB': cost['peak_gb']})
    names = dict(plain='one query', formula='formula known', mass_10ppm='mass known', elements='elements known')
    for key, name in names.items(): result['plain'][f'{name}, ms'] = exact[key]['median_ms']
    if both:
        result['plain']['one spectrum with both scores, ms'] = both['plain']['median_ms']
        result['plain']['the same, formula known, ms'] = both['formula']['median_ms']
    result['plain']['1,000 queries, s'] = exact['together']['seconds']
    if near:
        made = near['made_seconds']
        result['plain']['index made, min'] = made if isinstance(made, str) else round(made/60, 1)
        result['plain']['by the index, ms'] = near['search']['median_ms']
    result.update(embedding=cost, exact=exact, both=both, approximate=near, machine=platform.machine(),
                  data_sha256=file_sha256(data))
    save(f'scale-{args.n}' if args.n else 'scale', result, 'scale', parser, args, (), model, harmless=['n', 'workers'],
         packages=(*PACKAGES, 'numpy', 'usearch'))

if __name__ == '__main__': main()
