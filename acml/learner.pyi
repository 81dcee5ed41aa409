# Written by tools/stubs.py for editors; do not edit.
"""The training loop: a model, its batches and its loss; checkpoints from which a run goes on bit for bit."""
from typing import Any
from pathlib import Path
import matplotlib.pyplot as plt
import pandas as pd
from torch import nn

class Learner:
    "A model, its batches and its loss, and how to train them."
    def __init__(self,
                 model: nn.Module, # `model(batch)` gives what `loss_func` takes
                 train_dl: object, # Iterable of batches, with a length; its `set_epoch(epoch)`, if any, fixes the order
                 loss_func: object, # `loss_func(output, batch)`: a loss or (loss, dict of parts); a module learns too
                 *, valid: object = None, # `valid(model)` gives a dict of floats; or an iterable of batches
                 epochs: int = 10, # Passes over `train_dl`
                 lr: float = 1e-3, # Highest learning rate
                 wd: float = 1e-2, # Weight decay, on matrices only
                 opt_func: object = None, # `opt_func(groups, lr=lr)` gives a torch optimizer; AdamW by default
                 schedule: str = 'cosine', # 'cosine', 'constant' or 'onecycle'
                 warmup: float = 0.05, # Share of the run in which the rate rises; not used by 'constant'
                 clip: float | None = 1., # Largest norm of the gradient; None: no limit
                 precision: str = 'no', # 'bf16': the model computes in 16 bits where that is safe
                 out: str | Path | None = None, # Folder for `last/` and `best/`; None: nothing is written
                 monitor: str = 'valid_loss', # The column of the history that says which epoch is best
                 mode: str = 'min', # Whether the 'min' or the 'max' of it is best
                 patience: int | None = None, # Stop after so many epochs without a better one
                 seed: int = 0, # For everything random
                 cbs: tuple = (), # More callbacks; a `ProgressCB` among them replaces the usual one
                 config: dict | None = None # Anything JSON, kept in the checkpoint; a resumed run must have the same
                 ): ...
    def prepare(self):
        "Everything that a run needs before its first step."
        ...
    def compute_loss(self, net, # The model, or its wrapped form
                     loss_func, # The loss, or its wrapped form
                     batch): # -> (output, loss, dict of parts)
        "Output and loss of one batch, on the device of the run and in its precision."
        ...
    def collect(self):
        "Collect the numbers of this step; AcmlError if loss or gradient is not finite."
        ...
    def event(self, name: str # One of `EVENTS`
             ):
        "Tell all callbacks, in their order."
        ...
    def one_batch(self):
        "One optimizer step on `self.batch`."
        ...
    def validate(self) -> dict: # Names and floats
        "What `valid` says of the model as it is now."
        ...
    def valid_loss(self) -> dict: # valid_loss, and valid_ with the name of each part
        "Loss and parts on the batches of `valid`, each batch counted once."
        ...
    @property
    def best_epoch(self) -> int | None: # Counted from 1; None before there is one
        "The epoch with the best `monitor` so far."
        ...
    @property
    def history(self) -> pd.DataFrame: # A row an epoch: epoch, step, lr, train_*, grad_norm, what `valid` gave
        "What happened so far."
        ...
    def __repr__(self): ...
    def batches(self): # -> iterable of batches
        "The batches of this epoch, for this process."
        ...
    def one_epoch(self):
        "All batches once, then `valid`, then one row of the history."
        ...
    def settings(self) -> dict: # Only JSON
        "What a run and its continuation must have in common."
        ...
    def named_params(self) -> list: # Pairs (name, parameter)
        "The parameters that are trained; those of the loss begin with `loss.`"
        ...
    def tensors(self) -> tuple: # (weights of the model, everything else)
        "All tensors that decide the next step, by name."
        ...
    def save(self, name: str = 'last' # Folder in `out`
            ):
        "Write the checkpoint `out/name`, all of it or nothing."
        ...
    def restore_optimizer(self, tensors: dict # Named 'parameter/moment'
                         ):
        "Give each parameter its moments back."
        ...
    def restore(self) -> tuple: # The RNG state to begin with, as `rng_state` gives it
        "Go back to the end of the last epoch in `out/last`."
        ...
    def fit(self,
            resume: bool = False, # Go on from `out/last`, if it is there
            overwrite: bool = False # Begin anew where `out` already holds a run
           ) -> Learner: # Itself
        "Train for `epochs` epochs, or until a callback sets `stop`; AcmlError if another process trains in `out`."
        ...
    def plot_history(self,
                     columns: list | None = None, # Names of the history; the losses by default
                     ax: plt.Axes | None = None # Where to draw; a new figure by default
                    ) -> plt.Axes: # With one line per column, the best epoch dotted
        "Draw columns of the history over the epochs."
        ...
    def load(self, name: str = 'best' # 'best' or 'last'
            ) -> Learner: # Itself
        "Put the weights of a checkpoint in `out` into model and loss."
        ...
