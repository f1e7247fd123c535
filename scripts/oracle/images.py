"""Calls of ``mx.image`` drawn at random, and what MXNet 1.9.1 answers, for tests/image/test_as_mxnet.py.

Run in the oracle's environment from the root of the clone::

    python scripts/oracle/images.py

Of images only shape, dtype and a few means are kept. After each call comes a number from each of the two generators,
which tells whether as much was drawn from them.
"""
from __future__ import annotations

import json
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = Path(__file__).resolve().parents[2] / "tests" / "data" / "oracle" / "images.json"
COUNT = 400
_SIZES = [(5, 5), (8, 13), (30, 20), (17, 40), (64, 64), (1, 9), (12, 12)]
_TARGETS = [(5, 5), (8, 4), (3, 9), (16, 16), (40, 30), (1, 1), (20, 64)]
_USUAL = {"resize": [0, 20, 9], "rand_crop": [False, True], "rand_resize": [False, True], "rand_mirror": [False, True],
          "mean": [None, True, [1.0, 2, 3]], "std": [None, True, [2.0, 2, 3]], "brightness": [0, 0.2],
          "contrast": [0, 0.3], "saturation": [0, 0.4], "hue": [0, 0.1], "pca_noise": [0, 0.1], "rand_gray": [0, 0.5],
          "inter_method": [0, 1, 2, 3, 4, 9, 10]}


