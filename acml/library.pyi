# Written by tools/stubs.py for editors; do not edit.
"""Candidates kept on disk or in memory: from one spectrum, or several of one compound, to ranked structures."""
from typing import Any
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import pandas as pd
from .ann import NeighbourIndex
from .candidates import Candidates
from .core import Rejected
from .hits import Hits as Hits

@dataclass(repr=False)
class Library(Candidates):
    "Embedded molecules, what is known of each, and what made them."
    info: dict = field(default_factory=dict) # What library.json says
    path: Path | None = None # The folder; None for a library in memory
    model: object = None # The model that made it, if at hand
    neighbours: NeighbourIndex | None = None # The approximate index, once `index` was called or it was asked
    set_aside: Rejected = field(default_factory=Rejected) # Molecules that could not be used, where built in memory
    def __repr__(self): ...
    @classmethod
    def from_embeddings(cls,
                        embeddings: np.ndarray, # Float array (n, embed_dim), unit rows
                        molecules: pd.DataFrame, # n rows as `describe_molecules` gives them
                        model_fingerprint: str | None = None, # Fingerprint of the model that made the embeddings
                        predicted: dict | None = None # Modality to `Predictions`
                       ) -> Library: # In memory
        "A library from what is already embedded."
        ...
    @classmethod
    def build(cls,
              model: object, # The model: `embed('graph', smiles, report=report)` and `fingerprint()`
              molecules: object, # Table with the column `smiles`, list of SMILES, or path of a file (see `read_smiles`)
              out: str | Path | None = None, # The folder to make; in memory, if not given
              report: Rejected | None = None, # Takes the bad molecules; saved as report.csv in the folder
              merge: str = 'inchikey', # One row per 'inchikey' or per 'connectivity', its first 14 characters
              chunk_size: int = 10_000, # Molecules in memory at a time, where there is a folder
              overwrite: bool = False, # Replace a library that is there, or the beginning of another one
              progress: bool = True, # Show a progress bar
              workers: int = 1,
              # Processes; a script that asks for more than one begins with `if __name__ == '__main__':`
              index: bool = False # Also make the approximate index; of a library that is there and lacks only that, too
             ) -> Library: # The library, opened from disk if there is a folder
        "Embed molecules and keep them; in a folder, a build that was interrupted goes on where it was."
        ...
    @classmethod
    def load(cls,
             path: str | Path, # The folder
             model: object = None, # The model that queries will come from; AcmlError if another one made the library
             verify: bool | None = None
             # Compare the SHA-256 of all parts (True), of none (False), of the small ones (None)
            ) -> Library: # Embeddings memory-mapped
        "Open a library."
        ...
    def search(self,
               query: np.ndarray | dict,
               # float32 (embed_dim,) or (n, embed_dim), unit rows; or modality to such an array
               k: int = 10, # Hits per query; fewer where there are fewer candidates
               formula: str | None = None, # Only molecules of this formula
               mass: float | None = None, # Only molecules of this monoisotopic mass, Da ...
               ppm: float = 10, # ... within this many parts per million
               exclude: list | None = None, # InChIKeys to leave out
               elements: str | list | None = None, # Elements that may occur, `+` behind those that must
               weights: dict | None = None,
               # Modality to weight, where the query is a dict; those of the model if not given
               approximate: bool = False, # Ask the index that `index` made: about one hit in a hundred may be missing
               records: dict | None = None, # Modality to the record of each query, for the local score
               score: str = 'both' # One of `SCORES`, see `23b_local`
              ): # -> Hits for one query, a list of Hits for several
        "The best matches; equal scores in the order of the library."
        ...
    def identify_all(self,
                     questions: list,
                     # Of each its inputs: modality to its record, or to a list of several of one compound
                     k: int = 10, # Hits of each
                     model: object = None, # The model, where the library was opened without one
                     weights: dict | None = None, # Modality to weight, instead of those of the model
                     approximate: bool = False, # As in `search`
                     score: str = 'both', # What orders the candidates
                     solvent: str | None = None, # Of NMR lists
                     **known # Of all molecules: formula, mass, ppm, exclude, elements, as of `identify`
                    ) -> list:
                    # A Hits for each question; one that cannot be asked has none, and says why in `set_aside`
        "The molecules that match each question best."
        ...
    def identify(self,
                 record: object = None,
                 # One record, e.g. 13C shifts, or their text; or a list of records, a question each
                 modality: str = 'cnmr', # What kind of record it is
                 k: int = 10, # Hits
                 model: object = None, # The model, where the library was opened without one
                 formula: str | None = None, # Only molecules of this formula
                 mass: float | None = None, # Only molecules of this monoisotopic mass, Da ...
                 ppm: float = 10, # ... within this many parts per million
                 exclude: list | None = None, # InChIKeys to leave out
                 elements: str | list | None = None, # Elements that may occur, `+` behind those that must: 'C H O Cl+'
                 weights: dict | None = None, # Modality to weight, instead of those of the model
                 approximate: bool = False, # As in `search`
                 score: str = 'both',
                 # What orders the candidates: 'both', 'global', 'local' or 'no-mass'; see `23b_local`
                 solvent: str | None = None,
                 # Of NMR lists: 'CDCl3', 'CDCl3, ethyl acetate'; 'none': all lines are compared
                 together: bool = False, # A list is of one compound: the mean of what its records say is asked
                 **records # Instead of `record`: modality to its record, for one question; or to lists of equal length
                ) -> Hits: # With the records as its query; for a list of questions a list of Hits, in the same order
        "The molecules that match best. One bad record is a RecordError; of a list it is told in its (empty) Hits."
        ...
    @classmethod
    def default(cls,
                model: object, # An `ACML`
                progress: bool | None = True,
                # Show a progress bar the first time; None: do not even say how long it takes
                workers: int = 1 # Processes of the first time; a script then begins with `if __name__ == '__main__':`
               ) -> Library: # Kept in `acml_home()/libraries`
        "The known compounds that come with acml: structures, names and CAS numbers, no spectra. See `39a_known`."
        ...
    def save(self,
             out: str | Path, # The folder to make
             overwrite: bool = False # Replace a library that is there
            ) -> Library: # The same, opened from there
        "Keep a library that is in memory."
        ...
    def index(self,
              progress: bool = False, # Show a progress bar
              threads: int = 0 # 0: one per processor
             ) -> NeighbourIndex: # Kept beside the library, where that is on disk
        "Make the approximate index, if there is none. Where it cannot be written (AcmlError) it serves all the same."
        ...

def gather_candidates(model: object, # The model
                      sources: list, # Tables, lists of SMILES, files (see `read_smiles`), libraries or their folders
                      report: Rejected, # Takes molecules that cannot be used
                      workers: int = 1, # Processes that embed large files
                      merge: str = 'connectivity', # One row per 'connectivity' or per 'inchikey'
                      progress: bool = False # Show a progress bar
                     ) -> Library: # In memory
    "Merge molecules from several places."
    ...
