# Written by tools/stubs.py for editors; do not edit.
"""ConformerView: a molecule in space, its atoms coloured by what an explanation says of them."""
from typing import Any
from rdkit import Chem
from .view import Picture
from .widgets import _Widget

class ConformerView(_Widget):
    "A molecule in space with its atoms coloured by weights; turned by mouse or arrow keys."
    def __init__(self,
                 record: Chem.Mol | str, # A molecule, its coordinates kept; or a SMILES, of which a conformer is made
                 weights: list | None=None, # A number for each atom of the molecule as given; NaN: grey
                 title: str='', # Text above
                 unit: str='', # Of the weights, for the text
                 seed: int=0 # Of the conformer
                ): ...
    def __repr__(self): ...
    def to_svg(self) -> Picture: # Balls and sticks, seen along the direction of least extent
        "The molecule as a still picture."
        ...
