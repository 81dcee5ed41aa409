# Written by tools/stubs.py for editors; do not edit.
"""Mass spectra as modalities: channels, encoder and its pre-training, and the spectrum a graph predicts."""
from typing import Any
import numpy as np
import torch
from torch import Tensor, nn
from .modality import Modality, ModalityEncoder

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

class MassReadout(nn.Module):
    "Atoms to a predicted spectrum to the hidden of the frozen encoder: (n_atoms, hidden_dim) to (n, out_dim)."
    def __init__(self,
                 hidden_dim: int, # Width of the atoms
                 encoder: MassEncoder, # Frozen
                 width: int | None = None, # Of the network; 320 where accurate masses are predicted, else 384
                 n_shift: int = 240, # Neutral losses from the molecular ion, counted from M + 4 down
                 dropout: float = .1 # Inside the network
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

def draw_peaks(predicted: dict, # As from `MassReadout.predict`, for n molecules
               graph: dict, # The batch they belong to; not needed
               rng: np.random.Generator, # Where chance comes from
               noise: float = .5, # Standard deviation of the logarithm of the intensities
               lost: float = .1 # Fraction of the peaks that vanish
              ) -> list: # n pairs (m/z, intensity), nominal masses
    "Electron-ionisation spectra as they might be measured."
    ...

class MassLoss(nn.Module):
    "Predicted against measured spectra: `loss(predicted, graph_batch, spectra)`, rows of the same molecules -> scalar."
    def __init__(self,
                 encoder: str | MassEncoder = 'gcms' # Lays out measured spectra; or the modality whose encoder ships
                ): ...
    @property
    def encoder(self) -> MassEncoder: ...
    def forward(self, predicted: dict, graph: dict, spectra: dict) -> Tensor: ...

def bin_spectra(features: list, # n features
                n_bins: int = 800 # Nominal m/z
               ) -> Tensor: # (n, n_bins), unit rows: their products are cosines
    "Square roots of intensities in nominal bins."
    ...

def rank_by_neighbours(similarity: np.ndarray, # (n_queries, n_spectra), query spectra to training spectra
                       fp: np.ndarray, # (n_spectra, n_bits), 0 or 1: fingerprints of their molecules
                       candidate_fp: np.ndarray, # (n_candidates, n_bits)
                       k: int = 3 # Neighbours, weighted by the fourth power of the similarity
                      ) -> np.ndarray: # (n_queries, n_candidates): the higher, the likelier
    "Candidates ranked by their likeness to the molecules of the most similar spectra."
    ...

def augment_spectrum(record: object, # As for `featurize_spectrum`
                     rng: np.random.Generator, # Where chance comes from
                     lost: float = .2, # Fraction of the peaks that vanish; the base peak stays
                     noise: float = .3, # Standard deviation of the logarithm of the intensities
                     ppm: float = 3., # Standard deviation of accurate m/z and of the precursor
                     unknown: float = .15 # Fraction of the spectra whose precursor is left out
                    ) -> dict: # A record
    "The same molecule, measured again."
    ...
CHANNELS: Any

def gcms_modality() -> Modality:
    "Electron-ionisation spectra."
    ...

def lcms_modality(unknown: float = .15 # Share of the augmented views without a precursor
                 ) -> Modality:
    "Tandem spectra with precursor, adduct, ion mode and collision energy."
    ...
