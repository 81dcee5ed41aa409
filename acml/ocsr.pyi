# Written by tools/stubs.py for editors; do not edit.
"""Optical chemical structure recognition: three small CNNs and chemistry, from a drawing to its molecule."""
from typing import Any
from collections.abc import Callable
from dataclasses import dataclass
import numpy as np
from torch import Tensor, nn
from .modality import PretrainedModule

CELL: int

class AtomDetector(nn.Module):
    """Ink (n, h, w), 0 to 1, sides multiples of 12, to features (n, dim, h/6, w/6) and a heat map (n, h/3, w/3),
    logits."""
    def __init__(self,
                 n_labels: int = 128, # Classes of atom labels
                 stroke_dim: int = 24, # Channels at cells of 2 px
                 fine_dim: int = 64, # Channels at cells of 6 px
                 coarse_dim: int = 128, # Channels at cells of 12 px
                 dim: int = 128, # Features of a cell
                 dilations: tuple = (2, 2), # One block each at cells of 12 px
                 n_context: int = 2 # Wide filters
                ): ...
    def forward(self, ink: Tensor) -> tuple: ...

def sample_features(features: Tensor, # (n, dim, h, w) as from `AtomDetector`
                    picture: np.ndarray, # (m,) int, ascending: which of the n
                    xy: np.ndarray # (m, 2) px
                   ) -> Tensor: # (m, dim)
    "Features at any point of the paper."
    ...

def bond_length(xy: np.ndarray # (n, 2)
               ) -> float: # In the same unit; for a lone atom 40
    "How far atoms usually are from the nearest one."
    ...

def rescale(picture: Tensor, # (h, w) uint8
            scale: float # Of its size
           ) -> Tensor: # float32, 0 to 1
    "A picture made smaller or larger."
    ...

def crop_atoms(picture: Tensor, # (h, w) uint8
               xy: np.ndarray, # (n, 2) px
               bond_px: float # Bond length, px
              ) -> Tensor: # (n, 64, 64), 0 to 1
    "What is around each atom, as far as a bond reaches."
    ...

class AtomClassifier(nn.Module):
    "Crops (n, 64, 64) to the logits of the atom labels, (n, n_labels)."
    def __init__(self,
                 n_labels: int, # Classes
                 dim: int = 96 # Channels of the last layer
                ): ...
    def forward(self, crops: Tensor) -> Tensor: ...
BOND_PX: float
MAX_SCALE: float

def near_pairs(xy: np.ndarray, # (n, 2) px
               bond_px: float, # px, as from `bond_length`
               reach: float = 3.2, # Bond lengths
               k: int = 14 # Nearest atoms, at most
              ) -> tuple: # (n_pairs,) and (n_pairs,), the first always the lower number
    "Atoms that might be bonded."
    ...

class BondClassifier(nn.Module):
    "What joins two atoms: nothing, or a single, double, triple or aromatic bond; (n_pairs, 5) logits."
    def __init__(self,
                 dim: int, # Features of the detector
                 width: int = 96 # Of the network
                ): ...
    def forward(self,
                ink: Tensor, # (n, height, width)
                features: Tensor, # Of the detector
                h: Tensor, # (m, dim), the features at m atoms
                picture: np.ndarray, # (m,): the picture of each
                xy: np.ndarray, # (m, 2) px
                pairs: tuple, # Of atoms, picture after picture
                bond_px: np.ndarray # (m,) px: bond length of the atom's drawing
               ) -> Tensor: ...

@dataclass(frozen=True)
class PredictedGraph:
    "What was read from a drawing: n atoms and k bonds."
    labels: np.ndarray # (n, n_labels) float32, probabilities of the labels
    weight: np.ndarray # (n,) 0-1: how surely an atom is there
    pairs: np.ndarray # (k, 2) atoms
    order: np.ndarray # (k, 4) float32, probabilities of single, double, triple, aromatic, as drawn
    xy: np.ndarray | None = None # (n, 2) px

class StructureRecognizer(PretrainedModule):
    "Reads the molecules that are drawn in pictures (h, w) uint8, 255 is ink."
    def __init__(self,
                 n_labels: int = 128, # Classes of atom labels, one of them for the rest
                 stroke_dim: int = 24, # See `AtomDetector`
                 fine_dim: int = 64, # See `AtomDetector`
                 coarse_dim: int = 128, # See `AtomDetector`
                 dim: int = 128, # See `AtomDetector`
                 dilations: tuple = (2, 2), # See `AtomDetector`
                 n_context: int = 2, # See `AtomDetector`
                 atom_dim: int = 96, # Of the `AtomClassifier`
                 bond_dim: int = 96, # Width of the `BondClassifier`
                 scales: tuple = (1., 1.12, .88, 1.4), # At which a picture is read, times the best one
                 min_votes: float = 1.5 # At most 1 a scale; a molecule that has more needs no further one
                ): ...
    def bond_lengths(self, pictures: list # n of (h, w) uint8
                    ) -> np.ndarray: # (n,) px
        "How long bonds are in each picture: from a pass at half size, then one near the right size."
        ...
    def read(self, pictures: list, # n of (h, w) uint8
             scale: np.ndarray | None = None # (n,) of each; the best one if not given
            ) -> list: # n of `PredictedGraph`, places in px of the picture
        "The graphs that are drawn, as read at one scale."
        ...
    def candidates(self, pictures: list, # n of (h, w) uint8
                   change: Callable | None = None
                   # Of a picture's number and its `PredictedGraph`: the graph to go on with
                  ) -> tuple: # Of each picture a dict, SMILES to votes; and the molecule of each SMILES
        "What may be drawn, and how likely it is: from two scales that agree, or else from all."
        ...
    def molecules(self, pictures: list # n of (h, w) uint8
                 ) -> list: # n of Chem.Mol; without atoms where nothing was seen
        "The likeliest of the candidates."
        ...
