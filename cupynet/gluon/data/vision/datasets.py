"""Datasets of images: known ones, which are downloaded once, and one's own files."""
from __future__ import annotations

import gzip
import os
import struct
import tarfile
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .... import image, recordio
from .... import ndarray as nd
from ....base import MXNetError
from ....download import download
from ...utils import _get_repo_file_url
from .. import dataset

__all__ = ["MNIST", "FashionMNIST", "CIFAR10", "CIFAR100", "ImageRecordDataset", "ImageFolderDataset"]


class MNIST(dataset._DownloadedDataset):
    """Handwritten digits, 28x28 (LeCun et al. 1998): uint8 arrays of shape (28, 28, 1) and int32 labels.

    Parameters
    ----------
    root : str
        Where the files lie, or are downloaded to.
    train : bool
        Whether the 60,000 for training, or the 10,000 for testing.
    transform : callable, optional
        Of data and label.
    """

    _namespace = "mnist"
    # of (images, labels): file and SHA-1
    _train_files = (("train-images-idx3-ubyte.gz", "6c95f4b05d2bf285e1bfb0e7960c31bd3b3f8a7d"),
                    ("train-labels-idx1-ubyte.gz", "2a80914081dc54586dbdf242f9805a6b8d2a15fc"))
    _test_files = (("t10k-images-idx3-ubyte.gz", "c3a25af1f52dad7f726cce8cacb138654b760d48"),
                   ("t10k-labels-idx1-ubyte.gz", "763e7fa3757d93b0cdec073cef058b2004252c17"))

    def __init__(self, root: str = os.path.join("~", ".mxnet", "datasets", "mnist"), train: bool = True,
                 transform: Callable | None = None):
        self._train = train
        super().__init__(root, transform)

    def _get_data(self) -> None:
        images, labels = (self._file(*each) for each in (self._train_files if self._train else self._test_files))
        self._label = _read_idx(labels, 8).astype(np.int32)
        pixels = _read_idx(images, 16)
        self._data = nd.array(pixels.reshape(len(self._label), 28, 28, 1), dtype=np.uint8)

    def _file(self, name: str, sha1: str) -> str:
        path = os.path.join(self._root, name)
        if not (os.path.exists(path) and _is_idx(path)):
            download(_get_repo_file_url(f"gluon/dataset/{self._namespace}", name), path=self._root, sha1_hash=sha1)
        return path


def _is_idx(path: str) -> bool:
    """Whether a file can be unpacked, whoever packed it."""
    try:
        with gzip.open(path, "rb") as file:
            return len(file.read(8)) == 8
    except OSError:
        return False


