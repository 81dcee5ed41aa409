# Written by tools/stubs.py for editors; do not edit.
"""The ACML model: one trainable graph tower, a frozen tower for each modality, one space."""
from typing import Any
from collections.abc import Iterator
from pathlib import Path
import numpy as np
import torch
from torch import Tensor, nn
from .config import ModelConfig
from .core import Rejected
from .graph import GraphStore
from .modality import ModalityEncoder
from .space import Space
from .towers import GraphTower

class ACML(nn.Module):
    "One trainable graph tower and one frozen tower per modality, in one space."
    def __init__(self,
                 space: Space, # The shared space
                 graph: GraphTower, # The tower that learns
                 towers: dict, # Modality to its `Tower`
                 config: ModelConfig | None = None # What rebuilds it; without one it cannot be saved
                ): ...
    def __repr__(self): # all modules: torch.nn.Module.__repr__(model)
        ...
    @property
    def embed_dim(self) -> int: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def heads(self) -> dict: ...
    def train(self, mode=True):
        "Frozen encoders stay in evaluation mode."
        ...
    @classmethod
    def from_config(cls,
                    config: ModelConfig | dict | None = None, # All settings; AcmlError names one that is unknown
                    **settings # Or the settings by name, as of `ModelConfig`
                   ) -> ACML: # With random weights
        "An untrained model."
        ...
    def embed_graphs(self, batch: dict, # As from `GraphStore.batch`
                     spectra: bool = True # With predicted spectra; see `needs_spectra`
                    ) -> Tensor: # (n, dim), not yet unit norm
        "Graphs to the shared space."
        ...
    def needs_spectra(self, names: list # Modalities that graphs are compared with
                     ) -> bool: # False: the space is divided, and all of these write outside of what spectra fill
        "Whether predicted spectra tell graphs apart for any of these modalities."
        ...
    def forward(self, batch: dict # `graph`; by modality `rows` (of which graphs) and `hidden` or a batch; `negatives`
               ) -> dict: # `graph` (n, dim), an embedding for each modality there, `predicted`, `negatives`, `weaker`
        "One step of training."
        ...
    def plot_space(self, ax: object = None # Axes to draw into; new ones otherwise
                  ) -> object: # Axes: a row for each tower
        "Which tower writes into which dimensions."
        ...
    def learn_only(self,
                   what: str = 'all', # One of `LEARNS`; 'heads+pooled': all but atoms and predicted spectra
                   names: tuple = () # With 'heads', 'predicted': of these modalities
                  ):
        "Choose what training changes."
        ...
    def align_heads(self, name: str, # A modality with a spectral readout
                    hidden: np.ndarray # (n, encoder.out_dim), n >= embed_dim: hiddens of training spectra
                   ) -> float: # Share of the second moments that the shared directions keep
        "Start the head of the modality, and what the graph makes of its predicted spectra, as the same linear map."
        ...
    def embed_store(self, store: GraphStore, # Packed molecules
                    batch_size: int = 128 # Molecules at a time
                   ) -> Iterator:
                   # (rows, embeddings (m, embed_dim) not yet unit norm), with the positions of the SMILES
        "Embed packed graphs, a batch at a time."
        ...
    def embed(self, modality: str, # 'graph', or a modality of this model
              records: list, # SMILES for 'graph'; else records of the modality, lists of shifts, ...; see `09d_records`
              report: Rejected | None = None, # Takes the bad ones
              batch_size: int = 128 # Records at a time; larger ones fall out of the processor's cache
             ) -> np.ndarray: # (n, embed_dim) float32, unit norm; NaN rows for records in the report
        "Embeddings in the shared space."
        ...
    def embed_and_predict(self, smiles: list, # Molecules
                          report: Rejected | None = None, # Takes the bad ones
                          batch_size: int = 128 # Molecules at a time
                         ) -> tuple: # (embeddings as from `embed`, {modality: Predictions}); nothing for bad molecules
        "Embeddings of molecules, and the spectra predicted for them."
        ...
    def predict_shifts(self, smi: str, # SMILES
                       modality: str = 'cnmr' # One with a spectral readout
                      ) -> np.ndarray:
                      # (n_atoms,) float32 ppm in the order of the SMILES; NaN where the atom has no line
        "The predicted line of each atom."
        ...
    def simulate(self, modality: str, # One with a spectral readout
                 smiles: list, # Molecules
                 rng: np.random.Generator, # Where chance comes from
                 report: Rejected | None = None, # Takes the bad ones
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
    def made(self, fingerprint: str # As it stands in a library
            ) -> bool: # Also where it was written when the settings still had other names
        "Is this the model that has the fingerprint?"
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
    def from_pretrained(cls, name_or_dir: str | Path, # A shipped name, e.g. 'cnmr' or 'joint', or a folder
                        allow_download: bool = False # Fetch checkpoints that its config.json names from their hub
                       ) -> ACML: # In evaluation mode; AcmlError if it is missing, damaged or something else
        "A saved model; nothing is asked of the network unless it is allowed."
        ...
LEARNS: tuple
