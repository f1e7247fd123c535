"""Lists of images, and record files made of them: ``python -m cupynet.tools.im2rec``, used as MXNet's ``im2rec.py``.

First the lists, with a label for each folder, then the record files::

    python -m cupynet.tools.im2rec --list --recursive --train-ratio 0.9 data/birds photos/birds
    python -m cupynet.tools.im2rec --resize 256 --num-thread 8 data/birds photos/birds

A line of a list is "index, labels, path", with tabs between. Lists and the pairs of record file and index are written
beside and take their place when they are whole.
"""
from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from ..base import MXNetError
from ..opencv import opencv, resize
from ..recordio import IRHeader, MXIndexedRecordIO, pack, pack_img
from ..recordio.pending import PendingFile, commit

__all__ = ["main", "make_lists", "make_records", "find_images", "read_list"]

_SEED = 100  # with which MXNet shuffles its lists
_TOLD = 1000  # after how many images something is printed where there is no terminal
_SWITCHES = ("--list", "--recursive", "--shuffle", "--no-shuffle", "--pass-through", "--center-crop", "--pack-label")


class Line(NamedTuple):
    """A line of a list."""

    index: int
    labels: Sequence[float]
    path: str


# ---- lists ----------------------------------------------------------------------------------------

def find_images(root: str, recursive: bool, exts: Sequence[str]) -> tuple[list[Line], dict[str, int]]:
    """Return the images in a folder, and the labels of the folders.

    Parameters
    ----------
    root : str
    recursive : bool
        Whether folders in it are looked through as well, each of which is a label; otherwise all labels are 0.
    exts : sequence of str
        How the names of images end.
    """
    found: list[Line] = []
    folders: dict[str, int] = {}
    if not os.path.isdir(root):
        raise MXNetError(f"im2rec: there is no folder {root}")
    for folder, inner, names in os.walk(root, followlinks=True):
        inner.sort()
        for name in sorted(names):
            if os.path.splitext(name)[1].lower() in exts:
                where = os.path.relpath(folder, root)
                label = folders.setdefault(where, len(folders)) if recursive else 0
                found.append(Line(len(found), [label], os.path.relpath(os.path.join(folder, name), root)))
        if not recursive:
            break
    return found, folders


def _parts(lines: list[Line], chunks: int, train: float, test: float) -> Iterator[tuple[str, list[Line]]]:
    """Yield what is added to the prefix, and the lines, of each list."""
    size = math.ceil(len(lines) / chunks)
    for number in range(chunks):
        chunk = lines[number * size:(number + 1) * size]
        name = f"_{number}" if chunks > 1 else ""
        if train == 1:
            yield name, chunk
            continue
        first, last = int(size * test), int(size * test) + int(size * train)
        if test:
            yield name + "_test", chunk[:first]
        if train + test < 1:
            yield name + "_val", chunk[last:]
        yield name + "_train", chunk[first:last]


def make_lists(prefix: str, root: str, recursive: bool = False, shuffle: bool = True, chunks: int = 1,
               train_ratio: float = 1.0, test_ratio: float = 0.0,
               exts: Sequence[str] = (".jpeg", ".jpg", ".png")) -> None:
    """Write lists of the images in a folder: ``prefix.lst``, or several of them.

    Parameters
    ----------
    prefix, root : str
    recursive, exts
        See :func:`find_images`; the labels of the folders are printed.
    shuffle : bool
        Whether the images are shuffled, in MXNet's order.
    chunks : int
        Into how many parts they are divided: ``prefix_0``, ...
    train_ratio, test_ratio : float
        The shares of ``prefix_train`` and ``prefix_test``; the rest is ``prefix_val``.
    """
    lines, folders = find_images(root, recursive, exts)
    for folder, label in folders.items():
        print(folder, label)
    if shuffle:
        random.Random(_SEED).shuffle(lines)
    for name, part in _parts(lines, chunks, train_ratio, test_ratio):
        file = PendingFile(f"{prefix}{name}.lst")
        for line in part:
            labels = "".join(f"{label:f}\t" for label in line.labels)
            file.write(f"{line.index}\t{labels}{line.path}\n".encode())
        commit([file])


