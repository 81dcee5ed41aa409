# Written by tools/stubs.py for editors; do not edit.
"""A drawing of a molecule in, from RDKit or from a PNG file; out, the molecule and its vector, from small CNNs that read letters and lines, trained on drawings alone."""
from typing import Any
from collections.abc import Callable
from dataclasses import dataclass
import numpy as np
import matplotlib.pyplot as plt
from PIL import Image
from rdkit import Chem
from torch import Tensor, nn
from .core import Report
from .modality import Modality, ModalityEncoder

SIZE: int
FONTS: Any
TRAIN_FONTS: tuple

def vary_options(rng: np.random.Generator # Where chance comes from
                ) -> dict: # Options of `MolDrawOptions`, and `canvas` (px), `font`, `black`, `kekulize`
    "How a training picture is drawn."
    ...

def comic_options(rng: np.random.Generator # Where chance comes from
                 ) -> dict: # As `vary_options`
    "Wobbly thick lines and a comic typeface."
    ...

def serif_options(rng: np.random.Generator # Where chance comes from
                 ) -> dict: # As `vary_options`
    "Black lines, thin to thick, and letters with serifs."
    ...

@dataclass(frozen=True)
class Style:
    "A way to draw molecules."
    options: Callable = lambda rng: {} # numpy Generator -> drawing options
    coordgen: bool = False # Coordinates by CoordGen, not by RDKit
    turned: bool = True # Turned by any angle, perhaps mirrored
    scanned: bool = False # Spoilt like a scan
    trained: bool = True # Part of the pre-training
STYLES: Any

def place_atoms(mol: Chem.Mol, # Any molecule
                rng: np.random.Generator, # For turning and jitter
                style: Style # Says who places them
               ) -> Chem.Mol: # A copy with 2D coordinates
    "Coordinates on the paper."
    ...
ORDERS: dict

def bond_table(mol: Chem.Mol # Any molecule
              ) -> np.ndarray: # (k, 3) int64: two atoms, and 1 single, 2 double, 3 triple, 4 aromatic
    "All bonds."
    ...

def seed_wobble(seed: int # For the C library's generator
               ):
    "Make RDKit's comic lines repeatable, where the C library can be reached."
    ...

def draw_atoms(mol: Chem.Mol, # With 2D coordinates
               options: dict # As from `vary_options`; {} for RDKit's own
              ) -> tuple:
              # PIL image (RGB); positions of the n atoms (n, 2), px from the upper left; bonds as they are drawn (k, 3)
    "Draw, and tell where each atom went and what joins them."
    ...

def scan_image(image: Image.Image, # RGB
               positions: np.ndarray, # (n, 2) px
               rng: np.random.Generator # Where chance comes from
              ) -> tuple: # The spoilt image (L) and where the atoms are now
    "Spoil a picture as scanners and screenshots do."
    ...
MAX_ATOMS: int

def depict(smi: str | Chem.Mol, # The molecule
           style: str = 'default', # One of `STYLES`
           seed: int | np.random.Generator = 0 # For the styles that leave something to chance
          ) -> tuple:
          # PIL image, positions (n, 2) px, bonds as drawn (k, 3); RecordError if there are too many atoms to read
    "A molecule drawn in a style."
    ...
MAX_PIXELS: int
ENDINGS: tuple

def array_image(values: np.ndarray # (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); bool, integers, or floats 0-1 or 0-255
               ) -> Image.Image: # Mode L, RGB or RGBA
    "An array of numbers as a picture."
    ...

def plain_image(image: Image.Image # Any mode
               ) -> Image.Image: # Mode L or RGB
    "Without transparency, palettes, 16 bits or inks for printing."
    ...

def to_ink(image: Image.Image # Mode L or RGB
          ) -> np.ndarray: # (H, W) uint8, 0 is paper, 255 as far from it as can be
    "How far each pixel is from the paper."
    ...

def open_image(record: object # A path, bytes, a Pillow image or an array
              ) -> Image.Image: # Mode L or RGB; RecordError if it cannot be read or is smaller than 32 px
    "A picture from wherever it is."
    ...

