"""Iterators over records of images: ``ImageRecordIter`` and its kin, and what a thread does with one record."""
from __future__ import annotations

import logging
import os
import struct
import weakref
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import cpu
from ..dtypes import as_dtype
from ..ndarray import load, save
from ..ndarray.base import wrap
from ..opencv import opencv
from ..ops.schema import Attrs
from .batch_pool import BatchPool, EpochEnd, Job, Plan
from .draws import Draws
from .image_record_augment import DefaultAugmenter
from .image_record_params import AUGMENTATIONS, BATCHES, NORMALIZATIONS, READING, iterator
from .image_record_values import Normalizer
from .record_source import RecordSource

__all__ = ["ImageRecordIter", "ImageRecordUInt8Iter", "ImageRecordInt8Iter", "ImageRecordIter_v1",
           "ImageRecordUInt8Iter_v1", "ImageRecordPlan", "ImageRecords"]

_SEED = 111  # what MXNet adds to the user's seeds
_AFTER_RESET = 1_000_003  # what a reset in the middle of an epoch adds to them
_HEADER = struct.Struct("<IfQQ")

What = tuple[int, int, int]  # of a record: its place, its number for `seed_aug`, its turn among what is handed out


# ---- memory ------------------------------------------------------------------------------------------

class Memory:
    """Memory for arrays of one shape, which comes back when nobody holds an array any more.

    Fresh memory costs the system as much time as filling it.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, keep: int):
        self._shape, self._dtype, self._keep = shape, dtype, keep
        self._free: list[np.ndarray] = []

    def take(self) -> np.ndarray:
        """Return an array whose values are not set."""
        try:
            block = self._free.pop()
        except IndexError:
            block = np.empty(int(np.prod(self._shape)) * self._dtype.itemsize, np.uint8)
        taken = np.ndarray(self._shape, self._dtype, buffer=block.data)  # every view of it holds it, not the block
        weakref.finalize(taken, self._give_back, block).atexit = False
        return taken

    def _give_back(self, block: np.ndarray) -> None:
        if len(self._free) < self._keep:
            self._free.append(block)


@dataclass
class _Room:
    """What becomes a batch."""

    data: np.ndarray
    label: np.ndarray
    index: np.ndarray


# ---- one record after the other ------------------------------------------------------------------------

class ImageRecordPlan(Plan):
    """How batches are made of records of images.

    Parameters
    ----------
    settings : ImageRecords
    stream : int
        How many times the iterator was reset in the middle of an epoch.
    """

    seed = _SEED

    def __init__(self, settings: ImageRecords, stream: int):
        at, later = settings.at, _AFTER_RESET * stream
        self.at, self._cv2, self.normalizer = at, settings.cv2, settings.normalizer
        self._augmenter, self._memory, self._labels = settings.augmenter, settings.memory, settings.labels
        self._source, self._label_shape = settings.source(later), settings.label_shape
        self._who, self._draws = settings.who, Draws(self.seed + later)
        self._in_turn = at.seed_aug is None and (self._augmenter.draws_something or self.normalizer.draws_something)
        self._left_out = 0  # places in batches that got no image

    # ---- which ------------------------------------------------------------------------------------------

    def jobs(self) -> Iterator[Job | EpochEnd]:
        """Yield the samples of one epoch after the other."""
        size, slot, needed = self.at.batch_size, 0, 0  # the next place in the batches; what fills up the last epoch's
        while True:
            first = slot
            slot = yield from self._pass_jobs(slot)
            if slot - first < max(needed, 1):
                raise MXNetError(f"{self._who}: number of input images must be bigger than the batch size; got "
                                 f"{slot - first} images for batches of {size}" if slot > first else
                                 f"{self._who}: there are no records in part {self.at.part_index} of "
                                 f"{self.at.num_parts}")
            lacking = -slot % size
            if lacking and not self.at.round_batch:
                yield EpochEnd(slot // size, pad=lacking, missing=lacking)
                self._left_out += lacking
                slot, lacking = slot + lacking, 0
            elif lacking:
                yield EpochEnd(slot // size, pad=lacking)
            elif slot - first > needed:  # else there was nothing but what filled up the last batch
                yield EpochEnd(slot // size - 1)
            needed = lacking

    def one_pass(self) -> Iterator[Job | EpochEnd]:
        """Yield every sample once."""
        count = yield from self._pass_jobs(0)
        lacking = -count % self.at.batch_size
        self._left_out = -count  # what comes later begins with the first batch again, but not with the first draws
        yield EpochEnd((count - 1) // self.at.batch_size, pad=lacking, missing=lacking)

    def _pass_jobs(self, slot: int) -> Generator[Job, None, int]:
        """Yield the jobs of a pass whose first sample takes the place `slot`; return the place after the last."""
        for block in self._source.one_pass():
            yield from self._block_jobs(block, slot)
            slot += len(block.places)
        return slot

    def _block_jobs(self, block: Any, slot: int) -> Iterator[Job]:
        """Yield the jobs of a block whose first sample takes the place `slot`.

        As in MXNet, draws are made in the order of the file, also where records are handed out in another one; then
        all that are shuffled together are under way at the same time.
        """
        size, places, order = self.at.batch_size, block.places, block.order
        shift = size if order is not None else slot % size
        if order is None:
            targets = range(len(places))
        else:
            targets = np.argsort(order).tolist()
            if not self._in_turn:
                places, targets = [places[i] for i in order], range(len(places))
        for i, (place, target) in enumerate(zip(places, targets)):
            batch, row = divmod(slot + target, size)
            number = row if block.indexed else shift + (i if order is None or self._in_turn else order[i])
            gate = slot // size if order is not None and self._in_turn else batch
            yield Job(batch, row, gate, (place, number, slot + target - self._left_out))

    # ---- how --------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        ipp = getattr(self._cv2, "ipp", None)
        if ipp is not None:
            ipp.setUseIPP(False)  # in this thread: Intel's library rounds otherwise than OpenCV's own code

    def begin_batch(self) -> _Room:
        size, data = self.at.batch_size, self._memory.take()
        if not self.at.round_batch:
            data[...] = 0
        return _Room(data, np.zeros((size, *self._label_shape), np.float32), np.zeros(size, np.uint64))

    def decode(self, what: What) -> tuple[int, np.ndarray, np.ndarray]:
        place = what[0]
        record = self._source.read(place)
        number, labels, start = self._header(record, place)
        encoded = np.frombuffer(record, np.uint8, offset=start)
        flag = {1: self._cv2.IMREAD_GRAYSCALE, 3: self._cv2.IMREAD_COLOR}.get(
            self.at.data_shape[0], self._cv2.IMREAD_UNCHANGED)
        try:
            image = self._cv2.imdecode(encoded, flag) if len(encoded) else None
        except self._cv2.error as error:
            raise self._wrong(number, place, f"cannot be decoded: {str(error).strip()}") from error
        if image is None:
            raise self._wrong(number, place, f"holds no image that OpenCV can decode, but {len(encoded)} bytes")
        channels = image.shape[2] if image.ndim == 3 else 1
        if channels != self.at.data_shape[0]:
            raise self._wrong(number, place, f"is invalid: Expected {self.at.data_shape[0]} channels, got {channels}")
        return number, labels, image

    def _header(self, record: bytes, place: int) -> tuple[int, np.ndarray, int]:
        """Return the number of a record, its labels, and where its image begins."""
        if len(record) < _HEADER.size:
            raise MXNetError(f"{self._who}: the record at {self._source.where(place)} has {len(record)} bytes, but an "
                             f"image record begins with a header of {_HEADER.size}")
        count, label, number, _ = _HEADER.unpack_from(record)
        start = _HEADER.size + 4 * count
        if start > len(record):
            raise self._wrong(number, place, f"speaks of {count} labels, but has {len(record)} bytes")
        if self._labels is None:
            labels = np.frombuffer(record, np.float32, count, _HEADER.size) if count else np.array([label], np.float32)
        else:
            labels = self._labels.get(number)
            if labels is None:
                raise self._wrong(number, place, f"has no label in {self.at.path_imglist}: fail to find imagelabel "
                                                 f"for id {number}")
        width = self.at.label_width
        if width > 0 and len(labels) != width:
            raise self._wrong(number, place, f"does not fit: rec file provide {len(labels)}-dimensional label but "
                                             f"label_width is set to {width}")
        return number, labels, start

    def _wrong(self, number: int, place: int, what: str) -> MXNetError:
        return MXNetError(f"{self._who}: the record with the id {number} at {self._source.where(place)} {what}")

    def draw(self, what: What, found: tuple) -> tuple[list, tuple]:
        seed = self.at.seed_aug
        draws = self._draws if seed is None else Draws(_SEED + seed + what[1])
        number, _, image = found
        try:
            return self._augmenter.draw(*image.shape[:2], draws), self._draw_values(what, draws)
        except MXNetError as error:
            raise self._wrong(number, what[0], str(error)) from None

    def _draw_values(self, what: What, draws: Draws) -> tuple:
        return self.normalizer.draw(draws)

    def finish(self, what: What, found: tuple, drawn: tuple[list, tuple], batch: _Room,
               row: int) -> None:
        number, labels, image = found
        steps, values = drawn
        try:
            for step in steps:
                image = step(image)
            self.normalizer.write(image, values, batch.data[row])
        except (self._cv2.error, ValueError) as error:
            raise self._wrong(number, what[0], f"cannot be augmented: {str(error).strip()}") from error
        batch.label[row] = labels[0] if batch.label.ndim == 1 else labels
        batch.index[row] = number


class OlderPlan(ImageRecordPlan):
    """As the older iterators of MXNet: what is drawn for the values comes from a generator of its own, in the order in
    which images are handed out."""

    def __init__(self, settings: ImageRecords, stream: int):
        super().__init__(settings, stream)
        self._value_draws = Draws(self.at.seed + _AFTER_RESET * stream)
        self._drawn: dict[int, tuple] = {}  # for images that come later
        self._next = 0

    def _draw_values(self, what: What, draws: Draws) -> tuple:
        while self._next <= what[2]:
            self._drawn[self._next] = self.normalizer.draw_older(self._value_draws)
            self._next += 1
        return self._drawn.pop(what[2])


# ---- the iterator --------------------------------------------------------------------------------------

class ImageRecords:
    """Begins epochs over records of images; what an :class:`MXDataIter` calls.

    Its threads know the plan and not this object, so they end when it is dropped.

    Parameters
    ----------
    who : str
        The function that the user called.
    at : Attrs
        Its arguments.
    dtype : numpy.dtype
        Of the data.
    """

    plan: type[ImageRecordPlan] = ImageRecordPlan
    normalizer_class: type[Normalizer] = Normalizer
    older = False

    def __init__(self, who: str, at: Any, dtype: np.dtype):
        self.who, self.at, self.cv2 = who, at, opencv(who)
        check_batches(who, at)
        self.augmenter = self.make_augmenter()
        self.normalizer = self._normalizer(dtype)
        self.memory = Memory((at.batch_size, *at.data_shape), dtype, keep=at.prefetch_buffer + 2)
        self.labels = _labels(who, at.path_imglist, at.label_width) if at.path_imglist else None
        self.label_shape = self.find_label_shape()
        if at.verbose:
            logging.info("%s: %s, use %d threads for decoding..", who, at.path_imgrec, at.preprocess_threads)
        self._stream = 0
        plan = self.plan(self, 0)
        if at.get("mean_img") and dtype == np.float32:
            plan.normalizer = self.normalizer = self._normalizer(dtype, self._mean_image(plan))
        self._begin(plan)

    def make_augmenter(self) -> Any:
        """Return what augments the images, after a look at its parameters."""
        _check(self.who, self.at)
        augmenting = {f.name: self.at[f.name] for f in fields(DefaultAugmenter) if f.name in self.at}
        return DefaultAugmenter(self.cv2, self.at.data_shape[1:], **augmenting)

    def find_label_shape(self) -> tuple[int, ...]:
        """Return the shape of one record's labels in a batch."""
        return () if self.at.label_width == 1 else (self.at.label_width,)

    def source(self, later: int) -> RecordSource:
        """Return the records; `later` is added to the seeds."""
        at = self.at
        return RecordSource(self.who, at.path_imgrec, at.path_imgidx, at.num_parts, at.part_index, at.shuffle,
                            self.plan.seed + at.seed + later, at.shuffle_chunk_size, at.shuffle_chunk_seed + later)

    def _normalizer(self, dtype: np.dtype, mean_img: np.ndarray | None = None) -> Normalizer:
        names = (NORMALIZATIONS.keys() & self.at.keys()) - {"mean_img"}
        normal = {name: self.at[name] for name in names}
        return self.normalizer_class(self.cv2, dtype, mean_img, older=self.older, **normal)

    def _mean_image(self, plan: ImageRecordPlan) -> np.ndarray:
        """Return the mean image, from its file or else of all images, as they come out without one."""
        path, shape = self.at.mean_img, tuple(self.at.data_shape)
        if os.path.exists(path):
            logging.info("Load mean image from %s", path)
            found = load(path)
            mean = found.get("mean_img") if isinstance(found, dict) else None
            if mean is None or mean.shape != shape:
                raise MXNetError(f"{self.who}: mean_img {path} holds {_described(found)}; expected an array 'mean_img' "
                                 f"of the shape {shape}")
            return mean.asnumpy()
        logging.info("Cannot find %s: create mean image, this will take some time...", path)
        total, count = np.zeros(shape, np.float32), 0
        pool = self._started(plan, plan.one_pass())
        for data, _, pad, _ in _Epoch(pool):
            for image in data[:len(data) - pad]:
                total += image
            count += len(data) - pad
        pool.join()
        mean = total * (np.float32(1) / np.float32(count))
        save(path, {"mean_img": wrap(mean, cpu())})
        logging.info("Save mean image to %s..", path)
        return mean

    def _started(self, plan: ImageRecordPlan, jobs: Iterator[Job | EpochEnd]) -> BatchPool:
        pool = BatchPool(plan, jobs, self.at.batch_size, self.at.preprocess_threads, self.at.prefetch_buffer)
        weakref.finalize(self, pool.close).atexit = False
        return pool

    def _begin(self, plan: ImageRecordPlan) -> None:
        self._pool = self._started(plan, plan.jobs())

    def __call__(self) -> Iterator[tuple]:
        """Begin an epoch: the next one, or after a reset in the middle again with the first record."""
        pool = self._pool
        if pool.given and not pool.next_epoch():
            self._stream += pool.given > 1  # the first batch tells the shapes, so it may be all that was read
            pool.join()
            self._begin(self.plan(self, self._stream))
        return _Epoch(self._pool, leave_over=self.older and not self.at.round_batch)


