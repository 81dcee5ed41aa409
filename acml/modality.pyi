# Written by tools/stubs.py for editors; do not edit.
"""Modality: how a kind of record is read, batched, encoded and drawn; frozen encoders, and their store."""
from typing import Any
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import numpy as np
import torch
from torch import nn
from .core import Rejected

@dataclass(frozen=True)
class Spectral:
    "How the graph tower predicts the spectra of one modality."
    readout: Callable # (hidden_dim, encoder) -> module: `predict(hidden, batch)`, `forward(hidden, batch, predicted)`
    target: Callable # record -> what a prediction is compared with
    collate: Callable # list of targets -> batch
    loss: Callable # () -> module: (predicted, graph batch, targets) -> scalar
    draw: Callable | None = None # (predicted, graph batch, numpy Generator) -> records as they might be measured
    store: Callable | None = None # (predicted, graph batch) -> for each molecule a small array, see `log_likelihood`

class Predictions:
    "Stored predictions of n molecules: one array for each, end to end."
    def __init__(self,
                 values: np.ndarray, # All of them, one after the other
                 ptr: np.ndarray # int64 (n + 1,): where each begins
                ): ...
    @classmethod
    def of(cls, arrays: list, # One array for each molecule
           dtype: np.dtype | None = None # Needed where there may be none
          ):
        "Predictions from arrays."
        ...
    def __len__(self): ...
    def __repr__(self): ...
    def __getitem__(self, rows): # int array of row numbers -> list of arrays
        ...
    def take(self, rows: np.ndarray # int (m,): row numbers
            ) -> 'Predictions': # Those of these molecules, in this order, in memory
        "Some of them."
        ...

def one_record(value: object, # A record, or a list of several
               items: tuple = () # Further types that a record may have, e.g. `list` where it is a list of numbers
              ) -> bool: # An empty list counts as one (bad) record
    "Whether a value is one record, and not a list of several."
    ...

@dataclass(frozen=True)
class Parts:
    "The n parts of a record: peaks, words, patches."
    names: list # What each is called, e.g. '128.4 ppm'
    keep: Callable # bool (n,) -> the record with these parts alone
    at: np.ndarray # Float (n,), or (n, 2) in a picture: where each is, in `unit`
    unit: str = '' # ppm, m/z, px; of words, which are counted, none
    height: np.ndarray | None = None # Float (n,): how high each is; None: all alike
    move: Callable | None = None # (i, to) -> the record with part i elsewhere; None: nothing can be moved
    drawn: object = None # What the places are places of, e.g. the picture (h, w) uint8
    def __len__(self): ...

@dataclass(frozen=True)
class Modality:
    "One way to look at a molecule; everything the rest of acml needs to know about it."
    name: str # 'cnmr', 'hnmr', 'smiles', ...: batch key, lookup name
    column: str # Column of the table that holds the record
    featurize: Callable # record -> features (numpy arrays of one record); RecordError on a bad one
    collate: Callable # list of features -> batch, a dict of tensors
    encoder: Callable # () -> ModalityEncoder with its shipped weights
    show: Callable # record -> Axes or any displayable
    where: dict = field(default_factory=dict) # Which rows of the table are its own, e.g. {'nucleus': '13C'}
    more: tuple = () # Further columns; then a record is a dict of `column` and those of them that the table has
    augment: Callable | None = None # (record, numpy Generator) -> a record of the same molecule, drawn or spelt anew
    pretrain: Callable | None = None # (encoder, records, *, steps, seed) -> losses: in place
    structures: bool = False # `pretrain` also takes `smiles` and `predicted`: (drawn records, their SMILES)
    licence: str = '' # What weights inherit from the data behind them
    spectral: Spectral | None = None # How the graph tower predicts its spectra; None: it does not
    read: Callable | None = None # (words as typed, **options) -> list of records; makes `--name` of the command line
    option: str = '' # Help text of that option
    is_record: Callable = one_record # value -> whether it is one record; else it is a list of several
    perturb: Callable | None = None # (record, how, Generator) -> record; how: 'reorder' or 'remeasure'
    log_likelihood: Callable | None = None # (stored predictions of n molecules, record) -> float (n,); its local score
    weaker: dict = field(default_factory=dict) # Name to (record, Generator) -> a record that says less of its molecule
    mass: Callable | None = None # record -> mass of the molecule that it tells, Da, or None; a term of the local score
    leave_out: Callable | None = None # (record, solvent named or None) -> (record without its peaks, what they were)
    parts: Callable | None = None # record -> `Parts`: peaks, words, patches ..., which can be left out one by one
    explain: Callable | None = None # (stored prediction of a molecule, record) -> table, how probable each peak is
    def features(self, records, report: Rejected | None = None):
        "Featurize many: (features, rows of those that were fine). Without a report a bad record raises RecordError."
        ...
    def split(self, value):
        "The records in a value: itself, or those of the list that it is."
        ...
    @property
    def from_smiles(self) -> bool:
        "Whether its record is the SMILES that every row has, so that one row of a molecule is as good as another."
        ...
    def __repr__(self): ...

