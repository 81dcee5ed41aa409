# Written by tools/stubs.py for editors; do not edit.
"""Training batches of molecules with whatever records they have, and the contrastive loss over all of them."""
from typing import Any
from collections.abc import Callable
from dataclasses import dataclass, field
import numpy as np
import pandas as pd
from torch import nn
from .chem import connectivity
from .core import Rejected
from .modality import FeatureStore
from .model import ACML

@dataclass
class Records:
    "The good records of one modality, ready for batches."
    smiles: np.ndarray # (n,) the molecule as this table writes it
    connectivity: np.ndarray # (n,) first block of its InChIKey
    hidden: np.ndarray | None # (n, out_dim) or (n, n_views, out_dim) float16
    targets: list | None # n targets of the spectral readout
    collate: Callable | None = None # list of targets -> batch
    rows_of: dict = field(default_factory=dict) # Molecule to its rows
    records: list | None = None # The n records as the table has them
    def __post_init__(self): ...
    def __len__(self): ...
    def take(self, rows, rng):
        "Hiddens of these rows, one view of each drawn at random."
        ...

class PairLoader:
    "Batches of molecules with their records, balanced over modalities."
    def __init__(self,
                 model: ACML, # Tells how to featurize and encode
                 table: pd.DataFrame, # Rows of any kind, e.g. of the train split
                 names: str | tuple = 'cnmr', # The modalities
                 batch_size: int = 256, # Molecules drawn per batch
                 seed: int = 0, # With the epoch decides the order
                 store: FeatureStore | None = None, # Where hiddens are kept
                 contrast: bool = True, # Give the records; otherwise only what spectral readouts are compared with
                 n_negatives: int = 0, # Further records per batch and modality
                 shares: dict | None = None, # Modality to its share of a batch. 0: only molecules drawn for others
                 per_molecule: tuple = (), # Modalities that draw molecules, not records
                 n_views: dict | None = None, # Modality to augmented views of each record
                 n_records: dict | None = None, # Modality to the largest number of its records
                 hard_group_size: dict | None = None, # Modality to the size of groups of likely mistakes
                 hard_pool: int | None = None, # With these groups: molecules of an epoch, whole formulas by chance
                 n_batches: int | None = None, # Batches of an epoch; None: the largest modality is seen once
                 precision: str = 'no', # 'bf16': the model names likely mistakes in 16 bits
                 report: Rejected | None = None # Takes bad rows
                ): ...
    def __len__(self) -> int: ...
    def set_epoch(self, epoch: int): ...
    def refresh_bank(self,
                     rng: np.random.Generator | None = None, # With `hard_pool`: which molecules
                     batch_size: int = 256
                    ):
        "Embed the graphs of this epoch, or all, with the model as it is now; keep what a frozen graph encoder gave."
        ...
    def nearest(self, r: Records, # Of one modality
                rows: list, # Some of its records, with `hard_pool` of molecules in the bank
                size: int # How many molecules
               ) -> list: # For each record the rows of molecules that the model finds alike, its own first
        "Groups that are hard to tell apart."
        ...
    def order(self, name: str, # A modality
              rng: np.random.Generator # Where chance comes from
             ): # -> endless iterator of rows
        "Rows in the order in which they are drawn, all once before any comes again."
        ...
    def draw(self, orders: dict, # Modality to its order
             rng: np.random.Generator # For records of molecules drawn for another modality
            ) -> tuple: # (SMILES by block of the molecules, dict of modality to rows)
        "The molecules of one batch, and one record of each kind that they have."
        ...
    def batch(self, molecules: dict, rows: dict, rng: np.random.Generator) -> dict: # as from `draw`
        "Graphs, molecule ids, and by modality hiddens, targets and negatives."
        ...
    def __iter__(self): ...

class PairLoss(nn.Module):
    """Contrast of each modality with the graph, plus the losses of predicted spectra: (output, batch) to (loss,
    parts)."""
    def __init__(self,
                 contrast: Callable | None, # Makes a loss of (z_a, z_b, ids, ...), see `20_loss`; None: spectra only
                 names: str | tuple = 'cnmr', # The modalities
                 lines: float | dict = .3, # Weight of the losses of predicted spectra, one for all or by modality
                 weights: dict | None = None # Weight of each modality's contrast; 1 if not given
                ): ...
    def contrast_of(self, name, out, batch):
        "Contrast of one modality."
        ...
    def positives_of(self, name, out, batch): # for `AsymmetryLoss`; none in batches of `PairLoader`
        "Graphs and records that say less, where the batch has some."
        ...
    def spectra_of(self, name, out, batch):
        "Loss of the predicted spectra of one modality."
        ...
    def forward(self, out: dict, batch: dict): ...
    def weight_of_lines(self, name): ...
