"""Fourier transforms."""
from __future__ import annotations

from ..catalog import op, require
from ..infer import Slots, derived, float_type
from ..schema import Attrs

__all__: list[str] = []


@op(name="_contrib_fft", ignores=("compute_size",))
def fft(xp, data, *, compute_size: int = 128):
    """Discrete Fourier transform of real numbers along the last axis.

    Parameters
    ----------
    data : (..., d), floating point

    Returns
    -------
    (..., 2 d), same dtype: real and imaginary parts in turns, ``[real0, imag0, real1, imag1, ...]``.

    Notes
    -----
    MXNet has it on a GPU alone.
    """
    found = xp.fft.fft(data, axis=-1)
    return xp.stack([found.real, found.imag], -1).reshape(*data.shape[:-1], -1).astype(data.dtype, copy=False)


@op(name="_contrib_ifft", ignores=("compute_size",))
def ifft(xp, data, *, compute_size: int = 128):
    """Real part of the inverse of ``fft``, not divided by the length, as cuFFT leaves it: ``ifft(fft(x)) = d x``.

    Parameters
    ----------
    data : (..., 2 d), floating point
        Real and imaginary parts in turns.

    Returns
    -------
    (..., d), same dtype.

    Notes
    -----
    MXNet has it on a GPU alone.
    """
    found = xp.fft.ifft(data[..., ::2] + 1j * data[..., 1::2], axis=-1).real
    return (found * (data.shape[-1] // 2)).astype(data.dtype, copy=False)


@fft.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        require(len(ins[0]) > 0, "_contrib_fft", "data has no axes")
        outs[0] = (*ins[0][:-1], derived(lambda n: 2 * n, ins[0][-1]))
    if outs[0] is not None:
        ins[0] = (*outs[0][:-1], derived(lambda n: n // 2, outs[0][-1]))


@ifft.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        require(len(ins[0]) > 0 and (ins[0][-1] is None or ins[0][-1] % 2 == 0), "_contrib_ifft",
                f"data has shape {ins[0]}; expected real and imaginary parts in turns along the last axis")
        outs[0] = (*ins[0][:-1], derived(lambda n: n // 2, ins[0][-1]))
    if outs[0] is not None:
        ins[0] = (*outs[0][:-1], derived(lambda n: 2 * n, outs[0][-1]))


for _op in (fft, ifft):
    _op.type(float_type)


@fft.grad("data")
def _(F, grad):
    return F._contrib_ifft(grad)


@ifft.grad("data")
def _(F, grad):
    return F._contrib_fft(grad)
