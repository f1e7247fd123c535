"""Updates of weights: one operator for each optimization algorithm."""
from . import adamw, adaptive, large_batch, multi, sgd, steps
