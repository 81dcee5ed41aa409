# Written by tools/stubs.py for editors; do not edit.
"""Molecules that may be the answer: unit embeddings, formula, mass; filters; queries whose answer is known."""
from typing import Any
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
import numpy as np
import pandas as pd
import pyarrow as pa
from .core import Rejected

def describe_molecules(molecules: pd.DataFrame | list, # Table with the column `smiles` (others optional), or SMILES
                       report: Rejected | None = None # Takes the bad ones; None: the first raises RecordError
                      ) -> pd.DataFrame: # smiles, inchikey, connectivity, formula, exact_mass (Da), names and ids
    "What candidates keep of each molecule."
    ...

@dataclass
class Known:
    "What is known of a molecule besides its spectra: nothing, if nothing is given."
    formula: str | None = None # Molecular formula, in any order of elements
    mass: float | None = None # Monoisotopic mass, Da ...
    ppm: float = 10 # ... within this many parts per million
    elements: str | list | None = None # All elements that may occur, `+` behind those that must: 'C H O Cl+'
    exclude: list | str | None = None # InChIKeys, or their first 14 characters, to leave out
    def __post_init__(self): ...
    @property
    def filters(self):
        "What was given, by name."
        ...

@dataclass
class Candidates:
    "Molecules that may be the answer: unit embeddings, and a table of what is known of each."
    embeddings: np.ndarray # Float array (n, embed_dim), unit rows
    molecules: pa.Table # connectivity, formula, exact_mass (Da); smiles, inchikey, name and id columns
    predicted: dict = field(default_factory=dict, kw_only=True) # Modality to `Predictions` of them
    def __post_init__(self): ...
    def __len__(self): ...
    def __repr__(self): ...
    @property
    def embed_dim(self): ...
    @cached_property
    def n_repeats(self): ...
    def table(self,
              rows: np.ndarray | None = None # int (n,): row numbers, or bool, one for each row; None: all
             ) -> pd.DataFrame: # The molecules of these rows, in this order
        "The molecules as a table."
        ...
    @classmethod
    def from_embeddings(cls,
                        embeddings: np.ndarray, # Float array (n, embed_dim), unit rows
                        molecules: pd.DataFrame, # n rows as `describe_molecules` gives them
                        predicted: dict | None = None # Modality to `Predictions`
                       ) -> Candidates: # In memory
        "Candidates from what is already embedded."
        ...
    def part(self,
             rows: np.ndarray # int (n,): row numbers, or bool, one for each row
            ) -> Candidates: # These molecules, in this order
        "Some of the candidates."
        ...
    def rows_of(self,
                keys: list # InChIKeys, or their first 14 characters
               ) -> np.ndarray: # int (n,): the first row of each, -1 where it is not here
        "Where molecules are."
        ...
    def select(self,
               known: Known # What is known
              ) -> np.ndarray | None: # int64 rows, ascending; None for all
        "The rows that may be the answer."
        ...
    def check_query(self,
                    query: np.ndarray # Float array (embed_dim,) or (n, embed_dim)
                   ) -> np.ndarray: # float32 (n, embed_dim); AcmlError names the first that is not a unit vector
        "Queries that can be compared with these candidates."
        ...
    def nearest(self,
                query: np.ndarray, # float32 (n, embed_dim), unit rows
                k: int = 10, # How many; fewer where there are fewer
                rows: np.ndarray | None = None # Only these, ascending, as from `select`
               ) -> tuple: # (scores float64 (n, k), best first; row numbers int64 (n, k))
        "The best candidates of each query; equal scores in the order of the candidates."
        ...
    def alike(self,
              target: np.ndarray, # int (n,): rows
              filter: str = 'none', # What is known of each, one of `FILTERS`
              ppm: float = 10 # Half width of the mass window, parts per million
             ) -> Iterator: # Pairs (slice of `target`, ascending rows or None for all)
        "The candidates that are left for each target."
        ...
    def ranks(self,
              query: np.ndarray, # float32 (n, embed_dim), unit rows
              target: np.ndarray, # int (n,): row of the true molecule of each query
              filter: str = 'none',
              # Candidates: 'none' all, 'formula' those of the true formula, 'mass' near the true mass
              ppm: float = 10, # Half width of the mass window, parts per million
              second: Callable | None = None # (query number, rows) -> scores: orders the best `N_SECOND` anew
             ) -> pd.DataFrame: # rank (1 is best, ties count against it), n_candidates, score, best_row, best_score
        "Where the truth stands for each query, and what came first."
        ...
N_SECOND: int
FILTERS: tuple

@dataclass
class EvaluationSet:
    "Queries whose molecule is among the candidates."
    candidates: Candidates # Molecules, or what stands for them, to choose from
    queries: dict # Modality to float32 (n, embed_dim), unit rows; rows of NaN where an input is missing
    target: np.ndarray # int (n,): row of the true molecule of each query
    names: pd.DataFrame | None = None # n rows that name the queries: row, id, split
    report: Rejected = field(default_factory=Rejected) # What could not be used
    about: dict = field(default_factory=dict) # What else a summary shall say
    records: dict = field(default_factory=dict) # Modality to the records of each query, n lists, where they are at hand
    second: object = None # The second stage of these queries, as `LocalScore` of `23b_local`
    def __post_init__(self): ...
    def __len__(self): ...
    @property
    def groups(self):
        "Which molecule each query belongs to: the first block of its InChIKey."
        ...
    @property
    def query(self):
        "The queries, where there is one kind of them."
        ...
    def part(self,
             keep: np.ndarray # Which queries: bool (n,), positions, or a slice
            ) -> 'EvaluationSet': # The same candidates
        "Some of the queries."
        ...
    def ranks(self,
              filter: str = 'none', # What is known of the true molecule, one of `FILTERS`
              ppm: float = 10 # Half width of the mass window, parts per million
             ) -> pd.DataFrame: # As from `Candidates.ranks`
        "Where the truth stands for each query."
        ...
    def shuffled(self, seed: int = 0 # Of the order
                ) -> EvaluationSet: # None of the queries is of its own molecule
        "The same questions, asked with the wrong queries."
        ...

def embed_candidates(model: object, # `embed('graph', smiles, report=report)`
                     molecules: pd.DataFrame | list, # Table with the column `smiles`, or a list of SMILES
                     report: Rejected | None = None, # Takes the bad ones, counts the good; None: a bad one is an error
                     merge: str = 'connectivity' # One row per 'inchikey' or per 'connectivity', its first 14 characters
                    ) -> Candidates: # float32; none, if no molecule can be used
    "Describe and embed molecules."
    ...
