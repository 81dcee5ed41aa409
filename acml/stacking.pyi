# Written by tools/stubs.py for editors; do not edit.
"""Several predictions to one: by the mean, LASSO, elastic net, random forest, gradient boosting or SGD."""
from typing import Any
import numpy as np

def fit_log_odds(scores: np.ndarray, # (n, n_targets), higher for class 1, out of fold
                 y: np.ndarray # (n, n_targets) of 0 and 1, NaN where there is no label
                ) -> np.ndarray: # (2, n_targets): slopes and intercepts
    "Lines from scores to log-odds of class 1."
    ...

class Stacker:
    "Predictions (n, n_targets, n_models) to (n, n_targets)."
    kinds = 'mean', 'lasso', 'elastic-net', 'forest', 'boosting', 'sgd'
    def __init__(self,
                 kind: str = 'mean', # One of `kinds`
                 classes: bool = False, # Labels are 0 and 1, predictions log-odds
                 seed: int = 0 # Of forests, boosting and SGD
                ): ...
    def fit(self, p: np.ndarray, y: np.ndarray # (n, n_targets), NaN where there is no label
           ) -> 'Stacker':
        "Learn from predictions for molecules that the models did not learn from; AcmlError if labels are too few."
        ...
    def predict(self, p: np.ndarray) -> np.ndarray: # (n, n_targets)
        "Numbers, or log-odds; where a model says NaN the mean of the others stands in."
        ...
    def out_of_fold(self, p: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
        "Of each fold, combined by what the other folds say, (n, n_targets)."
        ...
    def state(self) -> dict:
        "Arrays by name, from which `from_state` rebuilds it."
        ...
    @classmethod
    def from_state(cls, kind: str, arrays: dict, classes: bool = False) -> Stacker:
        "As `state` wrote it."
        ...