class Calls:
    """Draws calls of the module ``mx.image`` of `mx`."""

    def __init__(self, mx: Any):
        self.mx, self.image = mx, mx.image
        self.pick = random.Random(1)
        self.pixels = np.random.RandomState(1)

    def array(self, dtype: str | None = None) -> Any:
        """An image of random size and colours."""
        values = self.pixels.randint(0, 256, (*self.pick.choice(_SIZES), 3))
        return self.mx.nd.array(values, dtype=dtype or self.pick.choice(["uint8", "float32"]))

    def interp(self) -> int:
        return self.pick.choice([0, 1, 2, 3, 4, 9, 10])

    def target(self) -> tuple[int, int]:
        return self.pick.choice(_TARGETS)

    def functions(self) -> Any:
        """A call of one of the functions, ready to be made."""
        pick, image = self.pick, self.image
        name = pick.choice(["scale_down", "resize_short", "fixed_crop", "random_crop", "center_crop", "imrotate",
                            "random_size_crop", "color_normalize", "random_rotate"])
        src, size, interp = self.array(), self.target(), self.interp()
        h, w = src.shape[:2]
        x0, y0 = pick.randint(0, w - 1), pick.randint(0, h - 1)
        box = (x0, y0, pick.randint(1, w - x0), pick.randint(1, h - y0))
        floats = src.astype("float32")
        batch = self.mx.nd.transpose(floats if h > 1 else floats.repeat(2, axis=0), (2, 0, 1)).expand_dims(0)
        degrees, zoom = pick.choice([0, 30, 45, -60, 123.5, 180]), pick.choice([(0, 0), (0, 1), (1, 0)])
        area = pick.choice([0.08, (0.08, 1.0), (0.3, 1.4), 0.5])
        ratio = pick.choice([(0.75, 1.33), (0.5, 2), (0.1, 0.2)])
        return {
            "scale_down": lambda: image.scale_down(pick.choice(_TARGETS), pick.choice(_TARGETS)),
            "resize_short": lambda: image.resize_short(src, size[0], interp),
            "fixed_crop": lambda: image.fixed_crop(src, *box, pick.choice([None, size]), interp),
            "random_crop": lambda: image.random_crop(src, size, interp),
            "center_crop": lambda: image.center_crop(src, size, interp),
            "random_size_crop": lambda: image.random_size_crop(src, size, area, ratio, interp),
            "color_normalize": lambda: image.color_normalize(
                floats, self.mx.nd.array([1, 2, 3]), pick.choice([None, self.mx.nd.array([2, 3, 4])])),
            "imrotate": lambda: image.imrotate(pick.choice([batch[0], batch]), degrees, *zoom),
            "random_rotate": lambda: image.random_rotate(pick.choice([batch[0], batch]), (-30, 60), *zoom),
        }[name]

    def augmenter(self) -> Any:
        """The use of one augmenter: what it tells, what it returns, what became of its argument."""
        pick, image = self.pick, self.image
        size, interp, amount = self.target(), self.interp(), pick.choice([0, 0.1, 0.5, 0.9])
        other = pick.choice([0, 0.3])
        mean, std = pick.choice([None, [1.0, 2.0, 3.0], np.array([5.0, 6, 7])]), pick.choice([None, [1.0, 2.0, 3.0]])
        kind = pick.choice(["float32", "uint8", "float64", "int32"])
        make = pick.choice([
            lambda: image.ResizeAug(size[0], interp), lambda: image.ForceResizeAug(size, interp),
            lambda: image.RandomCropAug(size, interp), lambda: image.CenterCropAug(size, interp),
            lambda: image.RandomSizedCropAug(size, pick.choice([0.08, (0.1, 0.9)]), (0.75, 1.33), interp),
            lambda: image.BrightnessJitterAug(amount), lambda: image.ContrastJitterAug(amount),
            lambda: image.SaturationJitterAug(amount), lambda: image.HueJitterAug(amount),
            lambda: image.ColorJitterAug(amount, other, amount), lambda: image.ColorNormalizeAug(mean, std),
            lambda: image.LightingAug(amount, np.array([55.46, 4.794, 1.148]), np.arange(9.0).reshape(3, 3) / 9),
            lambda: image.RandomGrayAug(amount), lambda: image.HorizontalFlipAug(amount), lambda: image.CastAug(kind),
            lambda: image.SequentialAug([image.BrightnessJitterAug(amount), image.CastAug(kind)]),
            lambda: image.RandomOrderAug([image.BrightnessJitterAug(amount), image.ContrastJitterAug(other)])])
        src = self.array()

        def use() -> list:
            augment = make()
            told = augment.dumps()
            result = augment(src)
            return [told, result, result is src, src]
        return use

    def usual(self) -> Any:
        """The usual augmenters, one after the other."""
        chosen = {name: self.pick.choice(values) for name, values in _USUAL.items() if self.pick.random() < 0.5}
        for name in ("mean", "std"):
            if isinstance(chosen.get(name), list):
                chosen[name] = np.array(chosen[name])
        shape, src = (3, *self.pick.choice([(8, 8), (12, 6), (24, 24)])), self.array()

        def use() -> list:
            augmenters = self.image.CreateAugmenter(shape, **chosen)
            result = src
            for augment in augmenters:
                result = augment(result)
            return [[each.dumps() for each in augmenters], result]
        return use


def told(value: Any) -> Any:
    """Return what JSON can keep of a value."""
    if hasattr(value, "asnumpy"):
        numbers = value.asnumpy()
        if numbers.dtype.kind == "f" and np.isnan(numbers).any():
            return [str(numbers.dtype), list(numbers.shape), "nan"]
        flat = numbers.astype(float).ravel()
        weights = np.cos(np.outer([0, 1, 0.7], np.arange(flat.size)))
        return [str(numbers.dtype), list(numbers.shape), [round(x, 4) for x in weights @ flat / flat.size]]
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def answers(mx: Any, count: int = COUNT) -> list:
    """Return what `count` calls give: a value or the word "error", and the next numbers of the generators."""
    calls, found = Calls(mx), []
    for number in range(count):
        call = calls.pick.choice([calls.functions, calls.augmenter, calls.usual])()
        random.seed(number)
        np.random.seed(number)
        try:
            answer = told(call())
        except Exception:
            answer = "error"
        found.append([answer, random.random(), float(np.random.rand())])
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ANSWERS.parents[2]))
    import mxnet

    ANSWERS.write_text("[\n" + ",\n".join(json.dumps(each) for each in answers(mxnet)) + "\n]\n")
