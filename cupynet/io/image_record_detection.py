"""``ImageDetRecordIter``: records of images with boxes around the objects in them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..ops.schema import Attrs, Floats, Shape
from .image_record import ImageRecordPlan, ImageRecords, What
from .image_record_boxes import BoxAugmenter, Sampler
from .image_record_params import BATCHES, NORMALIZATIONS, READING, Field, Fields, iterator
from .image_record_values import Normalizer
from .record_source import RecordSource

__all__ = ["ImageDetRecordIter"]

_SEED = 233  # of what is drawn, and what is added to the user's seed for the order of the records
_FRONT = 4  # numbers before a label: channels, height and width of the image, and how many numbers the label has


class _DetectionPlan(ImageRecordPlan):
    """How batches are made of records of images with boxes."""

    seed = _SEED

    def begin_batch(self) -> Any:
        room = super().begin_batch()
        room.label[...] = self.at.label_pad_value
        return room

    def draw(self, what: What, found: tuple) -> tuple[list, tuple]:
        number, label, image = found
        header, objects = self._split(what, number, label)
        steps, objects, size = self._augmenter.draw(*image.shape[:2], objects, self._draws)
        return steps, (np.concatenate([header, objects.ravel()]), size)

    def _split(self, what: What, number: int, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the header of a label, and its objects whose boxes have an area."""
        if len(label) < 7:
            raise self._wrong(number, what[0], f"has a label of {len(label)} numbers; expected at least 7: two for the "
                                               "header and five for an object")
        header, width = int(label[0]), int(label[1])
        if header < 2 or width < 5 or header > len(label) or (len(label) - header) % width:
            raise self._wrong(number, what[0], f"has a label of {len(label)} numbers that begins with {header} and "
                                               f"{width}; expected the length of its header, at least 2, and that of "
                                               "an object, at least 5, and whole objects")
        objects = label[header:].reshape(-1, width)
        return label[:header], objects[(objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])]

    def finish(self, what: What, found: tuple, drawn: tuple[list, tuple], batch: Any, row: int) -> None:
        number, _, image = found
        steps, (label, (height, width)) = drawn
        shape, place = self.at.data_shape, batch.label[row]
        try:
            for step in steps:
                image = step(image)
            if (height, width) != tuple(shape[1:]):
                canvas = np.zeros((*shape[1:], *image.shape[2:]), np.uint8)
                canvas[:height, :width] = image
                image = canvas
            self.normalizer.write(image, (False, None), batch.data[row])
        except (self._cv2.error, ValueError) as error:
            raise self._wrong(number, what[0], f"cannot be augmented: {str(error).strip()}") from error
        place[:_FRONT] = shape[0], height, width, len(label)
        place[_FRONT:_FRONT + len(label)] = label
        batch.index[row] = number

    def label_lengths(self, source: RecordSource) -> list[int]:
        """Return how many numbers the records' labels have."""
        return [len(self._header(source.read(place), place)[1])
                for block in source.one_pass() for place in block.places]


class _DetectionNormalizer(Normalizer):
    """Values as this iterator of MXNet computes them: divided before they are scaled."""

    def _value(self, difference: np.ndarray, changes: Any, channel: int) -> np.ndarray:
        return difference / self._deviations[channel] * np.float32(self.scale)


class _DetectionRecords(ImageRecords):
    """Begins epochs over records of images with boxes."""

    plan = _DetectionPlan
    normalizer_class = _DetectionNormalizer
    older = True

    def make_augmenter(self) -> BoxAugmenter:
        at = self.at
        if at.aug_seq != "det_aug_default":
            raise MXNetValueError(f"{self.who}: aug_seq is {at.aug_seq!r}; there is 'det_aug_default' alone")
        own = {f.name: at[f.name] for f in fields(BoxAugmenter) if f.name in at}
        return BoxAugmenter(self.cv2, at.data_shape[1:], _samplers(self.who, at), **own)

    def find_label_shape(self) -> tuple[int, ...]:
        """Return the length of labels in batches: that of the longest, or as the user says."""
        self.label_shape = ()
        lengths = self.plan(self, 0).label_lengths(self.source(0))
        longest, wanted = max(lengths, default=0), self.at.label_pad_width
        if 0 < wanted < longest:
            raise MXNetValueError(f"{self.who}: label_pad_width: {wanted} smaller than estimated width: {longest}")
        return (_FRONT + max(longest, wanted),)


def _samplers(who: str, at: Any) -> list[Sampler]:
    """Return the samplers of crops: parameters with one value have it for all of them."""
    count, bounds = at.num_crop_sampler, {}
    for name in ("scales", "aspect_ratios", "overlaps", "sample_coverages", "object_coverages"):
        low, high = (_for_each(who, f"{end}_crop_{name}", at, count) for end in ("min", "max"))
        bounds[name] = list(zip(low, high))
    trials = _for_each(who, "max_crop_trials", at, count)
    for low, high in bounds["scales"]:
        if not 0 <= low < high <= 1:
            raise MXNetValueError(f"{who}: crop scales from {low:g} to {high:g}; expected numbers from 0 to 1, the "
                                  "first one smaller")
    for name, pairs in bounds.items():
        for low, high in pairs:
            if low > high:
                raise MXNetValueError(f"{who}: min_crop_{name} is {low:g} and max_crop_{name} {high:g}; expected no "
                                      "maximum below the minimum")
    return [Sampler(**{name: pairs[i] for name, pairs in bounds.items()}, trials=trials[i]) for i in range(count)]


def _for_each(who: str, name: str, at: Any, count: int) -> Sequence[float]:
    values = at[name]
    if len(values) == 1:
        return [values[0]] * count
    if len(values) != count:
        raise MXNetValueError(f"{who}: {name} has {len(values)} values; expected one, or one for each of the {count} "
                              "samplers (num_crop_sampler)")
    return values


