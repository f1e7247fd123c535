"""Ask MXNet 1.9.1 what the language models of tests/tutorials/word_models.py log and learn.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/word_models.py
"""
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.modules["cupynet"] = mx  # the tutorial, run by MXNet
sys.path[:0] = [str(ROOT / "tutorials"), str(ROOT / "tests" / "tutorials")]
import word_models  # noqa: E402

if __name__ == "__main__":
    answers = {form: word_models.lines(form) for form in word_models.FORMS}
    path = ROOT / "tests" / "data" / "rnn" / "word_models.json"
    path.write_text(json.dumps(answers, indent=0) + "\n")
    print({form: lines[-2:] for form, (lines, _) in answers.items()})
