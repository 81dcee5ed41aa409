# Written by tools/stubs.py for editors; do not edit.
"""Kernel ridge, boosted trees and fine-tuned networks; each also predicts for what it left out."""
from typing import Any
from collections.abc import Callable
from pathlib import Path
import numpy as np
from .model import ACML

def scaffold_folds(smiles: list, # n molecules
                   y: np.ndarray, # (n, n_targets) labels, NaN where there is none
                   k: int = 5, # Folds
                   classes: bool = False, # Each property needs both classes outside of every fold
                   seed: int = 0, # Which scaffolds come together
                   names: list | None = None # Of the properties, for errors
                  ) -> np.ndarray: # (n,) int, 0 to k - 1; AcmlError where no folds will do
    "Folds that divide no scaffold; where labels are too few for that they divide no molecule, with a warning."
    ...

class KernelMember:
    "Gaussian kernel ridge regression of several properties on blocks of columns."
    widths, alphas = (.1, .3), (.0003, .001, .003, .01, .03, .1, .3, 1.)
    def __init__(self,
                 classes: bool = False, # Labels are 0 and 1; scores are then about -1 to 1
                 seed: int = 0, # Of the landmarks
                 balanced: bool = True # Each block counts the same; otherwise each column does
                ): ...
    def fit(self, x: dict, y: np.ndarray, fold: np.ndarray, tick: Callable = lambda: None) -> np.ndarray:
        "From blocks (n, width) and labels (n, n_targets): out-of-fold predictions (n, n_targets)."
        ...
    def predict(self, x: dict) -> np.ndarray: # (n, n_targets); blocks that are missing in `x` count for nothing
        ...
    def doubt(self, x: dict # Blocks (n, width), some of those it was fitted with
             ) -> np.ndarray: # (n,) 0 to 1
        "What the landmarks leave open: the deviation of a Gaussian process. `doubts` is the same, out of fold."
        ...
    def state(self) -> dict:
        "Arrays by name, and of the settings the width of the kernel, from which `from_state` rebuilds it."
        ...
    @classmethod
    def from_state(cls, arrays: dict) -> KernelMember:
        "As `state` wrote it."
        ...

class BoostingMember:
    "LightGBM for several properties, a model for each property and fold."
    def __init__(self,
                 classes: bool = False, # Labels are 0 and 1; scores are then log-odds
                 seed: int = 0, # Of the columns drawn for each tree
                 n_trees: int = 400 # Trees of each model
                ): ...
    def fit(self, x: dict, y: np.ndarray, fold: np.ndarray, tick: Callable = lambda: None) -> np.ndarray:
        "From blocks (n, width) and labels (n, n_targets): out-of-fold predictions (n, n_targets)."
        ...
    def predict(self, x: dict) -> np.ndarray: # (n, n_targets)
        ...
    def save(self, folder: Path):
        "Write the trees into a folder."
        ...
    @classmethod
    def load(cls, folder: Path) -> BoostingMember:
        "As `save` wrote them; AcmlError if a file is missing or damaged."
        ...

class GraphMember:
    "Fine-tuned networks, one for each fold."
    def __init__(self,
                 classes: bool = False, # Labels are 0 and 1; scores are then log-odds
                 seed: int = 0, # Of the first network
                 model: ACML | None = None, # Whose encoder they start from
                 **options # Of `finetune`, e.g. epochs
                ): ...
    def fit(self, smiles: list, y: np.ndarray, fold: np.ndarray, tick: Callable = lambda: None) -> np.ndarray:
        "From n molecules and labels (n, n_targets): out-of-fold predictions (n, n_targets)."
        ...
    def predict(self, smiles: list) -> np.ndarray: # (n, n_targets)
        ...

class ViewMember(GraphMember):
    "Networks of one or several views, one for each fold."
    def __init__(self,
                 classes: bool = False, # Labels are 0 and 1; scores are then log-odds
                 seed: int = 0, # Of the first network
                 model: ACML | None = None, # Whose graph encoder and blocks are used
                 views: tuple = ('graph',), # As `acml.fusion_net.split_view` reads them
                 fusion: str = 'concat', # Or 'attention'
                 **options # Of `finetune`
                ): ...
    def predict(self, smiles: list, without: tuple = ()) -> np.ndarray: # (n, n_targets)
        ...
