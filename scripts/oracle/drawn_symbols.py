"""Compose the symbols of tests/symbol/drawn.py with MXNet 1.9.1 and store hashes of what can be asked of them.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/drawn_symbols.py          # draws from the operators that have samples now
    python scripts/oracle/drawn_symbols.py 17       # prints what seed 17 gives, from the operators that are stored
"""
import importlib
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

from tests.symbol import drawn  # noqa: E402

STORED = ROOT / "tests" / "data" / "symbols" / "drawn.json"


def main(seeds):
    if seeds:
        operators = json.loads(STORED.read_text())["operators"]
        for seed in map(int, seeds):
            for name, text in drawn.observe(mx, seed, operators).items():
                print(f"---- {name}\n{text}")
        return
    operators = drawn.table(sample for module in pkgutil.iter_modules(samples.__path__)
                            for sample in importlib.import_module(f"samples.{module.name}").SAMPLES if sample.oracle)
    answers = [drawn.hashes(drawn.observe(mx, seed, operators)) for seed in range(drawn.COUNT)]
    lines = [f'"facets": {json.dumps(list(answers[0]))}',
             '"operators": [\n' + ",\n".join(map(json.dumps, operators)) + "\n]",
             '"answers": [\n' + ",\n".join(json.dumps(" ".join(each.values())) for each in answers) + "\n]"]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{STORED}: {len(answers)} symbols, {STORED.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
