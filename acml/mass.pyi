# Written by tools/stubs.py for editors; do not edit.
"""A fragment spectrum with its precursor in; one vector out, from an encoder that was pre-trained on spectra alone; and the graph's guess of that spectrum, sent through the same encoder."""
from typing import Any
import numpy as np
import torch
from torch import Tensor, nn
from .modality import Modality, ModalityEncoder

KNOWN: tuple

def featurize_spectrum(record: object, # A MassSpectrum, a dict with the columns of the table, or a pair (mz, intensity)
                       family: str = 'lcms', # 'gcms' leaves out precursor, adduct and energy
                       n_peaks: int = 256 # Most intense peaks that are kept, if they reach 0.2 % of the base peak
                      ) -> dict:
                      # mz, intensity (n_peaks,) float32, ascending m/z; known (9,) float64, as in `KNOWN`; RecordError
                      # if the record is bad
    "Peaks and conditions of a mass spectrum."
    ...

def collate_spectra(features: list # n features
                   ) -> dict:
                   # mz, intensity (all peaks end to end), ptr (n + 1,) where each spectrum begins, known (n, 9)
    "Several spectra as one batch."
    ...
MODE_DA: float

def to_bin(mz: Tensor # m/z, Da
          ) -> Tensor: # Nominal mass, int64
    "Nominal mass, mass defect allowed for."
    ...

def nearest(vocabulary: Tensor, # (n,) int32, ascending, in units of 0.1 mDa
            mass: Tensor # (m,) float64, Da
           ) -> tuple[Tensor, Tensor]: # (m,) positions in the vocabulary, (m,) distances in Da
    "The nearest known mass."
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
                 n_learnt: int = 0 # Numbers beside the others, see `LearntFeatures`
                ): ...
    def conditions(self, mass: Tensor, known: Tensor | None = None) -> Tensor:
                   # (n,) Da, 0 where unknown; (n, 9) -> (n, 2 * n_waves + 8)
        "The mass as waves, whether it is known, and the other conditions."
        ...
    def encode(self, x: Tensor, conditions: Tensor) -> Tensor: # (n, channels), as from `conditions` -> (n, out_dim)
        "Channels, measured or predicted, to the hidden; differentiable."
        ...
    def plain(self, x: Tensor, conditions: Tensor) -> Tensor: # -> (n, out_dim - n_learnt)
        ...
    def forward(self, batch: dict) -> Tensor: ...
    def channels(self, batch: dict # As from `collate_spectra`
                ) -> Tensor: # (n, sum(sizes)): bins, losses, fragments, neutral losses; square roots of shares
        "Spectra laid out on channels."
        ...

def common_masses(masses: np.ndarray, # (m,) accurate masses, Da
                  n: int # How many to find
                 ) -> np.ndarray: # (n,) or fewer, ascending, Da
    "The commonest masses, at least 5 mDa apart."
    ...

def count_vocabulary(encoder: MassEncoder, # Its `fragments` and `neutral` are filled
                     features: list # Features of training spectra
                    ):
    "Count the commonest accurate fragments and losses; five of seven are for positive ions."
    ...

def spoil(batch: dict, # As from `collate_spectra`
          generator: torch.Generator, # Where chance comes from
          lost: float = .3, # Share of the peaks that vanish
          noise: float = .3 # Standard deviation of the logarithm of the intensities
         ) -> dict: # The same batch with other intensities
    "Lose peaks and change intensities."
    ...

def principal_axes(encoder: MassEncoder, # Its `latent` is set
                   features: list # Features of training spectra
                  ) -> float: # Share of the second moments that the axes keep
    "Start the latent as the principal axes of the channels, scaled by the fourth root of what they carry."
    ...

def pretrain_loss(encoder: MassEncoder, # In training
                  decoder: nn.Module, # Hidden to logits of the channels
                  batch: dict, # Clean spectra
                  generator: torch.Generator, # For the corruption
                  scale: Tensor, # 1/temperature
                  **corruption # Passed to `spoil`
                 ) -> Tensor: # Scalar
    "Which two copies belong together, plus the whole spectrum from a spoilt one."
    ...

def pretrain_plain(encoder: MassEncoder, # Trained in place, but for its learnt part
                   features: list, # Of training spectra
                   steps: int, # Optimizer steps
                   seed: int, # For batches and corruption
                   batch_size: int = 256, # Spectra per step
                   lr: float = 1e-3, # Adam's step size; a fifth of it for the latent
                   **corruption # Passed to `spoil`
                  ) -> list: # The loss of each step
    "Vocabularies, axes, then masked peaks."
    ...

def pretrain_spectra(encoder: MassEncoder, # Trained in place
                     records: list, # Training spectra
                     *, steps: int = 200, # Optimizer steps
                     seed: int = 0, # For everything random
                     smiles: list | None = None, # Of the molecule of each record; needed if there is a learnt part
                     predicted: tuple = ((), ()),
                     # More spectra, drawn from predictions, and their SMILES; for the learnt part only
                     learn_steps: int | None = None, # Of the learnt part; 12 times `steps` if not given
                     **options # Passed to `pretrain_plain`
                    ) -> list: # The loss of each step
    "Pre-training on spectra: masked peaks, then the learnt part."
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
    def bins(self, g: Tensor, ion: Tensor) -> Tensor:
             # (n, width), (n, n_modes) -> (n, n_modes, n_bins) log probabilities
        "Likely m/z plus likely losses."
        ...
    def forward(self, hidden: Tensor, batch: dict, predicted: dict | None = None) -> Tensor: ...
    def predict(self, hidden: Tensor, # (n_atoms, hidden_dim)
                batch: dict # ptr (n + 1,), mass (n,) Da
               ) -> dict:
               # bins (n, n_modes, n_bins), ion (n, n_modes); with accurate masses also fragments, neutral (n, n_modes,
               # n + 1), the last for all else; log probabilities
        "The spectrum that a molecule should have."
        ...
    def predicted_channels(self, predicted: dict # As from `predict`
                          ) -> Tensor: # (n, channels), as `MassEncoder.channels` has them
        "Log probabilities as the channels of a spectrum; losses are the bins read from the molecular ion down."
        ...

def draw_peaks(predicted: dict, # As from `MassReadout.predict`, for n molecules
               graph: dict, # The batch they belong to; not needed
               rng: np.random.Generator, # Where chance comes from
               noise: float = .5, # Standard deviation of the logarithm of the intensities
               lost: float = .1 # Share of the peaks that vanish
              ) -> list: # n pairs (m/z, intensity), nominal masses
    "Electron-ionisation spectra as they might be measured."
    ...

class MassLoss(nn.Module):
    "Predicted against measured spectra: `loss(predicted, graph_batch, spectra)`, rows of the same molecules -> scalar."
    def __init__(self,
                 encoder: str | MassEncoder = 'gcms'
                 # Lays out the measured spectra; a modality's name for the one that ships
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
                     lost: float = .2, # Share of the peaks that vanish; the base peak stays
                     noise: float = .3, # Standard deviation of the logarithm of the intensities
                     ppm: float = 3., # Standard deviation of accurate m/z and of the precursor
                     unknown: float = .15 # Share of the spectra whose precursor is left out
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
