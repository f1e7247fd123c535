"""Connectionist temporal classification: the loss of an unsegmented sequence of labels."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..catalog import op, require
from ..infer import either

__all__: list[str] = []


_NEVER = -1e30  # log of the probability 0; finite, so that differences stay numbers


def _log_add(xp: Any, terms: Any) -> Any:
    """Return the logarithm of the sum of exponentials over the first axis."""
    top = terms.max(axis=0)
    return top + xp.log(xp.exp(terms - top).sum(axis=0))


def _reachable(xp: Any, scores: Any, skips: Any) -> Any:
    """Sum over the states (batch, state) that can precede each: itself, the one before and, over a blank, two before.

    `skips` (batch, state) is 0 where that jump is allowed and `_NEVER` elsewhere.
    """
    terms = xp.full((3, *scores.shape), _NEVER, scores.dtype)
    terms[0] = scores
    terms[1, :, 1:] = scores[:, :-1]
    terms[2, :, 2:] = scores[:, :-2]
    terms[2] += skips
    return _log_add(xp, terms)


@op(name="CTCLoss", aliases=("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss"),
    when={"data_lengths": lambda attrs: attrs.use_data_lengths, "label_lengths": lambda attrs: attrs.use_label_lengths},
    nograd=("label", "data_lengths", "label_lengths"), outputs=("output0", "gradient"), visible=1)
def ctc_loss(xp, data, label, data_lengths=None, label_lengths=None, *, use_data_lengths: bool = False,
             use_label_lengths: bool = False, blank_label: Literal["first", "last"] = "first"):
    """Negative log-probability of label sequences, summed over all their alignments with the data.

    The softmax of `data` over its last axis gives the probability of each class at each step. A path through
    the steps spells a label sequence if that is what is left when repeated classes are merged and blanks
    removed (Graves et al. 2006, "Connectionist temporal classification"). The forward and backward sums run
    in log space over all sequences of the batch at once.

    Parameters
    ----------
    data : (time, batch, classes)
        Activations before the softmax.
    label : (batch, labels), any dtype
        Classes, filled up with the padding value.
    data_lengths, label_lengths : (batch,), any dtype
        Only with ``use_data_lengths`` / ``use_label_lengths``. Without the latter a sequence ends before its
        first padding value.
    blank_label : {"first", "last"}
        Whether class 0 is blank (classes count from 1, padding is 0) or the last class is (classes count from
        0, padding is -1).

    Returns
    -------
    (batch,), dtype of `data`.
        A sequence that cannot be aligned, with more labels than steps, has a loss and gradient of 0, as in MXNet.
        (Where all labels of a batch are empty, MXNet returns uninitialized memory; here they count as usual.)

    Raises
    ------
    MXNetValueError
        If `label` is wider than `data` is long.
    """
    time, batch, classes = data.shape
    work = np.result_type(data.dtype, np.float32)
    log_p = data.astype(work)
    log_p -= log_p.max(axis=2, keepdims=True)
    log_p -= xp.log(xp.exp(log_p).sum(axis=2, keepdims=True))

    first = blank_label == "first"
    label = label.astype("int64")
    if label_lengths is None:
        ended = xp.cumsum(label == (0 if first else -1), axis=1, dtype="int64")
        label_lengths = (ended == 0).sum(axis=1)
    else:
        label_lengths = label_lengths.astype("int64")
    blank = 0 if first else classes - 1
    states = xp.full((batch, 2 * label.shape[1] + 1), blank, "int64")  # a blank before, between and after the labels
    states[:, 1::2] = xp.clip(label, 0, classes - 1)
    place = xp.arange(states.shape[1])
    allowed = xp.zeros(states.shape, bool)
    allowed[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    skips = xp.where(allowed, 0, _NEVER).astype(work)
    skips_back = xp.full_like(skips, _NEVER)  # the same jump, seen from where it starts, in reversed order
    skips_back[:, 2:] = skips[:, :1:-1]
    is_end = (place <= 2 * label_lengths[:, None]) & (place >= 2 * label_lengths[:, None] - 1)
    ends = xp.where(is_end, 0, _NEVER).astype(work)
    last = (xp.full(batch, time) if data_lengths is None else data_lengths.astype("int64")) - 1

    emitted = log_p[:, xp.arange(batch)[:, None], states]  # (time, batch, state)
    forward = xp.empty_like(emitted)
    forward[0] = xp.where(place < 2, emitted[0], _NEVER)
    for t in range(1, time):
        forward[t] = _reachable(xp, forward[t - 1], skips)
        forward[t] += emitted[t]
    log_total = _log_add(xp, (forward[last, xp.arange(batch)] + ends).T)

    backward = ends  # without what step t itself emits
    forward[time - 1] += backward
    for t in range(time - 2, -1, -1):
        after = (backward + emitted[t + 1])[:, ::-1]
        backward = xp.where((t < last)[:, None], _reachable(xp, after, skips_back)[:, ::-1], ends)
        forward[t] += backward
    possible = log_total > _NEVER / 2
    forward -= xp.where(possible, log_total, 0).astype(work)[:, None]
    posterior = xp.exp(forward).transpose(1, 0, 2)  # (batch, time, state)

    one_hot = (states[:, 1::2, None] == xp.arange(classes)).astype(work)
    of_class = (posterior[:, :, 1::2] @ one_hot).transpose(1, 0, 2)
    of_class[:, :, blank] += posterior[:, :, ::2].sum(axis=2).T
    counts = possible & (xp.arange(time)[:, None] <= last)
    gradient = xp.where(counts[:, :, None], xp.exp(log_p) - of_class, 0)
    return xp.where(possible, -log_total, 0).astype(data.dtype), gradient.astype(data.dtype)


@ctc_loss.shape
def _(attrs, ins, outs):
    ins["data"] = outs["gradient"]
    data, label = ins["data"], ins["label"]
    require(data is None or len(data) == 3, "CTCLoss", f"data has shape {data}; expected (time, batch, classes)")
    require(label is None or len(label) == 2, "CTCLoss", f"label has shape {label}; expected (batch, labels)")
    batch = either(data and data[1], label and label[0], outs[0] and outs[0][0])
    ins["data"], ins["label"], outs[0] = (None, batch, None), (batch, None), (batch,)
    for name in ("data_lengths", "label_lengths"):
        if name in ins:
            ins[name] = (batch,)
    outs["gradient"] = ins["data"]
    time, labels = ins["data"][0], ins["label"][1]
    require(time is None or labels is None or labels <= time, "CTCLoss",
            f"label has shape {ins['label']}: more labels than the {time} steps of data {ins['data']}")


@ctc_loss.type
def _(attrs, ins, outs):
    for slots, name in ((outs, "output0"), (outs, "gradient"), (ins, "data")):
        ins["data"] = slots[name]
    for i in range(1, len(ins)):
        if ins[i] is None:
            ins[i] = ins["data"]
    outs["output0"] = outs["gradient"] = ins["data"]


@ctc_loss.grad("data")
def _(F, grad, gradient):
    return F.broadcast_mul(F.Reshape(grad, shape=(1, -1, 1)), gradient)
