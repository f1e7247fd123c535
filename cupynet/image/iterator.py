"""Batches of augmented images from a record file, a list of files, or both."""
from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetError, MXNetKeyError, MXNetValueError
from ..io import DataBatch, DataIter
from ..ndarray import NDArray
from ..recordio import MXIndexedRecordIO, MXRecordIO, NoSuchFile, unpack
from .augment import Augmenter, CreateAugmenter
from .codec import imdecode

__all__ = ["ImageIter"]

_LABEL_TYPES = ("int32", "float32", "int64", "float64")
_LAST_BATCH = ("pad", "discard", "roll_over")


class ImageIter(DataIter):
    """Batches of images, decoded and augmented.

    Parameters
    ----------
    batch_size : int
    data_shape : (3, height, width)
        What shape the augmenters give.
    label_width : int
        How many labels an image has.
    path_imgrec : str, optional
        A record file of images.
    path_imglist : str, optional
        A file with lines "index, labels, path" between tabs; its labels count if there is a record file as well.
    imglist : list, optional
        The same as a list: ``[label, path]``, or ``[label, ..., path]``.
    path_root : str, optional
        The folder in which the paths are (default: the current one).
    path_imgidx : str, optional
        The index of the record file, needed to shuffle and to read a part.
    shuffle : bool
        Whether the images come in another order each epoch (Python's ``random``).
    part_index, num_parts : int
        Which of several equal parts is read; what is left over is in none.
    aug_list : list of Augmenter, optional
        Default: what :func:`CreateAugmenter` makes of `data_shape` and the other keyword arguments.
    data_name, label_name : str
    dtype : str
        Of the labels of lists: ``'float32'``, ``'float64'``, ``'int32'`` or ``'int64'``. Batches are float32.
    last_batch_handle : str
        What becomes of images that do not fill a batch: ``'pad'`` fills up from the beginning, ``'discard'`` leaves
        them out, ``'roll_over'`` begins the next epoch with them.

    Raises
    ------
    MXNetError
        From :meth:`next` where an image is missing or broken (of some of these MXNet takes others in their place). The
        next call goes on behind it.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.zeros((9, 9, 3), np.uint8)
    >>> with mx.recordio.MXIndexedRecordIO('some.idx', 'some.rec', 'w') as record:
    ...     for i in range(5):
    ...         record.write_idx(i, mx.recordio.pack_img((0, i, i, 0), picture, img_fmt='.png'))
    >>> images = mx.image.ImageIter(2, (3, 8, 8), path_imgrec='some.rec')
    >>> [(batch.data[0].shape, batch.label[0].asnumpy().tolist(), batch.pad) for batch in images]
    [((2, 3, 8, 8), [0.0, 1.0], 0), ((2, 3, 8, 8), [2.0, 3.0], 0), ((2, 3, 8, 8), [4.0, 0.0], 1)]
    """

    def __init__(self, batch_size: int, data_shape: Sequence[int], label_width: int = 1,
                 path_imgrec: str | None = None, path_imglist: str | None = None, path_root: str | None = None,
                 path_imgidx: str | None = None, shuffle: bool = False, part_index: int = 0, num_parts: int = 1,
                 aug_list: Sequence[Augmenter] | None = None, imglist: Sequence | None = None, data_name: str = "data",
                 label_name: str = "softmax_label", dtype: str = "float32", last_batch_handle: str = "pad",
                 **kwargs: Any):
        super().__init__(batch_size)
        if not path_imgrec and not path_imglist and imglist is None:
            raise MXNetValueError("ImageIter: there are no images; expected path_imgrec, path_imglist or imglist")
        if dtype not in _LABEL_TYPES:
            raise MXNetValueError(f"ImageIter: {dtype} label not supported; expected {', '.join(_LABEL_TYPES)}")
        if last_batch_handle not in _LAST_BATCH:
            raise MXNetValueError(f"ImageIter: last_batch_handle is {last_batch_handle!r}; expected "
                                  f"{', '.join(_LAST_BATCH)}")
        if batch_size < 1:
            raise MXNetValueError(f"ImageIter: batch_size is {batch_size}; expected 1 or more")
        self.check_data_shape(data_shape)
        self.imgrec, self.imgidx = self._open(path_imgrec, path_imgidx)
        self.imglist = self._listed(path_imglist, imglist, dtype)
        self.path_root, self.shuffle = path_root, shuffle
        self.data_shape, self.label_width, self.last_batch_handle = tuple(data_shape), label_width, last_batch_handle
        self.seq = self._sequence(list(self.imglist or ()), shuffle or num_parts > 1 or bool(path_imgidx))
        if num_parts > 1:
            self.seq = self._part(self.seq, num_parts, part_index)
        self.num_image = None if self.seq is None else len(self.seq)
        self.auglist = CreateAugmenter(self.data_shape, **kwargs) if aug_list is None else aug_list
        labels = (batch_size,) if label_width == 1 else (batch_size, label_width)
        self.provide_data = [(data_name, (batch_size, *self.data_shape))]
        self.provide_label = [(label_name, labels)]
        self._rows: list[tuple[NDArray, Any]] = []  # what has been read for the next batch
        self._rolled = 0                            # how much of that is left of the epoch before
        self.reset()

    # ---- where the images are -------------------------------------------------------------------------

    def _open(self, path_imgrec: str | None, path_imgidx: str | None) -> tuple[MXRecordIO | None, list | None]:
        threads = os.environ.get("MXNET_CPU_WORKER_NTHREADS", "1")
        logging.info("Using %s threads for decoding...", threads)
        logging.info("Set enviroment variable MXNET_CPU_WORKER_NTHREADS to a larger number to use more threads.")
        if not path_imgrec:
            return None, None
        logging.info("%s: loading recordio %s...", type(self).__name__, path_imgrec)
        if not path_imgidx:
            return MXRecordIO(path_imgrec, "r"), None
        records = MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
        return records, list(records.keys)

    def _listed(self, path: str | None, given: Sequence | None, dtype: str) -> dict[Any, tuple[NDArray, str]] | None:
        """Return labels and paths by index."""
        if path:
            logging.info("%s: loading image list %s...", type(self).__name__, path)
            return _read_list(path, dtype)
        if given is None:
            return None
        logging.info("%s: loading image list...", type(self).__name__)
        found = {}
        for number, line in enumerate(given, 1):
            *labels, name = line
            values = labels[0] if len(labels) == 1 else labels
            found[str(number)] = (nd.array(np.atleast_1d(values), dtype=dtype), name)
        return found

    def _sequence(self, listed: list, indexed: bool) -> list | None:
        """Return the keys of the images in their order, or None for that of the record file."""
        if self.imgrec is None:
            return listed
        if indexed and self.imgidx is None:
            raise MXNetValueError("ImageIter: path_imgidx is missing; without it a record file can be neither shuffled "
                                  "nor divided into parts")
        return self.imgidx

    @staticmethod
    def _part(keys: list, num_parts: int, part_index: int) -> list:
        if not 0 <= part_index < num_parts:
            raise MXNetValueError(f"ImageIter: part_index is {part_index}; there are {num_parts} parts")
        count = len(keys) // num_parts
        return keys[part_index * count:(part_index + 1) * count]

    # ---- epochs ---------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin the next epoch, in a new order if the images are shuffled."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        if not self._rolled:
            self._rows = []
        self._to_the_first()
        self._allow_read = True

    def hard_reset(self) -> None:
        """Begin the next epoch without the images that the last one has left."""
        self._rolled = 0
        self.reset()

    def _to_the_first(self) -> None:
        self.cur = 0
        if self.imgrec is not None:
            self.imgrec.reset()

    def next_sample(self) -> tuple[Any, bytes]:
        """Return label and encoded image of the next sample. Raises StopIteration after the last."""
        if not self._allow_read or (self.num_image is not None and self.cur >= self.num_image):
            self._end()
        self.cur += 1
        if self.seq is None:
            record = self.imgrec.read()
            if record is None:
                self._end()
            header, image = unpack(record)
            return header.label, image
        key = self.seq[self.cur - 1]
        if self.imgrec is None:
            label, name = self.imglist[key]
            return label, self.read_image(name)
        header, image = unpack(self.imgrec.read_idx(key))
        if self.imglist is None:
            return header.label, image
        if key not in self.imglist:
            raise MXNetKeyError(f"ImageIter: the list of images has no line with the index {key!r} of the record file")
        return self.imglist[key][0], image

    def _end(self) -> None:
        """End the epoch; where samples of the next one may fill the last batch, they are next."""
        if self._allow_read and self.last_batch_handle != "discard":
            self._to_the_first()
        raise StopIteration

    def _read(self) -> None:
        """Read samples until there are enough for a batch. Raises StopIteration at the end of the epoch."""
        while len(self._rows) < self.batch_size:
            label, encoded = self.next_sample()
            data = self.imdecode(encoded)
            self.check_valid_image([data])
            data = self.augmentation_transform(data)
            self._rows.append((self.postprocess_data(data), label))

    def next(self) -> DataBatch:
        """Return the next batch. Raises StopIteration at the end of the epoch."""
        pad = self.batch_size - self._rolled if self._rolled else 0
        try:
            self._read()
        except StopIteration:
            if not self._rows or self.last_batch_handle == "discard":
                self._rows = []
                raise
            if self.last_batch_handle == "roll_over" and not self._rolled:
                self._rolled = len(self._rows)
                raise
            pad = pad or self.batch_size - len(self._rows)
            self._fill_up()
            self._allow_read = False
        rows, self._rows, self._rolled = self._rows, [], 0
        return self._batch(rows, pad)

    def _fill_up(self) -> None:
        """Fill a batch with samples from the beginning, as often as it needs."""
        before = -1
        while before < len(self._rows) < self.batch_size:
            before = len(self._rows)
            try:
                self._read()
            except StopIteration:
                continue

    def _batch(self, rows: list[tuple[NDArray, Any]], pad: int) -> DataBatch:
        data = np.empty(self.provide_data[0][1], np.float32)
        labels = np.empty(self.provide_label[0][1], np.float32)
        for i, (image, label) in enumerate(rows):
            if image.shape != data.shape[1:]:
                raise MXNetValueError(f"ImageIter: the augmenters gave an image of the shape {image.shape} (channels, "
                                      f"height, width); data_shape is {self.data_shape}")
            data[i] = image.asnumpy()
            value = label.asnumpy() if isinstance(label, NDArray) else np.asarray(label)
            if value.size not in (1, self.label_width):
                raise MXNetValueError(f"ImageIter: an image has {value.size} labels; label_width is "
                                      f"{self.label_width}")
            labels[i] = value.reshape(-1) if self.label_width > 1 else value.item()
        return DataBatch([nd.array(data)], [nd.array(labels)], pad=pad)

    # ---- what subclasses may change -------------------------------------------------------------------

    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raise MXNetValueError if `data_shape` is not (3, height, width)."""
        if len(data_shape) != 3:
            raise MXNetValueError("ImageIter: data_shape should have length 3, with dimensions CxHxW; got "
                                  f"{tuple(data_shape)}")
        if data_shape[0] != 3:
            raise MXNetValueError("ImageIter: This iterator expects inputs to have 3 channels; data_shape is "
                                  f"{tuple(data_shape)}")

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raise MXNetError if the first of `data` has no shape."""
        if not data[0].shape:
            raise MXNetError("Data shape is wrong")

    def imdecode(self, s: bytes) -> NDArray:
        """Return an image decoded. The message of an error says which one it is."""
        try:
            return imdecode(s)
        except MXNetError as error:
            raise MXNetError(f"Broken image{self._current()}, {error}") from error

    def _current(self) -> str:
        """Return what a message says of the sample that was read last."""
        if self.cur == 0:
            return ""
        if self.seq is None:
            return f" number {self.cur - 1} of {self.imgrec.uri}"
        key = self.seq[self.cur - 1]
        return f" filename: {self.imglist[key][1]}" if self.imgrec is None else f" index: {key}"

    def read_image(self, fname: str) -> bytes:
        """Return the content of an image file, whose path is relative to ``path_root``."""
        path = os.path.join(self.path_root or "", fname)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError as error:
            raise NoSuchFile(f"ImageIter: there is no image {path}") from error
        except OSError as error:
            raise MXNetError(f"ImageIter: cannot read {path}: {error.strerror or error}") from error

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Return an image after all augmenters."""
        for augment in self.auglist:
            data = augment(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Return an image (height, width, channels) as (channels, height, width)."""
        return nd.transpose(datum, axes=(2, 0, 1))


def _read_list(path: str, dtype: str) -> dict[int, tuple[NDArray, str]]:
    """Return labels and paths by index of a file with lines "index, labels, path" between tabs."""
    found = {}
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    key, *labels, name = line.strip().split("\t")
                    values = np.array([float(label) for label in labels], dtype)
                    if not labels:
                        raise ValueError
                    found[int(key)] = (nd.array(values, dtype=dtype), name)
                except ValueError as error:
                    raise MXNetValueError(f"ImageIter: line {number} of {path} is {line.strip()!r}; expected index, "
                                          "labels and path with tabs between") from error
    except FileNotFoundError as error:
        raise NoSuchFile(f"ImageIter: there is no list {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise MXNetError(f"ImageIter: cannot read {path}: {error}") from error
    return found
