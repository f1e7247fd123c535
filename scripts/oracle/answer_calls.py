"""Perform calls in MXNet 1.9.1: lines on standard input, pickled answers on standard output.

Started by ``random_calls.py`` and others in the oracle's environment, and again whenever a call has brought MXNet
down, with the name of a module whose ``perform_line`` knows what a line means.
"""

import importlib
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

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
perform_line = importlib.import_module(sys.argv[1]).perform_line

for line in sys.stdin:
    mx.random.seed(7)
    try:
        answer = perform_line(mx, line)
    except Exception as error:
        answer = (type(error).__name__, str(error))
    data = pickle.dumps(answer)
    answers.write(struct.pack("<q", len(data)) + data)
    answers.flush()
