"""The parameters of the iterators over records, in groups, and how a function is made that takes some of them."""
from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..base import MXNetTypeError
from ..ops.schema import REQUIRED, Attrs, Schema, Shape
from .readers import MXDataIter

__all__ = ["AUGMENTATIONS", "BATCHES", "NORMALIZATIONS", "READING", "Field", "Fields", "iterator"]


class Field(typing.NamedTuple):
    """One parameter: its type, its default, and what it says."""

    annotation: Any
    default: Any
    text: str


Fields = dict[str, Field]

READING: Fields = {
    "path_imglist": Field(str, "", "A file of lines ``id<tab>label(s)<tab>path`` whose labels replace the records'."),
    "path_imgrec": Field(str, "", "Files of records with ``;`` between them, or a folder of them."),
    "path_imgidx": Field(str, "", "Their index, by which they are shuffled one by one."),
    "aug_seq": Field(str, "aug_default", "What augments the images."),
    "label_width": Field(int, 1, "How many labels a record has; with one, a batch's labels are (batch,)."),
    "data_shape": Field(Shape, REQUIRED, "(channels, height, width) of what comes out; 1, 3 or 4 channels."),
    "preprocess_threads": Field(int, 4, "How many threads decode and augment."),
    "verbose": Field(bool, True, "Whether the beginning is logged."),
    "num_parts": Field(int, 1, "Into how many parts the records are divided,"),
    "part_index": Field(int, 0, "and which one is read."),
    "device_id": Field(int, 0, "Has no meaning here: batches are on ``cpu(0)``, and travel through page-locked memory "
                               "when they are copied to a GPU."),
    "shuffle_chunk_size": Field(int, 0, "With `shuffle`: the records are cut into pieces of this many megabytes, "
                                        "which are read in an order drawn for each epoch."),
    "shuffle_chunk_seed": Field(int, 0, "The seed for that."),
    "seed_aug": Field(int | None, None, "If it is given, what is drawn for an image depends on this seed and on the "
                                        "image's place alone, not on what was drawn before."),
    "shuffle": Field(bool, False, "Whether records are shuffled: all of them with `path_imgidx`, else those that "
                                  "MXNet reads at a time, eight megabytes."),
    "seed": Field(int, 0, "The seed for that."),
}
BATCHES: Fields = {
    "batch_size": Field(int, REQUIRED, "Images in a batch."),
    "round_batch": Field(bool, True, "Whether the last batch is filled up with the first images, after which the "
                                     "next epoch goes on; otherwise with zeros."),
    "prefetch_buffer": Field(int, 4, "How many batches are read ahead."),
    "ctx": Field(Literal["cpu", "gpu"], "gpu", "Has no meaning here."),
    "dtype": Field(Literal["None", "bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"]
                   | None, None, "``'float32'``, ``'uint8'`` or ``'int8'``; images of whole numbers are not "
                                 "normalized, but mirrored."),
}
AUGMENTATIONS: Fields = {
    "resize": Field(int, -1, "The length of the shorter side, to which images are resized first."),
    "rand_crop": Field(bool, False, "Whether crops are at a random place, not in the middle."),
    "random_resized_crop": Field(bool, False, "Whether a random area of random aspect ratio is cut out, and resized."),
    "max_rotate_angle": Field(int, 0, "Images are rotated by up to this many degrees."),
    "max_aspect_ratio": Field(float, 0.0, "Without `min_aspect_ratio`: the ratio of sides is changed by a factor in "
                                          "[1 - max, 1 + max]; else"),
    "min_aspect_ratio": Field(float | None, None, "by one in [min, max]."),
    "max_shear_ratio": Field(float, 0.0, "Images are sheared by up to this."),
    "max_crop_size": Field(int, -1, "Squares with sides up to this and"),
    "min_crop_size": Field(int, -1, "from this are cut out, and resized."),
    "max_random_scale": Field(float, 1.0, "Images are scaled by a factor up to this and"),
    "min_random_scale": Field(float, 1.0, "from this."),
    "max_random_area": Field(float, 1.0, "For `random_resized_crop`: the part of the area, up to this and"),
    "min_random_area": Field(float, 1.0, "from this."),
    "max_img_size": Field(float, 1e10, "The longest that sides may become by scaling,"),
    "min_img_size": Field(float, 0.0, "and the shortest."),
    "brightness": Field(float, 0.0, "Brightness is multiplied by a factor in [1 - b, 1 + b]."),
    "contrast": Field(float, 0.0, "Likewise the distance from the mean grey,"),
    "saturation": Field(float, 0.0, "and that from the grey of each pixel."),
    "pca_noise": Field(float, 0.0, "The deviation of noise along ImageNet's principal colours."),
    "random_h": Field(int, 0, "Hue (of 180) is shifted by up to this,"),
    "random_s": Field(int, 0, "saturation (of 255) by up to this,"),
    "random_l": Field(int, 0, "and lightness (of 255) by up to this."),
    "rotate": Field(int, -1, "Images are rotated by this angle, above 0."),
    "fill_value": Field(int, 255, "What stands where a rotated or padded image has no pixel."),
    "inter_method": Field(int, 1, "How images are resized: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 by the "
                                  "sizes, 10 at random."),
    "pad": Field(int, 0, "Images get a margin of this width."),
}
NORMALIZATIONS: Fields = {
    "mirror": Field(bool, False, "Whether all images are mirrored."),
    "rand_mirror": Field(bool, False, "Whether each is mirrored or not at random."),
    "mean_img": Field(str, "", "A file with the mean image (``mx.nd.save``'s format), which is made if it is not "
                               "there, and used instead of the means below."),
    **{f"mean_{c}": Field(float, 0.0, f"What is subtracted from channel {c}.") for c in "rgba"},
    **{f"std_{c}": Field(float, 1.0, f"By what channel {c} is divided.") for c in "rgba"},
    "scale": Field(float, 1.0, "By what everything is multiplied."),
    "max_random_contrast": Field(float, 0.0, "Values are multiplied by a factor in [1 - c, 1 + c],"),
    "max_random_illumination": Field(float, 0.0, "and a number in [-i, i] is added."),
}


