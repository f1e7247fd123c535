"""Iterators over records of images: what MXNet 1.9.1 makes of small records is kept, for every kind of augmentation.

    .venv/bin/python scripts/oracle/image_records.py --records   # makes the records (with OpenCV)
    .bench/mxnet/bin/python scripts/oracle/image_records.py      # writes tests/data/image_records/answers.npz

MXNet decodes with one thread here, so its draws come in the order of the records.
"""
import os
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "data" / "image_records"
ANSWERS = FOLDER / "answers.npz"
SHAPE = (3, 10, 12)
_PIXELS = {
    "crop": {"rand_crop": True},
    "crop of an epoch that goes on": {"rand_crop": True, "batch_size": 3},
    "resize": {"resize": 14, "rand_crop": True},
    "resize, cubic": {"resize": 40, "inter_method": 2},
    "resize by the sizes": {"resize": 15, "inter_method": 9},
    "resize at random": {"resize": 15, "inter_method": 10, "rand_crop": True},
    "too small": {"data_shape": (3, 44, 30), "batch_size": 2, "epochs": 1},
    "rotated at random": {"max_rotate_angle": 30, "fill_value": 100},
    "rotated": {"rotate": 25, "rand_crop": True},
    "sheared": {"max_shear_ratio": 0.3},
    "scaled": {"max_random_scale": 1.4, "min_random_scale": 0.7, "rand_crop": True},
    "aspect": {"max_aspect_ratio": 0.4},
    "aspect from to": {"max_aspect_ratio": 1.4, "min_aspect_ratio": 0.6, "rand_crop": True},
    "limited": {"max_random_scale": 1.4, "min_random_scale": 0.5, "max_img_size": 30, "min_img_size": 20},
    "squares": {"max_crop_size": 17, "min_crop_size": 12, "rand_crop": True},
    "areas": {"random_resized_crop": True, "min_random_area": 0.2, "max_random_area": 0.9, "max_aspect_ratio": 0.3},
    "areas, rotated": {"random_resized_crop": True, "min_random_area": 0.2, "max_rotate_angle": 10},
    "margin": {"pad": 4, "fill_value": 7, "rand_crop": True},
    "brightness, contrast, saturation": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
    "principal colours": {"pca_noise": 0.2},
    "hue": {"random_h": 40, "random_s": 40, "random_l": 40, "rand_crop": True},
    "all colours": {"random_h": 9, "pca_noise": 0.1, "contrast": 0.2, "resize": 18},
    "shuffled": {"shuffle": True, "rand_crop": True, "seed": 3},
    "shuffled one by one": {"shuffle": True, "rand_crop": True, "path_imgidx": "drawings.idx"},
    "seed of its own": {"seed_aug": 5, "rand_crop": True},
    "seed of its own, shuffled": {"seed_aug": 5, "rand_crop": True, "shuffle": True, "batch_size": 3},
    "seed of its own, by index": {"seed_aug": 5, "rand_crop": True, "path_imgidx": "drawings.idx", "batch_size": 3},
    "second part": {"num_parts": 2, "part_index": 1, "batch_size": 2},
    "second part by index": {"num_parts": 2, "part_index": 1, "batch_size": 2, "path_imgidx": "drawings.idx"},
    "grey": {"data_shape": (1, 10, 12), "rand_crop": True},
    "labels of a list": {"path_imglist": "drawings.lst", "label_width": 2},
    "more than there are": {"batch_size": 10},
}
_VALUES = {
    "float": {"rand_crop": True},
    "float, mirrored at random": {"rand_crop": True, "rand_mirror": True},
    "normalized": {"rand_mirror": True, "mean_r": 123.68, "mean_g": 116.779, "mean_b": 103.939, "std_r": 58.4,
                   "std_g": 57.1, "std_b": 57.4, "scale": 0.5},
    "contrast and light": {"max_random_contrast": 0.3, "max_random_illumination": 20, "mean_r": 100, "scale": 0.1,
                           "std_g": 3, "mirror": True},
    "as uint8": {"dtype": "uint8", "rand_mirror": True, "mean_r": 50, "rand_crop": True},
    "as int8": {"dtype": "int8", "rand_mirror": True, "mean_r": 50.5, "rand_crop": True},
    "mean image": {"mean_img": "mean.params", "scale": 0.5, "std_b": 3, "rand_mirror": True},
}
CASES = {name: ("ImageRecordUInt8Iter", arguments) for name, arguments in _PIXELS.items()}
CASES.update({name: ("ImageRecordIter", arguments) for name, arguments in _VALUES.items()})
_OLDER = {
    "older": {"rand_crop": True, "rand_mirror": True, "seed": 3, "seed_aug": 5},
    "older, shuffled": {"rand_crop": True, "rand_mirror": True, "shuffle": True, "batch_size": 3},
    "older, normalized": {"max_random_contrast": 0.3, "max_random_illumination": 20, "mean_r": 100, "mean_g": 10.5,
                          "scale": 0.3, "std_g": 3, "std_b": 7, "rand_mirror": True},
    "older, mean image": {"mean_img": "mean.params", "rand_mirror": True, "rand_crop": True, "batch_size": 3},
    "older, last batch": {"round_batch": False, "rand_crop": True, "batch_size": 3},
}
CASES.update({name: ("ImageRecordIter_v1", arguments) for name, arguments in _OLDER.items()})
CASES["older, uint8"] = "ImageRecordUInt8Iter_v1", {"rand_crop": True}
CASES["int8"] = "ImageRecordInt8Iter", {"rand_crop": True}
_PHOTOS = {"resize", "areas", "hue", "normalized", "grey"}


