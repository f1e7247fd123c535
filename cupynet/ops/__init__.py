"""The operators: one declaration each, one file a family.

Importing this package registers them all; nothing below this room knows NDArray or Symbol.
"""
from . import binary, reduce, sorting, sequence, unary  # noqa: F401
