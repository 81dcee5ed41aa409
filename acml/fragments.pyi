# Written by tools/stubs.py for editors; do not edit.
"""Which pieces of a molecule explain the peaks of its mass spectrum: bonds are broken, masses are compared."""
from typing import Any
from dataclasses import dataclass
import pandas as pd
from rdkit import Chem
from .view import Picture

@dataclass(frozen=True)
class FragmentMatch:
    "A peak, and the piece of the molecule that explains it, if there is one."
    mz: float # As measured, Da per charge
    intensity: float # Of the base peak 1
    atoms: tuple = () # Atom indices of the piece, from 0
    formula: str = '' # Of the ion, e.g. 'C7H7+'; without atoms: of no piece, but a part of the molecule's
    n_broken: int = 0 # Bonds broken for it
    hydrogens: int = 0 # Moved onto the piece, the charge not counted; negative: lost
    error_da: float = float('nan') # Mass of the ion - m/z, Da
    n_ways: int = 0 # Pieces that do equally well
    remark: str = '' # Of a peak without a piece: what else it may be
    probability: float = float('nan') # Of the peak, as a model predicts it; NaN where none was asked
    def sentence(self) -> str:
        "The match in words."
        ...

@dataclass(frozen=True)
class FragmentAssignment:
    "Peaks explained by pieces of a molecule: `matches`, m/z ascending."
    matches: tuple # `FragmentMatch` objects
    mol: Chem.Mol # The molecule
    n_low: int = 0 # Peaks that were too low to be looked at ...
    low_intensity: float = 0. # ... and their sum, of the base peak 1
    all_tried: bool = True # False: of a large molecule not all pieces were
    @property
    def pairs(self): ...
    @property
    def rearranged(self): # m/z of peaks with a formula that is a part of the molecule's, but of no piece
        ...
    @property
    def unexplained(self): # m/z; neither isotopes of other peaks nor the precursor are among them
        ...
    @property
    def explained_intensity(self): # Share of the ion current, low peaks too, that is pieces, isotopes, the precursor
        ...
    @property
    def atom_weights(self): # float (n_atoms,): ion current of the pieces an atom is in, each shared out among its atoms
        ...
    def __repr__(self): ...
    @property
    def table(self) -> pd.DataFrame: # One row a peak: mz, intensity, formula, atoms, n_broken, ...
        "The assignment as a table."
        ...
    def show(self,
             mz: float | None = None, # The peak of which to mark the piece; the highest explained one if not given
             size: tuple = (300, 220) # Width and height, pixels
            ) -> Picture: # The structure, the atoms of the piece marked
        "Draw the molecule with the piece that explains a peak."
        ...

def assign_fragments(mol: Chem.Mol | str, # Molecule or SMILES
                     record: object, # A MassSpectrum, or what `to_mass_spectrum` makes one of
                     tol_ppm: float = 10., # How far off accurate masses may be, at least 2 mDa
                     n_cuts: int = 2, # Bonds (in rings pairs of them) that are broken one after the other
                     adduct: str | None = None, # Of which ion; else as the record says, or electron ionisation
                     min_intensity: float = .005 # Lower peaks are left out; of the base peak 1
                    ) -> FragmentAssignment: # Peaks, pieces, and what is left over
    "Explain the peaks of a mass spectrum by pieces of a molecule; singly charged ions."
    ...
