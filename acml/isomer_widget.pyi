# Written by tools/stubs.py for editors; do not edit.
"""IsomerWidget: one spectrum and several structures, with the lines that tell them apart."""
from typing import Any
import traitlets
from .view import Picture
from .widgets import _script, _style, _Widget

class IsomerWidget(_Widget):
    "Structures side by side under one spectrum, with the lines that tell them apart."
    _esm, _css = _script('renderView', 'spectrum_molecule'), _style('spectrum_molecule')
    selected = traitlets.List(traitlets.Int(), help='Measured lines that stay lit').tag(sync=True)
    def __init__(self,
                 smiles: list | dict, # Structures, or {name: structure}; two to eight
                 record: object, # The measured lines, ppm, or an NMRSpectrum
                 model: object=None, # An `ACML` that predicts lines
                 predicted_ppm: list | None=None, # Instead of a model: for each structure its shifts, as for a view
                 title: str='', # Text above
                 **options # For `explain_match`, or `assign_peaks` where shifts are given
                ): ...
    def __repr__(self): ...
    def to_svg(self) -> Picture: # All structures below the measured lines
        "The widget as a still picture."
        ...
