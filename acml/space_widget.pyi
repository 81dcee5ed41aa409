# Written by tools/stubs.py for editors; do not edit.
"""ChemicalSpaceWidget: embeddings as a map, structures on hover, a lasso to a table."""
from typing import Any
import pandas as pd
import traitlets
from .view import Picture
from .widgets import _script, _style, _Widget

class ChemicalSpaceWidget(_Widget):
    "A map of molecules by their embeddings; `selected` holds rows of `table`, `selection` the frame of them."
    _esm, _css = _script('renderSpace', 'space'), _style('spectrum_molecule', 'identify', 'space')
    selected = traitlets.List(traitlets.Int(), help='Rows of `table` that are selected').tag(sync=True)
    def __init__(self,
                 source: object, # A `Library`, or embeddings, float (n, embed_dim)
                 molecules: pd.DataFrame | None=None, # With embeddings: n rows, `smiles` and more
                 color: object=None, # A column to colour by, or n values
                 n_max: int=5000, # Of more molecules this many are drawn at random, always the same
                 title: str='' # Text above
                ): ...
    def __repr__(self): ...
    @property
    def selection(self): # The selected rows of `table`
        ...
    def to_svg(self) -> Picture: # The map, about 2,000 points at most
        "The map as a still picture."
        ...
