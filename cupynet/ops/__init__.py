"""The operators: one declaration each, one file an idea.

Importing this package registers them all; nothing below this room knows NDArray or Symbol.
"""
from . import array, math, nn, optimizer, quantization, random, vision
from .catalog import check_all

check_all()  # an incomplete declaration is an error at import
