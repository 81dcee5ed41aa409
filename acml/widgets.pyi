# Written by tools/stubs.py for editors; do not edit.
"""Linked views of a spectrum and a structure: notebook widget, one HTML file, still picture (SVG)."""
from typing import Any
from pathlib import Path
import anywidget
import traitlets
from rdkit import Chem
from .view import Picture

_JS: Any
_CSS: Any
_POLICY: str

class _Widget(anywidget.AnyWidget):
    "A widget with twins; a child gives `title`, `to_svg`, `_root`, which its script works on, and `_attach`."
    title, _policy, _attach = '', _POLICY, 'attachAll'
    def to_html(self,
                full: bool=True # A complete file; False: an element to be put into a page
               ) -> str: # HTML that needs nothing else, no server and no network
        "The widget as HTML that works without a kernel."
        ...
    def save(self,
             path: str | Path # A file that ends in .html or .svg
            ) -> Path: # The file
        "Write the widget to a file, by its ending."
        ...

class SpectrumMoleculeView(_Widget):
    "An observed spectrum, the predicted lines or the fragments, and the structure whose atoms they belong to."
    _esm, _css = _JS, _CSS
    selected = traitlets.List(traitlets.Int(), help='Rows of `assignment.table` that stay lit').tag(sync=True)
    def __init__(self,
                 smi: Chem.Mol | str, # The molecule
                 observed_ppm: list | None=None, # Observed lines, ppm; an NMRSpectrum; or a MassSpectrum
                 predicted_ppm: list | None=None, # Predicted shifts, ppm, (n_atoms,); NaN where an atom has none
                 assignment: object=None, # From `explain_match` and the like; made where absent
                 title: str='', # Text above
                 fragments: list | dict | None=None, # Atoms of each peak of a MassSpectrum, instead
                 **kwargs # Of `assign_peaks`, e.g. its prices, or `assign_fragments`
                ): ...
    def __repr__(self): ...
    def to_svg(self) -> Picture: # One SVG file, both panels; shows itself in a notebook
        "The view as a still picture."
        ...
