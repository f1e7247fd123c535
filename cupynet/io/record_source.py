"""Which records an iterator reads, and in which order: parts, chunks and shuffles as in MXNet (dmlc's input splits)."""
from __future__ import annotations

import bisect
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..base import MXNetError, MXNetValueError
from ..recordio import RecordFile
from .draws import Draws

__all__ = ["Block", "RecordSource"]

_CHUNK = 8 << 20  # bytes that MXNet reads at a time, and shuffles among themselves
_CHUNK_SEED = 666  # what MXNet adds to the user's seed


@dataclass
class Block:
    """Records that are read one after the other.

    Attributes
    ----------
    places : list of int
        Where they begin, in the order of the file, or in that of an index.
    order : sequence of int or None
        Which of them is handed out first, second, ...; None: as they come.
    indexed : bool
        Whether they come by an index file: then MXNet reads no more of them at a time than a batch still needs.
    """

    places: list[int]
    order: list[int] | None = None
    indexed: bool = False


class RecordSource:
    """The records of one part of some files, pass by pass.

    Parameters
    ----------
    paths : str
        Files with ``;`` between them, or folders, whose files are taken by name. Together they are one file.
    index : str
        A file of lines ``key<tab>offset``, by which records are shuffled one by one and parts are equal in number of
        records; empty: without.
    num_parts, part_index : int
    shuffle : bool
    seed : int
    chunk_size : int
        Megabytes; parts of this size are read in an order drawn anew for each pass. 0: in their order.
    chunk_seed : int
    """

    def __init__(self, who: str, paths: str, index: str = "", num_parts: int = 1, part_index: int = 0,
                 shuffle: bool = False, seed: int = 0, chunk_size: int = 0, chunk_seed: int = 0):
        if not 0 <= part_index < num_parts:
            raise MXNetValueError(f"{who}: part_index is {part_index}; there are {num_parts} parts")
        self._who, self._files, self._starts, self._size = who, [], [], 0
        for path in _files(who, paths):
            file = RecordFile(path)
            if file.size % 4:
                raise MXNetError(f"{who}: {path} has {file.size} bytes; records fill a multiple of four")
            self._files.append(file)
            self._starts.append(self._size)
            self._size += file.size
        self._parts, self._part, self._shuffle = num_parts, part_index, shuffle
        self.draws = Draws(seed)
        self._indexed = self._from_index(index) if index else None
        pieces = math.ceil(1.1 * (self._size / num_parts) / (chunk_size << 20)) if shuffle and chunk_size > 0 else 1
        self._pieces = list(range(pieces))
        self._piece_draws = Draws(_CHUNK_SEED + part_index + num_parts + pieces + chunk_seed)

    # ---- places --------------------------------------------------------------------------------------

    def read(self, place: int) -> bytes:
        """Return the record that begins at a place."""
        number = bisect.bisect_right(self._starts, place) - 1
        record, _ = self._files[number].read(place - self._starts[number])
        if record is None:
            raise MXNetError(f"{self._who}: no record begins at byte {place} of {self._files[number].name}")
        return record

    def where(self, place: int) -> str:
        """Return what messages call a place."""
        number = bisect.bisect_right(self._starts, place) - 1
        return f"byte {place - self._starts[number]} of {self._files[number].name}"

    def _next_head(self, place: int) -> int:
        """Return where the first record begins at `place` or behind it, or the size of all files."""
        if place >= self._size:
            return self._size
        number = bisect.bisect_right(self._starts, place) - 1
        return self._starts[number] + self._files[number].next_head(place - self._starts[number])

    def _from_index(self, path: str) -> list[int]:
        try:
            with open(path, encoding="utf-8") as file:
                places = sorted(int(line.split()[1]) for line in file if line.strip())
        except (OSError, ValueError, IndexError) as error:
            raise MXNetError(f"{self._who}: cannot read the index {path}: {error}; expected lines of a key and an "
                             "offset") from error
        if places and not 0 <= places[0] <= places[-1] < self._size:
            raise MXNetError(f"{self._who}: the index {path} speaks of the bytes {places[0]} to {places[-1]}, but the "
                             f"records have {self._size}; is it the index of another file?")
        step = -(-len(places) // self._parts)
        return places[step * self._part:step * (self._part + 1)]

    # ---- passes --------------------------------------------------------------------------------------

    def one_pass(self) -> Iterator[Block]:
        """Yield all records once, shuffled anew."""
        if self._indexed is not None:
            order = self.draws.shuffled(len(self._indexed)) if self._shuffle else range(len(self._indexed))
            yield Block([self._indexed[i] for i in order], indexed=True)
            return
        if len(self._pieces) > 1:
            self._pieces = [self._pieces[i] for i in self._piece_draws.shuffled(len(self._pieces))]
        step = -(-self._size // (self._parts * len(self._pieces)))
        step += -step % 4
        for piece in self._pieces:
            number = self._part * len(self._pieces) + piece
            first, last = (self._next_head(min(step * n, self._size)) for n in (number, number + 1))
            for places in self._chunks(first, last):
                yield Block(places, self.draws.shuffled(len(places)).tolist() if self._shuffle else None)

    def _heads(self, first: int, last: int) -> Iterator[int]:
        for start, file in zip(self._starts, self._files):
            if start < last and first < start + file.size:
                yield from (start + at for at in file.offsets(max(first - start, 0), min(last - start, file.size)))

    def _chunks(self, first: int, last: int) -> Iterator[list[int]]:
        """Yield the records that begin in [first, last), in the chunks in which MXNet reads them.

        A chunk ends with the last record that does not begin behind its limit, which belongs to the next one unless
        the file ends before the limit; it grows until it holds a record.
        """
        places: list[int] = []
        limit = first + _CHUNK
        for place in self._heads(first, last):
            while place > limit - 8:
                if len(places) > 1:
                    yield places[:-1]
                    places = places[-1:]
                    limit = places[0] + _CHUNK
                else:
                    limit = places[0] + 2 * (limit - places[0])
            places.append(place)
        if last >= limit and len(places) > 1:
            yield places[:-1]
            places = places[-1:]
        if places:
            yield places


def _files(who: str, paths: str) -> list[str]:
    if not paths:
        raise MXNetValueError(f"{who}: must specify path_imgrec")
    found = []
    for path in filter(None, str(paths).split(";")):
        if os.path.isdir(path):
            found += sorted(entry.path for entry in os.scandir(path) if entry.is_file())
        else:
            found.append(path)
    found = [path for path in found if not os.path.exists(path) or os.path.getsize(path)]
    if not found:
        raise MXNetError(f"{who}: there are no records in {paths}")
    return found
