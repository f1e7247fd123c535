"""Symbols compared with what MXNet 1.9.1 made of the same Python (tests/data/symbols, scripts/oracle/symbols.py)."""
import gzip
import importlib
import json
import pkgutil
from pathlib import Path

import pytest
import samples

import cupynet as mx
from tests.symbol import builders

DATA = Path(__file__).resolve().parents[1] / "data" / "symbols"


def stored(part):
    path = DATA / f"{part}.json"
    return json.loads(path.read_text() if path.exists() else gzip.decompress(path.with_suffix(".json.gz").read_bytes()))


NETWORKS, NAMES, FILES, OPERATORS = map(stored, ("networks", "names", "files", "operators"))


def refines(got, want):
    """Whether inference found what MXNet found, or more: None, [] and 0 say that MXNet did not know."""
    if isinstance(want, dict):  # an exception
        return isinstance(got, dict)
    if isinstance(got, list) and isinstance(want, list) and want:
        return len(got) == len(want) and all(map(refines, got, want))
    return got == want or want in (None, [], 0)


def differences(got, want, partly=False):
    """Return {what: (got, want)} where two observations differ.

    With `partly` MXNet may have refused to infer anything, as several operators do that miss an input.
    """
    if "error" in got or "error" in want:
        return {} if "error" in got and "error" in want else {"raised": (got, want)}
    found = {}
    for key in want:
        if key in ("shapes", "types"):
            for (given, *seen), (_, *expected) in zip(got[key], want[key], strict=True):
                for one, other in zip(seen, expected):
                    if not refines(one, other) and not (partly and isinstance(other, dict)):
                        found[f"{key} from {given}"] = one, other
        elif got[key] != want[key]:
            found[key] = got[key], want[key]
    return found


@pytest.mark.parametrize("name", builders.CASES)
def test_network(name):
    build, shapes, types = builders.CASES[name]
    assert not differences(builders.observe(build(mx), shapes, types), NETWORKS[name])


def test_automatic_names():
    assert builders.automatic_names(mx) == NAMES


@pytest.mark.parametrize("name", builders.FILES)
def test_file(name):
    assert not differences(builders.observe_file(mx, builders.FILES[name]), FILES[name])


# Operators whose variables or inferred types differ on purpose when only the first input is given.
UNLIKE = {
    "multi_all_finite": "missing inputs of a variadic operator are called arg1, ... here, array_1 in MXNet",
    "multi_sum_sq": "the same",
    "batch_take": "MXNet supposes int32 indices, here they have the dtype of the data unless given",
}


@pytest.mark.parametrize("family", [m.name for m in pkgutil.iter_modules(samples.__path__)])
def test_operators(family):
    """Every operator, called with all its inputs and with the first alone."""
    found = {}
    for index, sample in enumerate(importlib.import_module(f"samples.{family}").SAMPLES):
        want = OPERATORS.get(f"{family}/{index}")
        if want is None or want["id"] != sample.id:
            continue
        got = builders.observe_sample(mx, sample)
        for how in ("all", "first"):
            # what MXNet refuses to compose may work here
            if "error" not in want[how] and not (how == "first" and sample.op in UNLIKE):
                found[sample.id, how] = differences(got[how], want[how], partly=how == "first")
    assert not {key: value for key, value in found.items() if value}
