"""Executors of graphs whose shapes depend on values."""
import copy

import numpy as np
import pytest

import cupynet as mx
from cupynet.interpreted import InterpretedExecutor

S = mx.sym


def masked(ending=lambda x: x * 2, grad_req="write"):
    """Bind what `ending` makes of some rows of ``data``."""
    symbol = ending(S.contrib.boolean_mask(S.var("data"), S.var("mask")))
    executor = symbol.simple_bind(mx.current_context(), grad_req=grad_req, data=(3, 2), mask=(3,))
    assert type(executor) is InterpretedExecutor
    executor.arg_dict["data"][:] = np.arange(6).reshape(3, 2)
    executor.arg_dict["mask"][:] = [1, 0, 1]
    return executor


def test_shapes_change_from_run_to_run():
    executor = masked()
    outs = executor.forward(is_train=True)
    assert outs is executor.outputs and outs[0].asnumpy().tolist() == [[0, 2], [8, 10]]
    assert list(executor.output_dict.values()) == outs
    executor.backward(mx.nd.ones((2, 2)))
    assert executor.grad_dict["data"].asnumpy().tolist() == [[2, 2], [0, 0], [2, 2]]
    assert executor.grad_dict["mask"].asnumpy().tolist() == [0, 0, 0]
    assert executor.forward(mask=[0, 1, 0])[0].asnumpy().tolist() == [[4, 6]]
    executor.backward([mx.nd.ones((1, 2))])
    assert executor.grad_dict["data"].asnumpy().tolist() == [[0, 0], [2, 2], [0, 0]]


def test_gradients_are_added_where_they_should():
    executor = masked(grad_req={"data": "add"})
    for _ in range(2):
        executor.forward()
        executor.backward(mx.nd.ones((2, 2)))
    assert executor.grad_dict["data"].asnumpy().tolist() == [[4, 4], [0, 0], [4, 4]]


def test_loss_layers_need_no_gradient_of_their_output():
    executor = masked(lambda x: S.MakeLoss(S.sum(x * x)))
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_dict["data"].asnumpy().tolist() == [[0, 2], [0, 0], [8, 10]]
    with pytest.raises(mx.MXNetError, match="head_gradient is required"):
        executor = masked()
        executor.forward(is_train=True)
        executor.backward()


def test_mistakes():
    executor = masked()
    with pytest.raises(mx.MXNetError, match="call forward first"):
        executor.backward(mx.nd.ones((2, 2)))
    with pytest.raises(mx.MXNetError, match="Shape not match"):
        executor.forward(mask=[1, 0])
    executor.forward()
    with pytest.raises(mx.MXNetError, match=r"a head gradient has shape \(3, 2\), expected \(2, 2\)"):
        executor.backward(mx.nd.ones((3, 2)))


def test_states_are_updated_when_training():
    symbol = S.contrib.boolean_mask(S.BatchNorm(S.var("data"), name="bn", momentum=0.5), S.var("mask"))
    executor = symbol.simple_bind(mx.current_context(), data=(4, 2), mask=(4,))
    executor.arg_dict["data"][:] = [[0, 0], [0, 2], [4, 4], [4, 6]]
    executor.forward(is_train=False, mask=[1, 1, 1, 1])
    assert executor.aux_dict["bn_moving_mean"].asnumpy().tolist() == [0, 0]
    executor.forward(is_train=True)
    assert executor.aux_dict["bn_moving_mean"].asnumpy().tolist() == [1, 1.5]


def test_monitors_see_every_node():
    executor, seen = masked(), []
    executor.set_monitor_callback(lambda name, array: seen.append(array.shape), monitor_all=True)
    executor.forward()
    assert seen == [(3, 2), (3,), (2, 2), (2, 2), (2, 2)]


def test_copies_and_other_shapes():
    executor = masked()
    twin = copy.deepcopy(executor)
    twin.arg_dict["mask"][:] = 1
    assert twin.forward()[0].shape == (3, 2) and executor.forward()[0].shape == (2, 2)
    other = executor.reshape(data=(2, 2), mask=(2,))
    assert other.forward(mask=[0, 1])[0].shape == (1, 2)
    assert "boolean_mask" in executor.debug_str()


def test_on_one_context_only():
    with mx.AttrScope(ctx_group="a"):
        masked = S.contrib.boolean_mask(S.var("data"), S.var("mask"))
    with mx.AttrScope(ctx_group="b"):
        doubled = masked * 2
    where = {"a": mx.cpu(1), "b": mx.cpu(0)}
    executor = masked.simple_bind(mx.cpu(0), group2ctx=where, data=(3, 2), mask=(3,))
    out = executor.forward(mask=[1, 1, 0])[0]
    assert out.context == mx.cpu(1) and out.shape == (2, 2)
    with pytest.raises(mx.MXNetError, match="without group2ctx"):
        doubled.simple_bind(mx.cpu(0), group2ctx=where, data=(3, 2), mask=(3,))