class _OlderRecords(ImageRecords):
    """What the functions whose names end in ``_v1`` call."""

    plan = OlderPlan
    older = True


class _Epoch:
    """The batches of one epoch; unlike a generator, it raises an error again when it is asked again.

    Parameters
    ----------
    pool : BatchPool
    leave_over : bool
        Whether places in the last batch that get no image keep what the batch before had there.
    """

    def __init__(self, pool: BatchPool, leave_over: bool = False):
        self._pool, self._leave_over = pool, leave_over
        self._last: _Room | None = None

    def __iter__(self) -> _Epoch:
        return self

    def __next__(self) -> tuple:
        found = self._pool.next()
        if found is None:
            raise StopIteration
        room, pad = found
        if self._leave_over:
            if pad and self._last is not None:
                for new, old in ((getattr(each, f.name) for each in (room, self._last)) for f in fields(_Room)):
                    new[-pad:] = old[-pad:]
            self._last = room
        return room.data, room.label, pad, room.index


def check_batches(who: str, at: Any) -> None:
    """Refuse batches that cannot be, before a thread meets them."""
    shape = at.data_shape
    if len(shape) != 3 or shape[0] not in (1, 3, 4) or min(shape) < 1:
        raise MXNetValueError(f"{who}: data_shape is {shape}; expected (channels, height, width) with 1, 3 or 4 "
                              "channels")
    for name, least in (("batch_size", 1), ("preprocess_threads", 1), ("prefetch_buffer", 0)):
        if at[name] < least:
            raise MXNetValueError(f"{who}: {name} is {at[name]}; expected at least {least}")


