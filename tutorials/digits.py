"""Handwritten digits to train on, and pictures of what came of it: the side rooms of train_digits.py."""
from __future__ import annotations

import gzip
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

import cupynet as mx

__all__ = ["Digits", "load_scans", "load_mnist", "read_idx", "plot_network", "plot_curves", "plot_predictions"]


_LIMIT = 1 << 28  # bytes; MNIST's largest file has 47 million


# ---- data --------------------------------------------------------------------------------------------------------

class Digits:
    """Images and labels, handed out batch after batch in an order that a seed decides.

    Parameters
    ----------
    images : array of shape (n, 784)
        Flattened 28x28 pictures, 0 (paper) to 1 (ink).
    labels : array of shape (n,)
        The digits, 0 to 9.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, seed: int = 0):
        self.X, self.Y = images, labels
        self.random = np.random.RandomState(seed)
        self.reset()

    def __len__(self) -> int:
        return len(self.X)

    def reset(self) -> None:
        """Begin again, in a new order."""
        self.order, self.pos = self.random.permutation(len(self)), 0

    def get(self, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the next `batch_size` images and labels; the remainder that fills no batch is left out."""
        if self.pos + batch_size > len(self):
            self.reset()
        p = self.order[self.pos:self.pos + batch_size]
        self.pos += batch_size
        return self.X[p], self.Y[p]


def load_scans() -> tuple[Digits, Digits]:
    """Return the 1,797 real handwritten digits that scikit-learn carries: four fifths to train on, one held out.

    The scans are 8x8 pixels with 17 shades of grey; LeNet wants MNIST's format, so every pixel becomes 3x3
    and the picture gets MNIST's margin: 28x28.
    """
    from sklearn.datasets import load_digits  # only needed without --data

    scans = load_digits()
    images = scans.images.repeat(3, axis=1).repeat(3, axis=2) / 16
    images = np.pad(images, ((0, 0), (2, 2), (2, 2))).reshape(-1, 784).astype("float32")
    held_out = np.arange(len(images)) % 5 == 0
    return Digits(images[~held_out], scans.target[~held_out]), Digits(images[held_out], scans.target[held_out])


def load_mnist(folder: str | Path) -> tuple[Digits, Digits]:
    """Return MNIST from its four idx files in `folder`, plain or gzipped: 60,000 to train on, 10,000 held out.

    Raises
    ------
    MXNetError
        If a file is missing, damaged or does not belong to the others.
    """
    return tuple(_load_part(Path(folder), part) for part in ("train", "t10k"))


def _load_part(folder: Path, part: str) -> Digits:
    images_path, labels_path = _find(folder, f"{part}-images", 3), _find(folder, f"{part}-labels", 1)
    images, labels = read_idx(images_path, ndim=3), read_idx(labels_path, ndim=1)
    if images.shape[1:] != (28, 28):
        raise mx.base.MXNetError(f"{images_path}: images of {images.shape[1:]} pixels, expected (28, 28)")
    if len(images) != len(labels):
        raise mx.base.MXNetError(f"{images_path} has {len(images)} images but {labels_path} {len(labels)} labels")
    if len(labels) == 0 or labels.max() > 9:
        raise mx.base.MXNetError(f"{labels_path}: expected labels from 0 to 9, found {sorted(set(labels))}")
    return Digits(images.reshape(-1, 784).astype("float32") / 255, labels)


def _find(folder: Path, stem: str, ndim: int) -> Path:
    names = [f"{stem}{dot}idx{ndim}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise mx.base.MXNetError(f"no MNIST in {folder}: expected one of the files {', '.join(names)}")


def read_idx(path: str | Path, ndim: int) -> np.ndarray:
    """Read an idx file of unsigned bytes with `ndim` axes.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, their lengths as
    big-endian 32-bit numbers, then the bytes.

    Raises
    ------
    MXNetError
        If the file is not of this format, or longer or shorter than its header says.
    """
    path = Path(path)
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            content = file.read(_LIMIT)
    except (OSError, EOFError, zlib.error) as error:
        raise mx.base.MXNetError(f"{path}: cannot be read: {error}") from error
    start = 4 + 4 * ndim
    if len(content) < start or content[:4] != bytes([0, 0, 8, ndim]):
        raise mx.base.MXNetError(f"{path}: not an idx file of unsigned bytes with {ndim} axes: "
                                 f"it begins with {content[:4].hex(' ') or 'nothing'}")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    expected = int(np.prod(shape, dtype=object))
    if len(content) - start != expected:
        raise mx.base.MXNetError(f"{path}: the header says {shape}, which are {expected} bytes, "
                                 f"but {len(content) - start} follow")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


# ---- pictures ----------------------------------------------------------------------------------------------------
# Each writes files whose path begins with `stem`, and returns their paths.

def plot_network(stem: Path, network: mx.sym.Symbol, data_shape: list[int]) -> list[Path]:
    """Write the graph of `network` as Graphviz source, and as an image where the program ``dot`` is installed."""
    dot = mx.viz.plot_network(network, shape={"data": tuple(data_shape)})
    dot.format = "png"
    source = stem.with_suffix(".gv")
    dot.save(source.name, str(source.parent))
    if shutil.which("dot") is None:
        return [source]
    return [source, Path(dot.render(source.name, str(source.parent))).replace(stem.with_suffix(".png"))]


def plot_curves(stem: Path, curves: dict[str, tuple[list[int], list[float], list[float]]]) -> list[Path]:
    """Draw loss and accuracy over the iterations, a line for each ``title: (iterations, losses, accuracies)``."""
    plt = _pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for title, (iterations, losses, accuracies) in curves.items():
        left.plot(iterations, losses, label=title, linewidth=1)
        right.plot(iterations, accuracies, label=title, linewidth=1)
    left.set(xlabel="iteration", ylabel="cross-entropy", yscale="log", title="loss on the training batch")
    right.set(xlabel="iteration", ylabel="accuracy", ylim=(0, 1.02), title="accuracy on the training batch")
    right.legend(loc="lower right")
    return [_write(figure, stem)]


def plot_predictions(stem: Path, digits: Digits, predicted: np.ndarray) -> list[Path]:
    """Draw the first 60 digits under what was read; wrong ones are in red, with the truth."""
    plt = _pyplot()
    figure, axes = plt.subplots(5, 12, figsize=(11, 5.2), layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, label, digit in zip(axes.flat, digits.X, digits.Y, predicted):
        axis.imshow(image.reshape(28, 28), cmap="Greys")
        if digit == label:
            axis.set_title(f"{digit:.0f}", fontsize=11)
        else:
            axis.set_title(f"{digit:.0f} (is {label:.0f})", fontsize=11, color="red")
    return [_write(figure, stem)]


def _pyplot() -> Any:
    import matplotlib as mpl  # slow to import, and only needed here

    mpl.use("Agg")  # draws files, needs no display
    import matplotlib.pyplot as plt
    return plt


def _write(figure: Any, stem: Path) -> Path:
    path = stem.with_suffix(".png")
    figure.savefig(path, dpi=110)
    _pyplot().close(figure)
    return path
