# Written by tools/stubs.py for editors; do not edit.
"""What carries a match: scores of atoms, peaks, words and drawn atoms, by leaving out or by gradients."""
from typing import Any
from dataclasses import dataclass, field
import numpy as np
import pandas as pd
from rdkit import Chem
from .view import Picture

@dataclass(frozen=True, eq=False)
class Attribution:
    "What atoms and parts of records carry of a match."
    smiles: str # The molecule
    method: str # One of `_METHODS`
    score: float # Of the match
    atoms: np.ndarray # Float (n_atoms,): what each atom carries, in the order of the SMILES
    parts: pd.DataFrame # A row for each part: modality, part (its name), at, height, score
    pairs: np.ndarray | None = None # Float (n_atoms, n_parts): what both carry together; None: not known
    scoring: str = 'both' # What the score is: 'both', 'global' or 'local'
    inputs: dict = field(default_factory=dict) # Modality to what it adds to the score
    records: dict = field(default_factory=dict) # Modality to its `Parts`
    mol: Chem.Mol | None = None # The molecule as it was given, which numbers the atoms; None: as the SMILES does
    def atom_of(self, part: int) -> int | None: # Index of the atom, None if none has it; AcmlError: pairs not known
        "The atom on which a part hangs most."
        ...
    @property
    def table(self) -> pd.DataFrame: # The parts, with the atom each hangs on most; '' if no atom has it
        ...
    @property
    def atom_table(self) -> pd.DataFrame: # atom, score; highest first
        ...
    def __repr__(self): ...
    def to_svg(self,
               width: int = 420 # Pixels
              ) -> Picture: # The structure above the records, both coloured
        "Draw the molecule and the records."
        ...

def attribute(model: object, # An `ACML`
              smi: str | Chem.Mol, # The candidate
              method: str = 'occlusion', # One of `_METHODS`
              radius: int = 0, # Atoms up to so many bonds away are left out (or removed) together
              score: str = 'both', # What is explained: 'both', 'global' or 'local'; gradients know the global one only
              solvent: str | None = None, # As in `Library.identify`
              n_steps: int = 32, # Of integrated gradients
              **records # Modality to its record; several of one compound are explained together
             ) -> Attribution: # Of each atom and each part; RecordError if a record is bad
    "What carries the match between a molecule and a record: which atoms, and which peaks, words or drawn atoms."
    ...
