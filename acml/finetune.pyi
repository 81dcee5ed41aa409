# Written by tools/stubs.py for editors; do not edit.
"""A trained graph encoder with a new head, trained on labels: gaps in the labels allowed, last steps
averaged."""
from typing import Any
import numpy as np
from torch import Tensor, nn
from .graph import GraphEncoder, GraphStore
from .model import ACML

class PropertyNet(nn.Module):
    "A graph encoder, mean, sum and maximum of its atoms, two layers: a batch of graphs to (n, n_targets)."
    def __init__(self,
                 encoder: GraphEncoder, # Trained or not; it will be changed
                 n_targets: int, # Properties
                 hidden_dim: int = 256, # Width of the head
                 dropout: float = .2 # Before each layer of the head
                ): ...
    @classmethod
    def from_config(cls, config: dict):
        "Built from its settings, with random weights."
        ...
    @classmethod
    def from_model(cls, model: ACML, n_targets: int, seed: int = 0, **options):
        "On a copy of the encoder of a model; the head is random."
        ...
    def forward(self, batch: dict) -> Tensor: # as from `GraphStore.batch`
        ...
    def predict(self, store: GraphStore, batch_size: int = 256) -> np.ndarray:
        "Of all molecules of a store: (n, n_targets) float32 in the units of the labels; of classes the log-odds."
        ...
    @classmethod
    def encoder_groups(cls, encoder: GraphEncoder, lr: float, # Of the layer after the encoder
                       encoder_share: float, # Of it that the last layer of the encoder gets
                       decay: float # Of each layer's rate that the layer before it gets
                      ) -> list: # Groups of parameters for an optimiser
        "Parameters of a graph encoder with their learning rates, from the last layer to the embedding of the atoms."
        ...
    def groups(self, lr: float, encoder_share: float, decay: float) -> list:
        "All parameters with their learning rates: the head, then the encoder."
        ...

def finetune(net: PropertyNet, # Or another with `groups`, `center` and `scale`; changed in place
             store: GraphStore, # n molecules: `len` and `batch(rows)`
             y: np.ndarray, # (n, n_targets) labels, NaN where there is none; classes as 0 and 1
             classes: bool = False, # Classification; `predict` then gives log-odds
             *, epochs: int | None = None, # Times that each molecule is seen; None: 40, fewer where there are many
             batch_size: int = 32, # Molecules of a step
             lr: float = 1e-3, # Largest learning rate of the head
             encoder_share: float = .5, # Of it that the last layer of the encoder gets
             decay: float = .8, # Of each layer's rate that the layer before it gets
             weight_decay: float = .01, # Of AdamW
             averaged: float = .3, # Of the steps, at the end, that weights are averaged over
             seed: int = 0 # Of order and dropout
            ) -> list: # The loss of each step; AcmlError if labels do not fit, or a property has none
    "Train the network on labels."
    ...
