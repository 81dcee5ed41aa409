# Written by tools/stubs.py for editors; do not edit.
"""Batches with positives that say less, and with hard negatives made by kind instead of met at random."""
from typing import Any
import numpy as np
import pandas as pd
from .modality import FeatureStore
from .model import ACML
from .pairs import PairLoader

class HardPairLoader(PairLoader):
    "Batches of molecules with their records, and with what `24a_asymmetry` makes of both."
    def __init__(self,
                 model: ACML, # Tells how to featurize and encode
                 table: pd.DataFrame, # Rows of any kind, e.g. of the train split
                 names: str | tuple = 'cnmr', # The modalities
                 batch_size: int = 256, # Molecules drawn per batch
                 seed: int = 0, # With the epoch decides the order
                 store: FeatureStore | None = None, # Where hiddens, and what is made of molecules, are kept
                 weaker: tuple = (), # Ways in which a record says less, e.g. 'lost'; each record draws one of them
                 variants: tuple = (), # Ways to write a graph anew, of `VARIANTS`; one for each molecule that has some
                 decoys: tuple = (), # Kinds of isomers that are drawn, of `DECOYS`
                 n_decoys: int = 64, # Such isomers in a batch, at most
                 hard_from: str = 'index', # Where groups come from: 'index' or 'formula', see below
                 held_out: set = frozenset(), # First blocks of InChIKeys that must not be drawn, of other splits
                 **options # Those of `PairLoader`
                ): ...
    def batch(self, molecules: dict, rows: dict, rng: np.random.Generator) -> dict: # as of `PairLoader`
        "A batch of `PairLoader`, with `weaker` records by modality, `variants`, and drawn isomers among the graphs."
        ...
    def nearest(self, r, rows: list, size: int) -> list: # as of `PairLoader`
        "Groups that are hard to tell apart; with `hard_from='formula'` of isomers."
        ...
    def refresh_bank(self, rng: np.random.Generator | None = None, batch_size: int = 128):
        "As of `PairLoader`, where groups come from the index."
        ...
