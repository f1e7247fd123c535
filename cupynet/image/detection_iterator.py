"""Batches of images and of the boxes of their objects."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..io import DataBatch
from ..ndarray import NDArray
from ..opencv import opencv
from .detection_augment import CreateDetAugmenter, DetAugmenter
from .iterator import ImageIter

__all__ = ["ImageDetIter"]

_IMAGENET_MEAN, _IMAGENET_STD = np.array([123.68, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])


class ImageDetIter(ImageIter):
    """Batches of images with objects, decoded and augmented together with their boxes.

    The label of an image is a line of numbers: how long its head is (2 or more), how many numbers an object has (5 or
    more), the rest of the head, and the objects: class, left, top, right, bottom as shares of width and height, and
    what else is said of them. A batch's label is (batch, objects, numbers), filled up with -1.

    Parameters
    ----------
    batch_size, data_shape, path_imgrec, path_imglist, path_root, path_imgidx, shuffle, part_index, num_parts, imglist,
    last_batch_handle
        See :class:`ImageIter`.
    aug_list : list of DetAugmenter, optional
        Default: what :func:`CreateDetAugmenter` makes of `data_shape` and the other keyword arguments.
    data_name, label_name : str

    Attributes
    ----------
    label_shape : (int, int)
        How many objects and numbers a label holds; from all images, unless :meth:`reshape` says more.

    Raises
    ------
    MXNetError
        If a label is not of this form, or has no object with an area.
    """

    def __init__(self, batch_size: int, data_shape: Sequence[int], path_imgrec: str | None = None,
                 path_imglist: str | None = None, path_root: str | None = None, path_imgidx: str | None = None,
                 shuffle: bool = False, part_index: int = 0, num_parts: int = 1,
                 aug_list: Sequence[DetAugmenter] | None = None, imglist: Sequence | None = None,
                 data_name: str = "data", label_name: str = "label", last_batch_handle: str = "pad", **kwargs: Any):
        super().__init__(batch_size, data_shape, path_imgrec=path_imgrec, path_imglist=path_imglist,
                         path_root=path_root, path_imgidx=path_imgidx, shuffle=shuffle, part_index=part_index,
                         num_parts=num_parts, aug_list=[], imglist=imglist, data_name=data_name,
                         label_name=label_name, last_batch_handle=last_batch_handle)
        self.auglist = CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else aug_list
        self.label_shape = self._estimate_label_shape()
        self.provide_label = [(label_name, (batch_size, *self.label_shape))]

    # ---- labels ---------------------------------------------------------------------------------------

    def _estimate_label_shape(self) -> tuple[int, int]:
        """Return how many objects an image has at most, and how many numbers one has."""
        most = width = 0
        self.reset()
        try:
            while True:
                label = self._parse_label(self.next_sample()[0])
                most, width = max(most, label.shape[0]), label.shape[1]
        except StopIteration:
            pass
        self.reset()
        return most, width

    def _parse_label(self, label: Any) -> np.ndarray:
        """Return the objects in a label that have an area, (objects, numbers)."""
        numbers = (label.asnumpy() if isinstance(label, NDArray) else np.asarray(label)).ravel()
        if numbers.size < 7:
            raise MXNetError(f"ImageDetIter: Label shape is invalid: {numbers.shape}; expected a head of 2 and an "
                             f"object of 5 numbers at least; it is that of the image{self._current()}")
        head, width = int(numbers[0]), int(numbers[1])
        if head < 2 or width < 5 or (numbers.size - head) % width:
            raise MXNetError(f"ImageDetIter: Label shape {numbers.shape} inconsistent with annotation width {width}; "
                             f"the head has {head} numbers; it is that of the image{self._current()}")
        objects = numbers[head:].reshape(-1, width)
        objects = objects[(objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])]
        if not len(objects):
            raise MXNetError(f"ImageDetIter: Encounter sample with no valid label, the image{self._current()}")
        return objects

    def check_label_shape(self, label_shape: Sequence[int]) -> None:
        """Raise MXNetValueError if labels cannot have this shape: (objects, numbers), not less than they have."""
        if len(label_shape) != 2:
            raise MXNetValueError(f"ImageDetIter: label_shape should have length 2; got {tuple(label_shape)}")
        if label_shape[0] < self.label_shape[0]:
            raise MXNetValueError(f"ImageDetIter: Attempts to reduce label count from {self.label_shape[0]} to "
                                  f"{label_shape[0]}, not allowed.")
        if label_shape[1] != self.label_shape[1]:
            raise MXNetValueError(f"ImageDetIter: label_shape object width inconsistent: {self.label_shape[1]} vs "
                                  f"{label_shape[1]}.")

    def reshape(self, data_shape: Sequence[int] | None = None, label_shape: Sequence[int] | None = None) -> None:
        """Change the shapes of batches; the augmenters stay what they are."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.provide_data = [(self.provide_data[0][0], (self.batch_size, *data_shape))]
            self.data_shape = tuple(data_shape)
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.provide_label = [(self.provide_label[0][0], (self.batch_size, *label_shape))]
            self.label_shape = tuple(label_shape)

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Give this iterator and another the same shape of labels, as large as both need; return the other."""
        if not isinstance(it, ImageDetIter):
            raise MXNetTypeError(f"ImageDetIter.sync_label_shape: Synchronize with invalid iterator; got {it!r}")
        if it.label_shape[1] != self.label_shape[1]:
            raise MXNetValueError(f"ImageDetIter.sync_label_shape: object width mismatch: {self.label_shape[1]} and "
                                  f"{it.label_shape[1]}")
        most = max(self.label_shape[0], it.label_shape[0])
        for each in (self, it):
            if most > each.label_shape[0]:
                each.reshape(None, (most, each.label_shape[1]))
        if verbose:
            logging.info("Resized label_shape to (%d, %d).", most, self.label_shape[1])
        return it

    # ---- samples --------------------------------------------------------------------------------------

    def augmentation_transform(self, data: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        """Return an image and its label after all augmenters."""
        for augment in self.auglist:
            data, label = augment(data, label)
        return data, label

    def _sample(self) -> tuple[NDArray, np.ndarray]:
        """Return image (height, width, channels) and label of the next sample, augmented."""
        label, encoded = self.next_sample()
        data = self.imdecode(encoded)
        self.check_valid_image([data])
        return self.augmentation_transform(data, self._parse_label(label))

    def _read(self) -> None:
        while len(self._rows) < self.batch_size:
            data, label = self._sample()
            self._rows.append((self.postprocess_data(data), label))

    def _batch(self, rows: list[tuple[NDArray, Any]], pad: int) -> DataBatch:
        data = np.empty(self.provide_data[0][1], np.float32)
        labels = np.full(self.provide_label[0][1], -1, np.float32)
        for i, (image, label) in enumerate(rows):
            if image.shape != data.shape[1:]:
                raise MXNetValueError(f"ImageDetIter: the augmenters gave an image of the shape {image.shape} "
                                      f"(channels, height, width); data_shape is {self.data_shape}")
            if len(label) > labels.shape[1] or label.shape[1] != labels.shape[2]:
                raise MXNetValueError(f"ImageDetIter: a label has the shape {label.shape}; label_shape is "
                                      f"{self.label_shape}")
            data[i] = image.asnumpy()
            labels[i, :len(label)] = label
        return DataBatch([nd.array(data)], [nd.array(labels)], pad=pad)

    def draw_next(self, color: Any = None, thickness: int = 2, mean: Any = None, std: Any = None, clip: bool = True,
                  waitKey: int | None = None, window_name: str = "draw_next",
                  id2labels: dict[int, str] | None = None) -> Iterator[np.ndarray]:
        """Yield the augmented images of an epoch with the boxes drawn into them.

        Parameters
        ----------
        color : (blue, green, red), optional
            Of all boxes; without it each has one of its own.
        thickness : int
            Of lines.
        mean, std : True or array, optional
            What the augmenters subtracted and divided by; True: those of ImageNet.
        clip : bool
            Whether values are cut off at 0 and 255.
        waitKey : int, optional
            Also show each image in a window and wait so many milliseconds for a key. (OpenCV's headless wheel has no
            windows.)
        window_name : str
        id2labels : dict, optional
            The names of classes.

        Yields
        ------
        numpy.ndarray
            uint8 (height, width, 3), blue first.
        """
        cv2 = opencv("ImageDetIter.draw_next")
        mean, std = (usual if value is True else value for value, usual in
                     ((mean, _IMAGENET_MEAN), (std, _IMAGENET_STD)))
        while True:
            try:
                data, label = self._sample()
            except StopIteration:
                return
            image = data.asnumpy().astype(np.float32)
            image = image * (1 if std is None else np.asarray(std)) + (0 if mean is None else np.asarray(mean))
            image = np.clip(image, 0, 255) if clip else image
            image = np.ascontiguousarray(image[..., ::-1].astype(np.uint8))
            height, width = image.shape[:2]
            for kind, *box in label[:, :5].tolist():
                left, top, right, bottom = (int(x * length) for x, length in zip(box, (width, height) * 2))
                chosen = np.random.rand(3) * 255 if color is None else color
                chosen = tuple(map(float, chosen))
                cv2.rectangle(image, (left, top), (right, bottom), chosen, thickness)
                if id2labels is not None and int(kind) in id2labels:
                    cv2.putText(image, str(id2labels[int(kind)]), (left + 5, top + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.5,
                                chosen, 2)
            if waitKey is not None:
                cv2.imshow(window_name, image)
                cv2.waitKey(waitKey)
            yield image
