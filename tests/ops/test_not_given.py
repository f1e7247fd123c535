"""``_Null`` stands for an argument that was not given, as in functions that pass MXNet's defaults on."""
import pytest

import cupynet as mx
from cupynet.base import _Null

X, V = (2, 3), mx.sym.Variable("x")


@pytest.mark.parametrize("call, shape", [
    (lambda x: mx.nd.sum(x, axis=_Null, keepdims=_Null), (1,)), (lambda x: x.sum(axis=_Null), (1,)),
    (lambda x: mx.nd.transpose(x, axes=_Null), (3, 2)), (lambda x: mx.nd.softmax(x, axis=_Null), (2, 3)),
    (lambda x: mx.nd.random.uniform(0, 1, shape=_Null, dtype=_Null), (1,)),
    (lambda x: mx.nd.one_hot(mx.nd.ones(2), 3, on_value=_Null), (2, 3)),
    (lambda x: mx.nd.FullyConnected(x, mx.nd.ones((4, 3)), _Null, num_hidden=4, no_bias=True, flatten=_Null), (2, 4))])
def test_arrays(call, shape):
    assert call(mx.nd.ones(X)).shape == shape


def test_symbols():
    assert mx.sym.sum(V, axis=_Null).list_attr() == {}
    assert mx.sym.Pooling(V, kernel=(2, 2), stride=_Null).list_attr() == {"kernel": "(2, 2)"}


@pytest.mark.parametrize("call, words", [
    (lambda: mx.nd.clip(mx.nd.ones(X), a_min=_Null, a_max=1), "required argument 'a_min' is missing"),
    (lambda: mx.sym.Activation(V, act_type=_Null), "required argument 'act_type' is missing"),
    (lambda: mx.nd.Activation(mx.nd.ones(X), act_type="relu", foo=_Null), "unknown argument 'foo'")])
def test_required_arguments(call, words):
    with pytest.raises(mx.MXNetError, match=words):
        call()
