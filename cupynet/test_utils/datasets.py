"""Data sets that tests and examples read: found where they lie, else downloaded.

The servers that MXNet's addresses name are mostly gone; the errors say where files can be put by hand.
"""
from __future__ import annotations

import bz2
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base import MXNetError, data_dir
from ..download import fetch, file_name, unpack_zip, whole_file
from ..io import MNISTIter, MXDataIter
from ..io.idx import read_idx

__all__ = ["download", "download_model", "get_zip_data", "get_bz2_data", "get_mnist", "get_mnist_ubyte",
           "get_mnist_pkl", "get_mnist_iterator", "get_cifar10", "get_im2rec_path"]

MNIST_URL = "http://data.mxnet.io/data/mnist/"
MNIST_ZIP_URL = "http://data.mxnet.io/mxnet/data/mnist.zip"
MNIST_PKL_URL = "http://deeplearning.net/data/mnist/mnist.pkl.gz"
CIFAR10_URL = "http://data.mxnet.io/mxnet/data/cifar10.zip"
MODELS_URL = "http://data.mxnet.io/models/"

_MNIST = {"train_data": "train-images-idx3-ubyte", "train_label": "train-labels-idx1-ubyte",
          "test_data": "t10k-images-idx3-ubyte", "test_label": "t10k-labels-idx1-ubyte"}
_CIFAR10 = ("train.rec", "test.rec", "train.lst", "test.lst")
_MODELS = {"imagenet1k-inception-bn": ("imagenet/inception-bn/Inception-BN", 126),
           **{f"imagenet1k-resnet-{n}": (f"imagenet/resnet/{n}-layers/resnet-{n}", 0)
              for n in (18, 34, 50, 101, 152)},
           "imagenet1k-resnext-50": ("imagenet/resnext/50-layers/resnext-50", 0),
           "imagenet1k-resnext-101": ("imagenet/resnext/101-layers/resnext-101", 0),
           "imagenet1k-resnext-101-64x4d": ("imagenet/resnext/101-layers/resnext-101-64x4d", 0),
           "imagenet11k-resnet-152": ("imagenet-11k/resnet-152/resnet-152", 0),
           "imagenet11k-place365ch-resnet-152": ("imagenet-11k-place365-ch/resnet-152", 0),
           "imagenet11k-place365ch-resnet-50": ("imagenet-11k-place365-ch/resnet-50", 0)}


def download(url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False,
             retries: int = 5) -> str:
    """Return the path of a file, which is downloaded unless it is there already.

    Parameters
    ----------
    url : str
    fname : str, optional
        Its name (default: what follows the last slash of `url`).
    dirname : str, optional
        Its folder, which is made if needed.
    overwrite : bool
        Whether it is downloaded even if it is there.
    retries : int
        How often to try.

    Raises
    ------
    MXNetError
        If that fails: it names `url` and the place where the file can be put by hand.
    """
    path = Path(dirname or "", fname or file_name(url))
    if not path.parent.exists():
        logging.info("create directory %s", path.parent)
    if path.exists() and not overwrite:
        logging.info("%s exists, skipping download", path)
        return str(path)
    fetch(url, path, retries=max(retries - 1, 0))
    logging.info("downloaded %s into %s successfully", url, path)
    return str(path)


def get_zip_data(data_dir: str, url: str, data_origin_name: str) -> None:
    """Put the files of a zip archive into a folder.

    Parameters
    ----------
    data_dir : str
        The folder, which is made if needed.
    url : str
        Where the archive is fetched from if the folder does not have it.
    data_origin_name : str
        The archive's name in the folder.
    """
    unpack_zip(Path(download(url, data_origin_name, data_dir)), Path(data_dir))


def get_bz2_data(data_dir: str, data_name: str, url: str, data_origin_name: str) -> None:
    """Put an unpacked bzip2 file into a folder, if it is not there already. (MXNet's looks in the wrong folder.)

    Parameters
    ----------
    data_dir, data_name : str
        Folder and name of the file.
    url, data_origin_name : str
        Where the packed file is fetched from, and its name in the folder.
    """
    target = Path(data_dir, data_name)
    if target.exists():
        return
    packed = download(url, data_origin_name, data_dir)
    try:
        with whole_file(target) as beside, bz2.open(packed) as source, open(beside, "wb") as file:
            shutil.copyfileobj(source, file)
    except (OSError, EOFError) as error:
        raise MXNetError(f"cannot unpack {packed}: {error}") from error


def _find_mnist(name: str, folders: list[Path]) -> Path:
    """Return the path of one of MNIST's four files, plain or packed, which is downloaded if no folder has it."""
    for folder in folders:
        for path in (folder / name, folder / (name + ".gz")):
            if path.exists():
                return path
    return Path(download(f"{MNIST_URL}{name}.gz", dirname=str(folders[0])))


