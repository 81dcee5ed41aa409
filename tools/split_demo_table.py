"""Split the demo table `acml/demo/demo.parquet` anew: what a model that ships has learnt from goes to `train`.

    python tools/split_demo_table.py

Run it in the environment acml is developed in, after `build_demo_table.py`, and whenever a model that ships has learnt
from other molecules (a test tells).
"""
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pyarrow as pa, pyarrow.parquet as pq

from acml.training_record import split_for_training

def main():
    path = ROOT/'acml'/'demo'/'demo.parquet'
    table = pq.read_table(path)
    sides = [str(s) for s in split_for_training(table['inchikey'].to_pylist(), (.8, .1, .1))]
    column = table.schema.get_field_index('split')
    table = table.set_column(column, table.schema.field(column), pa.array(sides, pa.string()))
    pq.write_table(table, path, compression='zstd', compression_level=19)
    print(dict(Counter(sides)))

if __name__ == '__main__': main()
