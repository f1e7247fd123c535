"""MXNet's helpers around indexing keys; the expected values are MXNet 1.9.1's."""
import numpy as np
import pytest

import cupynet as mx
from cupynet import nd

ALL = slice(None)


@pytest.mark.parametrize("key, code", [
    ((1, 2), 0), ((1, [1]), 1), ((None, 1), 0), ((slice(1), np.array([1])), 1), ((), 0), (((1, 2), 3), 1),
    ((1, range(2)), 1), ((True,), 0), ((np.int64(1),), 0), ((nd.array([1]),), 1)])
def test_dispatch_codes(key, code):
    assert nd.get_indexing_dispatch_code(key) == code


@pytest.mark.parametrize("key", [1, [1, 2], None, (ALL, ...), (1, "a"), (1, 1.5)])
def test_other_keys_have_no_code(key):
    with pytest.raises(mx.MXNetError):
        nd.get_indexing_dispatch_code(key)


@pytest.mark.parametrize("key, shape, expected", [
    ((2, 1, 1), (3, 4, 5), ((2, 1, 1), -1)),
    (0, (3, 4, 5), ((0, ALL, ALL), -1)),
    ((0, ...), (3, 4, 5), ((0, ALL, ALL), -1)),
    ((slice(None, 2), None, 0, ...), (3, 4, 5), ((slice(None, 2), None, 0, ALL), -1)),
    ((..., None), (3, 4), ((ALL, ALL, None), -1)),
    ((0, 1, 2, 3), (3, 4, 5), ((0, 1, 2, 3), -1)),
    (None, (3,), ((None, ALL), -1)),
    ([0, 1], (3, 4), (([0, 1], ALL), -1)),
    (True, (3, 4), ((ALL, ALL), 1)), (False, (3, 4), ((ALL, ALL), 0)),
    ((), (3, 4), ((ALL, ALL), -1)), (1.5, (3,), ((1.5,), -1)),
])
def test_keys_are_written_out(key, shape, expected):
    assert nd.indexing_key_expand_implicit_axes(key, shape) == expected


def test_a_mask_takes_as_many_axes_as_it_has():
    mask = np.eye(2, dtype=bool)
    (found, *rest), prepended = nd.indexing_key_expand_implicit_axes((mask, None, slice(0, 2)), (2, 2, 5, 6))
    assert found is mask and rest == [None, slice(0, 2), ALL] and prepended == -1


def test_keys_that_cannot_be_written_out():
    with pytest.raises(IndexError, match="more than one ellipsis"):
        nd.indexing_key_expand_implicit_axes((..., ...), (3,))
    with pytest.raises(mx.MXNetError, match="arrays of bool"):
        nd.indexing_key_expand_implicit_axes(nd.array([1, 0], dtype="bool"), (2,))


@pytest.mark.parametrize("data, indices, expected", [
    ((3, 4, 5), (2, 3), (3, 5)), ((3,), (1, 2, 2), (2, 2)), ((3, 4), (3, 1), (1,)), ((3, 4), (2,), ()),
    ((3, 4), (0, 2), (2, 3, 4)), ((3, 4, 5), (1, 2), (2, 4, 5))])
def test_shapes_of_gathers(data, indices, expected):
    assert nd.get_oshape_of_gather_nd_op(data, indices) == expected


def test_shapes_without_axes_cannot_be_gathered():
    with pytest.raises(mx.MXNetError, match="at least one axis"):
        nd.get_oshape_of_gather_nd_op((), (1,))
