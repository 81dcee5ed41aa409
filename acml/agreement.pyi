# Written by tools/stubs.py for editors; do not edit.
"""A structure and its spectra: do they agree, how sure is that, and which structure would fit better?"""
from typing import Any
from dataclasses import dataclass, field
import pandas as pd
from rdkit import Chem

GREEN: float
RED: float
_NOTHING: Any

@dataclass
class Verification:
    "How well a structure and its spectra agree; draws itself in a notebook."
    smiles: str # The structure
    probability: float | None # That it is right, from even odds; None: there is no calibration
    light: str # 'green', 'amber', 'red', or 'grey' without a probability
    judged_by: tuple = () # The inputs that the probability rests on
    assignments: dict = field(default_factory=dict) # Modality to `Assignment`: which line belongs to which atom
    disagreements: pd.DataFrame = field(default_factory=lambda: _NOTHING) # modality, what, ppm, atoms, remark
    counts: pd.DataFrame = field(default_factory=lambda: _NOTHING) # modality, what, observed, expected
    isomers: pd.DataFrame = field(default_factory=lambda: _NOTHING) # Of those drawn, best first; `better`: fits better
    neighbours: pd.DataFrame | None = None # The same of a library; None: none was asked
    notes: tuple = () # What was left out, what is impossible
    about: dict = field(default_factory=dict) # What the calibration was learnt from
    @property
    def title(self):
        "The light in words."
        ...
    @property
    def n_better(self): # Drawn isomers that fit better
        ...
    def __repr__(self): ...
    def sections(self) -> dict: # Heading to HTML; all that came from outside is escaped
        "The verdict, piece by piece, for a page."
        ...
    def to_json(self) -> str: # All of it but the drawings
        "JSON, for programs."
        ...

def verify(model: object, # An `ACML`
           structure: str | Chem.Mol, # The proposed structure; RecordError if it cannot be read
           solvent: str | None = None, # Of NMR lists: 'CDCl3', 'CDCl3, ethyl acetate'; 'none': all lines are compared
           library: object = None, # A Library or its folder; 'default': the known compounds that come with acml
           n_isomers: int = 30, # Isomers of each kind that are drawn, at most; the calibration was learnt with 30
           **records # Modality to its record, e.g. cnmr=[26.3, 55.4]; also a report as text, or the name of a file
          ) -> Verification: # The verdict, and what it rests on
    "Does a structure agree with its spectra?"
    ...
