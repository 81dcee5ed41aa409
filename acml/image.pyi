# Written by tools/stubs.py for editors; do not edit.
"""Encoder of structure drawings: the molecule is read from the picture, then encoded as a SMILES."""
from typing import Any
from pathlib import Path
import torch
from torch import Tensor
from .modality import Modality, ModalityEncoder
from .ocsr import StructureRecognizer

class ImageEncoder(ModalityEncoder):
    "Pictures (n, 216, 216) to (n, out_dim): the hidden of the SMILES that is read from each."
    def __init__(self,
                 recognizer: StructureRecognizer, # Reads the molecule
                 smiles_encoder: ModalityEncoder # Its hidden becomes that of the picture
                ): ...
    def forward(self, batch: dict) -> Tensor: # image (n, 216, 216) uint8
        ...
    def save_pretrained(self, folder: str | Path, # Made if need be
                        dtype: torch.dtype | None = None, # As for `pack`, of parts that do not ship
                        **info # Training data, licence, scores, ...
                       ):
        "Write config.json, which says where the parts are, and those that do not ship."
        ...
    @classmethod
    def from_config(cls, config: dict # As `ImageEncoder.config`
                   ) -> ImageEncoder: # Its recognizer has random weights
        "Built from settings; with the SMILES encoder that ships, if that has the same."
        ...
    @classmethod
    def from_pretrained(cls, name_or_dir: str | Path # A name that ships, or a folder
                       ) -> ImageEncoder: # In evaluation mode; AcmlError if a part is not the one it was saved with
        "A shipped or saved encoder."
        ...

class TimmEncoder(ModalityEncoder):
    "Pictures (n, 216, 216) to the pooled features of a timm model, (n, out_dim)."
    def __init__(self,
                 backbone: str = 'resnet18', # A model of timm
                 pretrained: bool = False # Ask timm for its weights
                ): ...
    def forward(self, batch: dict) -> Tensor: # image (n, 216, 216) uint8
        ...

def image_modality(style: str = 'default', # How a SMILES is drawn
                   backbone: str | None = None, # A model of timm in place of our encoder
                   pretrained: bool = False # Ask timm for its weights
                  ) -> Modality:
    "Drawings of structures."
    ...
