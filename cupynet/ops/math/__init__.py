"""Arithmetic, functions of one and two arrays, reductions, matrices."""
from . import binary, contrib, linalg, matrix, mixed_precision, reduce, special, unary