def save_weights(state: dict, # Tensors by name, e.g. the `state_dict` of a module
                 folder: str | Path, # Where model.safetensors goes
                 dtype: torch.dtype | None = None # torch.float16, torch.int8 for matrices, or None: as they are
                ) -> str: # Its SHA-256, which belongs into config.json as `weights_sha256`
    "Weights as safetensors, written atomically."
    ...

def read_weights(folder: str | Path # Where model.safetensors is, and config.json, if there is one
                ) -> dict: # float32 tensors by name; AcmlError if they are missing, or not what was saved
    """Weights saved by `save_weights`, compared with `weights_sha256` of config.json; older folders do not have
    that."""
    ...

def load_weights(module: nn.Module, # Built from the saved configuration
                 folder: str | Path, # Where model.safetensors is
                 own: dict | None = None, # What must be there, tensors by name, and alone is read; if not given, all
                 rename: Callable | None = None # Name in the file -> name in the module, for files of earlier layouts
                ) -> nn.Module: # The same module, in evaluation mode
    "Read weights saved by `save_weights`; AcmlError if they are missing, damaged or of another shape."
    ...

def known_fingerprints(o: object # With `fingerprint()`, and `formerly` if it had others
                      ) -> tuple: # That of today first
    "All fingerprints of an encoder or a model, also those it had when settings or weights had other names."
    ...

class PretrainedModule(nn.Module):
    "A network that is saved with the settings that build it; subclasses set `config`."
    kind = 'model' # The key of config.json that names the class
    config: dict = {} # The arguments that rebuild it
    formerly: tuple = () # Fingerprints that the same weights had when settings or weights had other names
    def fingerprint(self) -> str:
        "Changes with the class, the configuration or any weight."
        ...
    def save_pretrained(self, folder: str | Path, dtype: torch.dtype | None = None, **info):
        "Write config.json, with `info` (data, licence, ...), and model.safetensors, in the precision of `dtype`."
        ...
    @classmethod
    def from_config(cls, config: dict):
        "Built from its settings, with random weights."
        ...
    @classmethod
    def find_config(cls, name_or_dir: str | Path) -> tuple:
        "The folder where one ships or was saved, and its config.json; AcmlError if that is of another class."
        ...
    @classmethod
    def from_pretrained(cls, name_or_dir: str | Path):
        "A shipped or saved one, in evaluation mode."
        ...

class ModalityEncoder(PretrainedModule):
    "Base of the unimodal encoders: a batch to hiddens (n, out_dim); subclasses set `config` and `out_dim`."
    kind = 'encoder'
    out_dim: int = 0 # Width of its hidden
    composition: int = 0 # How many of the last numbers of its hidden are the composition (`06c_composition`)
    @classmethod
    def shipped(cls, modality: str, **start):
        "The encoder that ships for a modality; where there is none, a start, always the same, made from `start`."
        ...
    @classmethod
    def untrained(cls, *args, **start):
        "One with random weights, always the same: a model that was trained with it finds it again."
        ...

def encode_features(modality: Modality, # Tells how to collate
                    encoder: ModalityEncoder, # In evaluation mode
                    features: list, # Features of n records
                    batch_size: int = 512 # Records at a time
                   ) -> np.ndarray: # (n, out_dim) float32
    "Hiddens of many records, those of like size together in a batch."
    ...

class FeatureStore:
    "Hiddens of frozen encoders on disk, computed once."
    def __init__(self, folder: str | Path | None = None): # `features` in `acml_home()` if not given
        ...
    def path(self, modality: Modality, encoder: ModalityEncoder, features: list) -> Path:
        "Where the hiddens of these features by this encoder are kept."
        ...
    def hidden(self, modality: Modality, encoder: ModalityEncoder, features: list, batch_size: int = 512) -> np.ndarray:
        "(n, out_dim) float16 (or 32), memory-mapped; computed if it is not there and whole, by one process at a time."
        ...
    def views(self, modality: Modality, # One with `augment`
              encoder: ModalityEncoder, # Frozen
              records: list, # n good records
              n_views: int = 4, # Views of each record
              seed: int = 0 # Of the augmentation
             ) -> np.ndarray: # (n, n_views, out_dim) float16; view 0 is the record as it is
        "Hiddens of several augmented views of each record; for a view that cannot be read the record itself stands."
        ...

def read_words(words: list, # As typed
               **options # Of the command line; not needed
              ) -> list: # Each word a record
    "Records that are typed as they are, e.g. SMILES."
    ...

def read_paths(words: list, # As typed
               hint: str = '', # What to add to the error
               **options # Of the command line; not needed
              ) -> list: # Paths; AcmlError names a file that is not there
    "Records that are files."
    ...

def check_modality(modality: Modality, # The modality to check
                   records: list, # A few good records, of different size
                   bad: list, # Records that must be refused
                   encoder: ModalityEncoder | None = None # The shipped encoder if not given
                  ):
    "Assert the contract of a modality; an AssertionError says which part of it is broken."
    ...
