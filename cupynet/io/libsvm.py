"""``LibSVMIter``: batches of files that name the values that are not zero."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..dtypes import as_dtype
from .readers import MXDataIter, RoundBatches, files_of

__all__ = ["LibSVMIter"]


def LibSVMIter(data_libsvm: str | None = None, data_shape: Sequence[int] | None = None, label_libsvm: str | None = None,
               label_shape: Sequence[int] = (1,), num_parts: int = 1, part_index: int = 0,
               batch_size: int | None = None, round_batch: bool = True, dtype: Any = None, data_name: str = "data",
               label_name: str = "softmax_label", **_: Any) -> MXDataIter:
    """Return an iterator over lines ``label index:value index:value ...``, with indices from 0.

    Unlike in MXNet, batches are dense, until there are sparse arrays.

    Parameters
    ----------
    data_libsvm, label_libsvm : str
        Files, or folders of files. Without the second one, labels are the first number of each line of the first.
    data_shape, label_shape : tuple of one int
        How many values a line stands for.
    num_parts, part_index : int
        Into how many parts the lines are divided, by bytes, and which one is read.
    batch_size : int
    round_batch : bool
        Must be True: the last batch is filled up with the first lines, and the next epoch goes on after them.

    Returns
    -------
    MXDataIter
        Data are float32 (batch, `data_shape`), labels (batch,), or (batch, `label_shape`) with `label_libsvm`.
    """
    for name, value in (("data_libsvm", data_libsvm), ("data_shape", data_shape), ("batch_size", batch_size)):
        if value is None:
            raise MXNetValueError(f"LibSVMIter: Required parameter {name} is not presented")
    separate = label_libsvm not in (None, "NULL")
    if as_dtype(dtype) != np.float32:
        raise MXNetTypeError(f"LibSVMIter: dtype is {dtype}; expected float32")
    if not round_batch:
        raise MXNetValueError("LibSVMIter: round_batch is False; only True is supported")
    if batch_size < 1:
        raise MXNetValueError(f"LibSVMIter: batch_size is {batch_size}; expected at least 1")
    if not 0 <= part_index < num_parts:
        raise MXNetValueError(f"LibSVMIter: part_index is {part_index}; there are {num_parts} parts")
    for name, shape in (("data_shape", data_shape), ("label_shape", label_shape)):
        if len(shape) != 1 or shape[0] < 1:
            raise MXNetValueError(f"LibSVMIter: {name} is {tuple(shape)}; expected one length")
    if separate is (label_shape[0] == 1):
        raise MXNetValueError(f"LibSVMIter: label_shape is {tuple(label_shape)}; it is expected to be (1,) when "
                              "label_libsvm is NULL, and not to be (1,) when it is set")
    data, label = _matrix(data_libsvm, data_shape[0], num_parts, part_index)
    if separate:
        label, _ = _matrix(label_libsvm, label_shape[0], num_parts, part_index)
        if len(label) < len(data):
            raise MXNetError(f"LibSVMIter: {data_libsvm} has {len(data)} lines, {label_libsvm} {len(label)}")
    if not len(data):
        raise MXNetError(f"LibSVMIter: part {part_index} of {num_parts} of {data_libsvm} holds no lines")
    return MXDataIter(RoundBatches("LibSVMIter", data, label, batch_size), data_name, label_name)


def _matrix(path: str, width: int, num_parts: int, part_index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of the lines of a part, (lines, width), and their labels."""
    lines = []  # file, number, text
    for file in files_of("LibSVMIter", path):
        lines += [(file, number, text) for number, text in enumerate(_lines(file), 1)]
    step = math.ceil(sum(len(text) for *_, text in lines) / num_parts)
    rows, labels, place = [], [], 0
    for file, number, text in lines:
        if step * part_index <= place < step * (part_index + 1) and text.split(b"#")[0].strip():
            row, label = _line(text.split(b"#")[0].decode("latin-1"), width, f"line {number} of {file}")
            rows.append(row)
            labels.append(label)
        place += len(text)
    return np.array(rows, np.float32).reshape(-1, width), np.array(labels, np.float32)


def _lines(file: Any) -> list[bytes]:
    try:
        return file.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise MXNetError(f"LibSVMIter: cannot read {file}: {error}") from error


def _line(text: str, width: int, where: str) -> tuple[np.ndarray, float]:
    row, words = np.zeros(width, np.float32), text.split()
    label = 0.0
    try:
        if ":" not in words[0]:
            label = float(words.pop(0))
        for word in words:
            index, value = word.split(":")
            if not 0 <= int(index) < width:
                raise MXNetValueError(f"LibSVMIter: {where} has the index {index}; expected less than {width}, the "
                                      "length in the shape")
            row[int(index)] = float(value)
    except ValueError as error:
        if isinstance(error, MXNetError):
            raise
        raise MXNetError(f"LibSVMIter: {where} is {text.strip()[:80]!r}; expected a label and pairs index:value") \
            from error
    return row, label
