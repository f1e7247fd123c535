"""Sentences as numbers, and batches of sentences of about the same length."""
from __future__ import annotations

import bisect
import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..base import MXNetAssertionError, MXNetTypeError, MXNetValueError
from ..io import DataBatch, DataDesc, DataIter
from ..ndarray import array

__all__ = ["encode_sentences", "BucketSentenceIter"]


def encode_sentences(sentences: Iterable[Iterable[Any]], vocab: dict[Any, int] | None = None, invalid_label: int = -1,
                     invalid_key: Any = "\n", start_label: int = 0, unknown_token: Any = None
                     ) -> tuple[list[list[int]], dict[Any, int]]:
    """Return sentences with a number for each word, and the words' numbers.

    Parameters
    ----------
    sentences : list of list of str
    vocab : dict, optional
        The numbers of known words; without it they are numbered as they come.
    invalid_label, invalid_key : int, str
        The number that no word gets, and what stands for it in a new `vocab`.
    start_label : int
        The first number.
    unknown_token : str, optional
        Under which unknown words are noted; without it they are an error if there is a `vocab`. As in MXNet, every
        unknown word has a number of its own, counted from `start_label`, and `vocab` keeps that of the last.

    Examples
    --------
    >>> import cupynet as mx
    >>> mx.rnn.encode_sentences([['a', 'b'], ['b', 'c']], invalid_label=0, start_label=1)
    ([[1, 2], [2, 3]], {'\\n': 0, 'a': 1, 'b': 2, 'c': 3})
    """
    new = vocab is None
    if vocab is None:
        vocab = {invalid_key: invalid_label}
    number, coded = start_label, []
    for sentence in sentences:
        codes = []
        for word in sentence:
            if word not in vocab:
                if not new and not unknown_token:
                    raise MXNetAssertionError(f"Unknown token {word}")
                if number == invalid_label:
                    number += 1
                if unknown_token:
                    word = unknown_token
                vocab[word] = number
                number += 1
            codes.append(vocab[word])
        coded.append(codes)
    return coded, vocab


class BucketSentenceIter(DataIter):
    """Batches of sentences from buckets of lengths, for a language model: the label of a word is the next one.

    Sentences and batches are shuffled, by Python's and NumPy's generators as in MXNet; those that do not fill a batch
    are left out at the end of a bucket.

    Parameters
    ----------
    sentences : list of list of int
    batch_size : int
    buckets : list of int, optional
        Lengths, to which sentences are filled up; longer sentences are left out. Without it, every length that fills
        a batch.
    invalid_label : int
        What sentences are filled up with.
    data_name, label_name : str
    dtype : str
    layout : "NT" or "TN"
        Whether the axis of a batch or of time comes first.
    """

    def __init__(self, sentences: Sequence[Sequence[int]], batch_size: int, buckets: list[int] | None = None,
                 invalid_label: int = -1, data_name: str = "data", label_name: str = "softmax_label",
                 dtype: Any = "float32", layout: str = "NT"):
        super().__init__()
        if not isinstance(batch_size, (int, np.integer)):
            raise MXNetTypeError(f"BucketSentenceIter: batch_size is {batch_size!r}; expected a whole number")
        if batch_size < 1:
            raise MXNetValueError(f"BucketSentenceIter: batch_size is {batch_size}; expected at least 1")
        if not buckets:
            counts = np.bincount([len(sentence) for sentence in sentences]) if len(sentences) else []
            buckets = [length for length, count in enumerate(counts) if count >= batch_size]
        buckets.sort()
        self.data = _filled(sentences, buckets, invalid_label, dtype)
        used = [i for i, rows in enumerate(self.data) if len(rows)]
        self.buckets, self.data = [buckets[i] for i in used], [self.data[i] for i in used]
        if not self.buckets:
            raise MXNetValueError(f"BucketSentenceIter: none of {len(sentences)} sentences lies in a bucket; "
                                  f"buckets are {buckets}, batch_size is {batch_size}")
        self.batch_size, self.invalid_label, self.dtype = batch_size, invalid_label, dtype
        self.data_name, self.label_name = data_name, label_name
        self.layout, self.major_axis = layout, layout.find("N")
        self.default_bucket_key = max(self.buckets)
        if self.major_axis not in (0, 1):
            raise MXNetValueError(f"Invalid layout {layout}: Must by NT (batch major) or TN (time major)")
        shape = (batch_size, self.default_bucket_key)
        shape = shape if self.major_axis == 0 else shape[::-1]
        self.provide_data = [DataDesc(data_name, shape, layout=layout)]
        self.provide_label = [DataDesc(label_name, shape, layout=layout)]
        self.idx = [(i, start) for i, rows in enumerate(self.data)
                    for start in range(0, len(rows) - batch_size + 1, batch_size)]
        self.reset()

    def reset(self) -> None:
        """Go back to the first batch, and shuffle."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for rows in self.data:
            np.random.shuffle(rows)
            labels = np.full_like(rows, self.invalid_label)
            labels[:, :-1] = rows[:, 1:]
            self.nddata.append(array(rows, dtype=self.dtype))
            self.ndlabel.append(array(labels, dtype=self.dtype))

    def next(self) -> DataBatch:
        if self.curr_idx == len(self.idx):
            raise StopIteration
        i, start = self.idx[self.curr_idx]
        self.curr_idx += 1
        data, label = self.nddata[i][start:start + self.batch_size], self.ndlabel[i][start:start + self.batch_size]
        if self.major_axis == 1:
            data, label = data.T, label.T
        return DataBatch([data], [label], pad=0, bucket_key=self.buckets[i],
                         provide_data=[DataDesc(self.data_name, data.shape, layout=self.layout)],
                         provide_label=[DataDesc(self.label_name, label.shape, layout=self.layout)])


def _filled(sentences: Sequence[Sequence[int]], buckets: list[int], invalid_label: int, dtype: Any
            ) -> list[np.ndarray]:
    """Return the sentences of each bucket as the rows of an array, filled up; too long ones are left out."""
    rows: list[list[np.ndarray]] = [[] for _ in buckets]
    discarded = 0
    for sentence in sentences:
        i = bisect.bisect_left(buckets, len(sentence))
        if i == len(buckets):
            discarded += 1
            continue
        row = np.full((buckets[i],), invalid_label, dtype=dtype)
        row[:len(sentence)] = sentence
        rows[i].append(row)
    print(f"WARNING: discarded {discarded} sentences longer than the largest bucket.")
    return [np.asarray(each, dtype=dtype) for each in rows]
