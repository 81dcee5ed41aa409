# Written by tools/stubs.py for editors; do not edit.
"""Hits: the ranked answers to one query, as a table, as text, drawn, as JSON and as CSV."""
from typing import Any
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import pandas as pd
from .view import Picture

def hit_tables(molecules: pd.DataFrame, # n_query * k molecules: those of the first query, best first, then the others
               scores: np.ndarray # float64 (n_query, k)
              ) -> list: # n_query tables of k rows: rank, score, smiles, formula, exact_mass, inchikey, ...
    "Cut molecules found for several queries into a table for each."
    ...
_NO_TERMS: Any

@dataclass
class Hits:
    "Ranked answers to one query; draws itself in a notebook."
    table: pd.DataFrame # rank, score, smiles, formula, exact_mass (Da), inchikey, and name and id columns; best first
    n_candidates: int # How many molecules were compared, after the filters
    filters: dict = field(default_factory=dict) # The filters that were set: formula, mass (Da) and ppm, exclude
    note: str = '' # Why there is nothing, where there is nothing
    query: object = None # The record asked about; a dict of modality to record where there were several inputs
    modality: str = 'cnmr' # What kind of record that is, or kinds: 'cnmr+hnmr'
    inputs: dict = field(default_factory=dict) # Of several inputs, those used: modality to share and number of records
    set_aside: dict = field(default_factory=dict) # Those not used, and why
    confidence: float | None = None # Probability that the best is right, if the molecule is there; None: not known
    in_library: float | None = None # Probability that the molecule is among the candidates, from even odds
    scoring: str = 'global' # What the score is: 'global', a cosine; 'local', a log likelihood; else a sum of both,
    notes: tuple = () # What else there is to know about the answer
    compared: dict = field(default_factory=dict) # Modality to its records without lines of a solvent, if there were any
    profile: tuple = () # Scores of the first distinct molecules, from which the two are judged
    contributions: pd.DataFrame = field(default_factory=lambda: _NO_TERMS) # rank x modality: the sum is the score
    def __post_init__(self): ...
    def __len__(self): ...
    def __iter__(self): ...
    def __getitem__(self, i): ...
    @property
    def title(self):
        "One line: how many of how many, under which filters, and how sure that is."
        ...
    def __repr__(self): ...
    def to_text(self,
                width: int | None = None # Columns; None: as wide as it is
               ) -> str: # The title above a table, as `print` shows it
        "Plain text, within so many columns."
        ...
    def to_html(self,
                n: int = 12 # Rows at most
               ) -> str: # HTML that needs no other file
        """The query above a table of hits: structure, name, formula, mass, score, what each input said, InChIKey,
        SMILES."""
        ...
    def to_json(self,
                path: str | Path | None = None # Also write it there
               ) -> str: # Keys: query, modality, n_candidates, filters, note, hits (best first)
        "JSON; of several inputs also inputs, set_aside and contributions; where known also confidence and in_library."
        ...
    def to_table(self) -> pd.DataFrame: # rank, score, confidence, in_library, smiles, ..., note; one row if no hit
        "The hits with what is known of the whole answer in each row, as `to_csv` writes it."
        ...
    def to_csv(self,
               path: str | Path | None = None # Also write it there
              ) -> str: # Comma-separated, with a header
        "CSV for spreadsheets."
        ...

def to_picture(ax: object # Axes of a figure that is not needed any more
              ) -> Picture: # SVG text
    "A matplotlib figure as a picture, the same on every run."
    ...