def _check(who: str, at: Any) -> None:
    """Refuse augmentations that cannot be."""
    if at.aug_seq != "aug_default":
        raise MXNetValueError(f"{who}: aug_seq is {at.aug_seq!r}; there is 'aug_default' alone")
    if at.label_width < 1:
        raise MXNetValueError(f"{who}: label_width is {at.label_width}; expected at least 1")
    for name in ("max_rotate_angle", "random_h", "random_s", "random_l", "pad"):
        if at[name] < 0:
            raise MXNetValueError(f"{who}: {name} is {at[name]}; expected no negative number")
    if at.random_resized_crop and ((at.min_random_scale, at.max_random_scale) != (1, 1) or at.rand_crop
                                   or (at.min_crop_size, at.max_crop_size) != (-1, -1)):
        raise MXNetValueError(f"{who}: Setting random_resized_crop to true conflicts with min_random_scale, "
                              "max_random_scale, min_crop_size, max_crop_size, and rand_crop")
    if not at.random_resized_crop and (at.max_crop_size, at.min_crop_size) != (-1, -1) and not \
            0 < at.min_crop_size <= at.max_crop_size:
        raise MXNetValueError(f"{who}: min_crop_size is {at.min_crop_size} and max_crop_size {at.max_crop_size}; "
                              "expected both, and no maximum below the minimum")


