"""Sequence operators: what samples cannot show."""
import numpy as np
import pytest

from cupynet.base import MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes


@pytest.mark.parametrize("name, axis", [("SequenceMask", 2), ("SequenceLast", -1), ("SequenceReverse", 1)])
def test_a_wrong_axis_is_named(name, axis):
    op = catalog.get(name)
    with pytest.raises(MXNetValueError, match=f"{name}: axis is {axis}"):
        infer_shapes(op, op.parse({"axis": axis}), [(4, 3, 2)], [None])


@pytest.mark.parametrize("name", ["SequenceMask", "SequenceLast", "SequenceReverse"])
def test_rank_and_lengths_are_checked(name):
    op = catalog.get(name)
    with pytest.raises(MXNetValueError, match="data has shape"):
        infer_shapes(op, op.parse({}), [(4,)], [None])
    with pytest.raises(MXNetValueError, match="sequence_length has shape"):
        infer_shapes(op, op.parse({"use_sequence_length": True}), [(4, 3, 2), (4,)], [None])


def test_lengths_follow_from_data_and_back():
    op = catalog.get("SequenceLast")
    attrs = op.parse({"use_sequence_length": True, "axis": 1})
    ins, outs = [(5, 7, 2), None], [None]
    infer_shapes(op, attrs, ins, outs)
    assert (ins, outs) == ([(5, 7, 2), (5,)], [(5, 2)])
    ins, outs = [(None, 7, None), (5,)], [(None, 2)]
    infer_shapes(op, attrs, ins, outs)
    assert (ins, outs) == ([(5, 7, 2), (5,)], [(5, 2)])


def test_an_empty_sequence_counts_as_one_step():
    op = catalog.get("SequenceLast")
    data = np.arange(6, dtype="f4").reshape(3, 2)
    found, = op.run(np, "cpu", [data, np.array([0, 3])], op.parse({"use_sequence_length": True}))
    np.testing.assert_array_equal(found, [0, 5])


def test_integers_stay_integers():
    op = catalog.get("SequenceMask")
    found, = op.run(np, "cpu", [np.ones((2, 2), "i4"), np.array([1.0, 2.0])],
                    op.parse({"use_sequence_length": True, "value": 7}))
    assert found.dtype == "int32"
    np.testing.assert_array_equal(found, [[1, 1], [7, 1]])
