# Written by tools/stubs.py for editors; do not edit.
"""Peak assignment: which line of a spectrum belongs to which atom, by an alignment that keeps their order."""
from typing import Any
from dataclasses import dataclass
import pandas as pd
from rdkit import Chem
from .alignment import Prices
from .fragments import FragmentAssignment
from .view import Picture

@dataclass(frozen=True)
class Match:
    "A line and the atoms on it; a line alone, or atoms alone."
    observed_ppm: float | None # Line, ppm; None if there is none
    predicted_ppm: float | None # Mean prediction of the atoms, ppm; None if there are none
    atoms: tuple = () # Atom indices, from 0
    n_atoms: int = 0 # How many of `atoms` sit on the line
    element: str = 'C' # For the names of the atoms
    remark: str = '' # Of a line without an atom: what shows it, or may do so
    is_solvent: bool = False # A line that was taken for a solvent's
    @property
    def error_ppm(self): ...
    @property
    def label(self): ...
    def sentence(self) -> str: # e.g. 'C7  observed 128.4 ppm, predicted 127.9 ppm (-0.5)'
        "The match in words."
        ...

@dataclass(frozen=True)
class Assignment:
    "Observed lines assigned to atoms: `matches`, from downfield to upfield."
    matches: tuple # `Match` objects
    mol: Chem.Mol | None = None # The molecule, if it was given
    @property
    def pairs(self): ...
    @property
    def unassigned_lines(self): # ppm; not those of a solvent
        ...
    @property
    def solvent_lines(self): ...
    @property
    def shared_lines(self): # ppm; with atoms of more than one kind
        ...
    @property
    def unassigned_atoms(self): ...
    @property
    def mean_abs_error(self): # ppm, over the atoms that have a line; NaN if there are none
        ...
    def __repr__(self): ...
    @property
    def table(self) -> pd.DataFrame: # observed_ppm, atoms, predicted_ppm, error_ppm, n_atoms; one row per match
        "The assignment as a table."
        ...
    def show(self,
             size: tuple=(300, 220) # Width and height, pixels
            ) -> Picture: # The structure, atoms coloured by their errors
        "Draw the molecule, its atoms coloured by their errors."
        ...
ERROR_STEPS: dict
NO_PARTNER: str

def error_color(error_ppm: float | None, # Predicted - observed, ppm; None where one of the two is missing
                element: str = 'C' # 'H': in tenths
               ) -> str: # Hexadecimal colour
    "The colour of an error."
    ...

def assign_peaks(observed_ppm: object, # Lines as measured, ppm, or an NMRSpectrum; repeated ones count once
                 predicted_ppm: object, # Shifts of the atoms, ppm, shape (n_atoms,); NaN where an atom has none
                 atoms: list | None=None, # Atom index of each prediction; default 0, 1, 2 ...
                 mol: Chem.Mol | str | None=None, # Molecule or SMILES: its symmetric atoms are taken together
                 spread_ppm: float | None=None, # How far off predictions may be; if not given 1.5, of 1H 0.2
                 nucleus: str='13C', # '13C', or '1H' (then `atoms` are those that bear the hydrogens)
                 prices: Prices | None=None, # What an alignment pays; those of a search if not given
                 solvent: str | None='none' # What to leave out, see `13_solvents`; None: what is known by its pattern
                ) -> Assignment: # Lines, atoms, errors, and what is left over
    "Assign lines to atoms: the likeliest pairing that keeps the order of the shifts."
    ...

def explain_match(model: object, # An `ACML` that predicts spectra
                  smi: str, # The candidate
                  record: object, # The observed lines, ppm, an NMRSpectrum; or a mass spectrum
                  modality: str | None = None, # What it is; else by its nucleus, else the model's first of lines
                  solvent: str | None = None # As in `Library.identify`; not of mass spectra
                 ) -> Assignment | FragmentAssignment: # Which line belongs to which atom, which peak to which piece
    "Open a match between a molecule and a spectrum: which line belongs to which atom, which peak to which piece."
    ...
