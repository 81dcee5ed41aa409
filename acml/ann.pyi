# Written by tools/stubs.py for editors; do not edit.
"""Approximate nearest neighbours (HNSW): the probable best of a million in a millisecond, scored exactly."""
from typing import Any
from pathlib import Path
import numpy as np

_EFFORT: int

class NeighbourIndex:
    "Row numbers of the probable best candidates of a query."
    def __init__(self,
                 graph: object # A `usearch.index.Index` whose keys are row numbers
                ): ...
    def __len__(self): ...
    @property
    def embed_dim(self): ...
    def __repr__(self): ...
    def rows(self,
             query: np.ndarray, # float32 (n, embed_dim), unit rows
             n: int = 50, # How many per query
             effort: int = _EFFORT # Candidates kept in mind during a walk
            ) -> np.ndarray: # int64 (n_queries, n), -1 where fewer were found
        "Rows of the probable best, in no particular order."
        ...
    @classmethod
    def build(cls,
              embeddings: np.ndarray, # Float array or memory map (n, embed_dim), unit rows
              threads: int = 0, # 0: one per processor
              progress: bool = False # Show a progress bar
             ) -> NeighbourIndex: # In memory
        "Link the vectors."
        ...
    def save(self,
             folder: str | Path, # Where to
             of: str # Names the vectors
            ):
        "Write the index, and last what it belongs to; AcmlError where that is not possible."
        ...
    @classmethod
    def load(cls,
             folder: str | Path, # Where `save` put it
             of: str, # Names the vectors that it shall belong to
             verify: bool | None = None # Compare its SHA-256; True: also if that was done lately, False: only its size
            ) -> NeighbourIndex: # Memory-mapped
        "Open an index; AcmlError if it is not there, damaged, or of other vectors."
        ...

def near_top_k(index: NeighbourIndex, # Of the candidates
               query: np.ndarray, # float32 (n, dim), unit rows
               candidates: np.ndarray, # Float array or memory map (n_candidates, dim), unit rows
               k: int = 10, # How many; fewer come back if there are fewer candidates
               effort: int = _EFFORT # Candidates kept in mind during a walk
              ): # -> scores float64 (n, k), best first; row numbers int64 (n, k), -1 and -inf where fewer were found
    "The probable best k candidates of each query, with their exact scores."
    ...
