# Written by tools/stubs.py for editors; do not edit.
"""A SMILES string in; a vector that counts the surroundings of every atom out, from a small transformer that is pre-trained on strings alone and then frozen."""
from typing import Any
from collections.abc import Iterator
from pathlib import Path
import numpy as np
from rdkit import Chem
from torch import Tensor, nn
from .identity import FingerprintMatch
from .layers import Bonds
from .modality import Modality, ModalityEncoder

def tokenize_smiles(smi: str # One SMILES string; it is cut, not checked
                   ) -> list: # Tokens, which joined give the string back
    "Cut a SMILES string into its words."
    ...
VOCABULARY: list
PAD: Any
MASK: Any
UNKNOWN: Any
FIRST_BOND: Any
FIRST_RING: Any
MAX_TOKENS: int

def token_numbers(text: str # A SMILES, which need not be a possible molecule
                 ) -> np.ndarray: # (n_tokens,) int16, places in VOCABULARY; RecordError if it is longer than MAX_TOKENS
    "Words as numbers."
    ...

def featurize_smiles(record: str, # SMILES; a name after a blank is ignored
                     canonical: bool = True # Rewrite it to canonical SMILES first
                    ) -> np.ndarray:
                    # (n_tokens,) int16, places in VOCABULARY; RecordError if it cannot be read, or is longer than
                    # MAX_TOKENS
    "A SMILES string as token numbers."
    ...

def link_tokens(tokens: list # Token numbers of one molecule
               ) -> list: # Pairs of positions (i, j)
    "Read from brackets and ring digits which tokens belong together."
    ...

def collate_smiles(features: list # n arrays of token numbers
                  ) -> dict: # tokens (n, longest) int64, padded; link (n_links, 3) int64: molecule, token, token
    "Several molecules as one batch."
    ...

def token_distance(link: Tensor, # (n_links, 3): molecule, token, token
                   shape: tuple # (n, longest)
                  ) -> Tensor: # (n, longest, longest) int64, 0 to 3
    "How many links apart two tokens are; 3 stands for more than 2."
    ...

def attention_bias(tokens: Tensor, # (n, longest)
                   distance: Tensor # (n, longest, longest), see `token_distance`
                  ) -> Tensor: # (n, 6, longest, longest), added to the logits of attention
    "What each head looks at."
    ...

class SMILESBlock(nn.Module):
    "Attention and a two-layer network, each added to its input (pre-norm); (n, longest, dim) to the same."
    def __init__(self,
                 dim: int, # Width
                 ffn_dim: int # Width inside the two-layer network
                ): ...
    def forward(self, x: Tensor, bias: Tensor) -> Tensor: ...

def split_by_length(tokens: Tensor, # (n, longest), padded
                    link: Tensor, # (n_links, 3)
                    budget: int = 2**18
                    # Molecules times the square of the length, at most (a longer molecule goes alone)
                   ) -> Iterator: # (rows, tokens, link) of each part; rows (m,) says which molecules
    "Parts of a batch, molecules of similar length together, without needless padding."
    ...

def atom_links(is_atom: Tensor, # (n, longest) bool
               link: Tensor # (n_links, 3): molecule, token, token
              ) -> Tensor: # (2, n) int64: which atoms of the batch are bonded, in both directions, sorted by receiver
    "The links between atoms, which are numbered through the batch."
    ...

class LinkMessages(nn.Module):
    "What each atom hears from others: states (n_atoms, in_dim) to (n_atoms, out_dim), zero before training."
    def __init__(self,
                 in_dim: int, # Width of the states
                 out_dim: int, # Width of what is heard
                 dim: int = 128, # Width of the messages
                 n_rounds: int = 4 # Bonds that an atom hears far
                ): ...
    def forward(self, x: Tensor, bonds: Bonds) -> Tensor: ...

def token_composition(tokens: Tensor, # (n, longest) int64
                 link: Tensor # (n_links, 3): molecule, token, token
                ) -> Tensor: # (n, COMPOSITION_DIM)
    "The composition of each string, from its tokens; hydrogens within brackets are not atoms of their own."
    ...

class SMILESEncoder(ModalityEncoder):
    "Tokens and links to (n, out_dim): learnt surroundings of the atoms, counted."
    def __init__(self,
                 dim: int = 192, # Width, a multiple of 6
                 n_layers: int = 4, # Blocks
                 ffn_dim: int = 768, # Width inside the blocks
                 width: int = 512, # Learnt surroundings
                 environments: tuple = (512, 1024), # Classes of atom environments of radius 1 and 2, for pre-training
                 n_rounds: int = 4, # Of messages along the links
                 composition: bool = True,
                 # End with the composition: the last `COMPOSITION_DIM` numbers, not learnt (`06c_composition`)
                 vocabulary: list | None = None # VOCABULARY if not given; kept with the weights, and must be the same
                ): ...
    def layers(self, tokens: Tensor, link: Tensor) -> list:
               # (n, longest), (n_links, 3) -> states (n, longest, dim) after each block
        ...
    def states(self, tokens: Tensor, link: Tensor) -> Tensor: ...
    def pool(self, tokens: Tensor, link: Tensor, layers: list) -> Tensor: # -> (n, width)
        ...
    def forward(self, batch: dict) -> Tensor: # tokens, link as from `collate_smiles`
        ...
    def encode(self, texts: list # n strings in the words of SMILES; nobody checks them
              ) -> Tensor: # (n, out_dim), zeros for a string of more than MAX_TOKENS
        "Hiddens of strings as they stand, possible molecules or not."
        ...

