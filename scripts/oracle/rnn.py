"""Ask MXNet 1.9.1 about the recurrent cells and sentences of tests/rnn/drawn.py.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/rnn.py
"""
import gzip
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "rnn"))
import drawn  # noqa: E402


def rounded(value):
    """Return `value` with numbers of six digits, which is what float32 has."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    path = TESTS / "data" / "rnn" / "drawn.json.gz"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(rounded(drawn.answers(mx)), separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(path, path.stat().st_size)
