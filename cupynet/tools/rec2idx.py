"""The index of a record file, made anew: ``python -m cupynet.tools.rec2idx a.rec a.idx``, as MXNet's ``rec2idx.py``.

The keys are 0, 1, ... in the order of the file.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..base import MXNetError
from ..recordio import RecordFile
from ..recordio.pending import PendingFile, commit

__all__ = ["main", "make_index"]


def make_index(records: str, index: str) -> int:
    """Write the index of a record file; return how many records it has."""
    source, file, count, offset = RecordFile(records), PendingFile(index), 0, 0
    try:
        for count, offset in enumerate(source.offsets(), 1):
            file.write(f"{count - 1}\t{offset}\n".encode())
        source.read(offset)  # the last one may have been cut off behind its head
    except MXNetError:
        file.discard()
        raise
    commit([file])
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="rec2idx", description="Create an index file from .rec file")
    parser.add_argument("record", help="path to .rec file.")
    parser.add_argument("index", help="path to index file.")
    args = parser.parse_args(arguments)
    try:
        print(f"{make_index(args.record, args.index)} records")
    except MXNetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
