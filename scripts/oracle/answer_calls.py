"""Perform calls in MXNet 1.9.1: lines of calls on standard input, pickled answers on standard output.

Started by ``random_calls.py`` in the oracle's environment, and again whenever a call has brought MXNet down.
"""

import os
import pickle
import struct
import sys
import warnings
from pathlib import Path

answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what MXNet prints is no answer
warnings.simplefilter("ignore")

import mxnet as mx  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
import calls  # noqa: E402

for line in sys.stdin:
    mx.random.seed(7)
    try:
        answer = calls.perform(mx, calls.Call.read(line))
    except Exception as error:
        answer = (type(error).__name__, str(error))
    data = pickle.dumps(answer)
    answers.write(struct.pack("<q", len(data)) + data)
    answers.flush()
