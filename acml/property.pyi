# Written by tools/stubs.py for editors; do not edit.
"""From a table of molecules and measurements to a model that predicts and says how sure it is: three lines."""
from typing import Any
from pathlib import Path
import pandas as pd
from sklearn.base import BaseEstimator
from .core import Rejected
from .model import ACML

class PropertyModel(BaseEstimator):
    """Properties of molecules: SMILES (n,) and labels (n,) or (n, n_targets) with gaps; an estimator of scikit-
    learn."""
    def __init__(self,
                 mode: str = 'fusion', # 'probe': frozen features; 'finetune': the encoder learns; 'fusion': both
                 kind: str = 'mean', # Of the members of the mode: 'mean', or one alone: 'kernel', 'boosting', 'graph'
                 task: str = 'auto', # 'regression', 'classification', or by the labels
                 model: str | ACML = 'joint', # Where features and encoder come from: a name, a folder or the model
                 features: tuple | None = None, # Blocks of `ACMLFeaturizer`; None: a fixed choice for each member
                 n_folds: int = 5, # By scaffold; also the number of networks
                 on_bad: str = 'raise', # For molecules that cannot be read: 'raise', or 'nan' to go on without
                 seed: int = 0, # Of folds, trees and networks
                 epochs: int | None = None, # Of fine-tuning; None: 40, fewer where there are many molecules
                 progress: bool = False, # A bar on stderr
                 views: tuple | None = None, # Of mode 'fusion', instead of its members: see `fusion_net.split_view`
                 fusion: str = 'mean' # Of members or views: of `Stacker`, 'concat', 'kernel', 'attention'
                ): ...
    def fit(self, X, y):
        "Learn from molecules (n,) and labels; AcmlError or RecordError names what cannot be used."
        ...
    def predict(self, X, without: tuple = ()): # `without`: views that are missing
        "Numbers, or classes as they were named: (n,), or (n, n_targets); NaN for molecules that cannot be read."
        ...
    def predict_proba(self, X, without: tuple = ()): # `without`: views that are missing
        "Calibrated probabilities (n, 2), in the order of `classes_`; a list of such for several properties."
        ...
    def score(self, X, y) -> float:
        "R² of numbers, accuracy of classes; the mean over properties, gaps left out."
        ...
    def __sklearn_tags__(self): ...
    def predict_interval(self, X, coverage: float = .9):
        """Lower and upper bounds (n, 2), or (n, n_targets, 2), that held for this share of what was left out
        (conformal)."""
        ...
    def predict_table(self, X: object, # Molecules, as for `predict`
                      coverage: float = .9, # Of the intervals
                      report: Rejected | None = None # Takes molecules that cannot be read; their rows are empty
                     ) -> pd.DataFrame: # Predictions with low and high, or probabilities; similarity; warning
        "Predictions as a table."
        ...
    def about(self) -> str:
        "What it is made of, in a few words: 'kernel', 'mean of kernel, boosting, graph', 'lasso of smiles, graph'."
        ...
    def out_of_fold(self) -> list: # A text for each property
        "How good the predictions for left-out scaffolds were; for left-out molecules, where labels were too few."
        ...
    def save(self, folder: str | Path # Made if need be
            ) -> Path: # The folder
        "Write a fitted model."
        ...
    @classmethod
    def load(cls, folder: str | Path # As `save` wrote it
            ) -> PropertyModel: # Fitted; AcmlError if it is something else, damaged, or made with another model
        "A saved model."
        ...
