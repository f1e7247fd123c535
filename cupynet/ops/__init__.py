"""The operators: one declaration each, one file a family.

Importing this package registers them all; nothing below this room knows NDArray or Symbol.
"""
from . import binary, ctc, dense, image, linalg, matrix, optimizer, reduce, rnn, sequence, sorting, special, unary, vision  # noqa: F401
