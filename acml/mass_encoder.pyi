# Written by tools/stubs.py for editors; do not edit.
"""Mass spectra as vectors: peaks laid out on channels, their encoder, and its pre-training without
structures."""
from typing import Any
import torch
from torch import Tensor
from .modality import ModalityEncoder

def featurize_spectrum(record: object, # A MassSpectrum, a dict with the columns of the table, or a pair (mz, intensity)
                       family: str = 'lcms', # 'gcms' leaves out precursor, adduct and energy
                       n_peaks: int = 256 # Most intense peaks that are kept, if they reach 0.2 % of the base peak
                      ) -> dict: # mz, intensity (n_peaks,) float32, ascending m/z; known (9,) float64
    "Peaks and conditions of a mass spectrum; RecordError if the record is bad."
    ...

def collate_spectra(features: list # n features
                   ) -> dict: # mz, intensity (all peaks end to end), ptr (n + 1,), known (n, 9)
    "Several spectra as one batch."
    ...

def to_bin(mz: Tensor # m/z, Da
          ) -> Tensor: # int64
    "Nominal mass, mass defect allowed for."
    ...

class MassEncoder(ModalityEncoder):
    "Fragment spectra to (n, out_dim): latent, hidden, and for tandem spectra mass waves and conditions."
    def __init__(self,
                 n_bins: int = 800, # Nominal m/z from 0
                 n_losses: int = 0, # Nominal losses from 0; 0 for spectra without a precursor
                 n_fragments: int = 0, # Accurate fragment masses, of all modes together
                 n_neutral: int = 0, # Accurate losses
                 n_modes: int = 1, # 2: positive and negative ions apart
                 latent_dim: int = 448, # Width of the linear part
                 hidden_dim: int = 320, # Width of the part behind a network
                 n_waves: int = 0, # Wavelengths for the mass of the molecule; 0 for none, and then no conditions
                 n_learnt: int = 0 # Learnt features beside the others, see `LearntFeatures`
                ): ...
    def conditions(self, mass: Tensor, known: Tensor | None = None) -> Tensor: # (n,) Da, 0: unknown; (n, 9)
        "The mass as a sinusoidal encoding, whether it is known, and the other conditions, (n, 2 * n_waves + 8)."
        ...
    def encode(self, x: Tensor, conditions: Tensor) -> Tensor: # (n, channels), as from `conditions` -> (n, out_dim)
        "Channels, measured or predicted, to the hidden; differentiable."
        ...
    def plain(self, x: Tensor, conditions: Tensor) -> Tensor: # -> (n, out_dim - n_learnt)
        ...
    def negative(self, vocabulary: Tensor) -> Tensor: # `fragments` or `neutral` (n,) -> (n,) bool
        "Which accurate masses are those of negative ions."
        ...
    def forward(self, batch: dict) -> Tensor: ...
    def channels(self, batch: dict # As from `collate_spectra`
                ) -> Tensor: # (n, sum(sizes)): bins, losses, fragments, neutral losses; square roots of fractions
        "Spectra laid out on channels."
        ...

def corrupt_spectra(batch: dict, # As from `collate_spectra`
                    generator: torch.Generator, # Where chance comes from
                    lost: float = .3, # Fraction of the peaks that vanish
                    noise: float = .3 # Standard deviation of the logarithm of the intensities
                   ) -> dict: # The same batch with other intensities
    "For pre-training: lose peaks and change intensities."
    ...

def pretrain_spectra(encoder: MassEncoder, # Trained in place
                     records: list, # Training spectra
                     *, steps: int = 200, # Optimizer steps
                     seed: int = 0, # For everything random
                     smiles: list | None = None, # Of the molecule of each record; needed for learnt features
                     predicted: tuple = ((), ()), # Spectra drawn from predictions, and their SMILES, also for those
                     learn_steps: int | None = None, # Of the learnt features; 12 times `steps` if not given
                     **options # batch_size, lr, and what `corrupt_spectra` takes
                    ) -> list: # The loss of each step
    "Pre-training on spectra: masked peaks, then the learnt features."
    ...
