"""Damaged inputs chosen by what they reach in the code: coverage-guided fuzzing with atheris, a job of its own.

    pip install atheris                                              # 3.0: Python 3.11 to 3.13, Linux
    python tests/fuzz_guided.py report -max_total_time=600           # a reader of tests/fuzz.py; options of libFuzzer
    python tests/fuzz_guided.py msp corpus -max_total_time=600       # keeps what reached something new in a folder

The readers, their whole inputs and what counts as found are those of tests/fuzz.py. The first find ends the run, and
libFuzzer writes the input beside. Of code that is compiled (RDKit, pyarrow, expat) nothing is seen."""
import logging, sys, tempfile, warnings
from pathlib import Path

from fuzz import read_one, targets

def main(name, *options):
    try: import atheris
    except ImportError: sys.exit('atheris is not installed: pip install atheris')
    logging.disable(logging.CRITICAL)
    warnings.simplefilter('ignore')
    folder = Path(tempfile.mkdtemp())
    if name not in targets(): sys.exit(f'no reader {name}; there are {", ".join(targets())}')
    with atheris.instrument_imports(include=['acml'], enable_loader_override=False):
        seeds, file, reader = targets()[name](folder)
        if callable(seeds): sys.exit(f'{name} reads objects, no bytes')
        for raw in seeds: read_one(reader, raw, file, folder) # imports what it needs
    begin = folder/'seeds'
    begin.mkdir()
    for i, raw in enumerate(seeds): (begin/str(i)).write_bytes(raw)

    def one(raw):
        if why := read_one(reader, raw, file, folder): raise RuntimeError(why)
    places = [o for o in options if not o.startswith('-')]
    for o in places: Path(o).mkdir(exist_ok=True)
    flags = ['-timeout=20', '-rss_limit_mb=8192', *(o for o in options if o.startswith('-'))]
    atheris.Setup([sys.argv[0], *places, str(begin), *flags], one)
    atheris.Fuzz()

if __name__ == '__main__':
    if len(sys.argv) < 2: sys.exit(__doc__)
    main(*sys.argv[1:])
