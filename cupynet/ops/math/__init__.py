"""Arithmetic, functions of one and two arrays, reductions, matrices."""
from . import binary, contrib, fourier, hawkes, linalg, matrix, mixed_precision, reduce, sketch, special, unary