def fit_ink(ink: np.ndarray, # (H, W) uint8
            size: int = SIZE # Pixels of a side
           ) -> tuple: # (size, size) uint8; where its upper left corner lay (x, y) and the magnification
    "Cut out, pad to a square, resample, and bring to one darkness; RecordError if there is no ink."
    ...

def atom_letters(mol: Chem.Mol # n atoms
                ) -> np.ndarray:
                # (n,) int64, 10 x (40 x (200 x isotope + element) + charge + 20) + hydrogens, those of an uncharged
                # carbon left out
    "What the letters at each atom say, as a number."
    ...

def common_ids(ids: np.ndarray, # (n,) identifiers
               n: int # How many
              ) -> np.ndarray: # (n,) int64, commonest first, -1 where there are no more
    "The commonest of many identifiers."
    ...

def classes_of(ids: np.ndarray, # (n,) identifiers
               known: np.ndarray # (m,) those that have a class
              ) -> np.ndarray: # (n,) 0 to m; all others share m
    "The class of each identifier."
    ...

def convolution(in_dim: int, # Channels in
                out_dim: int, # Channels out
                stride: int = 1, # 2 halves the resolution
                dilation: int = 1 # Cells between the taps
               ) -> nn.Sequential: # 3 x 3 convolution and normalisation
    "One layer of the eye."
    ...

class ResidualBlock(nn.Module):
    "Two convolutions and a way around them: (n, dim, h, w) to the same."
    def __init__(self,
                 dim: int, # Channels
                 dilation: int = 1 # Of the second convolution
                ): ...
    def forward(self, x: Tensor) -> Tensor: ...

class ContextBlock(nn.Module):
    "A wide filter for each channel, then a small network for each cell, added: (n, dim, h, w) to the same (as in ConvNeXt, arXiv 2201.03545)."
    def __init__(self, dim: int): # Channels
        ...
    def forward(self, x: Tensor) -> Tensor: ...
CELL: int

class Eye(nn.Module):
    "Ink (n, h, w), 0 to 1, h and w multiples of 12, to features (n, dim, h / 6, w / 6) and the logits of the heat map (n, h / 3, w / 3)."
    def __init__(self,
                 n_letters: int = 128, # Classes of atoms
                 thin: int = 24, # Channels at cells of 2 px
                 fine: int = 64, # Channels at cells of 6 px
                 coarse: int = 128, # Channels at cells of 12 px
                 dim: int = 128, # Features of a cell
                 dilations: tuple = (2, 2), # One block each at cells of 12 px
                 n_context: int = 2 # Wide filters
                ): ...
    def forward(self, ink: Tensor) -> tuple: ...

def look_up(maps: Tensor, # (n, dim, h, w)
            picture: np.ndarray, # (m,) int, ascending: which of the n
            points: np.ndarray, # (m, k, 2), in cells from the upper left corner
            padding: str = 'border' # Or 'zeros': what lies beyond the edges
           ) -> Tensor: # (m, dim, k)
    "What maps say at any points, interpolated."
    ...

def sample(features: Tensor, # (n, dim, h, w), cells of 6 px
           picture: np.ndarray, # (m,) int, ascending: which of the n
           xy: np.ndarray # (m, 2) px
          ) -> Tensor: # (m, dim)
    "Features at any point of the paper."
    ...

def find_peaks(heat: Tensor, # (n, h, w) logits
               least: float = .15 # Heat of an atom
              ) -> tuple: # picture (m,) ascending, xy (m, 2) px, heat (m,) 0-1
    "The local maxima."
    ...

def bond_length(xy: np.ndarray # (n, 2)
               ) -> float: # In the same unit; for a lone atom 40
    "How far atoms usually are from the nearest one."
    ...
CLOSE: int

def rescale(picture: Tensor, # (h, w) uint8
            share: float # Of its size
           ) -> Tensor: # float32, 0 to 1
    "A picture made smaller or larger."
    ...

def close_ups(picture: Tensor, # (h, w) uint8
              xy: np.ndarray, # (n, 2) px
              scale: float # Bond length, px
             ) -> Tensor: # (n, 64, 64), 0 to 1
    "What is around each atom, as far as a bond reaches."
    ...

