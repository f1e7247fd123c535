"""Linear algebra on matrices and stacks of them: the last two axes are the matrix.

The names, the conventions and most gradients are those of M. Seeger, A. Hetzel, Z. Dai, E. Meissner, N. D.
Lawrence: Auto-Differentiating Linear Algebra, https://arxiv.org/abs/1710.08717, which MXNet follows. "Lower"
and "upper" operands are read from that triangle only, whatever the other one holds.
"""
from . import factorization, inverse, packing, products, rules, triangular
