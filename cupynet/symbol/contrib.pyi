# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .symbol import Symbol


def allclose(
    a: Symbol | None = None,
    b: Symbol | None = None,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """1 if ``|a - b| <= atol + rtol |b|`` everywhere, else 0, as a float32 array."""

def BilinearResize2D(
    data: Symbol | None = None,
    like: Symbol | None = None,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal['size', 'odd_scale', 'like', 'to_even_down', 'to_even_up', 'to_odd_down', 'to_odd_up'] = 'size',
    align_corners: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Resize feature maps (N, C, H, W) by bilinear interpolation."""

def div_sqrt_dim(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """`data` divided by the square root of the length of its last axis, as attention scores are."""

def gradientmultiplier(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Identity whose gradient is multiplied by `scalar`; a negative one makes a gradient reversal layer."""

def group_adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    lr: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """AdaGrad with one step size per row: ``history += mean(g^2, over all axes but the first)``, then ``weight -=
    lr * g / sqrt(history + epsilon)``.
    """

def interleaved_matmul_encdec_qk(
    queries: Symbol | None = None,
    keys_values: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for encoder-decoder attention."""

def interleaved_matmul_encdec_valatt(
    keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Values weighted by attention, ``attention @ values`` of every head, for encoder-decoder attention."""

def interleaved_matmul_selfatt_qk(
    queries_keys_values: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for self-attention."""

def interleaved_matmul_selfatt_valatt(
    queries_keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Values weighted by attention, ``attention @ values`` of every head, for self-attention."""

def quadratic(
    data: Symbol | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Quadratic function ``a data^2 + b data + c``, elementwise: the example of MXNet's tutorial on operators."""

def ROIAlign(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide regions of feature maps into bins, and average interpolated samples of each, without rounding."""

def round_ste(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Same as ``round``, but the gradient passes straight through, for training quantized networks."""

def sign_ste(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Same as ``sign``, but the gradient passes straight through, for training quantized networks."""

def CTCLoss(
    data: Symbol | None = None,
    label: Symbol | None = None,
    data_lengths: Symbol | None = None,
    label_lengths: Symbol | None = None,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Negative log-probability of label sequences, summed over all their alignments with the data."""
ctc_loss = CTCLoss
