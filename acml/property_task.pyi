# Written by tools/stubs.py for editors; do not edit.
"""A table, a split and some estimators: scores on test, what chance explains, what was seen before."""
from typing import Any
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import pandas as pd
from .core import Rejected
from .model import ACML

@dataclass
class PropertyReport:
    "What estimators scored on the same test molecules."
    scores: pd.DataFrame # For each model: test, se, valid, seen, unseen, not_in_train, n_test, n_seen, n_in_train
    predictions: pd.DataFrame # For each test molecule and property: split, row, property, truth, seen, in_train, models
    metric: str # 'RMSE' or 'AUC'
    problems: pd.DataFrame = field(default_factory=pd.DataFrame) # Repeated molecules and what contradicts itself
    rejected: Rejected = field(default_factory=Rejected) # Molecules that could not be read
    dropped: int = 0 # Splits whose test molecules show one class only; they are in no figure
    def compare(self,
                a: str, # A model
                b: str # Another one
               ) -> dict: # Of a minus b: difference, se, low and high of 95 %, n test molecules
        "Paired bootstrap of the difference of two models, over molecules; of means, where a model was several."
        ...
    def best(self) -> str:
        "The model that scored best on valid; AcmlError without one. Test scores choose nothing."
        ...
    def __repr__(self): ...

class PropertyTask:
    "A table of molecules and properties, split in a way that is named."
    def __init__(self,
                 data: pd.DataFrame | str | Path, # The table, or a .csv file
                 targets: str | list, # Columns of properties
                 smiles: str = 'smiles', # The column of molecules
                 split: object = 'scaffold', # 'scaffold', 'random', 'scaffold-cv', a column, a file or its content
                 task: str = 'auto', # 'regression', 'classification', or by the labels
                 n_folds: int = 5, # Of 'scaffold-cv'
                 repeats: int = 1, # Of 'scaffold-cv', each dealt anew
                 seed: int = 0 # Of 'random' and 'scaffold-cv'
                ): ...
    @classmethod
    def from_frames(cls, frames: dict, targets: str | list = 'Y', smiles: str = 'Drug', **options):
        "From tables train, test and perhaps valid, as TDC gives them."
        ...
    def problems(self) -> pd.DataFrame: # key, smiles, n rows, contradicts (properties), parts
        "Molecules that occur more than once, those first that contradict themselves."
        ...
    def seen(self, model: ACML | str = 'joint') -> np.ndarray: # bool, one for each molecule that can be read
        """Whether a model, or an encoder in it, learnt from the molecule (its spectra or its structure, never its
        property)."""
        ...
    def run(self, models: dict, # Name to estimator (fit, predict or predict_proba), or to a list of them
            seen_by: ACML | str | None = 'joint', # Whose training molecules are counted; None: nobody's
            told: Callable = lambda *_: None # Called with name and number of the split, to show progress
           ) -> PropertyReport: # Scores on test; estimators are fitted on train only, as copies
        "Fit and score."
        ...
