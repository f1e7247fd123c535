"""Ask MXNet 1.9.1 what the sessions of ``tests/gluon/sessions`` answer, and what ``tests/gluon/layers.py`` observes.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/gluon.py [SESSION ...] [layers]
"""
import json
import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "gluon"))
warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
from asking import SESSIONS, hold  # noqa: E402
from layers import LAYERS, observed  # noqa: E402

wanted = sys.argv[1:] or [*sorted(path.stem for path in SESSIONS.glob("*.py")), "layers"]
for name in wanted:
    if name == "layers":
        found = [observed(mx, kind, layer) for kind, layer in LAYERS]
        (TESTS / "data" / "gluon-layers.json").write_text(json.dumps(found, indent=0) + "\n")
        continue
    target = TESTS / "data" / "gluon" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(hold(name, mx), indent=0) + "\n")
