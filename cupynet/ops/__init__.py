"""The operators: one declaration each, one file a family.

Importing this package registers them all; nothing below this room knows NDArray or Symbol.
"""
from . import (
    activation,
    binary,
    conv,
    creation,
    ctc,
    deformable,
    dense,
    detection,
    image,
    indexing,
    linalg,
    loss,
    matrix,
    norm,
    optimizer,
    pool,
    random,
    reduce,
    rnn,
    sequence,
    shape,
    sorting,
    special,
    unary,
    vision,
)