def answer(mx, name, folder, iterators=None, **more):
    """Return the batches of a case: data, labels and pads, epoch by epoch. What it writes goes into a folder."""
    function, arguments = CASES[name]
    arguments = {"data_shape": SHAPE, "batch_size": 4, "preprocess_threads": 1, "verbose": False,
                 "path_imgrec": "photos.rec" if name in _PHOTOS else "drawings.rec", **arguments, **more}
    epochs = arguments.pop("epochs", 2)
    for key, value in arguments.items():
        if key.startswith("path_"):
            arguments[key] = str(FOLDER / value)
    if "mean_img" in arguments:
        arguments["mean_img"] = str(Path(folder) / arguments["mean_img"])
    it = getattr(mx.io, function)(**arguments)
    if iterators is not None:
        iterators.append(it)
    found = []
    for _ in range(epochs):
        found += [(batch.data[0].asnumpy(), batch.label[0].asnumpy(), batch.pad) for batch in it]
        it.reset()
    return found


def make_records():
    import cv2
    rng = np.random.RandomState(0)
    for name, form in (("photos", ".jpg"), ("drawings", ".png")):
        place, lines = 0, []
        with open(FOLDER / f"{name}.rec", "wb") as file:
            for i in range(7):
                height, width = rng.randint(18, 40, 2)
                small = rng.randint(0, 256, (height // 6 + 1, width // 6 + 1, 3)).astype(np.uint8)
                image = cv2.resize(small, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
                record = struct.pack("<IfQQ", 0, i, 100 + i, 0) + cv2.imencode(form, image)[1].tobytes()
                lines.append(f"{i}\t{place}\n")
                place += file.write(struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4))
        (FOLDER / f"{name}.idx").write_text("".join(lines))
    (FOLDER / "drawings.lst").write_text("".join(f"{100 + i}\t{i * 2}\t{i * 3}\t{i}.png\n" for i in range(7)))


def main():
    import mxnet as mx
    kept, iterators = {}, []  # MXNet dies now and then when an iterator ends that has not read all of an epoch
    for name in CASES:
        with tempfile.TemporaryDirectory() as folder:
            for number, batch in enumerate(answer(mx, name, folder, iterators)):
                kept.update({f"{name}/{number}/{part}": value for part, value in zip(("data", "label", "pad"), batch)})
    np.savez_compressed(ANSWERS, **kept)
    os._exit(0)


if __name__ == "__main__":
    make_records() if "--records" in sys.argv else main()
