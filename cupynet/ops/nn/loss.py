"""Loss layers: heads of a network whose gradient is that of a loss, whatever comes from above."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..catalog import op, require
from ..infer import Slots, alike, elements, first_type, known, same_shape, same_type
from ..op import Op
from ..schema import Attrs
from .softmax import softmax_of

__all__: list[str] = []


_Normalization = Literal["batch", "null", "valid"]


def _one_dtype(F: Any, label: Any, label_dtype: Any, dtype: Any) -> Any:
    """Return `label` in `dtype`, so that whole-number labels do not widen what they meet."""
    return label if np.dtype(label_dtype) == np.dtype(dtype) else F.Cast(label, dtype=dtype)


# ---- SoftmaxOutput --------------------------------------------------------------------------------

def _as_rows(shape: tuple, multi_output: bool, preserve_shape: bool) -> tuple[int, int, int]:
    """Return (outer, classes, inner): how SoftmaxOutput sees data of `shape`."""
    if multi_output:
        return shape[0], shape[1], math.prod(shape[2:])
    if preserve_shape:
        return math.prod(shape[:-1]), shape[-1], 1
    return shape[0], math.prod(shape[1:]), 1


@op(name="SoftmaxOutput", aliases=("Softmax",), nograd=("label",), inplace=True)
def softmax_output(xp, data, label, *, grad_scale: float = 1.0, ignore_label: float = -1.0, multi_output: bool = False,
                   use_ignore: bool = False, preserve_shape: bool = False, normalization: _Normalization = "null",
                   out_grad: bool = False, smooth_alpha: float = 0.0, out=None):
    """Softmax, with the gradient of its cross-entropy with `label`: ``softmax(data) - onehot(label)``.

    The head gradient is ignored and the loss itself is not computed.

    Parameters
    ----------
    data : (N, classes), or more axes (see `multi_output`, `preserve_shape`), floating point
    label : the class of each softmax
        Shape (N,): that of `data` without the last axis. Where `data` has more axes and neither `multi_output` nor
        `preserve_shape` is given, the first N labels are those of the N softmaxes, and the rest only counts in
        `normalization`. With `multi_output` (N, spatial size), also as (N, spatial...) or (N, 1, spatial...). A label
        that is no class adds nothing to the gradient of the softmax. Or the shape of `data`: probabilities, for which
        only `grad_scale` and `out_grad` count.
    grad_scale : float
        Multiplies the gradient.
    ignore_label : float
        With `use_ignore`, the label whose gradient is zero.
    multi_output : bool
        One softmax over axis 1 for each place of the axes after it; the gradient is divided by their size.
    preserve_shape : bool
        One softmax over the last axis for each place of the others. Without this and `multi_output`, all axes but the
        first make one softmax.
    normalization : str
        ``batch`` divides the gradient by the number of labels, ``valid`` by the number of those that are not
        `ignore_label` (both instead of multi_output's division), ``null`` by nothing.
    out_grad : bool
        Multiply the gradient by the head gradient. (MXNet 1.9.1 multiplies by the output instead, by mistake.)
    smooth_alpha : float
        Take this much from the class of the label and spread it over the others; not with `multi_output`.

    Returns
    -------
    Same shape and dtype as `data`.
    """
    rank = data.ndim
    if rank == 1:  # one number for each sample
        out = xp.empty_like(data) if out is None else out
        out[...] = 1
        return out
    axis = 1 if multi_output else -1 if preserve_shape or rank == 2 else tuple(range(1, rank))
    return softmax_of(xp, data, axis, out=out)


@softmax_output.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs[0]
    outs[0] = data = ins["data"]
    if data is None:
        return
    label = ins["label"]
    require(len(data) >= 2 or label == data, "SoftmaxOutput",
            f"data has shape {data}, expected at least 2 axes (batch, classes)")
    if attrs.multi_output:
        size = elements(data[2:])
        if label is None:
            ins["label"] = (data[0], size)
        elif known(label) and known(data):
            require(label == data or (label[0] == data[0] and math.prod(label) == data[0] * size), "SoftmaxOutput",
                    f"label has shape {label}; data {data} with multi_output needs {(data[0], size)}, "
                    f"{(data[0], *data[2:])} or {data}")
    else:
        probabilities = label is not None and len(label) == len(data)
        ins["label"] = data if probabilities else data[:-1]


softmax_output.type(first_type)


_FEW_CLASSES = 128


@op(name="_backward_softmax_output", nograd=("label",))
def backward_softmax_output(xp, output, label, *, grad_scale: float = 1.0, ignore_label: float = -1.0,
                            multi_output: bool = False, use_ignore: bool = False, preserve_shape: bool = False,
                            normalization: _Normalization = "null", smooth_alpha: float = 0.0, out=None):
    """Gradient of SoftmaxOutput from its `output` and `label`; see there for the attributes."""
    if out is None:
        out = xp.empty(output.shape, output.dtype)
    if label.shape == output.shape:
        xp.subtract(output, label, out=out)
        if grad_scale != 1:
            out *= grad_scale
        return out
    outer, classes, inner = _as_rows(output.shape, multi_output, preserve_shape)
    every, label = label, label.reshape(-1)[:outer * inner].reshape(outer, inner)
    found, rows = output.reshape(outer, classes, inner), out.reshape(outer, classes, inner)
    smooth = 0.0 if multi_output else smooth_alpha
    rest = smooth / max(classes - 1, 1)
    place, hit = label.astype(np.int64), 1 - smooth - rest
    if classes <= _FEW_CLASSES:  # a pass over all classes costs less than looking up the places
        hot = place[:, None] == xp.arange(classes)[:, None]
        xp.subtract(found, hot if hit == 1 else hot * np.asarray(hit, output.dtype)[()], out=rows)
        if rest:
            rows -= rest
    else:
        xp.subtract(found, rest, out=rows)
        inside = (place >= 0) & (place < classes)
        where = xp.arange(outer)[:, None], xp.where(inside, place, 0), xp.arange(inner)
        rows[where] -= inside.astype(output.dtype) * hit

    scale = grad_scale
    if use_ignore:
        rows *= (label != ignore_label)[:, None]
    if normalization == "null":
        scale /= inner
    elif normalization == "valid":
        scale = (scale / xp.maximum((every != ignore_label).sum(), 1)).astype(output.dtype)
    else:
        scale /= max(every.size, 1)
    if not (isinstance(scale, float) and scale == 1):
        out *= scale
    return out


@softmax_output.grad("data")
def _(F, output, label, grad=None, *, grad_scale, ignore_label, multi_output, use_ignore, preserve_shape,
      normalization, smooth_alpha, out_grad):
    found = F._backward_softmax_output(
        output, label, grad_scale=grad_scale, ignore_label=ignore_label, multi_output=multi_output,
        use_ignore=use_ignore, preserve_shape=preserve_shape, normalization=normalization, smooth_alpha=smooth_alpha)
    return found * grad if out_grad and grad is not None else found


@backward_softmax_output.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["output"] = outs[0]
    outs[0] = ins["output"]


backward_softmax_output.type(first_type)


@backward_softmax_output.grad("output")
def _(F, grad, label, *, grad_scale, ignore_label, multi_output, use_ignore, preserve_shape, normalization,
      smooth_alpha):
    def gradient(output):
        return F._backward_softmax_output(
            output, label, grad_scale=grad_scale, ignore_label=ignore_label, multi_output=multi_output,
            use_ignore=use_ignore, preserve_shape=preserve_shape, normalization=normalization,
            smooth_alpha=smooth_alpha)
    return gradient(grad) - gradient(grad * 0)  # linear in the output, but for a constant


# ---- regression -----------------------------------------------------------------------------------

def _regression_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """The output is like data, and so is the label; one output a sample also goes with a vector of labels."""
    ins["data"] = outs[0]
    outs[0] = data = ins["data"]
    label = ins["label"]
    if data is None:
        return
    if label is None:
        if known(data):
            ins["label"] = data[:1] if len(data) == 2 and data[1] == 1 else data
    elif len(label) == 1 and len(data) == 2:
        ins["label"] = data[:1]
        ins["data"] = (*ins["label"], 1)
        outs[0] = ins["data"]
    elif len(label) == len(data) and not known(label):
        ins["label"] = data
    else:
        fits = alike(elements(label), elements(data)) and all(map(alike, label[:1], data[:1]))
        require(fits, ins._who, f"label has shape {label}; expected {data}, that of data, or as many elements a sample")


def _regression_type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    first_type(attrs, ins, outs)
    if ins["data"] is None and ins["label"] is not None:
        ins["data"] = outs[0] = ins["label"]


def _declare_regression(name: str, kernel: Callable, view: bool, difference: Callable, doc: str) -> Op:
    """Declare an output layer whose gradient is ``grad_scale * difference(output, label) / size of a sample``."""
    kernel.__doc__ = f"""{doc}

    The gradient is multiplied by `grad_scale` and divided by the number of elements of one sample, not by the
    batch size; the head gradient is ignored and the loss itself is not computed.

    Parameters
    ----------
    data : (N, ...), floating point
    label : shape of `data`; axes of length 1 may be left out, as in (N,) for data (N, 1)
    grad_scale : float
        Multiplies the gradient.

    Returns
    -------
    Same shape and dtype as `data`."""
    declared = op(name=name, aliases=(f"_sparse_{name}",), nograd=("label",), view=view, inplace=True)(kernel)
    declared.shape(_regression_shape)
    declared.type(_regression_type)

    @declared.grad("data")
    def _(F, output, label, label_dtype, label_shape, *, grad_scale):
        label = _one_dtype(F, label, label_dtype, output.dtype)
        shape = tuple(output.shape)
        if tuple(label_shape) != shape:
            label = F.Reshape(label, shape=shape)
        found = difference(F, output, label)
        scale = grad_scale / max(math.prod(shape[1:]), 1)
        return found if scale == 1 else found * scale
    return declared


def _identity_kernel(xp, data, label, *, grad_scale: float = 1.0):
    return data


def _logistic_kernel(xp, data, label, *, grad_scale: float = 1.0, out=None):
    out = xp.multiply(data, 0.5, out=out)  # (tanh(x / 2) + 1) / 2: nothing overflows
    out = xp.tanh(out, out=out)
    out += 1
    out *= 0.5
    return out


def _mae_kernel(xp, data, label, *, grad_scale: float = 1.0):
    return data


_declare_regression("LinearRegressionOutput", _identity_kernel, True, lambda F, output, label: output - label,
                    "Identity, with the gradient of half the squared error: ``data - label``.")
_declare_regression("LogisticRegressionOutput", _logistic_kernel, False, lambda F, output, label: output - label,
                    "Sigmoid, with the gradient of its cross-entropy with `label`: ``sigmoid(data) - label``.")
_declare_regression("MAERegressionOutput", _mae_kernel, True,
                    lambda F, output, label: F._greater(output, label) * 2 - 1,
                    "Identity, with the gradient of the absolute error: 1 where ``data > label``, else -1.")


# ---- any loss -------------------------------------------------------------------------------------

@op(name="MakeLoss", view=True)
def make_loss_output(xp, data, *, grad_scale: float = 1.0, valid_thresh: float = 0.0,
                     normalization: _Normalization = "null"):
    """Make `data` a loss: the identity, whose gradient is `grad_scale` everywhere; the head gradient is ignored.

    Parameters
    ----------
    data : any shape, floating point
    grad_scale : float
        The gradient.
    valid_thresh : float
        For ``normalization="valid"``: elements above this count.
    normalization : str
        ``batch`` divides the gradient by the product of all lengths but the last (for a vector by 1), ``valid`` by the
        number of elements above `valid_thresh`, ``null`` by nothing.
    """
    return data


@op(name="_backward_make_loss", differentiable=False)
def backward_make_loss(xp, data, *, grad_scale: float = 1.0, valid_thresh: float = 0.0,
                       normalization: _Normalization = "null", out=None):
    """Gradient of MakeLoss; see there."""
    if out is None:
        out = xp.empty(data.shape, data.dtype)
    if normalization == "valid":
        grad_scale = grad_scale / xp.maximum((data > valid_thresh).sum(), 1)
    elif normalization == "batch":
        grad_scale /= max(math.prod(data.shape[:-1]), 1)
    out[...] = grad_scale
    return out


@make_loss_output.grad("data")
def _(F, data, *, grad_scale, valid_thresh, normalization):
    return F._backward_make_loss(data, grad_scale=grad_scale, valid_thresh=valid_thresh, normalization=normalization)


@op(name="make_loss", aliases=("_sparse_make_loss",), outputs=("loss",), view=True)
def make_loss(xp, data):
    """Make `data` a loss: the identity, whose gradient is 1 everywhere; the head gradient is ignored."""
    return data


@make_loss.grad("data")
def _(F, data):
    return F.ones_like(data)


for _op in (make_loss_output, backward_make_loss, make_loss):
    _op.shape(same_shape)
    _op.type(same_type)


@op(name="softmax_cross_entropy", nograd=("label",))
def softmax_cross_entropy(xp, data, label):
    """Sum over the samples of ``-log softmax(data)[label]``.

    Parameters
    ----------
    data : (N, classes), floating point
    label : (N,)
        The class of each sample. What is no class adds nothing to the loss (MXNet reads foreign memory), and just
        the softmax to the gradient, as in SoftmaxOutput.

    Returns
    -------
    Shape (1,), dtype of `data`. (MXNet cuts the loss of a sample off at ``-log(1e-8)``; this does not.)
    """
    log = softmax_of(xp, data, -1, log=True)
    hits = label.astype(np.int64)[:, None] == xp.arange(data.shape[1])
    return (-(log * hits).sum()).reshape(1).astype(data.dtype, copy=False)


@softmax_cross_entropy.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    for name, rank in (("data", 2), ("label", 1)):
        require(ins[name] is None or len(ins[name]) == rank, "softmax_cross_entropy",
                f"{name} has shape {ins[name]}, expected {rank} ax{'es' if rank > 1 else 'is'}")
    if ins["data"] is not None:
        ins["label"] = ins["data"][:1]
    elif ins["label"] is not None:
        ins["data"] = (*ins["label"], None)
    outs[0] = (1,)


softmax_cross_entropy.type(first_type)


@softmax_cross_entropy.grad("data")
def _(F, grad, data, label):
    return F.broadcast_mul(F._backward_softmax_output(F.softmax(data), label), F.Reshape(grad, shape=(1, 1)))


# ---- support vector machine -----------------------------------------------------------------------

@op(name="SVMOutput", nograd=("label",), view=True)
def svm_output(xp, data, label, *, margin: float = 1.0, regularization_coefficient: float = 1.0,
               use_linear: bool = False):
    """Identity, with the gradient of a one-against-all hinge loss.

    With ``t = 1`` for the class of the label and -1 for the others, a score x adds
    ``max(0, margin - t x)^2`` (`use_linear`: ``max(0, margin - t x)``) times `regularization_coefficient` to the loss.
    The head gradient is ignored.

    Parameters
    ----------
    data : (..., classes), floating point
    label : shape of `data` without the last axis
    margin, regularization_coefficient : float
    use_linear : bool
        L1 instead of squared hinge loss.

    Returns
    -------
    Same shape and dtype as `data`.

    Source: Y. Tang, "Deep learning using linear support vector machines", 2013.
    """
    return data


@op(name="_backward_svm_output", differentiable=False)
def backward_svm_output(xp, data, label, *, margin: float = 1.0, regularization_coefficient: float = 1.0,
                        use_linear: bool = False):
    """Gradient of SVMOutput; see there."""
    hits = label.astype(np.int64)[..., None] == xp.arange(data.shape[-1])
    sign = 1 - hits.astype(data.dtype) * 2
    short = margin + sign * data
    if use_linear:
        return sign * (short > 0) * regularization_coefficient
    return sign * xp.maximum(short, 0) * (2 * regularization_coefficient)


for _op in (svm_output, backward_svm_output):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        ins["data"] = outs[0]
        outs[0] = data = ins["data"]
        if data is not None:
            require(len(data) >= 2, "SVMOutput", f"data has shape {data}, expected at least 2 axes (batch, classes)")
            ins["label"] = data[:-1]
    _op.type(first_type)


@svm_output.grad("data")
def _(F, data, label, *, margin, regularization_coefficient, use_linear):
    return F._backward_svm_output(data, label, margin=margin, regularization_coefficient=regularization_coefficient,
                                  use_linear=use_linear)


# ---- sparseness -----------------------------------------------------------------------------------

@op(name="IdentityAttachKLSparseReg", outputs=("output", "average"), visible=1, mutates=("moving_avg",),
    initial={"moving_avg": '["zero", {}]'}, by_name=("moving_avg",))
def identity_attach_kl_sparse_reg(xp, data, moving_avg, *, sparseness_target: float = 0.1, penalty: float = 0.001,
                                  momentum: float = 0.9, train=False):
    """Identity whose gradient also pulls the mean activation of each unit to a target.

    ``penalty * KL(sparseness_target || average)`` is added to the loss, where ``average`` is a moving average of the
    mean of each unit over the batch; the activations must be in (0, 1), as after a sigmoid.

    Parameters
    ----------
    data : (N, units, ...), floating point
    moving_avg : (units,)
        Auxiliary state, becomes ``momentum * moving_avg + (1 - momentum) * mean`` in training.
    sparseness_target, penalty, momentum : float

    Returns
    -------
    Same shape and dtype as `data`; the average used is a hidden output.

    Notes
    -----
    MXNet updates the average in the backward pass; here the training forward does.
    """
    average = moving_avg.copy()
    if train:
        average *= momentum
        average += (1 - momentum) * data.mean((0, *range(2, data.ndim)))
    return data.copy(), average, average


@identity_attach_kl_sparse_reg.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["data"] = outs["output"]
    outs["output"] = data = ins["data"]
    if data is not None:
        require(len(data) >= 2, "IdentityAttachKLSparseReg", f"data has shape {data}, expected at least 2 axes")
        ins["moving_avg"] = data[1:2]
    outs["average"] = ins["moving_avg"]


identity_attach_kl_sparse_reg.type(same_type)


@identity_attach_kl_sparse_reg.grad("data")
def _(F, grad, average, *, sparseness_target, penalty):
    pull = (1 - sparseness_target) * penalty / (1 - average) - sparseness_target * penalty / average
    rank = len(grad.shape)
    return F.broadcast_add(grad, F.Reshape(pull, shape=(1, -1, *(1,) * (rank - 2))))
