# Written by tools/stubs.py for editors; do not edit.
"""SMILES strings as tokens, and a small transformer, pre-trained and frozen, that counts atom environments."""
from typing import Any
from pathlib import Path
import numpy as np
from torch import Tensor
from .modality import Modality, ModalityEncoder

class SMILESEncoder(ModalityEncoder):
    "Tokens and links to (n, out_dim): learnt environments of the atoms, counted."
    def __init__(self,
                 dim: int = 192, # Width, a multiple of 6
                 n_layers: int = 4, # Blocks
                 ffn_dim: int = 768, # Width inside the blocks
                 width: int = 512, # Learnt environments
                 environments: tuple = (512, 1024), # Classes of atom environments of radius 1 and 2, for pre-training
                 n_rounds: int = 4, # Of messages along the links
                 composition: bool = True, # End with the composition (`06c_composition`), which is not learnt
                 vocabulary: list | None = None # That of this page, which is taken if not given; kept with the weights
                ): ...
    def layers(self, tokens: Tensor, link: Tensor) -> list: # (n, longest), (n_links, 3)
        "The states (n, longest, dim) after each block."
        ...
    def states(self, tokens: Tensor, link: Tensor) -> Tensor: # (n, longest, dim)
        ...
    def pool(self, tokens: Tensor, link: Tensor, layers: list) -> Tensor:
        "The counts of environments, (n, width)."
        ...
    def forward(self, batch: dict) -> Tensor: # tokens, link as from `_collate_smiles`
        ...
    def encode(self, texts: list # n strings, written like SMILES; nobody checks them
              ) -> Tensor: # (n, out_dim), zeros for a string of more than 1,024 tokens
        "Hiddens of strings as they stand, possible molecules or not."
        ...

def augment_smiles(record: str, # SMILES
                   rng: np.random.Generator # Where chance comes from
                  ) -> str: # Another SMILES of the same molecule; RecordError if it cannot be read
    "The same molecule, written from another atom and by another way."
    ...

class HuggingFaceSMILES(ModalityEncoder):
    "A transformer of the Hugging Face kind, frozen: tokens (n, longest) to (n, out_dim)."
    def __init__(self,
                 checkpoint: str | Path, # Name, e.g. 'DeepChem/ChemBERTa-77M-MLM', or folder
                 pooling: str = 'mean', # 'mean' over tokens, or 'first': the state of the first token
                 allow_download: bool = False # Ask the hub, where it is not on this machine
                ): ...
    def forward(self, batch: dict) -> Tensor: # tokens (n, longest), attention_mask (n, longest)
        ...

def smiles_modality(canonical: bool = True, # Rewrite to canonical SMILES; otherwise read as it stands, and augmented
                    checkpoint: str | None = None, # Hugging Face name or folder in place of the shipped encoder
                    pooling: str = 'mean', # Of a checkpoint: 'mean' or 'first'
                    allow_download: bool = False # Ask the hub, where the checkpoint is not on this machine
                   ) -> Modality: # AcmlError if the checkpoint cannot be loaded
    "SMILES strings."
    ...
