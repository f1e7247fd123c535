"""Samples of the family "files": what OpenCV reads and changes."""
from pathlib import Path

import numpy as np

from . import Sample, ints, rand

_IMAGES = Path(__file__).parents[1] / "data" / "images"


def _bytes(name):
    return np.fromfile(_IMAGES / name, np.uint8)


SAMPLES = [Sample("_cvimdecode", [_bytes(name)], {"flag": flag, "to_rgb": to_rgb})
           for name in ("noise.jpg", "turned.jpg", "alpha.png", "grey.png", "deep.png", "plain.bmp", "progressive.jpg")
           for flag, to_rgb in ((0, True), (1, True), (1, False))]
SAMPLES += [Sample("_cvimread", [], {"filename": str(_IMAGES / "plain.bmp"), "flag": 0}, oracle=False,
                   reference=lambda: _image("plain.bmp", 0), why="its name has the place of the project in it")]

_BYTES = ints(7, 9, 3, high=256, dtype="uint8")
_WIDE = ints(4, 13, 4, high=256, dtype="uint8")
_FLOATS = rand(6, 5, 3, low=0, high=255)
SAMPLES += [Sample("_cvimresize", [x], {"w": w, "h": h, "interp": interp}, atol=1e-3)
            for interp in range(5) for w, h in ((4, 3), (11, 9), (9, 7)) for x in (_BYTES, _WIDE, _FLOATS)]
SAMPLES += [Sample("_cvimresize", [x], {"w": 5, "h": 4, "interp": interp}, atol=1e-3)
            for interp in range(5) for x in (_BYTES[..., :1], _FLOATS.astype("float64"))]
SAMPLES += [Sample("_cvimresize", [_BYTES], {"w": 4, "h": 3}), Sample("_cvimresize", [_BYTES], {"w": 1, "h": 1}),
            Sample("_cvimresize", [ints(3, 4, 3, high=9, dtype="int32")], {"w": 5, "h": 5, "interp": 0})]
SAMPLES += [Sample("_cvcopyMakeBorder", [x], {"top": 1, "bot": 2, "left": 3, "right": 0, **more})
            for x in (_BYTES, _FLOATS) for more in (
                {}, {"value": 7.25}, {"values": (1, 2, 3)}, {"type": 1}, {"type": 2}, {"type": 3}, {"type": 4})]
SAMPLES += [Sample("_cvcopyMakeBorder", [_WIDE], {"top": 0, "bot": 0, "left": 0, "right": 9, "value": 300}),
            Sample("_cvcopyMakeBorder", [_BYTES[..., :1]], {"top": 9, "bot": 9, "left": 9, "right": 9, "type": 4})]


def _image(name, flag):
    import cv2

    return cv2.imread(str(_IMAGES / name), flag)[:, :, None]