class LetterReader(nn.Module):
    "Close-ups (n, 64, 64) to the logits of the letters, (n, n_letters)."
    def __init__(self,
                 n_letters: int, # Classes
                 dim: int = 96 # Channels of the last layer
                ): ...
    def forward(self, close: Tensor) -> Tensor: ...
BOND: float
LARGEST: float

def magnification(scale: np.ndarray # (n,) px: bond length of each drawing
                 ) -> np.ndarray: # (n,)
    "How much larger each picture should be made to be read."
    ...

def near_pairs(xy: np.ndarray, # (n, 2) px
               scale: float, # px, as from `bond_length`
               reach: float = 3.2, # Times the scale
               k: int = 14 # Nearest atoms, at most
              ) -> tuple: # (n_pairs,) and (n_pairs,), the first always the lower number
    "Atoms that might be bonded."
    ...
STRIP: tuple

def strip_points(start: np.ndarray, # (p, 2) px
                 end: np.ndarray, # (p, 2) px
                 scale: np.ndarray # (p,) px: bond length of the drawing
                ) -> np.ndarray: # (p, 640, 2) px, row after row
    "Where on the paper the pixels of the strips lie: 0.4 bonds to either side, and a little past both ends."
    ...

def cut_strips(ink: Tensor, # (n, h, w), 0 to 1
               picture: np.ndarray, # (p,) ascending: which of the n
               points: np.ndarray # (p, 640, 2) px, as from `strip_points`
              ) -> Tensor: # (p, 1, 20, 32); paper beyond the edges
    "What is drawn there."
    ...

class BondReader(nn.Module):
    "What joins two atoms: nothing, or a single, double, triple or aromatic bond; (n_pairs, 5) logits."
    def __init__(self,
                 dim: int, # Features of the eye
                 width: int = 96 # Of the network
                ): ...
    def forward(self, ink: Tensor, features: Tensor, h: Tensor, picture: np.ndarray, xy: np.ndarray, pairs: tuple,
                scale: np.ndarray) -> Tensor:
        "From pictures (n, height, width) and the eye's features; of m atoms h (m, dim), picture (m,), xy (m, 2) px and scale (m,) px; pairs of atoms, picture after picture."
        ...

@dataclass(frozen=True)
class ReadGraph:
    "What was read from a drawing: n atoms and k bonds."
    letters: np.ndarray # (n, n_letters) float32, probabilities of the letters
    weight: np.ndarray # (n,) 0-1: how surely an atom is there
    pairs: np.ndarray # (k, 2) atoms
    order: np.ndarray # (k, 4) float32, probabilities of single, double, triple, aromatic, as drawn
    xy: np.ndarray | None = None # (n, 2) px
UNKNOWN: int

def spell(letters: int # One of `atom_letters`
         ) -> tuple: # isotope (0: any), element, charge, hydrogens
    "What a number of `atom_letters` says."
    ...

def letters_of(classes: np.ndarray, # (n,) as from `classes_of`
               letter_ids: np.ndarray # (m,) letters that have a class
              ) -> np.ndarray: # (n,) as from `atom_letters`; an atom of no element for class m
    "From classes back to letters."
    ...
TYPES: dict

def write_molecule(letters: np.ndarray, # (n,) as from `atom_letters`; of an uncharged carbon hydrogens are not told
                   bonds: np.ndarray # (k, 3) as drawn
                  ) -> tuple: # A molecule, with rings and aromatic bonds; whether its valences are allowed
    "Letters and lines as a molecule; one of impossible valence is made all the same."
    ...

def oddity(mol: Chem.Mol, # As from `write_molecule`
           allowed: bool # Its valences are
          ) -> float: # In nats: the larger, the less likely in print
    "How unlikely a molecule looks."
    ...

def doubts(graph: ReadGraph, # Any
           most: int = 9 # Doubtful places, at most
          ) -> tuple:
          # The likeliest class of each place: atoms (n,) (-1: none is there), bonds (k,) (0: none); how unlikely all
          # that is, in nats; the doubts, each (nats, 'atom' or 'bond', which, other class)
    "The likeliest reading, and where it might be wrong."
    ...

