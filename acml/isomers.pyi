# Written by tools/stubs.py for editors; do not edit.
"""Isomers: how often the truth is told from all others of its formula, by group size and kind; hard decoys."""
from typing import Any
from dataclasses import dataclass
from matplotlib.axes import Axes
from .candidates import EvaluationSet
from .core import Rejected
from .retrieval import RetrievalReport, RetrievalTask

def isomer_kind(a: str, # SMILES of a molecule
                b: str # SMILES of another one of the same formula
               ) -> str: # 'positional' or 'constitutional'
    "How two isomers differ."
    ...

@dataclass(repr=False)
class IsomerReport(RetrievalReport):
    "How often the truth was told from its isomers: as of retrieval, and by group size and kind."
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

@dataclass
class IsomerTask(RetrievalTask):
    "Tell the truth from its isomers."
    decoys: int = 0 # Isomers drawn for each query molecule, of each kind, and added to the candidates, at most
    drawn_by: tuple = ('positional',) # Kinds of `DECOYS` (`24a_asymmetry`): 'positional', 'one_bond'
    def prepare(self,
                report: Rejected | None = None # Takes what cannot be used
               ) -> EvaluationSet: # With the decoys among the candidates
        "Read, draw, embed."
        ...
    def run(self,
            report: Rejected | None = None, # Takes what cannot be used
            evaluation: EvaluationSet | None = None # What `prepare` gave, if it was called before
           ) -> IsomerReport: # Summary with the keys of `acml eval isomers`, and predictions
        "Embed, compare, report."
        ...
