# Written by tools/stubs.py for editors; do not edit.
"""Views of a molecule, each with an encoder of its own, joined by attention or side by side; one may be
missing."""
from typing import Any
import numpy as np
from torch import Tensor, nn
from .model import ACML

def split_view(view: str # e.g. 'descriptors', 'graph', 'smiles:finetune', 'fingerprint:bigru'
              ) -> tuple: # Its name; 'frozen', 'finetune' or an encoder; AcmlError if there is no such view
    "What a view looks at, and how it learns."
    ...

class ViewStore:
    "Molecules as several views see them."
    def __init__(self,
                 views: tuple, # As `split_view` reads them
                 smiles: list, # n molecules
                 model: ACML # For the blocks that are its own
                ): ...
    def __len__(self): ...
    def batch(self, rows: np.ndarray) -> dict: # View to its batch of these rows
        ...

class FusionNet(nn.Module):
    "Several views of a molecule to properties (n, n_targets)."
    def __init__(self,
                 views: tuple, # As `split_view` reads them, each once
                 model: ACML, # Whose graph encoder and blocks are used; copied, not changed
                 n_targets: int, # Properties
                 fusion: str = 'attention', # Or 'concat'
                 dim: int = 128, # Width of a view
                 dropout: float = .2, # Before each layer
                 hidden: float = .1, # How often a view is hidden in training
                 seed: int = 0 # Of the random weights
                ): ...
    def forward(self, batch: dict, # View to batch, as from `ViewStore`; a view may be missing
               ) -> Tensor: ...
    def calibrate(self, store: ViewStore):
        "Scale columns by the molecules of a store."
        ...
    def groups(self, lr: float, encoder_share: float, decay: float) -> list:
        "Parameters with their learning rates."
        ...
    def predict(self, store: ViewStore, without: tuple = (), # Views that are missing
                batch_size: int = 256) -> np.ndarray: # (n, n_targets) float32
        "Of all molecules of a store, in units of the labels; of classes the log-odds."
        ...
    def attention(self, store: ViewStore) -> np.ndarray: # (n, views), each row sums to 1
        "How much each view weighs for each molecule; AcmlError for a network that concatenates."
        ...