def _labels(who: str, path: str, width: int) -> dict[int, np.ndarray]:
    """Return the labels in a list of images, by the records' numbers."""
    labels = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if words:
                    found = words[1:1 + width] if width > 0 else words[1:-1]
                    labels[int(words[0])] = np.array(found, np.float32)
                    if width > 0 and len(found) != width:
                        raise ValueError(f"{line.strip()!r} has no {width} labels")
    except (OSError, ValueError) as error:
        raise MXNetError(f"{who}: cannot read the list {path}: {error}; expected lines of an id, "
                         f"{width if width > 0 else 'some'} labels and a path") from error
    return labels


def _described(found: Any) -> str:
    arrays = found.items() if isinstance(found, dict) else enumerate(found)
    return ", ".join(f"{name!r} of the shape {array.shape}" for name, array in arrays) or "nothing"


# ---- the functions -------------------------------------------------------------------------------------

def _with_dtype(who: str, at: Any) -> ImageRecords:
    if at.dtype not in (None, "None", "float32", "uint8", "int8"):
        raise MXNetTypeError(f"{who}: dtype is {at.dtype}; expected float32, uint8 or int8")
    return ImageRecords(who, at, as_dtype(None if at.dtype == "None" else at.dtype))


def _of_dtype(name: str) -> Callable[[str, Any], ImageRecords]:
    return lambda who, at: ImageRecords(who, at, as_dtype(name))


