"""Ask MXNet 1.9.1 what single updates of weights give to the last bit, for ``tests/ops/test_optimizer.py``.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/update_steps.py

The questions and a checksum of each answer go to ``tests/data/update_steps.json``.
"""
import json
import warnings
import zlib
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "update_steps.json"
COMMON = [{}, {"wd": 0.0017}, {"wd": 0.01, "rescale_grad": 0.37}, {"wd": 0.003, "rescale_grad": 0.37,
                                                                   "clip_gradient": 0.2}]
UPDATES = {  # operator -> number of states, attributes
    "sgd_update": (0, {"lr": 0.0123}), "sgd_mom_update": (1, {"lr": 0.0123, "momentum": 0.9}),
    "nag_mom_update": (1, {"lr": 0.0123, "momentum": 0.9}), "signum_update": (1, {"lr": 0.01, "momentum": 0.9}),
    "rmsprop_update": (1, {"lr": 0.01}), "ftrl_update": (2, {"lr": 0.1}),
    "ftml_update": (3, {"lr": 0.0025, "t": 7}), "lamb_update_phase1": (2, {"t": 5, "wd": 0.01}),
    "adam_update": (2, {"lr": 0.1}), "multi_sgd_update": (0, {"lrs": (0.0123,), "num_weights": 1}),
    "multi_sgd_mom_update": (1, {"lrs": (0.0123,), "momentum": 0.9, "num_weights": 1})}


def ask(name, states, attrs):
    """Return checksums of the new weight and of the states after an update."""
    draw = np.random.RandomState(0)
    weight, grad, *kept = (mx.nd.array(draw.uniform(low, 1, 300)) for low in (-1, -1, *[0] * states))
    new = mx.nd.zeros((300,))
    getattr(mx.nd, name)(weight, grad, *kept, out=new, **attrs)
    return [zlib.crc32((x.asnumpy() + 0).tobytes()) for x in (new, *kept)]  # -0 counts as 0


def main():
    found = []
    for name, (states, given) in UPDATES.items():
        for common in COMMON:
            attrs = {**common, **given}
            if name.startswith("multi"):
                attrs["wds"] = (attrs.pop("wd", 0.0),)
            if name == "ftml_update" and "clip_gradient" in attrs:
                attrs["clip_grad"] = attrs.pop("clip_gradient")
            found.append([name, states, attrs, ask(name, states, attrs)])
    DATA.write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n")


if __name__ == "__main__":
    main()
