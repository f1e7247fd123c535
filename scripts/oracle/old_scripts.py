"""Ask MXNet 1.9.1 what the scripts of ``tests/old_scripts.py`` print, for ``tests/test_old_scripts.py``.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/old_scripts.py
"""
import json
import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS))
warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
from old_scripts import SCRIPTS  # noqa: E402

found = {name: script(mx) for name, script in SCRIPTS.items()}
(TESTS / "data" / "old_scripts.json").write_text(json.dumps(found, indent=1) + "\n")
