"""Reshaping, joining and cutting: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

import cupynet as mx
from cupynet.base import MXNetTypeError, MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes


def infer(name, ins, outs, **attrs):
    """What the shape rule makes of partly known shapes, at a fixpoint."""
    op = catalog.get(name)
    ins, outs = list(ins), list(outs)
    while infer_shapes(op, op.parse(attrs), ins, outs):
        pass
    return ins, outs


@pytest.mark.parametrize("name, attrs, ins, outs, all_ins, all_outs", [
    ("Reshape", {"shape": (4, -1)}, [(2, None)], [None], [(2, None)], [(4, None)]),
    ("Reshape", {"shape": (4, -1)}, [(2, None)], [(4, 6)], [(2, 12)], [(4, 6)]),
    ("Reshape", {"shape": (0, -3)}, [(2, None, 4)], [(2, 12)], [(2, 3, 4)], [(2, 12)]),
    ("Reshape", {"shape": (-4, 2, -1, 0)}, [(None, 3)], [None], [(None, 3)], [(2, None, 3)]),
    ("Reshape", {"shape": (2, 6)}, [(None, 4)], [None], [(3, 4)], [(2, 6)]),
    ("Flatten", {}, [(None, 3, 4)], [(2, None)], [(2, 3, 4)], [(2, 12)]),
    ("reshape_like", {}, [(2, None), None], [(3, 4)], [(2, 6), (3, 4)], [(3, 4)]),
    ("transpose", {"axes": (2, 0, 1)}, [None], [(4, 2, 3)], [(2, 3, 4)], [(4, 2, 3)]),
    ("transpose", {}, [(2, None)], [(3, None)], [(2, 3)], [(3, 2)]),
    ("SwapAxis", {"dim1": 0, "dim2": -1}, [None], [(4, 3, 2)], [(2, 3, 4)], [(4, 3, 2)]),
    ("expand_dims", {"axis": -1}, [None], [(2, 3, 1)], [(2, 3)], [(2, 3, 1)]),
    ("squeeze", {"axis": 1}, [(None, None, 3)], [(2, 3)], [(2, 1, 3)], [(2, 3)]),
    ("Concat", {"dim": 1}, [(2, 3), (2, None)], [(None, 7)], [(2, 3), (2, 4)], [(2, 7)]),
    ("Concat", {"dim": -1}, [None, (2, 3)], [(2, 7)], [(2, 4), (2, 3)], [(2, 7)]),
    ("stack", {"axis": 1}, [None, None], [(3, 2, 4)], [(3, 4), (3, 4)], [(3, 2, 4)]),
    ("stack", {}, [None, (3, 4)], [None], [(3, 4), (3, 4)], [(2, 3, 4)]),
    ("SliceChannel", {"num_outputs": 2}, [None], [None, (3, 4)], [(3, 8)], [(3, 4), (3, 4)]),
    ("SliceChannel", {"num_outputs": 2, "squeeze_axis": True}, [None], [(3,), None], [(3, 2)], [(3,), (3,)]),
    ("_split_v2", {"indices": (0, 2)}, [None], [(3, None), (None, 5)], [(3, 7)], [(3, 2), (3, 5)]),
    ("tile", {"reps": (2, 3)}, [(None, 2)], [(4, None)], [(2, 2)], [(4, 6)]),
    ("repeat", {"repeats": 3, "axis": 1}, [(2, None)], [(None, 6)], [(2, 2)], [(2, 6)]),
    ("broadcast_like", {}, [(1, 3), (4, 3)], [None], [(1, 3), (4, 3)], [(4, 3)]),
    ("Pad", {"mode": "edge", "pad_width": (1, 1, 0, 2)}, [None], [(4, 5)], [(2, 3)], [(4, 5)]),
    ("depth_to_space", {"block_size": 2}, [None], [(1, 2, 4, 6)], [(1, 8, 2, 3)], [(1, 2, 4, 6)]),
])
def test_shapes_are_found_in_both_directions(name, attrs, ins, outs, all_ins, all_outs):
    assert infer(name, ins, outs, **attrs) == (all_ins, all_outs)


@pytest.mark.parametrize("call, message", [
    (lambda x: mx.nd.op.Reshape(x, shape=(4,)), r"Reshape: shape is \(4,\) for data of shape \(2, 3\): 6 elements"),
    (lambda x: mx.nd.op.Reshape(x, shape=(0, 0, 0)), "it refers to more axes than data has"),
    (lambda x: mx.nd.op.Reshape(x, shape=(-1, -1)), "only one length can be -1"),
    (lambda x: mx.nd.op.Reshape(x, shape=(-1, 4)), "6 elements do not divide by 4"),
    (lambda x: mx.nd.op.Reshape(x, shape=(-4, -1, -1, 0)), "-4 is followed by two lengths"),
    (lambda x: mx.nd.op.Reshape(x, shape=(-5,)), "expected lengths and the codes"),
    (mx.nd.op.Reshape, "required argument 'shape' is missing"),
    (lambda x: mx.nd.transpose(x, axes=(0, 0)), r"transpose: axes is \(0, 0\); expected each of 2 axes once"),
    (lambda x: mx.nd.squeeze(x, axis=0), "squeeze: axis is .* expected axes of length 1"),
    (lambda x: mx.nd.concat(x, mx.nd.ones((3, 3))), r"Concat: arg1 has shape \(3, 3\)"),
    (lambda x: mx.nd.stack(x, mx.nd.ones((3, 3))), r"stack: arg1 has shape \(3, 3\), expected \(2, 3\)"),
    (lambda x: mx.nd.split(x, num_outputs=2), "SliceChannel: data has shape .* num_outputs=2"),
    (lambda x: mx.nd.op.broadcast_to(x, shape=(4, 3)), "does not broadcast to"),
    (lambda x: mx.nd.broadcast_axis(x, axis=0, size=4), "expected length 1 at axis 0"),
    (lambda x: mx.nd.pad(x, mode="edge", pad_width=(1, 1)), "Pad: pad_width is .* two numbers"),
    (lambda x: mx.nd.pad(x, mode="reflect", pad_width=(0, 2, 0, 0)), "a reflection is narrower than data"),
    (lambda x: mx.nd.depth_to_space(x.reshape((1, 2, 3, 1)), block_size=2), "the number of channels is 2"),
    (lambda x: mx.nd.diag(x, k=5), "there is no such diagonal"),
    (lambda x: mx.nd.tile(x, reps=(-1, 1)), "tile: reps is"),
    (lambda x: mx.nd.swapaxes(x, dim1=0, dim2=2), "SwapAxis: axis is 2"),
])
def test_mistakes_are_explained(call, message):
    with pytest.raises(MXNetValueError, match=message):
        call(mx.nd.ones((2, 3)))


def test_one_dtype_is_joined():
    with pytest.raises(MXNetTypeError, match="Concat: arg1 has dtype float64, expected float32"):
        mx.nd.concat(mx.nd.ones((2, 3)), mx.nd.ones((2, 3), dtype="float64"))


@pytest.mark.parametrize("name, inputs, attrs", [
    ("Concat", (rand(2, 3), rand(2, 1)), {"dim": 1}), ("stack", (rand(2, 3), rand(2, 3)), {"axis": 1}),
    ("Pad", (rand(2, 3),), {"mode": "constant", "pad_width": (1, 0, 0, 2)}),
    ("Pad", (rand(2, 3),), {"mode": "edge", "pad_width": (1, 0, 0, 2)}),
    ("SliceChannel", (rand(2, 4),), {"num_outputs": 2}), ("SliceChannel", (rand(2, 4),), {"num_outputs": 1}),
])
def test_results_go_into_given_buffers(name, inputs, attrs):
    op = catalog.get(name)
    expected = op.run(np, "cpu", inputs, op.parse(attrs))
    buffers = tuple(np.full_like(x, np.nan, order="C") for x in expected)
    results = op.run(np, "cpu", inputs, op.parse(attrs), out=buffers if len(buffers) > 1 else buffers[0])
    for result, buffer, value in zip(results, buffers, expected):
        assert result is buffer
        np.testing.assert_array_equal(buffer, value)


@pytest.mark.parametrize("split", [lambda x: mx.nd.split(x, num_outputs=3, axis=1),
                                   lambda x: mx.nd.split(x, num_outputs=3, axis=1, squeeze_axis=True),
                                   lambda x: mx.nd.op._split_v2(x, indices=(0, 1, 2))])
def test_pieces_that_nobody_uses_have_no_gradient(split):
    x = mx.nd.array(rand(2, 3))
    x.attach_grad()
    with mx.autograd.record():
        y = split(x)[1] * 2
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0, 2, 0]] * 2)


def test_unequal_pieces_that_nobody_uses_have_no_gradient():
    x = mx.nd.array(rand(6, 2))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.op._split_v2(x, indices=(0, 1, 3), axis=0)[1] * 2
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy()[:, 0], [0, 2, 2, 0, 0, 0])


def test_arrays_without_elements():
    empty = mx.nd.empty((0, 4))
    assert mx.nd.op.Reshape(empty, shape=(-1, 2)).shape == (0, 2)
    assert mx.nd.concat(empty, mx.nd.ones((2, 4)), dim=0).shape == (2, 4)
    assert mx.nd.op._split_v2(mx.nd.ones((2, 4)), indices=(0, 1, 1))[1].shape == (2, 0)