def read_list(path: str) -> Iterator[Line]:
    """Yield the lines of a list; what is none is told and left out."""
    try:
        with open(path, encoding="utf-8") as file:
            for text in file:
                items = [item.strip() for item in text.strip().split("\t")]
                if len(items) < 3:
                    print(f"lst should have at least has three parts, but only has {len(items)} parts for {items}")
                    continue
                try:
                    yield Line(int(items[0]), [float(item) for item in items[1:-1]], items[-1])
                except ValueError as error:
                    print(f"Parsing lst met error for {items}, detail: {error}")
    except (OSError, UnicodeDecodeError) as error:
        raise MXNetError(f"im2rec: cannot read {path}: {error}") from error


# ---- records --------------------------------------------------------------------------------------

class Packer:
    """Makes a record of a line of a list.

    Parameters
    ----------
    root : str
    pass_through : bool
        Whether files are taken as they are.
    resize : int
        If above 0: the length of the shorter edge.
    center_crop : bool
        Whether the square in the middle is taken, before that.
    quality : int
        Of JPEG 1 to 100, of PNG 1 to 9.
    color : int
        1: in colours, 0: grey, -1: as it is.
    encoding : str
        ``'.jpg'`` or ``'.png'``.
    pack_label : bool
        Whether all labels are kept, not the first alone.
    """

    def __init__(self, root: str, pass_through: bool = False, resize: int = 0, center_crop: bool = False,
                 quality: int = 95, color: int = 1, encoding: str = ".jpg", pack_label: bool = False):
        self.root, self.pass_through, self.size, self.center_crop = root, pass_through, resize, center_crop
        self.quality, self.color, self.encoding, self.pack_label = quality, color, encoding, pack_label

    def __call__(self, line: Line) -> bytes:
        """Return the record. Raises MXNetError if there is no image."""
        label = list(line.labels) if self.pack_label and len(line.labels) > 1 else line.labels[0]
        header = IRHeader(0, label, line.index, 0)
        path = os.path.join(self.root, line.path)
        if not self.pass_through:
            return pack_img(header, self._image(path), self.quality, self.encoding)
        try:
            with open(path, "rb") as file:
                return pack(header, file.read())
        except OSError as error:
            raise MXNetError(f"cannot read {path}: {error.strerror or error}") from error

    def _image(self, path: str) -> np.ndarray:
        image = opencv("im2rec").imread(path, self.color)
        if image is None:
            raise MXNetError(f"imread read blank (None) image for file: {path}")
        if self.center_crop:
            edge = min(image.shape[:2])
            y, x = (image.shape[0] - edge) // 2, (image.shape[1] - edge) // 2
            image = image[y:y + edge, x:x + edge]
        if self.size:
            height, width = image.shape[:2]
            if height > width:
                new = (self.size, height * self.size // width)
            else:
                new = (width * self.size // height, self.size)
            image = resize(image, *new, who="im2rec")
        return image


def _in_order(function: Callable[[Any], Any], items: Iterable[Any], workers: int) -> Iterator[Callable[[], Any]]:
    """Yield for each item what returns ``function(item)``, or raises; `workers` threads are a little ahead."""
    if workers <= 1:
        for item in items:
            yield lambda item=item: function(item)
        return
    with ThreadPoolExecutor(workers) as pool:
        begun: deque = deque()
        for item in items:
            begun.append(pool.submit(function, item))
            if len(begun) > 4 * workers:
                yield begun.popleft().result
        while begun:
            yield begun.popleft().result


def make_records(path: str, packer: Packer, workers: int = 1) -> tuple[int, int]:
    """Write record file and index of a list, ``name.rec`` and ``name.idx`` for ``name.lst``.

    What cannot be read is told and left out.

    Returns
    -------
    (int, int)
        How many images there are, and how many were left out.
    """
    name = os.path.splitext(path)[0]
    lines = list(read_list(path))
    left_out, began = 0, time.time()
    with MXIndexedRecordIO(name + ".idx", name + ".rec", "w") as record, \
            tqdm(total=len(lines), unit="image", disable=None) as bar:
        for count, (line, packed) in enumerate(zip(lines, _in_order(packer, lines, workers))):
            try:
                record.write_idx(line.index, packed())
            except MXNetError as error:
                bar.write(f"{error}", file=sys.stdout)
                left_out += 1
            bar.update()
            if bar.disable and count % _TOLD == 0:
                print("time:", time.time() - began, " count:", count)
                began = time.time()
    return len(lines) - left_out, left_out


# ---- the program ----------------------------------------------------------------------------------

def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="im2rec", formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Create an image list or make a record database by reading from an image list")
    parser.add_argument("prefix", help="prefix of input/output lst and rec files.")
    parser.add_argument("root", help="path to folder containing images.")
    lists = parser.add_argument_group("Options for creating image lists")
    lists.add_argument("--list", action="store_true", help="create <prefix>.lst of the images in root, no database.")
    lists.add_argument("--exts", nargs="+", default=[".jpeg", ".jpg", ".png"], help="how the names of images end.")
    lists.add_argument("--chunks", type=int, default=1, help="number of chunks.")
    lists.add_argument("--train-ratio", type=float, default=1.0, help="ratio of images to use for training.")
    lists.add_argument("--test-ratio", type=float, default=0, help="ratio of images to use for testing.")
    lists.add_argument("--recursive", action="store_true",
                       help="walk through subdirs, each of which is a label; otherwise all labels are 0.")
    lists.add_argument("--shuffle", action="store_true", default=True, help=argparse.SUPPRESS)  # of older versions
    lists.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="keep the order of the names.")
    database = parser.add_argument_group("Options for creating database")
    database.add_argument("--pass-through", action="store_true", help="save images as they are.")
    database.add_argument("--resize", type=int, default=0, help="resize the shorter edge of images to this; 0: do not.")
    database.add_argument("--center-crop", action="store_true", help="crop the square in the middle.")
    database.add_argument("--quality", type=int, default=95,
                          help="JPEG quality for encoding, 1-100; or PNG compression for encoding, 1-9.")
    database.add_argument("--num-thread", type=int, default=1,
                          help="number of threads; the order of images stays that of the list.")
    database.add_argument("--color", type=int, default=1, choices=[-1, 0, 1],
                          help="1: in colours, 0: grey, -1: as it is, with its alpha channel.")
    database.add_argument("--encoding", default=".jpg", choices=[".jpg", ".png"], help="encoding of the images.")
    database.add_argument("--pack-label", action="store_true", help="pack all labels, not the first alone.")
    return parser


def _modern(arguments: Sequence[str]) -> list[str]:
    """Return arguments as they are today: switches had values (``--list True``) in older versions."""
    found: list[str] = []
    for argument in arguments:
        switch, _, value = argument.partition("=")
        if switch in _SWITCHES and value:
            found.append(switch)
            argument = value
        if found and found[-1] in _SWITCHES and argument.lower() in ("true", "1", "false", "0"):
            if argument.lower() in ("false", "0"):
                switch = found.pop()
                if switch == "--shuffle":
                    found.append("--no-shuffle")
            continue
        found.append(argument)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    args = _parser().parse_args(_modern(sys.argv[1:] if arguments is None else arguments))
    prefix, root = os.path.abspath(args.prefix), os.path.abspath(args.root)
    try:
        if args.list:
            make_lists(prefix, root, args.recursive, args.shuffle, args.chunks, args.train_ratio, args.test_ratio,
                       [ext.lower() for ext in args.exts])
            return 0
        folder, start = os.path.split(prefix)
        names = sorted(name for name in os.listdir(folder) if name.startswith(start) and name.endswith(".lst")) \
            if os.path.isdir(folder) else []
        if not names:
            print(f"Did not find and list file with prefix {prefix}")
            return 0
        packer = Packer(root, args.pass_through, args.resize, args.center_crop, args.quality, args.color, args.encoding,
                        args.pack_label)
        for name in names:
            path = os.path.join(folder, name)
            print("Creating .rec file from", path, "in", folder)
            packed, left_out = make_records(path, packer, args.num_thread)
            if left_out:
                print(f"{left_out} of {packed + left_out} images could not be read and are not in the record file")
    except MXNetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