def single(value: float) -> float:
    """Return the float32 that MXNet reads for a number: whole part and fraction rounded one by one, then their sum."""
    whole, point, fraction = str(value).partition(".")
    if not point or not fraction.isdigit():
        return float(np.float32(value))
    part = np.float32(int(fraction[:19]) / 10 ** len(fraction[:19]))
    return float(np.float32(whole) + (-part if whole.startswith("-") else part))


def iterator(name: str, about: str, fields: Fields, begin: Callable[[str, Any], Any]) -> Callable[..., MXDataIter]:
    """Return the public function `name`, which parses its keywords and returns an :class:`MXDataIter`.

    Parameters
    ----------
    name, about : str
        The function, and how its docstring begins.
    fields : dict of str to Field
        Its parameters. As in MXNet, others are ignored.
    begin : callable(name, arguments)
        Returns what begins epochs.
    """
    schema = Schema(name, {key: field[:2] for key, field in fields.items()})

    def create(*args: Any, **kwargs: Any) -> MXDataIter:
        if args:
            raise MXNetTypeError(f"{name}: {name} can only accept keyword arguments; got {len(args)} without a name")
        names = {key: kwargs[key] for key in ("data_name", "label_name") if key in kwargs}
        at = schema({key: kwargs[key] for key in fields if key in kwargs})
        at = Attrs((key, single(value) if isinstance(value, float) else value) for key, value in at.items())
        return MXDataIter(begin(name, at), **names)

    create.__name__ = create.__qualname__ = name
    create.__doc__ = _documentation(about, fields)
    create.__signature__ = inspect.Signature(
        [inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=field.annotation,
                           default=inspect.Parameter.empty if field.default is REQUIRED else field.default)
         for key, field in fields.items()] + [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)],
        return_annotation=MXDataIter)
    return create


def _documentation(about: str, fields: Fields) -> str:
    lines = [about, "", "Parameters", "----------"]
    for key, field in fields.items():
        kind = getattr(field.annotation, "__name__", None) or str(field.annotation).replace("typing.", "")
        default = "" if field.default is REQUIRED else f", default {field.default!r}"
        lines += [f"{key} : {kind}{default}", f"    {field.text}"]
    return "\n".join([*lines, "", "Returns", "-------", "MXDataIter"])
