"""Augmenters and iterators for detection: the same calls on MXNet 1.9.1, whose answers are kept, and on cupynet.

    .venv/bin/python scripts/oracle/detection.py --records   # makes the records (with OpenCV)
    .bench/mxnet/bin/python scripts/oracle/detection.py      # writes tests/data/image_records/detection.json.gz
"""
import gzip
import hashlib
import json
import os
import random
import struct
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "data" / "image_records"
ANSWERS = FOLDER / "detection.json.gz"
SEEDS = range(12)
AUGMENTERS = {
    "flip": lambda i: i.DetHorizontalFlipAug(0.5),
    "crop": lambda i: i.DetRandomCropAug(),
    "crop, half covered": lambda i: i.DetRandomCropAug(0.5, (0.5, 2), (0.1, 0.8), 0.2, 10),
    "crop, nearly all covered": lambda i: i.DetRandomCropAug(min_object_covered=0.9, area_range=(0.3, 1.0)),
    "crop, small": lambda i: i.DetRandomCropAug(0, (1, 1), (0.05, 0.3), 0, 5),
    "crop, by numbers": lambda i: i.DetRandomCropAug(aspect_ratio_range=1.5, area_range=0.5),
    "pad": lambda i: i.DetRandomPadAug(),
    "pad, large": lambda i: i.DetRandomPadAug((0.5, 2), (1.5, 4), 3, (1, 2, 3)),
    "pad, by numbers": lambda i: i.DetRandomPadAug(1.2, 2.0, pad_val=9),
    "select": lambda i: i.DetRandomSelectAug([i.DetHorizontalFlipAug(1.0), i.DetRandomPadAug()], skip_prob=0.3),
    "select nothing": lambda i: i.DetRandomSelectAug([], skip_prob=0),
    "borrow": lambda i: i.DetBorrowAug(i.HorizontalFlipAug(0.5)),
    "several crops": lambda i: i.CreateMultiRandCropAugmenter(
        [0.1, 0.3, 0.5], [(0.75, 1.33), (0.5, 2), (1, 1.1)], [(0.05, 1), (0.1, 0.9), (0.3, 0.8)], 0.3, [50, 5, 20],
        0.2),
    "one crop": lambda i: i.CreateMultiRandCropAugmenter(),
}
LISTS = {
    "usual": {},
    "train": {"resize": 30, "rand_crop": 0.5, "rand_pad": 0.5, "rand_mirror": True, "mean": True, "std": True},
    "colours": {"rand_crop": 1, "min_object_covered": [0.1, 0.5], "rand_gray": 0.2, "mean": [1, 2, 3],
                "brightness": 0.1, "contrast": 0.1, "saturation": 0.1, "hue": 0.1, "pca_noise": 0.1,
                "inter_method": 10},
    "margin": {"rand_pad": 1, "area_range": (0.3, 2.5), "pad_val": (5, 6, 7)},
}
ITERATORS = {
    "plain": {},
    "shuffled": {"shuffle": True, "path_imgidx": "objects.idx"},
    "augmented": {"rand_crop": 0.5, "rand_pad": 0.5, "rand_mirror": True},
    "discard": {"last_batch_handle": "discard"},
    "roll over": {"last_batch_handle": "roll_over"},
    "second part": {"path_imgidx": "objects.idx", "num_parts": 2, "part_index": 1},
    "six numbers": {"path_imgrec": "six.rec", "batch_size": 2, "label_name": "y"},
}


def seed(number):
    random.seed(number)
    np.random.seed(number)


def sample(mx, number, height=40, width=50, count=3):
    """Return an image and the label of some objects in it."""
    rng = np.random.RandomState(number)
    image = mx.nd.array(rng.randint(0, 256, (height, width, 3)), dtype="uint8")
    corner = rng.rand(count, 2) * 0.6
    far = np.minimum(corner + rng.rand(count, 2) * 0.4 + 0.02, 1)
    return image, np.concatenate([rng.randint(0, 5, (count, 1)), corner, far], 1).astype(np.float32)


def augmented(mx, name, number):
    """Return what an augmenter makes of a sample, and the next random number."""
    augmenter = AUGMENTERS[name](mx.image)
    seed(number)
    form = {0: (7, 5, 1), 1: (90, 20, 6)}.get(number, ())
    image, label = augmenter(*sample(mx, number, *form))
    pixels = np.ascontiguousarray(image.asnumpy())
    return [list(pixels.shape), hashlib.md5(pixels.tobytes()).hexdigest()[:12], np.asarray(label).tolist(),
            random.random()]


def created(mx, name):
    """Return what the augmenters tell that are made."""
    given = {key: np.array(value) if key == "mean" and value is not True else value
             for key, value in LISTS[name].items()}
    return [[type(each).__name__, each.dumps()] for each in mx.image.CreateDetAugmenter((3, 32, 24), **given)]


def batches(mx, name):
    """Return the batches of two epochs: the mean of the data, labels and pads."""
    arguments = {"batch_size": 3, "data_shape": (3, 32, 24), "path_imgrec": "objects.rec", **ITERATORS[name]}
    arguments.update({key: str(FOLDER / value) for key, value in arguments.items() if key.startswith("path_")})
    seed(3)
    it = mx.image.ImageDetIter(**arguments)
    found = [[list(each) for each in (*it.provide_data, *it.provide_label)], list(it.label_shape)]
    for _ in range(2):
        found += [[float(b.data[0].asnumpy().mean()), b.label[0].asnumpy().tolist(), b.pad] for b in it]
        it.reset()
    return found


def answers(mx):
    """Return everything, as JSON would give it back."""
    found = {f"{name}/{number}": augmented(mx, name, number) for name in AUGMENTERS for number in SEEDS}
    found.update({f"{name}/dumps": AUGMENTERS[name](mx.image).dumps() for name in AUGMENTERS})
    found.update({f"list {name}": created(mx, name) for name in LISTS})
    found.update({f"iterator {name}": batches(mx, name) for name in ITERATORS})
    return json.loads(json.dumps(found))


def make_records():
    import cv2
    rng = np.random.RandomState(3)
    for name, width, head, counts in (("objects", 5, 2, (1, 3, 2, 4, 1, 2, 3)), ("six", 6, 4, (1, 2))):
        place, lines = 0, []
        with open(FOLDER / f"{name}.rec", "wb") as file:
            for i, count in enumerate(counts):
                label = [head, width, *[7] * (head - 2)]
                for _ in range(count):
                    corner = rng.rand(2) * 0.5
                    label += [rng.randint(5), *corner, *(corner + 0.1 + rng.rand(2) * 0.3), *[0.5] * (width - 5)]
                size = tuple(map(int, rng.randint(30, 50, 2)))
                image = cv2.resize(rng.randint(0, 256, (6, 6, 3)).astype(np.uint8), size)
                record = struct.pack("<IfQQ", len(label), 0, i, 0) + np.array(label, np.float32).tobytes()
                record += cv2.imencode(".png", image)[1].tobytes()
                lines.append(f"{i}\t{place}\n")
                place += file.write(struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4))
        (FOLDER / f"{name}.idx").write_text("".join(lines))


def main():
    import mxnet as mx
    with gzip.open(ANSWERS, "wt") as file:
        json.dump(answers(mx), file)
    os._exit(0)


if __name__ == "__main__":
    make_records() if "--records" in sys.argv else main()