# ---- the function --------------------------------------------------------------------------------------

_READING = {name: READING[name] for name in (
    "path_imglist", "path_imgrec", "aug_seq", "label_width", "data_shape", "preprocess_threads", "verbose", "num_parts",
    "part_index", "shuffle_chunk_size", "shuffle_chunk_seed")}
_READING["aug_seq"] = Field(str, "det_aug_default", READING["aug_seq"].text)
_READING["label_width"] = Field(int, -1, "How many numbers each label has; -1: any.")
_LABELS: Fields = {
    "label_pad_width": Field(int, 0, "To how many numbers labels are filled up, besides the four before them; 0 or -1: "
                                     "as many as the longest has."),
    "label_pad_value": Field(float, -1.0, "With what."),
}
_COVERAGES = {
    "overlaps": "The part of the union of crop and an object that both share, at least",
    "sample_coverages": "The part of the crop that an object covers, at least",
    "object_coverages": "The part of an object that is in the crop, at least",
}
_CROPS: Fields = {
    "rand_crop_prob": Field(float, 0.0, "How probable a crop is."),
    "min_crop_scales": Field(Floats, (0.0,), "The square root of its area, from this"),
    "max_crop_scales": Field(Floats, (1.0,), "to this."),
    "min_crop_aspect_ratios": Field(Floats, (1.0,), "Its ratio of sides, by the image's, from this"),
    "max_crop_aspect_ratios": Field(Floats, (1.0,), "to this."),
}
for _name, _text in _COVERAGES.items():
    _CROPS[f"min_crop_{_name}"] = Field(Floats, (0.0,), _text)
    _CROPS[f"max_crop_{_name}"] = Field(Floats, (1.0,), "and at most.")
_CROPS.update({
    "num_crop_sampler": Field(int, 1, "How many samplers there are, each with its values above; the first one that "
                                      "finds a crop, in an order that is drawn, is the one."),
    "crop_emit_mode": Field(Literal["center", "overlap"], "center", "Which objects stay: those whose middle is in the "
                                                                    "crop, or those of which this part is:"),
    "emit_overlap_thresh": Field(float, 0.3, "More than this."),
    "max_crop_trials": Field(Shape, (25,), "How many crops are drawn before a sampler gives up."),
})
_OTHERS: Fields = {
    "rand_pad_prob": Field(float, 0.0, "How probable it is that the image is put on a larger canvas."),
    "max_pad_scale": Field(float, 1.0, "How much larger its sides are at most."),
    "max_random_hue": Field(int, 0, "Hue (of 180) is shifted by up to this,"),
    "random_hue_prob": Field(float, 0.0, "so probably;"),
    "max_random_saturation": Field(int, 0, "saturation (of 255) by up to this,"),
    "random_saturation_prob": Field(float, 0.0, "so probably;"),
    "max_random_illumination": Field(int, 0, "and lightness (of 255) by up to this,"),
    "random_illumination_prob": Field(float, 0.0, "so probably."),
    "max_random_contrast": Field(float, 0.0, "Values are multiplied by a factor in [1 - c, 1 + c],"),
    "random_contrast_prob": Field(float, 0.0, "so probably."),
    "rand_mirror_prob": Field(float, 0.0, "How probable it is that the image is mirrored."),
    "fill_value": Field(int, 127, "What stands on a canvas around the image."),
    "inter_method": Field(int, 1, "How images are resized: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 by the "
                                  "sizes, 10 at random."),
    "resize_mode": Field(Literal["fit", "force", "shrink"], "force", "``force``: to the shape of the results; ``fit``: "
                         "to the largest size in it with the same ratio of sides; ``shrink``: that, if it is larger. "
                         "The rest is 0 before normalization."),
}
_NORMALIZATIONS = {name: field for name, field in NORMALIZATIONS.items() if name[:4] in ("mean", "std_", "scal")}
_FIELDS = {**_READING, **_LABELS, "shuffle": READING["shuffle"], "seed": READING["seed"], **BATCHES,
           "resize": Field(int, -1, "The length of the shorter side, to which images are resized first."),
           **_CROPS, **_OTHERS, **_NORMALIZATIONS}
_FIELDS.update({f"std_{c}": Field(float, 0.0, f"By what channel {c} is divided; 0: not at all.") for c in "rgba"})


def _begin(who: str, at: Any) -> _DetectionRecords:
    if at.dtype not in (None, "None", "float32"):
        raise MXNetTypeError(f"{who}: dtype is {at.dtype}; expected float32")
    deviations = {f"std_{c}": at[f"std_{c}"] if at[f"std_{c}"] > 0 else 1.0 for c in "rgba"}
    return _DetectionRecords(who, Attrs(at, path_imgidx="", seed_aug=None, **deviations), np.dtype(np.float32))


ImageDetRecordIter = iterator(
    "ImageDetRecordIter", """Return an iterator over records of images with objects: decoded, augmented and normalized.

A record's label is ``[A, B, ..., objects...]``: A, the length of this header, B, the length of an object, and objects
``[class, left, top, right, bottom, ...]`` with places of the image's width and height. A batch's label is
(batch, 4 + the length of the longest): channels, height, width, the length of the label, the label, and filling.
Objects whose boxes have no area are left out.

What is drawn is drawn in the order of the records, the same for every seed, so every number of threads gives what MXNet
gives with one thread. With `round_batch` off, places in the last batch that get no image keep what the batch before had
there. An image or a label that is wrong raises an MXNetError, which names the record, when its batch is asked for.""",
    _FIELDS, _begin)
