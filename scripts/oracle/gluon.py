"""Ask MXNet 1.9.1 what the sessions of ``tests/gluon/sessions`` answer, and what ``layers.py`` and ``losses.py`` see.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/gluon.py [SESSION ...] [layers] [losses]
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
from layers import LAYERS  # noqa: E402
from layers import observed as layer_observed  # noqa: E402
from losses import LOSSES  # noqa: E402
from losses import observed as loss_observed  # noqa: E402

TABLES = {"layers": (LAYERS, layer_observed), "losses": (LOSSES, loss_observed)}

wanted = sys.argv[1:] or [*sorted(path.stem for path in SESSIONS.glob("*.py")), *TABLES]
for name in wanted:
    if name in TABLES:
        cases, observed = TABLES[name]
        found = [observed(mx, *case) for case in cases]
        (TESTS / "data" / f"gluon-{name}.json").write_text(json.dumps(found) + "\n")
        continue
    target = TESTS / "data" / "gluon" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(hold(name, mx), indent=0) + "\n")