def as_molecule(graph: ReadGraph, # Any
                letter_ids: np.ndarray, # Letters that have a class
                tries: int = 50 # Readings, at most
               ) -> tuple: # The likeliest molecule, and how unlikely it is, in nats
    "Probabilities and chemistry together."
    ...

def on_paper(part: Tensor # (h, w), of any size
            ) -> tuple: # (H, W), multiples of 24; where the part begins, x and y
    "A picture in the middle of a sheet."
    ...

def ink_ends(picture: Tensor, # (h, w) uint8
             least: int = 40 # Darkness of ink
            ) -> list: # (first, last) row with ink, (first, last) column; empty on blank paper
    "Where ink begins and ends."
    ...

def cut_out(picture: Tensor, # (h, w) uint8
            margin: int = 24 # px
           ) -> tuple: # The part with ink; where it begins, x and y
    "A drawing without most of the empty paper."
    ...

class ImageEncoder(ModalityEncoder):
    "Pictures (n, 216, 216) to (n, out_dim): the hidden of the SMILES that is read from each."
    parts = dict(words='smiles')
    def __init__(self,
                 n_letters: int = 128, # Classes of letters, and one for the rest
                 thin: int = 24, # See `Eye`
                 fine: int = 64, # See `Eye`
                 coarse: int = 128, # See `Eye`
                 dim: int = 128, # See `Eye`
                 dilations: tuple = (2, 2), # See `Eye`
                 n_context: int = 2, # See `Eye`
                 close_dim: int = 96, # See `LetterReader`
                 pair_dim: int = 96, # Width of the `BondReader`
                 looks: tuple = (1., 1.12, .88, 1.4), # Magnifications, times the best one
                 sure: float = 1.5, # Votes, at most 1 a look; a molecule that has more needs no further look
                 words: dict | None = None # Settings of the encoder of SMILES; those of the one that ships if not given
                ): ...
    def forward(self, batch: dict) -> Tensor: # image (n, 216, 216) uint8
        ...
    def scales(self, pictures: list # n of (h, w) uint8
              ) -> np.ndarray: # (n,) px
        "How long bonds are in each picture: from a glance at half size, then one near the right size."
        ...
    def join(self, ink: Tensor, features: Tensor, picture: np.ndarray, xy: np.ndarray, heat: np.ndarray
             # n pictures; of them, from the eye and `find_peaks`
            ) -> list: # n of `ReadGraph`, places in px of the sheet
        "Name the atoms and find their bonds."
        ...
    def look_closer(self, pictures: list, # n of (h, w) uint8
                    graphs: list # n of `ReadGraph`, places in px of the picture
                   ) -> list: # The same, the letters read once more from near by
        "Name the letters again."
        ...
    def read(self, pictures: list, # n of (h, w) uint8
             share: np.ndarray | None = None # (n,) magnification of each; the best one if not given
            ) -> list: # n of `ReadGraph`, places in px of the picture
        "The graphs that are drawn."
        ...
    def vote(self, pictures: list, share: np.ndarray, some: list, votes: list, mols: dict):
             # As in `readings`; at these magnifications; which of them
        "Look at some of the pictures; what is seen is added to the votes."
        ...
    def readings(self, pictures: list # n of (h, w) uint8
                ) -> tuple:
                # For each picture a dict, SMILES to how likely it is (the votes of all looks, added up); the molecule
                # of each SMILES
        "What may be drawn: from two looks that agree, or else from all."
        ...
    def molecules(self, pictures: list # n of (h, w) uint8
                 ) -> list: # n of Chem.Mol; without atoms where nothing was seen
        "The likeliest of the readings."
        ...

def by_shape(sheets: list, # n pictures
             n: int = 16 # At a time
            ): # Yields (numbers, pictures stacked): no picture is padded for the sake of another
    "Pictures of one shape together."
    ...

