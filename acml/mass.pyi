# Written by tools/stubs.py for editors; do not edit.
"""Mass spectra as modalities: the graph's prediction of a spectrum, its loss, and `gcms` and `lcms`."""
from typing import Any
import numpy as np
import pandas as pd
from torch import Tensor, nn
from .mass_encoder import MassEncoder
from .modality import Modality

class MassReadout(nn.Module):
    "Atoms to a predicted spectrum to the hidden of the frozen encoder: (n_atoms, hidden_dim) to (n, out_dim)."
    def __init__(self,
                 hidden_dim: int, # Width of the atoms
                 encoder: MassEncoder, # Frozen
                 width: int | None = None, # Of the network; 320 where accurate masses are predicted, else 384
                 n_shift: int = 240, # Neutral losses from the molecular ion, counted from M + 4 down
                 dropout: float = .3 # Inside the network
                ): ...
    def molecular_ion(self, mass: Tensor) -> Tensor: # (n,) Da -> (n, n_modes) nominal m/z
        "M for electron ionisation; M + H and M - H for tandem spectra."
        ...
    def bins(self, g: Tensor, ion: Tensor) -> Tensor: # (n, width), (n, n_modes)
        "Likely m/z plus likely losses: log probabilities (n, n_modes, n_bins)."
        ...
    def forward(self, hidden: Tensor, batch: dict, predicted: dict | None = None) -> Tensor: ...
    def predict(self, hidden: Tensor, # (n_atoms, hidden_dim)
                batch: dict # ptr (n + 1,), mass (n,) Da
               ) -> dict: # Log probabilities: bins (n, n_modes, n_bins), perhaps fragments, neutral; ion (n, n_modes)
        "The spectrum that a molecule should have; the last place of `fragments` and `neutral` is for all else."
        ...
    def predicted_channels(self, predicted: dict # As from `predict`
                          ) -> Tensor: # (n, channels), as `MassEncoder.channels` has them
        "Log probabilities as the channels of a spectrum; losses are the bins read from the molecular ion down."
        ...

class MassLoss(nn.Module):
    """Predicted against measured spectra: `loss(predicted, graph_batch, spectra)`, rows of the same molecules ->
    scalar."""
    def __init__(self,
                 encoder: str | MassEncoder = 'gcms' # Lays out measured spectra; or the modality whose encoder ships
                ): ...
    @property
    def encoder(self) -> MassEncoder: ...
    def forward(self, predicted: dict, graph: dict, spectra: dict) -> Tensor: ...

def explain_spectrum(cells: np.ndarray, # Of `_CELL`: the predicted spectrum of one molecule
                     record: object, # As for `featurize_spectrum`
                     name: str = 'gcms' # The modality
                    ) -> pd.DataFrame: # mz, intensity, probability: of its nominal m/z; NaN for what is not compared
    "How probable each peak is under a predicted spectrum."
    ...

def gcms_modality() -> Modality:
    "Electron-ionisation spectra."
    ...

def lcms_modality(unknown: float = .15 # Share of the augmented views without a precursor
                 ) -> Modality:
    "Tandem spectra with precursor, adduct, ion mode and collision energy."
    ...
