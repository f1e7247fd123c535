"""Operators on calls drawn at random: the answers of MXNet 1.9.1, kept in tests/data/oracle/calls.

Drawn and stored by ``scripts/oracle/random_calls.py``; what is different on purpose stands in tests/divergences.py.
"""
from __future__ import annotations

import collections
from pathlib import Path

import agreement
import calls
import divergences
import pytest

import cupynet as mx

STORE = Path(__file__).parents[1] / "data" / "oracle" / "calls"
ANSWERS = collections.defaultdict(list)
for _path in sorted(STORE.glob("*.npz")):
    for _call, _found in calls.unpack(_path):
        ANSWERS[_call.name].append((_call, _found))


def perform(call):
    mx.random.seed(7)
    try:
        return calls.perform(mx, call)
    except Exception as error:
        return error


@pytest.mark.parametrize("name", ANSWERS)
def test_random_calls_are_answered_as_in_mxnet(name):
    wrong = []
    for call, expected in ANSWERS[name]:
        found = perform(call)
        if isinstance(found, Exception) and not isinstance(found, (mx.MXNetError, TypeError, ValueError)):
            wrong.append(f"{call.text()}: raises {type(found).__name__}: {found}")
        elif not divergences.reasons(call):
            text = agreement.difference(call, expected, found)
            if text is not None:
                wrong.append(f"{call.text()}: {text}")
    assert not wrong, f"{len(wrong)} of {len(ANSWERS[name])} calls:\n" + "\n".join(wrong)


def test_every_divergence_is_met():
    met = {why for each in ANSWERS.values() for call, _ in each for why in divergences.reasons(call)}
    assert not [why for _, _, why in divergences.TABLE if why not in met]


def test_a_wrong_answer_is_seen():
    """The comparison bites: a changed element, shape, dtype, and an error instead of an answer."""
    call, expected = next((call, found) for call, found in ANSWERS["exp"] if found and call.arrays[0][1] == "float32")
    found = perform(call)
    assert agreement.difference(call, expected, found) is None
    label = next(iter(found))
    for spoilt in (found[label] + 1, found[label][None], found[label].astype("float16")):
        assert agreement.difference(call, expected, {**found, label: spoilt})
    assert agreement.difference(call, expected, ValueError())
    assert agreement.difference(call, None, found)
