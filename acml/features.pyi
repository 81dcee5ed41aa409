# Written by tools/stubs.py for editors; do not edit.
"""Molecules to named columns: what trained towers and encoders see, beside descriptors and fingerprints."""
from typing import Any
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from .core import Rejected
from .model import ACML

def untrained_copy(model: ACML, # A trained model
                   seed: int = 0 # Of the random weights
                  ) -> ACML: # The same architecture; nothing learnt
    "A model with random weights, as a control."
    ...

class ACMLFeaturizer(TransformerMixin, BaseEstimator):
    "(n,) SMILES or RDKit molecules to a table of numbers (n, width) float32; a transformer of scikit-learn."
    def __init__(self,
                 model: str | ACML = 'joint', # A shipped name, a folder, or the model itself; not loaded if not needed
                 blocks: tuple = ('trunk', 'environments', 'embedding'), # Or spectra, descriptors, morgan, ...
                 on_bad: str = 'raise', # For molecules that cannot be read: 'raise', or 'nan' for a row of NaN
                 n_bits: int = 1024, # Length of `morgan` and `avalon`
                 max_atoms: int = 500 # Heavy atoms of a molecule, at most
                ): ...
    def fit(self, X, y=None):
        "Load the model and name the columns; nothing is learnt from the molecules (n,)."
        ...
    def transform(self, X, report: Rejected | None = None):
        "The table (n, width); a bad molecule raises RecordError, or is a row of NaN and stands in the report."
        ...
    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        "The names of the columns, object (width,)."
        ...
    def __sklearn_tags__(self): ...
    def read(self, X: object, # SMILES or RDKit molecules, as for `transform`
             report: Rejected | None = None # Takes the bad ones; without it the first bad one raises RecordError
            ) -> tuple: # SMILES of the good ones; their rows; how many molecules there were
        "Read molecules as `transform` does."
        ...
