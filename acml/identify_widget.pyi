# Written by tools/stubs.py for editors; do not edit.
"""IdentifyWidget: paste a report or choose a file, see ranked structures, the overlay of each, what
disagrees."""
from typing import Any
import traitlets
from .hits import Hits
from .library import Library
from .view import Picture
from .widgets import _script, _style, _Widget

def _detail(hits, model, i):
    "Overlays of a hit as HTML, and what disagrees; a note where there is none of an input."
    ...

class IdentifyWidget(_Widget):
    "A form around `Library.identify`: text or file in, ranked structures, overlays and disagreements out."
    _esm, _css = _script('renderIdentify', 'spectrum_molecule', 'identify'), _style('spectrum_molecule', 'identify')
    _asked, _state, _detail = (traitlets.Dict().tag(sync=True) for _ in range(3))
    def __init__(self,
                 library: Library, # What is searched
                 model: object=None, # The `ACML` that made it, where the library was opened without one
                 k: int=10, # Hits to show
                 text: str='', # A report to begin with
                 **options # More for `Library.identify`: ppm, elements, exclude, score; formula, mass, solvent count
                          # where the form does not say
                ): ...
    def __repr__(self): ...
    def ask(self,
            text: str='', # Report or list of shifts
            solvent: str='', # As in `Library.identify`
            formula: str='', # Only molecules of this formula
            mass: float | str | None=None, # Only molecules of this monoisotopic mass, Da
            file: str='', # Name of a file, instead of a text ...
            data: str='' # ... and its bytes in Base64
           ) -> Hits: # Also shown; AcmlError where nothing can be read
        "What the button does."
        ...
    def to_svg(self) -> Picture: # The overlays of the first hit; a card that says so where there is none
        "The widget as a still picture."
        ...
