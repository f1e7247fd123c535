"""Datasets: examples by index."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...base import MXNetAssertionError, MXNetNotImplementedError, MXNetTypeError
from ...ndarray.base import NDArrayBase
from ...recordio import MXIndexedRecordIO
from .sampler import FilterSampler, Sampler, SequentialSampler

__all__ = ["Dataset", "SimpleDataset", "ArrayDataset", "RecordFileDataset"]


class Dataset:
    """Base class: subclasses define ``__getitem__`` and ``__len__``."""

    def __getitem__(self, idx: Any) -> Any:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __len__(self) -> int:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define __len__")

    def filter(self, fn: Callable[[Any], bool]) -> Dataset:
        """Return the examples for which `fn` is true."""
        return self.sample(FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Return part number `index` of `num_shards`, whose lengths differ by one at most."""
        if not 0 <= index < num_shards:
            raise MXNetAssertionError(f"Shard index of out bound: {index} out of {num_shards}")
        length, longer = divmod(len(self), num_shards)
        start = length * index + min(index, longer)
        return self.sample(SequentialSampler(length + (index < longer), start))

    def take(self, count: int | None) -> Dataset:
        """Return the first `count` examples, or as many as there are."""
        count = len(self) if count is None or count > len(self) else count
        return self.sample(SequentialSampler(count))

    def sample(self, sampler: Sampler) -> Dataset:
        """Return the examples that a sampler chooses, in its order."""
        if not isinstance(sampler, Sampler):
            raise MXNetTypeError(f"Invalid sampler type: {type(sampler)}. Expected gluon.data.Sampler instead.")
        return _SampledDataset(self, sampler)

    def transform(self, fn: Callable, lazy: bool = True) -> Dataset:
        """Return the results of `fn` of each example (with the parts of a tuple as its arguments).

        Parameters
        ----------
        fn : callable
        lazy : bool
            Whether `fn` is called whenever an example is asked for; else once for all.
        """
        transformed = _LazyTransformDataset(self, fn)
        return transformed if lazy else SimpleDataset([transformed[i] for i in range(len(transformed))])

    def transform_first(self, fn: Callable, lazy: bool = True) -> Dataset:
        """Return examples with `fn` applied to their first part, which is usually the input without its label."""
        return self.transform(_TransformFirstClosure(fn), lazy)


class SimpleDataset(Dataset):
    """What a list, or anything with a length and indices, holds.

    Parameters
    ----------
    data : sequence
    """

    def __init__(self, data: Sequence[Any]):
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[idx]


class _LazyTransformDataset(Dataset):
    """The results of a function of examples."""

    def __init__(self, data: Dataset, fn: Callable):
        self._data, self._fn = data, fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)


class _TransformFirstClosure:
    """A function of the first of its arguments."""

    def __init__(self, fn: Callable):
        self._fn = fn

    def __call__(self, x: Any, *args: Any) -> Any:
        return (self._fn(x), *args) if args else self._fn(x)


class _SampledDataset(Dataset):
    """The examples that a sampler chooses."""

    def __init__(self, dataset: Dataset, sampler: Sampler):
        self._dataset = dataset
        self._indices = list(iter(sampler))

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: int) -> Any:
        return self._dataset[self._indices[idx]]


class ArrayDataset(Dataset):
    """Tuples of the elements of several arrays or lists of one length.

    Parameters
    ----------
    *args : sequence

    Examples
    --------
    >>> from cupynet.gluon.data import ArrayDataset
    >>> ArrayDataset([1, 2, 3], ['a', 'b', 'c'])[1]
    (2, 'b')
    """

    def __init__(self, *args: Sequence[Any]):
        if not args:
            raise MXNetAssertionError("Needs at least 1 arrays")
        self._length = len(args[0])
        self._data: list[Any] = []
        for i, data in enumerate(args):
            if len(data) != self._length:
                raise MXNetAssertionError("All arrays must have the same length; array[0] has length "
                                          f"{self._length} while array[{i + 1}] has {len(data)}.")
            if isinstance(data, NDArrayBase) and data.ndim == 1:
                data = data.asnumpy()
            self._data.append(data)

    def __getitem__(self, idx: Any) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)

    def __len__(self) -> int:
        return self._length


class RecordFileDataset(Dataset):
    """The records of a ``.rec`` file, as bytes; its ``.idx`` file must lie beside it.

    Parameters
    ----------
    filename : str
    """

    def __init__(self, filename: str | os.PathLike):
        self.filename = os.fspath(filename)
        self.idx_file = os.fspath(Path(self.filename).with_suffix(".idx"))
        self._record = MXIndexedRecordIO(self.idx_file, self.filename, "r")

    def __getitem__(self, idx: int) -> bytes:
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)


class _DownloadedDataset(Dataset):
    """Base class of datasets that lie in a folder, or are downloaded into it: arrays of data and labels."""

    def __init__(self, root: str, transform: Callable | None):
        self._transform = transform
        self._data: Any = None
        self._label: Any = None
        self._root = os.path.expanduser(root)
        os.makedirs(self._root, exist_ok=True)
        self._get_data()

    def __getitem__(self, idx: Any) -> Any:
        if self._transform is not None:
            return self._transform(self._data[idx], self._label[idx])
        return self._data[idx], self._label[idx]

    def __len__(self) -> int:
        return len(self._label)

    def _get_data(self) -> None:
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define _get_data")