def _read_idx(path: str, header: int) -> np.ndarray:
    """Return the bytes of a packed idx file after its header, whose first lengths must fit."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except (OSError, EOFError) as error:
        raise MXNetError(f"{path} is damaged: {error}") from error
    count = struct.unpack(">I", data[4:8])[0] if len(data) >= header else 0
    size = count * (784 if header == 16 else 1)
    if len(data) != header + size:
        raise MXNetError(f"{path} is damaged: it holds {len(data)} bytes, expected {header + size}")
    return np.frombuffer(data, np.uint8, offset=header)


class FashionMNIST(MNIST):
    """Pictures of clothes, 28x28 (Xiao et al. 2017): uint8 arrays of shape (28, 28, 1) and int32 labels.

    Parameters
    ----------
    root : str
        Where the files lie, or are downloaded to.
    train : bool
        Whether the 60,000 for training, or the 10,000 for testing.
    transform : callable, optional
        Of data and label.
    """

    _namespace = "fashion-mnist"
    _train_files = (("train-images-idx3-ubyte.gz", "0cf37b0d40ed5169c6b3aba31069a9770ac9043d"),
                    ("train-labels-idx1-ubyte.gz", "236021d52f1e40852b06a4c3008d8de8aef1e40b"))
    _test_files = (("t10k-images-idx3-ubyte.gz", "626ed6a7c06dd17c0eec72fa3be1740f146a2863"),
                   ("t10k-labels-idx1-ubyte.gz", "17f9ab60e7257a1620f4ad76bbbaf857c3920701"))

    def __init__(self, root: str = os.path.join("~", ".mxnet", "datasets", "fashion-mnist"), train: bool = True,
                 transform: Callable | None = None):
        super().__init__(root, train, transform)


class CIFAR10(dataset._DownloadedDataset):
    """Small pictures of ten kinds, 32x32 (Krizhevsky 2009): uint8 arrays of shape (32, 32, 3) and int32 labels.

    Parameters
    ----------
    root : str
        Where the files lie, or are downloaded to.
    train : bool
        Whether the 50,000 for training, or the 10,000 for testing.
    transform : callable, optional
        Of data and label.
    """

    _namespace = "cifar10"
    _archive = ("cifar-10-binary.tar.gz", "fab780a1e191a7eda0f345501ccd62d20f7ed891")
    _train_files = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    _test_files = ("test_batch.bin",)
    _labels = 1  # bytes of labels before each image
    _label_place = 0

    def __init__(self, root: str = os.path.join("~", ".mxnet", "datasets", "cifar10"), train: bool = True,
                 transform: Callable | None = None):
        self._train = train
        super().__init__(root, transform)

    def _get_data(self) -> None:
        names = self._train_files if self._train else self._test_files
        paths = [os.path.join(self._root, name) for name in names]
        if not all(map(os.path.exists, paths)):
            self._unpack()
        rows = np.concatenate([self._read_batch(path) for path in paths])
        pixels = rows[:, self._labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        self._data = nd.array(pixels, dtype=np.uint8)
        self._label = rows[:, self._label_place].astype(np.int32)

    def _unpack(self) -> None:
        name, sha1 = self._archive
        archive = download(_get_repo_file_url(f"gluon/dataset/{self._namespace}", name),
                           path=os.path.join(self._root, name), sha1_hash=sha1)
        with tarfile.open(archive) as packed:
            for member in packed.getmembers():
                if member.isfile() and member.name.endswith(".bin"):
                    member.name = os.path.basename(member.name)
                    packed.extract(member, self._root)

    def _read_batch(self, path: str) -> np.ndarray:
        data = np.fromfile(path, np.uint8)
        if not data.size or data.size % (3072 + self._labels):
            raise MXNetError(f"{path} is damaged: it holds {data.size} bytes, which are no whole images")
        return data.reshape(-1, 3072 + self._labels)


class CIFAR100(CIFAR10):
    """Small pictures of a hundred kinds in twenty groups, 32x32 (Krizhevsky 2009).

    Parameters
    ----------
    root : str
        Where the files lie, or are downloaded to.
    fine_label : bool
        Whether labels are kinds; else they are groups.
    train : bool
        Whether the 50,000 for training, or the 10,000 for testing.
    transform : callable, optional
        Of data and label.
    """

    _namespace = "cifar100"
    _archive = ("cifar-100-binary.tar.gz", "a0bb982c76b83111308126cc779a992fa506b90b")
    _train_files = ("train.bin",)
    _test_files = ("test.bin",)
    _labels = 2

    def __init__(self, root: str = os.path.join("~", ".mxnet", "datasets", "cifar100"), fine_label: bool = False,
                 train: bool = True, transform: Callable | None = None):
        self._label_place = int(fine_label)
        super().__init__(root, train, transform)


class ImageRecordDataset(dataset.RecordFileDataset):
    """The images and labels of a ``.rec`` file.

    Parameters
    ----------
    filename : str
        Its ``.idx`` file must lie beside it.
    flag : 0 or 1
        Whether images are grey or in colour.
    transform : callable, optional
        Of image and label.
    """

    def __init__(self, filename: str | os.PathLike, flag: int = 1, transform: Callable | None = None):
        super().__init__(filename)
        self._flag = flag
        self._transform = transform

    def __getitem__(self, idx: int) -> Any:
        header, packed = recordio.unpack(super().__getitem__(idx))
        picture = image.imdecode(packed, self._flag)
        if self._transform is not None:
            return self._transform(picture, header.label)
        return picture, header.label


class ImageFolderDataset(dataset.Dataset):
    """The images in a folder of folders, one for each kind.

    Parameters
    ----------
    root : str
    flag : 0 or 1
        Whether images are grey or in colour.
    transform : callable, optional
        Of image and label.

    Attributes
    ----------
    synsets : list of str
        The kinds: a label is an index of it.
    items : list of (str, int)
        Path and label of each image.
    """

    _endings = (".jpg", ".jpeg", ".png")

    def __init__(self, root: str | os.PathLike, flag: int = 1, transform: Callable | None = None):
        self._root = os.path.expanduser(root)
        self._flag = flag
        self._transform = transform
        self._exts = list(self._endings)
        self._list_images(self._root)

    def _list_images(self, root: str) -> None:
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        for name in _sorted(root):
            folder = os.path.join(root, name)
            if not os.path.isdir(folder):
                warnings.warn(f"Ignoring {folder}, which is not a directory.", stacklevel=4)
                continue
            label = len(self.synsets)
            self.synsets.append(name)
            for each in _sorted(folder):
                ending = os.path.splitext(each)[1]
                if ending.lower() in self._endings:
                    self.items.append((os.path.join(folder, each), label))
                else:
                    warnings.warn(f"Ignoring {os.path.join(folder, each)} of type {ending}. Only support "
                                  f"{', '.join(self._exts)}", stacklevel=4)

    def __getitem__(self, idx: int) -> Any:
        path, label = self.items[idx]
        picture = image.imread(path, self._flag)
        if self._transform is not None:
            return self._transform(picture, label)
        return picture, label

    def __len__(self) -> int:
        return len(self.items)


def _sorted(folder: str) -> Sequence[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise MXNetError(f"cannot read the folder {folder}: {error.strerror or error}") from error
