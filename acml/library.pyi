# Written by tools/stubs.py for editors; do not edit.
"""Molecules embedded once and kept on disk; a spectrum's embedding in, ranked structures out, exactly and with filters by formula, mass and elements."""
from typing import Any
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import pandas as pd
import pyarrow as pa
from .ann import NeighbourIndex
from .core import Report
from .hits import Hits as Hits

def describe_molecules(molecules: pd.DataFrame | list,
                       # Table with the column `smiles` (others optional), or a list of SMILES
                       report: Report | None = None # Takes the bad ones; None: the first bad one raises RecordError
                      ) -> pd.DataFrame:
                      # smiles, inchikey, block, formula, exact_mass (Da), and name and id columns; index as given
    "What a library keeps of each molecule."
    ...

@dataclass
class Library:
    "Embedded molecules: float array (n, embed_dim) of unit rows, an Arrow table of the molecules, and what made them."
    embeddings: np.ndarray # (n, embed_dim), unit rows, float16 on disk
    molecules: pa.Table # smiles, inchikey, block, formula, exact_mass (Da), name and id columns
    info: dict = field(default_factory=dict) # What library.json says
    path: Path | None = None # The folder; None for a library in memory
    model: object = None # The model that made it, if at hand
    neighbours: NeighbourIndex | None = None # The approximate index, once `index` was called or it was asked
    def __post_init__(self): ...
    def __len__(self): ...
    @property
    def embed_dim(self): ...
    def __repr__(self): ...
    def table(self,
              rows: np.ndarray | None = None # int (n,): row numbers; None: all
             ) -> pd.DataFrame: # The molecules of these rows, in this order
        "The molecules as a table."
        ...
    def rows_of(self,
                blocks: list # InChIKeys, or their first 14 characters
               ) -> np.ndarray: # int (n,): the first row of each, -1 where it is not here
        "Where molecules are."
        ...
    @classmethod
    def from_embeddings(cls,
                        embeddings: np.ndarray, # Float array (n, embed_dim), unit rows
                        molecules: pd.DataFrame, # n rows as `describe_molecules` gives them
                        model_fingerprint: str | None = None # Fingerprint of the model that made the embeddings
                       ) -> Library: # A library in memory
        "A library from what is already embedded."
        ...
    def select(self,
               formula: str | None = None, # Molecular formula, in any order of elements
               mass: float | None = None, # Monoisotopic mass, Da
               ppm: float = 10, # Half width of the mass window, parts per million
               exclude: list | str | None = None, # InChIKeys, or their first 14 characters, to leave out
               elements: str | list | None = None # All elements that may occur, `+` behind those that must: 'C H O Cl+'
              ): # -> int64 array of rows, ascending, or None for all rows
        "The rows that a filter allows."
        ...
    def search(self,
               query: np.ndarray, # float32 (embed_dim,) or (n, embed_dim), unit rows
               k: int = 10, # Hits per query; fewer where there are fewer candidates
               formula: str | None = None, # Only molecules of this formula
               mass: float | None = None, # Only molecules of this monoisotopic mass, Da ...
               ppm: float = 10, # ... within this many parts per million
               exclude: list | None = None, # InChIKeys to leave out
               elements: str | list | None = None, # Elements that may occur, `+` behind those that must
               approximate: bool = False
               # Where nothing is filtered, ask the index that `index` made: about one hit in a hundred may be missing
              ): # -> Hits for one query, a list of Hits for several
        "The best matches; equal scores in the order of the library."
        ...
    def ranks(self,
              query: np.ndarray, # float32 (n, embed_dim), unit rows
              target: np.ndarray, # int (n,): row of the true molecule of each query
              filter: str = 'none',
              # Candidates: 'none' all, 'formula' those of the true formula, 'mass' those near the true mass
              ppm: float = 10 # Half width of the mass window, parts per million
             ) -> pd.DataFrame:
             # n rows: rank (1 is best, worst case among equal scores), n_candidates, score (of the truth), best_row,
             # best_score
        "Where the truth stands for each query, and what came first."
        ...
    @classmethod
    def build(cls,
              model: object, # The model: `embed('graph', smiles, report=report)` and `fingerprint()`
              molecules: object, # Table with the column `smiles`, list of SMILES, or path of a file (see `read_smiles`)
              out: str | Path, # The folder to make
              report: Report | None = None, # Takes the bad molecules; saved as report.csv too
              merge: str = 'inchikey', # One row per 'inchikey' or per 'block'
              chunk_size: int = 10_000, # Molecules in memory at a time
              overwrite: bool = False, # Replace a library that is there, or the beginning of another one
              progress: bool = True, # Show a progress bar
              workers: int = 1
              # Processes; a script that asks for more than one begins with `if __name__ == '__main__':`
             ) -> Library: # The library, opened from disk
        "Embed molecules and keep them in a folder; a build that was interrupted goes on where it was."
        ...
    @classmethod
    def load(cls,
             path: str | Path, # The folder
             model: object = None,
             # The model that queries will come from; AcmlError if it is not the one that made the library
             verify: bool | None = None
             # Compare the SHA-256 of all parts (True), of none (False), of the small ones (None)
            ) -> Library: # Embeddings memory-mapped
        "Open a library."
        ...
    def identify(self,
                 record: object = None, # One record, e.g. the 13C shifts in ppm; RecordError if it is bad
                 modality: str = 'cnmr', # What kind of record it is
                 k: int = 10, # Hits
                 model: object = None, # The model, where the library was opened without one
                 formula: str | None = None, # Only molecules of this formula
                 mass: float | None = None, # Only molecules of this monoisotopic mass, Da ...
                 ppm: float = 10, # ... within this many parts per million
                 exclude: list | None = None, # InChIKeys to leave out
                 elements: str | list | None = None, # Elements that may occur, `+` behind those that must: 'C H O Cl+'
                 weights: dict | None = None, # Modality to scale, instead of those of the model
                 approximate: bool = False, # As in `search`
                 **records # Instead of `record`: modality to its record, or to a list of several records
                ) -> Hits: # With the records as its query
        "The molecules that match one record, or several of one compound, best."
        ...
    def index(self,
              progress: bool = False, # Show a progress bar
              threads: int = 0 # 0: one per processor
             ) -> NeighbourIndex: # Kept beside the library, where that is on disk
        "Make the approximate index of the library, if it has none. Where it cannot be written (AcmlError) it still serves until the library is closed."
        ...

def allowed_formulas(formulas: list | dict, # Molecular formulas, or what `_which_elements` made of them
                     elements: str | list
                     # Symbols of all elements that may occur, `+` behind those that must: 'C H O Cl+'
                    ) -> np.ndarray: # bool (n,)
    "Which formulas are made of these elements."
    ...

def embed_molecules(model: object, # Anything with `embed('graph', smiles, report=report)`
                    molecules: object,
                    # Table with the column `smiles`, list of SMILES, or path of a file (see `read_smiles`)
                    report: Report, # Takes the bad ones; its `n_ok` counts the good ones, repeats included
                    merge: str = 'inchikey', # One row per 'inchikey' or per 'block' (its first 14 characters)
                    seen: set | None = None, # Keys that are there already; grows
                    chunk_size: int = 10_000, # Molecules in a piece
                    workers: int = 1
                    # Processes; a script that asks for more than one begins with `if __name__ == '__main__':`
                   ): # -> iterator of (embeddings float16 (m, embed_dim), table of the m molecules)
    "Describe and embed molecules piece by piece."
    ...
