# Written by tools/stubs.py for editors; do not edit.
"""Contrastive pre-training against structural fingerprints, and learnt features beside those made by hand."""
from typing import Any
from collections.abc import Callable
import numpy as np
from torch import Tensor, nn

def structure_fingerprints(smiles: list, # SMILES that can be read
                           n_bits: int = 2048 # Length of each of the two parts
                          ) -> np.ndarray: # (n, 2 * n_bits) uint8: environments of radius 0 to 2, then atom pairs
    "How often each environment and each atom pair occurs; RecordError on a SMILES that cannot be read."
    ...

def structure_sizes(smiles: list # SMILES that can be read
                   ) -> np.ndarray: # (n, 16) float32
    "Atoms of C H N O S P F Cl Br I B Si, then heavy atoms, their bonds, aromatic atoms, charges of either sign."
    ...

class FingerprintMatch(nn.Module):
    "Hiddens look for their fingerprints; for pre-training only."
    def __init__(self,
                 fingerprints: np.ndarray, # (n, n_bits) uint8, of the training molecules
                 width: int, # Of the hiddens
                 sizes: np.ndarray | None = None, # (n, n_sizes), e.g. of `structure_sizes`: what hiddens also must say
                 dim: int = 192, # Space where they meet
                 temperature: float = .05 # Of the softmax over fingerprints
                ): ...
    def keys(self, rows) -> Tensor: # Numbers of molecules -> (n, dim), unit rows
        ...
    def size_loss(self, hidden: Tensor, rows: np.ndarray) -> Tensor: # (n, width), their n rows -> scalar
        ...
    def forward(self, hidden: Tensor, rows: np.ndarray, negatives: np.ndarray) -> Tensor: # -> scalar
        "Loss of hiddens (n, width) of the molecules `rows` (n,), told from each other and from `negatives` (m,)."
        ...
    def refresh_bank(self):
        "Embed all fingerprints as the head sees them now."
        ...
    def nearest(self, rows: np.ndarray, # Numbers of molecules
                k: int # Neighbours
               ) -> np.ndarray: # (n, k), each molecule itself the first; before the first `refresh_bank` nothing else
        "The molecules whose fingerprints are most like those of `rows`."
        ...
    def negatives(self, rows: np.ndarray, # Molecules of a step
                  rng: np.random.Generator, # Where chance comes from
                  n: int = 700, # At random
                  k: int = 6 # Of the nearest of every second one
                 ) -> np.ndarray: # Numbers of molecules that are not among `rows`
        "Easy and hard negatives."
        ...

class LearntFeatures(nn.Module):
    "A hidden (n, dim) and beside it, as long, what a network makes of it: (n, dim + n_learnt); zeros stay zeros."
    def __init__(self,
                 dim: int, # Width of the hidden
                 n_learnt: int, # Learnt features
                 width: int = 256 # Of the network
                ): ...
    def features(self, x: Tensor) -> Tensor: # (n, dim) -> (n, n_learnt)
        ...
    def forward(self, x: Tensor) -> Tensor: ...

def pretrain_identity(learnt: LearntFeatures, # Trained in place
                      encode: Callable, # Numbers of records -> their hiddens (n, dim), corrupted as one likes
                      smiles: list | None, # Of the molecule of each measured record
                      predicted: list, # SMILES of the predicted records, which are numbered after the measured ones
                      *, steps: int, # Optimizer steps
                      rng: np.random.Generator, # Which records a step takes
                      batch_size: int = 768, # Records of a step, about
                      measured: float = .4, # Fraction of a step that is measured
                      lr: float = 1.5e-3 # AdamW's largest learning rate
                     ) -> list: # The loss of each step; AcmlError without SMILES
    "Learn to see in a record which molecule it is of."
    ...
