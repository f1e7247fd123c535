"""``ImageDetRecordIter`` with arguments drawn at random: what MXNet 1.9.1 makes of small records is kept.

    .bench/mxnet/bin/python scripts/oracle/detection_records.py   # writes tests/data/image_records/boxes.npz

MXNet decodes with one thread here, so its draws come in the order of the records (see detection.py).
"""
import os
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "data" / "image_records"
ANSWERS = FOLDER / "boxes.npz"
COUNT = 60
_COVERAGES = ("overlaps", "sample_coverages", "object_coverages")


class Drawing:
    """Arguments on their way: each is set with a probability."""

    def __init__(self, seed):
        self._rng = np.random.RandomState(seed)
        self.arguments = {}

    def maybe(self, probability):
        return self._rng.rand() < probability

    def set(self, name, probability, value):
        if self.maybe(probability):
            self.arguments[name] = value(self._rng)

    def pick(self, name, probability, *choices):
        self.set(name, probability, lambda rng: choices[rng.randint(len(choices))])


def _draw_crops(drawn):
    drawn.pick("rand_crop_prob", 1, 1.0, 0.5, 0.7)
    drawn.pick("num_crop_sampler", 0.5, 1, 2, 3, 5)
    count = 1 if drawn.maybe(0.4) else drawn.arguments.get("num_crop_sampler", 1)

    def several(low, high):
        return lambda rng: tuple(round(float(x), 2) for x in rng.uniform(low, high, count))
    drawn.set("min_crop_scales", 0.8, several(0, 0.6))
    drawn.set("max_crop_scales", 0.4, several(0.65, 1))
    drawn.set("min_crop_aspect_ratios", 0.5, several(0.3, 1))
    drawn.set("max_crop_aspect_ratios", 0.5, several(1, 3))
    for name in _COVERAGES:
        drawn.set(f"min_crop_{name}", 0.3, several(0, 0.5))
        drawn.set(f"max_crop_{name}", 0.3, several(0.5, 1))
    drawn.set("max_crop_trials", 0.4, lambda rng: tuple(map(int, rng.randint(0, 6, count))))
    drawn.pick("crop_emit_mode", 0.4, "overlap", "center")
    drawn.pick("emit_overlap_thresh", 0.3, 0.0, 0.5, 0.8)


def drawn_arguments(seed):
    """Return the arguments of one call."""
    drawn = Drawing(seed)
    drawn.set("data_shape", 1, lambda rng: (3, *map(int, rng.randint(3, 8, 2))))
    if drawn.maybe(0.1):
        drawn.arguments["data_shape"] = (1, *drawn.arguments["data_shape"][1:])
    drawn.pick("batch_size", 1, 1, 2, 3, 4, 7)
    drawn.pick("round_batch", 0.2, False)
    if drawn.maybe(0.3):
        drawn.pick("shuffle", 1, True)
        drawn.pick("seed", 1, 0, 1, 7)
    drawn.set("resize", 0.2, lambda rng: int(rng.randint(5, 40)))
    drawn.pick("label_pad_width", 0.2, -1, 0, 30)
    drawn.pick("label_pad_value", 0.2, 0.0, -2.5)
    if drawn.maybe(0.6):
        _draw_crops(drawn)
    if drawn.maybe(0.4):
        drawn.pick("rand_pad_prob", 1, 1.0, 0.5)
        drawn.pick("max_pad_scale", 1, 1.0, 1.08, 1.5, 4.0)
    drawn.pick("rand_mirror_prob", 0.4, 1.0, 0.5)
    for name in ("hue", "saturation", "illumination") if drawn.arguments["data_shape"][0] == 3 else ():
        drawn.pick(f"random_{name}_prob", 0.2, 1.0, 0.5)
        drawn.set(f"max_random_{name}", 0.9, lambda rng: int(rng.randint(1, 60)))
    drawn.pick("random_contrast_prob", 0.2, 1.0, 0.5)
    drawn.pick("max_random_contrast", 0.9, 0.1, 0.73)
    drawn.set("fill_value", 0.3, lambda rng: int(rng.randint(256)))
    drawn.pick("inter_method", 0.4, 0, 1, 2, 3, 4, 9, 10)
    drawn.pick("resize_mode", 0.4, "fit", "force", "shrink")
    for channel in "rgb":
        drawn.set(f"mean_{channel}", 0.15, lambda rng: round(float(rng.uniform(-20, 200)), 2))
        drawn.set(f"std_{channel}", 0.15, lambda rng: round(float(rng.uniform(0.5, 80)), 2))
    drawn.set("scale", 0.2, lambda rng: round(float(rng.uniform(0.01, 2)), 3))
    return drawn.arguments


def answer(mx, arguments, iterators=None, **more):
    """Return the batches of two epochs, (data, label, pad, index)."""
    it = mx.io.ImageDetRecordIter(path_imgrec=str(FOLDER / "objects.rec"), verbose=False,
                                  **{"preprocess_threads": 1, **arguments, **more})
    if iterators is not None:
        iterators.append(it)
    found = []
    for _ in range(2):
        found += [(batch.data[0].asnumpy(), batch.label[0].asnumpy(), batch.pad, batch.index) for batch in it]
        it.reset()
    return found


def main():
    import mxnet as mx

    kept, iterators = {}, []  # MXNet dies now and then when an iterator ends that has not read all of an epoch
    for seed in range(COUNT):
        for part, values in zip(("data", "label", "pad", "index"), zip(*answer(mx, drawn_arguments(seed), iterators))):
            kept[f"{seed}/{part}"] = np.stack(values)
    np.savez_compressed(ANSWERS, **kept)
    print(f"{COUNT} iterators in {ANSWERS} ({ANSWERS.stat().st_size} bytes)", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
