"""Build the symbols of tests/symbol/builders.py with MXNet 1.9.1 and store all that can be asked of them.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/symbols.py [networks | names | files | operators ...]
"""
import contextlib
import gzip
import importlib
import io
import json
import pkgutil
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import samples  # noqa: E402

from tests.symbol import builders  # noqa: E402


def networks():
    found = {}
    for name, (build, shapes, types) in builders.CASES.items():
        with mx.name.NameManager():
            found[name] = builders.observe(build(mx), shapes, types)
    return found


def names():
    return builders.automatic_names(mx)


def files():
    return {name: builders.observe_file(mx, text) for name, text in builders.FILES.items()}


def operators():
    found = {}
    for family in [m.name for m in pkgutil.iter_modules(samples.__path__)]:
        for index, sample in enumerate(importlib.import_module(f"samples.{family}").SAMPLES):
            if sample.oracle:
                found[f"{family}/{index}"] = {"id": sample.id, **builders.observe_sample(mx, sample)}
    return found


def main(parts):
    folder = ROOT / "tests" / "data" / "symbols"
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts or ["networks", "names", "files", "operators"]:
        with contextlib.redirect_stdout(io.StringIO()):
            found = globals()[part]()
        text = json.dumps(found, indent=1, sort_keys=part == "operators") + "\n"
        if len(text) > 1 << 20:
            with gzip.GzipFile(folder / f"{part}.json.gz", "wb", mtime=0) as stream:
                stream.write(text.encode())
        else:
            (folder / f"{part}.json").write_text(text)
        print(f"{part}: {len(found)} answers, {len(text)} characters")


if __name__ == "__main__":
    main(sys.argv[1:])
