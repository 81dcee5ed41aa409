# Written by tools/stubs.py for editors; do not edit.
"""SMILES strings as tokens, and a small transformer, pre-trained and frozen, that counts atom environments."""
from typing import Any
from pathlib import Path
import numpy as np
from rdkit import Chem
from torch import Tensor
from .modality import Modality, ModalityEncoder

def tokenize_smiles(smi: str # One SMILES string; it is cut, not checked
                   ) -> list: # Tokens, which joined give the string back
    "Cut a SMILES string into its words."
    ...
VOCABULARY: list

def featurize_smiles(record: str, # SMILES; a name after a blank is ignored
                     canonical: bool = True # Rewrite it to canonical SMILES first
                    ) -> np.ndarray: # (n_tokens,) int16, places in VOCABULARY
    "A SMILES string as token numbers; RecordError if it cannot be read, or has more than 1,024 tokens."
    ...

def collate_smiles(features: list # n arrays of token numbers
                  ) -> dict: # tokens (n, longest) int64, padded; link (n_links, 3) int64: molecule, token, token
    "Several molecules as one batch."
    ...

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
                 vocabulary: list | None = None # VOCABULARY if not given; kept with the weights, and must be the same
                ): ...
    def layers(self, tokens: Tensor, link: Tensor) -> list: # (n, longest), (n_links, 3)
        "The states (n, longest, dim) after each block."
        ...
    def states(self, tokens: Tensor, link: Tensor) -> Tensor: # (n, longest, dim)
        ...
    def pool(self, tokens: Tensor, link: Tensor, layers: list) -> Tensor:
        "The counts of environments, (n, width)."
        ...
    def forward(self, batch: dict) -> Tensor: # tokens, link as from `collate_smiles`
        ...
    def encode(self, texts: list # n strings in the words of SMILES; nobody checks them
              ) -> Tensor: # (n, out_dim), zeros for a string of more than 1,024 tokens
        "Hiddens of strings as they stand, possible molecules or not."
        ...

def atom_environments(mol: Chem.Mol | str, # Molecule or SMILES
                      sizes: tuple = (512, 1024) # Number of classes for radius 1 and 2
                     ) -> np.ndarray: # (2, n_atoms) int64; RecordError if the SMILES cannot be read
    "The class of each atom's environment, at radius 1 and 2."
    ...

def augment_smiles(record: str, # SMILES
                   rng: np.random.Generator # Where chance comes from
                  ) -> str: # Another SMILES of the same molecule; RecordError if it cannot be read
    "The same molecule, written from another atom and by another way."
    ...

def pretrain_smiles(encoder: SMILESEncoder, # Trained in place
                    records: list, # SMILES of the training split
                    *, steps: int = 2000, # Optimizer steps
                    seed: int = 0, # For molecules, spellings and what is hidden
                    batch_size: int = 96, # Molecules of a step, about
                    lr: float = 1e-3, # AdamW's largest learning rate
                    max_tokens: int = 176, # Longer molecules are left out
                    refresh: int = 400, # Steps between two refreshes of the bank of fingerprints
                    respelt: float = .3 # Fraction of random spellings
                   ) -> list: # The loss of each step
    "Pre-training on structures: environments, masked tokens, and fingerprints to be found."
    ...

def fill_token(encoder: SMILESEncoder, # In evaluation mode
               smi: str, # SMILES, read as it is written
               position: int, # Which token to hide, from 0
               top: int = 4 # How many answers
              ) -> dict: # Token to probability, most probable first; AcmlError if there is no such token
    "What belongs in the gap."
    ...

class HuggingFaceSMILES(ModalityEncoder):
    "A transformer of the Hugging Face kind, frozen: tokens (n, longest) to (n, out_dim)."
    def __init__(self,
                 checkpoint: str | Path, # Name, e.g. 'DeepChem/ChemBERTa-77M-MLM', or folder
                 pooling: str = 'mean' # 'mean' over tokens, or 'first': the state of the first token
                ): ...
    def forward(self, batch: dict) -> Tensor: # tokens (n, longest), attention_mask (n, longest)
        ...

def smiles_modality(canonical: bool = True, # Rewrite to canonical SMILES; otherwise read as it stands, and augmented
                    checkpoint: str | None = None, # Hugging Face name or folder in place of the shipped encoder
                    pooling: str = 'mean' # Of a checkpoint: 'mean' or 'first'
                   ) -> Modality: # AcmlError if the checkpoint cannot be loaded
    "SMILES strings."
    ...