def smallest_share(picture: Tensor # (h, w) uint8
                  ) -> float: # A magnification
    "How small a drawing may be made: 2.8 bonds long."
    ...
SWAPS: dict

def swap_place(atom: Chem.Atom # Any
              ) -> int | str | None: # A key of `SWAPS`; None: nothing may take its place
    "How many bonds an atom forms, or in an aromatic ring its symbol."
    ...

def swap_elements(mol: Chem.Mol, # A molecule
                  rng: np.random.Generator, # Where chance comes from
                  share: float = .25 # Of the atoms
                 ) -> Chem.Mol: # One of the same shape, or the same if no molecule came out
    "Exchange some elements for others that form as many bonds."
    ...

def draw_example(smi: str, # The molecule
                 style: str, # One of `STYLES`
                 rng: np.random.Generator, # For the style
                 letter_ids: np.ndarray # Letters that have a class
                ) -> tuple:
                # image (h, w) uint8, the middle of 216 x 216; positions (n, 2) px; classes of the letters (n,); bonds
                # as drawn (k, 3)
    "A drawing with all answers, elements exchanged in every other one."
    ...

def learn_classes(encoder: ImageEncoder, # Gets its classes
                  smiles: list, # Training molecules
                  rng: np.random.Generator # Exchanges elements
                 ) -> ImageEncoder: # The same
    "The letters that are commonest when elements are exchanged become classes."
    ...

def drawable(records: list # SMILES, or anything
            ) -> list: # SMILES of 2-90 heavy atoms
    "What a training picture can be made of: of a picture alone nobody knows where its atoms are."
    ...

def choose_share(scale: float, # Bond length of the drawing, px
                 rng: np.random.Generator # Where chance comes from
                ) -> float: # At most LARGEST
    "How much smaller or larger a drawing is made this time."
    ...

def shape_batches(examples: list, # As from `draw_example`
                  rng: np.random.Generator, # For sizes and order
                  budget: int = 3400 # Squares of 12 px in a batch
                 ) -> list: # Of (positions in `examples`, shares, height, width)
    "Batches of drawings of similar shape."
    ...

def bend(ink: Tensor, # (n, h, w)
         rng: np.random.Generator, # Where chance comes from
         size: float = 1.6, # px, about
         wave: int = 14 # px from one bend to the next
        ) -> Tensor: # (n, h, w)
    "Pictures on paper that is not flat."
    ...

def batch_examples(examples: list, # n drawings
                   share: np.ndarray, # (n,) how much smaller or larger each is made
                   height: int, # px, a multiple of 12
                   width: int, # px
                   rng: np.random.Generator # Moves, darkens, blots and bends
                  ) -> dict:
                  # ink (n, height, width) 0-1; of all atoms picture, xy px, scale px, letters (m,); of all pairs that
                  # might be bonded pairs (2, p), order (p,)
    "Drawings and answers as tensors."
    ...

def close_examples(examples: list, # n drawings
                   rng: np.random.Generator, # For choice and blots
                   share: float = .15 # Of the atoms of the commonest class, which have no letters
                  ) -> tuple: # Close-ups (m, 64, 64), and their classes (m,)
    "Close-ups and answers."
    ...

def heat_target(picture: np.ndarray, # (m,) of the atoms
                xy: np.ndarray, # (m, 2) px
                shape: tuple # Of the heat map, (n, h, w)
               ) -> Tensor: # (n, h, w): 1 at each atom, a bump of 2.4 px around it
    "What the heat map should be."
    ...

def reading_losses(encoder: ImageEncoder, # In training
                   batch: dict, # From `batch_examples`
                   rng: np.random.Generator # Where atoms are asked about
                  ) -> dict: # heat, letters, bond (n,): sums over the atoms and pairs of each picture
    "What it costs not to see an atom, or to take it or a bond for another."
    ...

def tangle(mol: Chem.Mol # Any molecule
          ) -> float:
          # 1: an orderly drawing; 10 where lines cross or unbonded atoms are close; 12 more where bonds are long
    "How often a molecule is worth drawing: the harder to read, the more."
    ...
SHARES: dict

