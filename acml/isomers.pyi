# Written by tools/stubs.py for editors; do not edit.
"""A model and a table of spectra in; how often the true molecule is told from all others of the same
formula, by the size of the group and by the kind of isomer, out."""
from typing import Any
from dataclasses import dataclass, field
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from .core import Rejected
from .retrieval import Ready, RetrievalReport, RetrievalTask

def ring_pieces(smi: str # SMILES
               ) -> tuple:
               # Sorted SMILES of the pieces, stereochemistry left out; `*` marks where a substituent was attached
    "What is left when every bond between a ring system and its substituents is cut."
    ...

def isomer_kind(a: str, # SMILES of a molecule
                b: str # SMILES of another one of the same formula
               ) -> str: # 'positional' or 'constitutional'
    "How two isomers differ."
    ...

def positional_decoys(smi: str, # SMILES
                      n_max: int = 20 # At most so many
                     ) -> list: # Canonical SMILES of positional isomers, ascending; none where nothing can move
    "Move one substituent to another free place of its aromatic ring system."
    ...
GROUP_SIZES: dict

@dataclass(repr=False)
class IsomerReport(RetrievalReport):
    "How often the truth was told from its isomers."
    summary: dict # As of retrieval, and chance, mass_only, by_group_size, by_kind
    predictions: pd.DataFrame # As of retrieval, and for each query: n_mass, and n_ and rank_ among rivals of each kind
    set_aside: Rejected = field(default_factory=Rejected) # Spectra and molecules that could not be used
    @property
    def table(self):
        "group, queries, accuracy, 95 % interval, what chance reaches."
        ...
    @property
    def heading(self):
        "How many queries, among how many molecules, by which rules."
        ...
    @property
    def notes(self):
        "The floors, and what the gates say."
        ...
    def plot(self,
             ax: Axes | None = None, # Axes to draw into; new ones otherwise
             label: str = 'model', # Name of the points
             color: str = '#0072B2' # Their colour
            ) -> Axes: # Accuracy against the number of isomers
        "Accuracy by group size, with chance."
        ...

def group_accuracy(rank: np.ndarray, # int (n,): rank among the isomers
                   size: np.ndarray, # int (n,): molecules of the formula, the true one included
                   block: np.ndarray # (n,): molecule of each query
                  ) -> dict: # By group size: n, accuracy, low, high, chance
    "Accuracy by the number of isomers."
    ...
KINDS: tuple

def kind_ranks(library: object, # A Library
               query: np.ndarray, # float32 (n, embed_dim), unit rows
               target: np.ndarray # int (n,): row of the truth
              ) -> pd.DataFrame:
              # n rows: n_ and rank_ of each kind: rivals of it, and the place of the truth among them, 1 is best
    "The truth against its rivals, kind by kind; worst case among equal scores."
    ...

def kind_accuracy(ranks: pd.DataFrame, # As from `kind_ranks`
                  block: np.ndarray # (n,): molecule of each query
                 ) -> dict:
                 # By kind: n (queries with such a rival), accuracy, low, high, chance, n_pairs, pairs (share of single
                 # rivals beaten)
    "Accuracy by the kind of isomer."
    ...

@dataclass
class IsomerTask:
    "Tell the truth from its isomers."
    task: RetrievalTask # Model, table, modality, queries, library
    decoys: int = 0 # Positional isomers drawn for each query molecule and added to the library, at most
    def __post_init__(self): ...
    def prepare(self,
                report: Rejected | None = None # Takes what cannot be used
               ) -> Ready: # With the decoys among the candidates
        "Read, draw, embed."
        ...
    def run(self,
            report: Rejected | None = None, # Takes what cannot be used
            ready: Ready | None = None # What `prepare` gave, if it was called before
           ) -> IsomerReport: # Summary with the keys of `acml eval isomers`, and predictions
        "Embed, compare, report."
        ...