def atom_environments(mol: Chem.Mol | str, # Molecule or SMILES
                      sizes: tuple = (512, 1024) # Number of classes for radius 1 and 2
                     ) -> np.ndarray: # (2, n_atoms) int64; RecordError if the SMILES cannot be read
    "The class of each atom's surroundings, at radius 1 and 2."
    ...

def respell_smiles(record: str, # SMILES
                   rng: np.random.Generator # Where chance comes from
                  ) -> str: # Another SMILES of the same molecule; RecordError if it cannot be read
    "The same molecule, written from another atom and by another way."
    ...

def smiles_example(record: str, # SMILES
                   sizes: tuple = (512, 1024), # Classes of environments
                   rng: np.random.Generator | None = None # Respell it with this; canonical without
                  ) -> tuple: # tokens (n_tokens,) int16, labels (2, n_tokens) int64, -1 where there is no atom
    "A molecule to learn from."
    ...

def smiles_loss(encoder: SMILESEncoder, # In training
                examples: list, # As from `smiles_example`
                rng: np.random.Generator, # What is hidden
                masked: float = .12 # Share of molecules with hidden tokens
               ) -> tuple:
               # hidden (n, width), without the composition; whether nothing is missing in it (n,) bool; dict of cross-
               # entropies: radius1, radius2, masked
    "Name the surroundings of each atom; fill in hidden tokens."
    ...

def spelling_loss(encoder: SMILESEncoder, # In training
                  match: FingerprintMatch, # Of all records
                  records: list, # SMILES
                  rows: np.ndarray, # Which of them
                  rng: np.random.Generator, # Spellings, what is hidden, wrong answers
                  respelt: float = .3 # Share of random spellings
                 ) -> Tensor: # Scalar
    "Surroundings, hidden tokens and fingerprints of some molecules."
    ...

def pretrain_smiles(encoder: SMILESEncoder, # Trained in place
                    records: list, # SMILES of the training split
                    *, steps: int = 2000, # Optimizer steps
                    seed: int = 0, # For molecules, spellings and what is hidden
                    batch_size: int = 96, # Molecules of a step, about
                    lr: float = 1e-3, # AdamW's largest learning rate
                    max_tokens: int = 176, # Longer molecules are left out
                    refresh: int = 400, # Steps between two refreshes of the bank of fingerprints
                    **options # Passed to `spelling_loss`
                   ) -> list: # The loss of each step
    "Self-supervised pre-training of the SMILES encoder."
    ...

def fill_token(encoder: SMILESEncoder, # In evaluation mode
               smi: str, # SMILES, read as it is written
               position: int, # Which token to hide, from 0
               top: int = 4 # How many answers
              ) -> dict: # Token to probability, most probable first; AcmlError if there is no such token
    "What belongs in the gap."
    ...

def featurize_checkpoint(record: str, # SMILES
                         checkpoint: str, # Name or folder, whose tokenizer is used
                         canonical: bool = True # Rewrite it to canonical SMILES first
                        ) -> np.ndarray:
                        # (n_tokens,) int64, special tokens included; RecordError if it cannot be read, or is too long
                        # for the model
    "A SMILES string as token numbers of a Hugging Face tokenizer."
    ...

def collate_checkpoint(features: list # n arrays of token numbers
                      ) -> dict: # tokens (n, longest) int64, seen (n, longest) bool: False on padding
    "Several molecules as one batch for `HuggingFaceSMILES`."
    ...

class HuggingFaceSMILES(ModalityEncoder):
    "A transformer of the Hugging Face kind, frozen: tokens (n, longest) to (n, out_dim)."
    def __init__(self,
                 checkpoint: str | Path, # Name, e.g. 'DeepChem/ChemBERTa-77M-MLM', or folder
                 pooling: str = 'mean' # 'mean' over tokens, or 'first': the state of the first token
                ): ...
    def forward(self, batch: dict) -> Tensor: # tokens, seen as from `collate_checkpoint`
        ...
SMILES_LICENCE: str

def smiles_modality(canonical: bool = True,
                    # Rewrite strings to canonical SMILES; otherwise read as they stand, and `augment` respells them
                    checkpoint: str | None = None, # Hugging Face name or folder in place of the shipped encoder
                    pooling: str = 'mean' # Of a checkpoint: 'mean' or 'first'
                   ) -> Modality: # AcmlError if the checkpoint cannot be loaded
    "SMILES strings."
    ...
