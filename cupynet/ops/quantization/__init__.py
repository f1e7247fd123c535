"""Layers on whole numbers of 8 bits, and the way there and back."""
from . import (
    batch_norm,
    calibration,
    convolution,
    dense,
    dequantize,
    elementwise,
    moving,
    pooling,
    quantize,
    rnn,
)
