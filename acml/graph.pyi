# Written by tools/stubs.py for editors; do not edit.
"""Molecular graphs: packed arrays, a shallow message-passing encoder, and readouts of molecules."""
from typing import Any
from pathlib import Path
import numpy as np
from torch import Tensor, nn
from .core import Rejected

ATOM_FEATURES: dict
BOND_FEATURES: dict

class GraphStore:
    "Molecular graphs packed into flat arrays."
    arrays = ('x', 'edge_index', 'edge_attr', 'atom_class', 'node_ptr', 'edge_ptr', 'rows')
    def __init__(self, **arrays): # The arrays named in `GraphStore.arrays`
        ...
    def __len__(self) -> int: ...
    @classmethod
    def from_smiles(cls,
                    smiles: list, # SMILES strings
                    report: Rejected | None = None # Takes the bad ones; without it the first bad one raises RecordError
                   ) -> 'GraphStore':
        "Parse and pack; `rows` holds the positions of the SMILES that could be read."
        ...
    def batch(self,
              idx: np.ndarray # (n,) positions of molecules, in any order, repeats allowed
             ) -> dict: # int64: x (n_atoms, 9), edge_index (2, n_bonds), edge_attr (n_bonds, 4), ptr (n + 1,), ...
        "The chosen molecules as one batch; atoms have atomic_number, n_hydrogens and atom_class (symmetry) besides."
        ...
    def save(self, folder: str | Path): # A folder; made if need be
        "Each array as a .npy file."
        ...
    @classmethod
    def load(cls, folder: str | Path) -> GraphStore:
        "A saved store, memory-mapped; AcmlError if a file is missing or damaged."
        ...
    def to_pyg(self, idx) -> object: # positions of molecules, as for `batch`
        "The chosen molecules as an ordinary `torch_geometric.data.Batch`."
        ...

def graph_mass(batch: dict # As from `GraphStore.batch`
              ) -> Tensor: # (n,) float64, Da; isotope labels and elements without a slot of their own do not count
    "Monoisotopic mass of each molecule of a batch, hydrogens included."
    ...

def graph_composition(batch: dict # As from `GraphStore.batch`
                     ) -> Tensor: # (n, COMPOSITION_DIM); elements without a slot of their own count as other ones
    "The composition of each molecule of a batch."
    ...

class GraphEncoder(nn.Module):
    "A shallow message-passing network: a batch of graphs to one hidden vector per atom."
    def __init__(self,
                 hidden_dim: int = 192, # Width; a multiple of 4 for GAT
                 n_layers: int = 5, # Bonds that an atom sees far
                 conv: str = 'gin', # gin, gcn, gat, sage or nnconv
                 jump: str = 'last', # Jumping knowledge: last, max, sum or cat
                 dropout: float = 0. # On what each layer adds
                ): ...
    def states(self, batch: dict) -> list:
        "The atoms alone, then after each layer: n_layers + 1 tensors (n_atoms, hidden_dim)."
        ...
    def join(self, states: list) -> Tensor: # (n_atoms, hidden_dim)
        ...
    def forward(self, batch: dict) -> Tensor: ...

class PooledReadout(nn.Module):
    "Atoms to one vector per molecule: (n_atoms, hidden_dim) to (n, hidden_dim)."
    def __init__(self,
                 hidden_dim: int, # Width of the atoms
                 pool: str = 'add' # add, mean, max or attention
                ): ...
    def forward(self, hidden: Tensor, batch: dict) -> Tensor: ...

class EnvironmentReadout(nn.Module):
    "Learnt atom environments, counted: the states of all layers to (n, width)."
    def __init__(self,
                 hidden_dim: int, # Width of the states
                 n_layers: int, # How many states after the first
                 width: int = 512 # Environments
                ): ...
    def forward(self, states: list | Tensor, batch: dict) -> Tensor: # as from `GraphEncoder.states`, or these joined
        ...
