# Written by tools/stubs.py for editors; do not edit.
"""Retrieval tasks: how often the true molecule is found, among how many, how surely; floors; reports."""
from typing import Any
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from .candidates import FILTERS, EvaluationSet
from .core import Rejected

def expected_top1(ranks: np.ndarray, # (n_queries,) ranks of the true molecule from 1, among `n_library`
                  n_library: int, # Candidates that were ranked, the true one included
                  size: int # Candidates in a smaller random library, the true one included
                 ) -> float: # Fraction in 0..1
    "Recall at 1 to be expected in random parts of the library (hypergeometric)."
    ...

def in_batch_protocol(query: np.ndarray, # float32 (n, embed_dim), unit rows: the spectra
                      candidates: np.ndarray, # float32 (n, embed_dim), unit rows: the molecule of each spectrum
                      batch_size: int = 128, # Candidates each query is compared with; the paper took 128
                      n_draws: int = 10, # Times that the pairs are shuffled into batches
                      seed: int = 0 # Of the shuffling
                     ) -> dict: # top1 (spectrum to molecule), top1_reverse (the other way), ci95, batch_size, n_batches
    "Accuracy inside random batches (arXiv 2311.06456); an incomplete last batch is left out. Intervals over pairs."
    ...

@dataclass
class RetrievalReport:
    "How often the truth was found."
    summary: dict # n_queries, n_library, top1, top5, top10, mrr, median_rank, ci95, chance, filter, ties, ...
    predictions: pd.DataFrame # One row per query: row, id, split, connectivity, rank, n_candidates, score, top1_...
    set_aside: Rejected = field(default_factory=Rejected) # Spectra and molecules that could not be used
    @property
    def title(self):
        "The heading, or that the figures are refused."
        ...
    @property
    def heading(self):
        "How many queries, among how many molecules, by which rules."
        ...
    @property
    def table(self):
        "metric, value, low and high end of the 95 % interval, what chance reaches."
        ...
    def to_json(self,
                path: str | Path | None = None # Also write it there
               ) -> str: # JSON text
        "The summary as JSON."
        ...
    @property
    def gates(self):
        "name, verdict, why: the checks that were run with it; no rows where none was."
        ...
    @property
    def notes(self):
        "What a reader must know beside the figures: how many gates it passed, and which it did not."
        ...
    def __repr__(self): ...
    def plot(self,
             ax: Axes | None = None, # Axes to draw into; new ones otherwise
             label: str = 'model', # Name of the curve
             color: str = '#0072B2' # Its colour
            ) -> Axes: # Recall at k against k
        "Cumulative recall with its interval, and chance."
        ...

def score_queries(evaluation: EvaluationSet, # One query each
                  filter: str = 'none', # 'none', 'formula' or 'mass': what is known of the true molecule
                  ppm: float = 10, # Half width of the mass window, parts per million
                  **about # What else to state: modality, data_sha256, seconds ...
                 ) -> RetrievalReport: # Summary and predictions
    "Rank the true molecule of each query and sum up."
    ...

@dataclass
class EvaluationTask:
    "Records whose molecule is known look for it: what all tasks have in common."
    model: object # `embed(modality, records, report=report)` and `fingerprint()`
    data: object # Table of records (see `acml.data`), its path, or a list of them
    modality: object = 'cnmr' # Whose rows and records; several as 'cnmr+hnmr' or a tuple
    queries: str = 'test' # Split whose records are asked about, or 'all'
    filter: str = 'none' # 'none', 'formula' or 'mass': what is known of the true molecule
    ppm: float = 10 # Half width of the mass window, parts per million
    candidates: str = 'all' # Split whose molecules are the candidates, or 'all'
    suspect: bool = False # Ask about records marked `suspect` too
    weights: dict | None = None # Modality to weight; those of the model if not given
    floor: str = '' # 'shuffled', 'formula' or 'mass' instead of the model's own answer
    scoring: str = 'both' # What orders the candidates, one of `SCORES`; the global score, where there is no local one
    embed_options: dict = field(default_factory=dict) # Further arguments of `model.embed` for the records
    workers: int = 1 # Processes that embed molecules
    direction, pairing, scope, index, via = 'to_molecule', 'each', None, 'graph', 'direct'
    def __post_init__(self): ...
    @property
    def modalities(self): ...
    def sources(self) -> list: # DataFrames
        "The tables, read, with the column `row`."
        ...
    def tables(self, sources: list # As from `sources`
              ) -> dict: # Modality to its rows
        "The rows of each modality that takes part."
        ...
    def scope_rows(self, sources: list, tables: dict # As above
                  ) -> pd.DataFrame:
                  # inchikey, smiles, formula, ... one row per InChIKey; AcmlError where there is none
        "The molecules that are candidates."
        ...
    def prepare(self,
                report: Rejected | None = None # Takes what cannot be used
               ) -> EvaluationSet: # Of the queries that can be asked, by modality
        "Read and embed."
        ...
    def combine(self, evaluation: EvaluationSet, # As from `prepare`
                names: tuple | None = None # Only these modalities of the query
               ) -> EvaluationSet: # One query each, those left out of which nothing is there
        "The queries, one vector each."
        ...
    def score(self, evaluation: EvaluationSet, # As from `prepare`
              filter: str | None = None, # Instead of the task's own
              names: tuple | None = None, # Only these modalities of the query
              floor: str | None = None # Instead of the task's own
             ) -> RetrievalReport: # Summary with the keys of `acml eval retrieval`, and predictions
        "Rank and report."
        ...
    def confidence(self, evaluation: EvaluationSet # As from `prepare`
                  ) -> dict: # As from `measure_confidence`; empty where the model promises nothing for such questions
        "How true the promised probabilities are."
        ...
    def score_parts(self, evaluation: EvaluationSet # As from `prepare`
                   ) -> dict: # 'cnmr+hnmr', 'cnmr', 'hnmr' to RetrievalReport
        "All modalities together, and each alone on the same molecules and the same library."
        ...
    def run(self,
            report: Rejected | None = None, # Takes what cannot be used
            evaluation: EvaluationSet | None = None # What `prepare` gave, if it was called before
           ) -> RetrievalReport: # Summary with the keys of `acml eval retrieval`, and predictions
        "Embed, rank, report."
        ...
    def run_filters(self,
                    filters: tuple = FILTERS, # Which
                    report: Rejected | None = None # Takes what cannot be used
                   ) -> dict: # Filter to RetrievalReport
        "Several filters on one embedded library."
        ...

@dataclass
class RetrievalTask(EvaluationTask):
    "Full-library retrieval of the molecules of spectra."
    library: list = () # More candidates: tables, SMILES files, lists of SMILES, libraries
    pairing: str = '' # 'each' spectrum a query, or one a molecule: 'first', 'mean'; default each, of one modality
    scope: object = None # Modalities whose molecules are candidates, or 'all' rows; default the first modality
    def __post_init__(self): ...

@dataclass
class ReverseRetrievalTask(EvaluationTask):
    "Retrieval of the spectra of molecules."
    direction = 'to_spectrum'
    def __post_init__(self): ...

@dataclass
class CrossModalTask(EvaluationTask):
    "Retrieval of records of one modality by those of another."
    index: str = field(kw_only=True) # Modality whose records are the candidates
    through_molecules: bool = False # Compare the molecules that the two are near to, not the two directly
    pairing: str = 'first' # One query a molecule: from its 'first' record, or the 'mean' of all
    scope: object = None # Modalities whose molecules are candidates, or 'all' rows; default `index`
    def __post_init__(self): ...
