# Written by tools/stubs.py for editors; do not edit.
"""One graph tower that learns, one frozen tower for each modality, all ending in one space: the model, its batches, and how it is saved."""
from typing import Any
from collections.abc import Iterator
from pathlib import Path
import numpy as np
import torch
from torch import Tensor, nn
from .core import Report
from .graph import GraphEncoder, GraphStore
from .modality import Modality, ModalityEncoder, Spectral

class SharedHead(nn.Module):
    "Scale, a few directions, a projection: (n, in_dim) to (n, embed_dim)."
    def __init__(self,
                 in_dim: int, # Width of the hidden
                 embed_dim: int, # Width of the shared space
                 rank: int = 256, # Directions in between
                 head_dim: int = 256, # Width of the correction
                 dropout: float = 0., # Inside the correction
                 unit_length: bool = False, # Scale each hidden to unit length; otherwise each number to unit variance
                 first: int | None = None,
                 # Directions start as the dimensions from this one on; all over the space if not given
                 dims: tuple | None = None # Dimensions (start, stop) that it may use at all; the others are zero
                ): ...
    def forward(self, x: Tensor) -> Tensor: ...

def with_composition(z: Tensor, # (n, embed_dim), the last COMPOSITION_DIM dimensions zero
                     waves: Tensor, # (n, COMPOSITION_DIM)
                     weight: float # Of the composition in a cosine; the rest of structure has 1
                    ) -> Tensor: # (n, embed_dim)
    "Structure and composition side by side."
    ...

class Tower(nn.Module):
    "A frozen encoder and its head: a batch to embeddings (n, embed_dim), not yet unit norm."
    frozen = True
    def __init__(self,
                 modality: Modality, # How its records are read and batched
                 encoder: ModalityEncoder | None, # Frozen from here on; None: the modality's own, when it is needed
                 head: nn.Module, # From encoder.out_dim to embed_dim
                 expected: str = '', # Fingerprint that the encoder must have
                 composition: float = 0.
                 # What the composition counts, which is then kept from the head: the last `COMPOSITION_DIM` numbers of
                 # a hidden
                ): ...
    def set_encoder(self, encoder: ModalityEncoder):
        "Use this encoder, frozen; AcmlError if the head was trained with another one."
        ...
    @property
    def encoder(self) -> ModalityEncoder: ...
    def hidden(self, batch: dict) -> Tensor: # (n, encoder.out_dim)
        ...
    def forward(self, batch: dict) -> Tensor: ...

def spectral(name: str # A modality
            ) -> Spectral: # AcmlError if it has none
    "The spectral readout of a modality."
    ...

class GraphTower(nn.Module):
    "The trainable tower: graphs to embeddings (n, embed_dim), and to predicted spectra on the way."
    frozen = False
    def __init__(self,
                 encoder: GraphEncoder, # Graphs to atoms
                 readouts: nn.ModuleDict, # Atoms to vectors, by name
                 head: nn.Module,
                 # From all readouts side by side, or, with `shared`, from the pooled one alone, to embed_dim
                 shared: bool = False, # The other readouts use the heads of their modalities
                 apart: bool = False,
                 # With `shared`: the terms of spectra, added up, are brought to unit length; the pooled one starts at
                 # 0.4
                 composition: float = 0. # With `apart`: what the composition counts beside the pooled readout
                ): ...
    def predict(self, hidden: Tensor, batch: dict) -> dict:
        "Predicted spectra of each spectral readout, by modality."
        ...
    def project(self, states: list, hidden: Tensor, batch: dict, predicted: dict,
                heads: nn.ModuleDict | None = None) -> Tensor:
        "Atoms and predicted spectra to embeddings; every predicted spectrum is brought to unit norm first."
        ...
    def forward(self, batch: dict, heads: nn.ModuleDict | None = None) -> Tensor: ...
DEFAULTS: Any

