"""Ask MXNet 1.9.1 what the operators' samples give, and store its answers for the tests.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/answers.py [family ...]
"""
import importlib
import json
import pkgutil
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS))
import samples  # noqa: E402


def function(name):
    """Find the NDArray function of a canonical operator name."""
    places = ((mx.nd, ""), (mx.nd._internal, ""), (mx.nd.contrib, "_contrib_"), (mx.nd.linalg, "_linalg_"),
              (mx.nd.image, "_image_"), (mx.nd.op, ""))
    for place, prefix in places:
        if name.startswith(prefix) and hasattr(place, name[len(prefix):]):
            return getattr(place, name[len(prefix):])
    raise LookupError(f"MXNet has no operator {name}")


def head_gradient(shape, dtype):
    n = int(np.prod(shape))
    return (((np.arange(n) * 5) % 7 - 3) / 4 + 0.1).reshape(shape).astype(dtype)


def ask(sample):
    """Return ({"out0": ..., "grad0": ...}, number of outputs) for one sample."""
    inputs = [mx.nd.array(x, dtype=x.dtype) for x in sample.inputs]
    floating = [x.dtype.kind == "f" for x in sample.inputs]
    for x, is_float in zip(inputs, floating):
        if is_float:
            x.attach_grad()
    found = {}
    with mx.autograd.record(train_mode=sample.train):
        outs = function(sample.op)(*inputs, **sample.attrs)
    outs = outs if isinstance(outs, list) else [outs]
    for i, out in enumerate(outs):
        found[f"out{i}"] = out.asnumpy()
    try:
        heads = [mx.nd.array(head_gradient(o.shape, o.dtype), dtype=o.dtype) for o in outs]
        mx.autograd.backward(outs, heads, train_mode=sample.train)
        for i, x in enumerate(inputs):
            if floating[i]:
                found[f"grad{i}"] = x.grad.asnumpy()
    except mx.MXNetError as error:
        print(f"  no gradient of {sample.id}: {str(error).splitlines()[-1][:120]}")
        for key in [k for k in found if k.startswith("grad")]:
            del found[key]
    return found, len(outs)


def main(families):
    for family in families or [m.name for m in pkgutil.iter_modules(samples.__path__)]:
        stored = {}
        for index, sample in enumerate(importlib.import_module(f"samples.{family}").SAMPLES):
            if not sample.oracle:
                continue
            try:
                found, count = ask(sample)
            except Exception as error:
                print(f"  {family} {index} {sample.id}: {str(error).strip().splitlines()[-1][:200]}")
                continue
            stored.update({f"{index}/{key}": value for key, value in found.items()})
            stored[f"{index}/meta"] = json.dumps({"id": sample.id, "outs": count})
        path = TESTS / "data" / "oracle" / f"{family}.npz"
        np.savez_compressed(path, **stored)
        print(f"{family}: {sum(k.endswith('/meta') for k in stored)} answers -> {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