def drawing_rounds(encoder: ImageEncoder, # Has its classes
                   smiles: list, # Molecules to draw
                   rng: np.random.Generator, # For molecules, styles and order
                   fresh: int = 448, # New drawings a round
                   earlier: int = 1000, # Earlier ones a round
                   keep: int = 20000, # Drawings in memory (25 kB each)
                   least: float = .15 # Added to what a drawing cost, for its chance to come again
                  ): # Yields (examples, what each cost: to be filled in), without end
    "New drawings and some of those before, round after round."
    ...

def learn_to_read(encoder: ImageEncoder, # Trained in place: the eye and the bonds
                  smiles: list, # Molecules to draw
                  steps: int, # Optimizer steps
                  rng: np.random.Generator, # For styles, order and all else
                  lr: float = 1.5e-3, # AdamW's largest step size
                  average_over: int = 500, # Steps, about
                  **rounds # Passed to `drawing_rounds`
                 ) -> list: # The loss of each step
    "See atoms and bonds, in drawings made on the way; what stays is a running average of the weights."
    ...

def pretrain_images(encoder: ImageEncoder, # Trained in place
                    records: list, # SMILES of the training split
                    *, steps: int = 2000, # Optimizer steps
                    seed: int = 0, # For styles, order and all else
                    words: ModalityEncoder | None = None,
                    # Trained, its hidden becomes that of the picture; the shipped one if not given
                    **options # Passed to `learn_to_read`
                   ) -> list: # The loss of each step
    "Learn to read drawings made on the way; how a molecule becomes a vector is taken from a SMILES encoder."
    ...

def to_image(record: object, # A SMILES; or a file by its path, bytes, a Pillow image, an array
             style: str = 'default', # In which a SMILES is drawn, one of `STYLES`
             seed: int = 0 # For that style
            ) -> np.ndarray: # (216, 216) uint8, 255 is ink; RecordError names what is wrong
    "What the encoder sees of a record."
    ...

def collate_images(features: list # n arrays (216, 216)
                  ) -> dict: # image (n, 216, 216) uint8
    "Several pictures as one batch."
    ...

def show_image(record: object # As `to_image`
              ) -> plt.Axes:
    "The picture as the encoder sees it."
    ...

def plot_read(graph: ReadGraph, # As from `ImageEncoder.read`
              letter_ids: np.ndarray, # Letters that have a class
              ax: plt.Axes # Where the picture is
             ) -> plt.Axes:
    "Atoms and bonds as they were read, on top of the picture; the less sure, the paler."
    ...

def timm_backbone(name: str, # A model of timm, e.g. 'resnet18'
                  pretrained: bool = False # Its weights from the cache, else from the network
                 ) -> nn.Module: # Grey picture to features; AcmlError tells what to install
    "A vision model without its classifier."
    ...

class TimmEncoder(ModalityEncoder):
    "Pictures (n, 216, 216) to the pooled features of a timm model, (n, out_dim)."
    def __init__(self,
                 backbone: str = 'resnet18', # A model of timm
                 pretrained: bool = False # Ask timm for its weights
                ): ...
    def forward(self, batch: dict) -> Tensor: # image (n, 216, 216) uint8
        ...
LICENCE: str

def redraw(record: object, # A SMILES; a picture stays as it is
           rng: np.random.Generator # For style and chance
          ) -> object: # A Pillow image of the same molecule in a training style
    "The same molecule, drawn in another way."
    ...

def image_modality(style: str = 'default', # How a SMILES is drawn
                   backbone: str | None = None, # A model of timm in place of our encoder
                   pretrained: bool = False # Ask timm for its weights
                  ) -> Modality:
    "Drawings of structures."
    ...

def read_smiles(records: list, # Files by their paths, bytes, Pillow images, arrays
                encoder: ImageEncoder | None = None, # The shipped one if not given
                report: Report | None = None,
                # Gets the records that are no pictures; without it the first one raises RecordError
                batch_size: int = 64 # Pictures at a time
               ) -> list: # A SMILES for each, without stereochemistry: '' if no atom was seen, None if it is no picture
    "What is drawn in pictures."
    ...