class ACML(nn.Module):
    "One trainable graph tower and one frozen tower per modality, in one space."
    def __init__(self, **config):
                 # See `DEFAULTS`; a modality takes `encoder` (its configuration), `spectral`, `options` (of its
                 # factory), `unit`, `dropout` and `rank` (of its head)
        ...
    @property
    def embed_dim(self) -> int: ...
    def train(self, mode=True):
        "Frozen encoders stay in evaluation mode."
        ...
    def embed_graphs(self, batch: dict # As from `GraphStore.batch`
                    ) -> Tensor: # (n, embed_dim), not yet unit norm
        "Graphs to the shared space."
        ...
    def forward(self, batch: dict
                # `graph`, and for each modality a dict with `rows` (which graphs) and `hidden` or an encoder's batch;
                # `negatives` by modality
               ) -> dict:
               # `graph` (n, embed_dim), an embedding for each modality in the batch, `predicted` spectra, `negatives`
        "One step of training."
        ...
    def learn_only(self, names: tuple | None = None, # Modalities whose heads learn; None: the graph tower and all heads
                   body: bool = True
                   # With the graph tower also its atoms and predicted spectra; otherwise its pooled readout and its
                   # head only
                  ):
        "Choose what training changes."
        ...
    def align_heads(self, name: str, # A modality with a spectral readout
                    hidden: np.ndarray # (n, encoder.out_dim), n >= embed_dim: hiddens of training spectra
                   ) -> float: # Share of the second moments that the shared directions keep
        "Start the head of the modality, and what the graph makes of its predicted spectra, as the same linear map."
        ...
    @property
    def device(self) -> torch.device: ...
    def embed_store(self, store: GraphStore, # Packed molecules
                    batch_size: int = 128 # Molecules at a time
                   ) -> Iterator:
                   # (rows, embeddings (m, embed_dim) not yet unit norm), with the positions of the SMILES
        "Embed packed graphs, a batch at a time."
        ...
    def embed(self, modality: str, # 'graph', or a modality of this model
              records: list, # SMILES for 'graph'; else records of the modality, e.g. lists of shifts in ppm
              report: Report | None = None, # Takes the bad ones
              batch_size: int = 128 # Records at a time; larger ones fall out of the processor's cache
             ) -> np.ndarray: # (n, embed_dim) float32, unit norm; NaN rows for records in the report
        "Embeddings in the shared space."
        ...
    def predict_shifts(self, smi: str, # SMILES
                       modality: str = 'cnmr' # One with a spectral readout
                      ) -> np.ndarray:
                      # (n_atoms,) float32 ppm in the atom order of the SMILES; NaN where the atom has no line
        "The predicted line of each atom."
        ...
    def simulate(self, modality: str, # One with a spectral readout
                 smiles: list, # Molecules
                 rng: np.random.Generator, # Where chance comes from
                 report: Report | None = None, # Takes the bad ones
                 batch_size: int = 256 # Molecules at a time
                ) -> list: # A record of the modality for each, perhaps without a peak; None for molecules in the report
        "Records as they might be measured."
        ...
    def encoder_fingerprints(self) -> dict: # By modality
        "Which frozen encoder each tower was trained with."
        ...
    def fingerprint(self) -> str:
        "Changes with the configuration, any weight or any encoder; libraries carry it."
        ...
    def save_pretrained(self, folder: str | Path, # Made if need be
                        dtype: torch.dtype | None = None, # torch.float16 halves the file, torch.int8 halves it again
                        **info # Training data, licence, scores, ...
                       ):
        "Write config.json, model.safetensors, and the user's own encoders."
        ...
    def use_encoder(self, name: str, # A modality
                    encoder: ModalityEncoder # Another frozen encoder of the same class, e.g. as from `pretrain_encoder`
                   ):
        "Replace a frozen encoder before training."
        ...
    @classmethod
    def from_pretrained(cls, name_or_dir: str | Path # A shipped name, e.g. 'cnmr' or 'joint', or a folder
                       ) -> ACML: # In evaluation mode; AcmlError if it is missing, damaged or something else
        "A saved model."
        ...
