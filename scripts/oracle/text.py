"""Ask MXNet 1.9.1 about the vocabularies and embeddings of tests/contrib/text/drawn.py.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/text.py
"""
import gzip
import json
import sys
from pathlib import Path

import mxnet as mx
from mxnet.contrib import text

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "contrib" / "text"))
import drawn  # noqa: E402

if __name__ == "__main__":
    answers = [drawn.answer(mx, text, seed) for seed in range(drawn.COUNT)]
    path = TESTS / "data" / "contrib" / "text.json.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(answers).encode(), mtime=0))
    print(path, path.stat().st_size, sum("error" in each for each in answers), "refused")
