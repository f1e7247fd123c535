"""Ask MXNet 1.9.1 what it loads from the older files of tests/symbol/old_files.py.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/old_files.py
"""
import json
import os
import sys
from pathlib import Path

import mxnet as mx

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "symbol"))
import old_files  # noqa: E402


def asked(seed):
    """Return the answer of a child, for some files make MXNet crash."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(old_files.answer(mx, seed)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else "crashed"


if __name__ == "__main__":
    answers = [asked(seed) for seed in range(old_files.COUNT)]
    (TESTS / "data" / "symbols" / "old_files.json").write_text(json.dumps(answers, indent=0) + "\n")
    print({kind: answers.count(kind) for kind in ("refused", "crashed")})