def _older(name: str) -> Callable[[str, Any], ImageRecords]:
    return lambda who, at: _OlderRecords(who, Attrs(at, seed_aug=None, path_imgidx=""), as_dtype(name))


_ORDER = """

What is drawn at random is drawn in the order of the records, so a seed gives the same batches for every number of
threads: those of MXNet with one thread. (With more of them, MXNet's differ from run to run, except with `seed_aug`.)
A reset in the middle of an epoch begins again with the first record, but with other random numbers.

An image that cannot be decoded raises an MXNetError, which names the record, when its batch is asked for. After
:meth:`~MXDataIter.reset` the iterator can be used again."""
_PIXELS = {**READING, **BATCHES, **AUGMENTATIONS}
_ALL = {**_PIXELS, **NORMALIZATIONS}

ImageRecordIter = iterator(
    "ImageRecordIter", "Return an iterator over records of images: decoded, augmented and normalized by threads." +
    _ORDER, _ALL, _with_dtype)
ImageRecordUInt8Iter = iterator(
    "ImageRecordUInt8Iter", "Return an iterator like :func:`ImageRecordIter`, of uint8 and without normalization." +
    _ORDER, _PIXELS, _of_dtype("uint8"))
ImageRecordInt8Iter = iterator(
    "ImageRecordInt8Iter", "Return an iterator like :func:`ImageRecordIter`, of int8 and without normalization." +
    _ORDER, _PIXELS, _of_dtype("int8"))
_OLDER = """; an older name.

It draws what it does to values by itself, from `seed`, and ignores `seed_aug` and `path_imgidx`."""
ImageRecordIter_v1 = iterator(
    "ImageRecordIter_v1", "Return what :func:`ImageRecordIter` does" + _OLDER + _ORDER, _ALL, _older("float32"))
ImageRecordUInt8Iter_v1 = iterator(
    "ImageRecordUInt8Iter_v1", "Return what :func:`ImageRecordUInt8Iter` does" + _OLDER + _ORDER,
    _PIXELS, _older("uint8"))