def get_mnist(path: str | os.PathLike | None = None) -> dict[str, np.ndarray]:
    """Return the MNIST handwritten digits.

    Parameters
    ----------
    path : str, optional
        The folder of the four original files, which may be packed (``.gz``). Default: the current folder, ``data`` and
        ``~/.mxnet/datasets/mnist`` are searched; a file that is nowhere is downloaded into the current folder.

    Returns
    -------
    dict
        ``train_data`` (60000, 1, 28, 28) and ``test_data`` (10000, 1, 28, 28), float32 in [0, 1];
        ``train_label`` and ``test_label``, int8.
    """
    folders = [Path(path)] if path is not None else [Path(), Path("data"), Path(data_dir(), "datasets", "mnist")]
    found = {}
    for key, name in _MNIST.items():
        file = _find_mnist(name, folders)
        stored = read_idx(file)
        if stored.ndim != (3 if key.endswith("data") else 1):
            raise MXNetError(f"get_mnist: {file} has {stored.ndim} axes; expected images in the files named images and "
                             "labels in the others")
        found[key] = stored[:, None].astype(np.float32) / 255 if stored.ndim == 3 else stored.astype(np.int8)
    return found


def get_mnist_ubyte() -> None:
    """Put MNIST's four files into the folder ``data``, unpacked, for ``mx.io.MNISTIter``."""
    if not all(Path("data", name).exists() for name in _MNIST.values()):
        get_zip_data("data", MNIST_ZIP_URL, "mnist.zip")


def get_mnist_pkl() -> None:
    """Put ``mnist.pkl.gz`` into the folder ``data``."""
    download(MNIST_PKL_URL, "mnist.pkl.gz", "data")


def get_mnist_iterator(batch_size: int, input_shape: tuple[int, ...], num_parts: int = 1,
                       part_index: int = 0) -> tuple[MXDataIter, MXDataIter]:
    """Return iterators over MNIST's images for training and for validation.

    Parameters
    ----------
    batch_size : int
    input_shape : tuple of int
        ``(784,)`` for images as vectors, ``(1, 28, 28)`` for images.
    num_parts, part_index : int
        Into how many parts the images are divided, and which of them is read.
    """
    get_mnist_ubyte()
    return tuple(MNISTIter(image=os.path.join("data", _MNIST[f"{part}_data"]),
                           label=os.path.join("data", _MNIST[f"{part}_label"]), batch_size=batch_size, shuffle=True,
                           flat=len(input_shape) != 3, num_parts=num_parts, part_index=part_index)
                 for part in ("train", "test"))


def get_cifar10() -> None:
    """Put CIFAR-10's record files into the folder ``data/cifar``."""
    if not all(Path("data", "cifar", name).exists() for name in _CIFAR10):
        get_zip_data("data", CIFAR10_URL, "cifar10.zip")


def download_model(model_name: str, dst_dir: str = "./", meta_info: Mapping[str, Any] | None = None
                   ) -> tuple[str | None, int]:
    """Download symbol and parameters of a trained network.

    Parameters
    ----------
    model_name : str
        Such as ``"imagenet1k-resnet-50"``.
    dst_dir : str
    meta_info : dict, optional
        By name, dicts of the addresses of "symbol" and "params" (default: MXNet's models).

    Returns
    -------
    (str or None, int)
        What to give to ``mx.model.load_checkpoint``; (None, 0) for an unknown model.
    """
    if meta_info is None:
        meta_info = {name: {"symbol": f"{MODELS_URL}{path}-symbol.json",
                            "params": f"{MODELS_URL}{path}-{epoch:04}.params"}
                     for name, (path, epoch) in _MODELS.items()}
    if model_name not in meta_info:
        return None, 0
    prefix = os.path.join(dst_dir, model_name)
    for what, ending in (("symbol", "-symbol.json"), ("params", "-0000.params")):
        if what not in meta_info[model_name]:
            raise MXNetError(f"download_model: meta_info of {model_name!r} does not name the address of its {what}")
        download(meta_info[model_name][what], model_name + ending, dst_dir)
    return prefix, 0


def get_im2rec_path(home_env: str = "MXNET_HOME") -> str:
    """Return the path of MXNet's tool ``im2rec.py``, where the folder that the variable `home_env` names has it."""
    homes = [os.environ[home_env]] if home_env in os.environ else []
    for home in homes:
        for path in (Path(home, "tools", "im2rec.py"), Path(home, "im2rec.py")):
            if path.exists():
                return str(path)
    raise MXNetError(f"Could not find path to tools/im2rec.py: {home_env} "
                     + (f"names {homes[0]}, which does not have it" if homes else "is not set"))
