"""Ask MXNet 1.9.1 what ``tests/gluon`` compares: sessions, and how layers, losses, recurrent cells and networks look.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/gluon.py [SESSION ...] [layers] [losses] [recurrent] [zoo]
"""
import json
import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS / "gluon"))
warnings.simplefilter("ignore")
import layers  # noqa: E402
import losses  # noqa: E402
import mxnet as mx  # noqa: E402
import networks_of_the_zoo as zoo  # noqa: E402
import recurrent  # noqa: E402
from asking import SESSIONS, hold  # noqa: E402

TABLES = {"layers": lambda: [layers.observed(mx, *case) for case in layers.LAYERS],
          "losses": lambda: [losses.observed(mx, *case) for case in losses.LOSSES],
          "recurrent": lambda: [recurrent.observed(mx, *case) for case in recurrent.RECURRENT],
          "zoo": lambda: {name: zoo.digest(mx, name) for name in zoo.names(mx)}}

for name in sys.argv[1:] or [*sorted(path.stem for path in SESSIONS.glob("*.py")), *TABLES]:
    if name in TABLES:
        target, found = TESTS / "data" / f"gluon-{name}.json", TABLES[name]()
    else:
        target, found = TESTS / "data" / "gluon" / f"{name}.json", hold(name, mx)
    target.write_text(json.dumps(found, indent=None if name in ("layers", "losses", "recurrent") else 0) + "\n")
