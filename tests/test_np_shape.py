"""Zero-size and rank-0 arrays and symbols, with the switch np_shape off and on."""
from __future__ import annotations

import gzip
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from ops.zero_size import cases, told

import cupynet as mx
from cupynet import nd
from cupynet import sym as S
from cupynet.base import MXNetError
from cupynet.ndarray.invoke import invoke
from cupynet.ops import catalog


@pytest.fixture
def np_shape():
    with mx.util.np_shape():
        yield


@pytest.mark.parametrize("make, shape", [
    (lambda: nd.zeros((0, 3)), "[-1,3]"), (lambda: nd.zeros(()), "None"), (lambda: nd.ones(0), "[-1]"),
    (lambda: nd.zeros((-1, 2)), "[-1,2]"), (lambda: nd.full((), 3), "None"),
    (lambda: nd.random.uniform(shape=(0, 2)), "[-1,2]"), (lambda: nd.random.normal(shape=()), "None"),
    (lambda: nd.random.randint(0, 3, shape=(0,)), "[-1]"), (lambda: nd.op._zeros(shape=(2, 0)), "[2,-1]"),
])
def test_without_the_switch_a_length_of_0_is_unknown_where_arrays_are_made(make, shape):
    with pytest.raises(MXNetError) as raised:
        make()
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("Operator _") and lines[0].endswith(" inferring shapes failed.")
    assert lines[1:5] == ["input shapes:", "output shapes:", shape, "operator attributes:"]


@pytest.mark.parametrize("make, shape", [
    (lambda: nd.zeros((0, 3)), (0, 3)), (lambda: nd.zeros(()), ()), (lambda: nd.ones(0), (0,)),
    (lambda: nd.full((), 3), ()), (lambda: nd.random.uniform(shape=(0, 2)), (0, 2)),
    (lambda: nd.random.normal(shape=()), ()), (lambda: nd.random.randint(0, 3, shape=()), ()),
    (nd.random.uniform, (1,)), (nd.random.randn, ()),
])
def test_with_the_switch_zero_lengths_are_ordinary(np_shape, make, shape):
    assert make().shape == make().asnumpy().shape == shape


@pytest.mark.parametrize("make", [lambda: nd.zeros((-1, 2)), lambda: nd.op._zeros(shape=(-1, 2))])
def test_with_the_switch_minus_1_is_unknown(np_shape, make):
    with pytest.raises(MXNetError, match="inferring shapes failed"):
        make()


@pytest.mark.parametrize("make, shape", [
    (lambda: nd.empty((0, 3)), (0, 3)), (lambda: nd.full((0, 3), 2), (0, 3)), (lambda: nd.array([]), (0,)),
    (lambda: nd.array(5.0), ()), (lambda: nd.eye(0), (0, 0)), (lambda: nd.eye(0, 3), (0, 3)),
    (lambda: nd.linspace(0, 1, 0), (0,)), (lambda: nd.repeat(nd.ones((2, 3)), repeats=0), (0,)),
    (lambda: nd.repeat(nd.ones((2, 3)), repeats=0, axis=1), (0,)), (lambda: nd.tile(nd.ones((2, 3)), reps=0), (2, 0)),
    (lambda: nd.diag(nd.ones((2, 3)), k=3), (0,)), (lambda: nd.slice(nd.ones((2, 3)), begin=0, end=0), (0, 3)),
    (lambda: nd.contrib.boolean_mask(nd.ones((2, 3)), nd.array([0, 0])), (0, 3)),
    (lambda: nd.ones((1, 1)).reshape(()), ()), (lambda: nd.array([]) + 1, (0,)),
    (lambda: nd.relu(nd.array(np.ones((0, 3)))), (0, 3)),
])
@pytest.mark.parametrize("active", [False, True])
def test_either_way_operators_make_and_take_them(active, make, shape):
    with mx.util.np_shape(active):
        assert make().shape == make().asnumpy().shape == shape


def test_what_follows_from_a_shape_in_a_symbol_depends_on_the_switch_where_it_is_asked():
    x, zeros = S.Variable("x"), S.zeros((0, 3), name="z")
    for active, result in ((False, [(2, 3)]), (True, [(0, 3)])):
        with mx.util.np_shape(active):
            given = {"x": result[0]}
            assert (x + zeros).infer_shape(**given) == (result, result, [])
            assert (x + zeros).bind(mx.cpu(), {"x": nd.full(result[0], 1)}).forward()[0].shape == result[0]
    with mx.util.np_shape(), pytest.raises(MXNetError, match=r"\(2, 3\)"):
        (x + zeros).infer_shape(x=(2, 3))


def test_a_variable_of_known_shape_depends_on_the_switch():
    x = S.Variable("x", shape=(0, 3))
    assert x.attr("__shape__") == "(0, 3)"
    assert x.infer_shape_partial() == ([(0, 3)], [(0, 3)], [])
    with pytest.warns(UserWarning, match=r"x: \(0, 3\)"):
        assert x.infer_shape() == (None, None, None)
    with mx.util.np_shape():
        assert x.infer_shape() == ([(0, 3)], [(0, 3)], [])


def test_with_the_switch_unknown_is_minus_1_or_none(np_shape):
    fc = S.FullyConnected(S.Variable("x"), num_hidden=4, name="fc")
    assert fc.infer_shape(x=(0, 7)) == ([(0, 7), (4, 7), (4,)], [(0, 4)], [])
    assert fc.infer_shape_partial(x=(-1, 7)) == ([(-1, 7), (4, 7), (4,)], [(-1, 4)], [])
    assert S.Variable("x").infer_shape_partial() == ([None], [None], [])
    with pytest.warns(UserWarning, match=r"x: \(-1, 7\)"):
        assert fc.infer_shape(x=(-1, 7)) == (None, None, None)


@pytest.mark.parametrize("symbol, shape, result", [
    (S.relu, (), ()), (S.relu, (0, 2), (0, 2)),
    (lambda x: S.FullyConnected(x, num_hidden=4), (0, 7), (0, 4)), (S.sum, (0, 2), (1,)),
    (lambda x: S.sum(x, axis=0), (0, 2), (2,)), (lambda x: S.dot(x, S.transpose(x)), (2, 0), (2, 2)),
    (lambda x: S.BatchNorm(S.Convolution(x, kernel=(3, 3), num_filter=2)), (0, 3, 5, 5), (0, 2, 3, 3)),
    (lambda x: x * 2 + S.exp(x), (), ()),
])
def test_executors_bind_zero_size_and_rank_0(np_shape, symbol, shape, result):
    executor = symbol(S.Variable("x")).simple_bind(mx.cpu(), x=shape)
    assert executor.forward(is_train=True)[0].shape == result
    executor.backward([nd.ones(result)])
    for name, grad in executor.grad_dict.items():
        assert grad.shape == executor.arg_dict[name].shape and np.isfinite(grad.asnumpy()).all()


@pytest.mark.parametrize("symbol, shape", [
    (lambda x: S.slice(x, begin=(0,), end=(0,)), (0, 3)), (lambda x: S.repeat(x, repeats=0), (0,)),
    (lambda x: S.diag(x, k=3), (0,)), (lambda x: S.relu(S.slice(x, begin=(0,), end=(0,))), (0, 3)),
    (lambda x: S.eye(0), (0, 0)), (lambda x: S.Concat(S.slice(x, begin=(0,), end=(0,)), x, dim=0), (2, 3)),
])
def test_executors_bind_results_of_no_elements_without_the_switch(symbol, shape):
    head = symbol(S.Variable("x"))
    args = {"x": nd.ones((2, 3))} if head.list_arguments() else {}
    executor = head.bind(mx.cpu(), args, {name: nd.full((2, 3), 7) for name in args})
    assert executor.forward(is_train=True)[0].shape == shape
    executor.backward([nd.full(shape, 1)])
    if args:
        expected = 1.0 if shape == (2, 3) else 0.0
        np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), np.full((2, 3), expected))


def test_gradients_of_results_of_no_elements_are_zero():
    x = nd.ones((2, 3))
    x.attach_grad()
    with mx.autograd.record():
        y = nd.FullyConnected(nd.slice(x, begin=(0,), end=(0,)), nd.ones((4, 3)), no_bias=True, num_hidden=4)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.zeros((2, 3)))
    with mx.autograd.record():
        y = nd.concat(nd.slice(x, begin=(0,), end=(0,)) * 5, x, dim=0).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.ones((2, 3)))


def test_states_are_left_alone_where_a_batch_is_empty(np_shape):
    mean, var = nd.zeros((2,)), nd.ones((2,))
    with mx.autograd.train_mode():
        out = nd.BatchNorm(nd.zeros((0, 2, 3)), nd.ones((2,)), nd.zeros((2,)), mean, var)
    assert out.shape == (0, 2, 3)
    assert mean.asnumpy().tolist() == [0, 0] and var.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize("key, shape", [(0, ()), (-1, ()), ((0,), ()), (slice(0, 1), (1,)), ([0], (1,))])
def test_an_element_has_rank_0_with_the_switch(np_shape, key, shape):
    vector = nd.array([1, 2, 3])
    assert vector[key].shape == shape
    vector.attach_grad()
    with mx.autograd.record():
        y = vector[key] * 2
    assert y.shape == shape
    y.backward()
    assert vector.grad.asnumpy().sum() == 2
    assert [x.shape for x in vector] == [()] * 3


def test_an_element_keeps_an_axis_without_the_switch():
    vector = nd.array([1, 2, 3])
    assert vector[0].shape == (1,) and nd.ones((2, 2))[1, 1].shape == (1,)
    assert nd.array(5.0)[()].shape == ()


def test_a_number_can_be_assigned(np_shape):
    number = nd.array(5.0)
    number[:] = 3
    assert number.asscalar() == 3
    number[()] = nd.array([4])
    assert number.asscalar() == 4
    element = nd.array([1, 2, 3])
    element[1][()] = 7  # shares memory
    assert element.asnumpy().tolist() == [1, 7, 3]


@pytest.mark.parametrize("function, value", [
    (nd.NDArray.sum, [5]), (nd.NDArray.max, [5]), (nd.NDArray.norm, [5]), (lambda x: x + 1, 6),
    (nd.softmax, 1), (nd.log_softmax, 0), (lambda x: nd.stack(x, x), [5, 5]),
    (lambda x: x.expand_dims(0), [5]), (lambda x: x.tile((2,)), [5, 5]), (lambda x: x.broadcast_to((1, 2)), [[5, 5]]),
])
def test_operators_on_a_number(np_shape, function, value):
    found = function(nd.array(5.0)).asnumpy()
    assert found.tolist() == value


# ---- files ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("active, magic", [(False, b"\xc9\xfa\x93\xf9"), (True, b"\xca\xfa\x93\xf9")])
def test_arrays_are_stored_as_mxnet_stores_them_with_the_switch(tmp_path, active, magic):
    path = tmp_path / "arrays"
    arrays = [nd.array(np.arange(6.0).reshape(2, 3)), nd.array(np.zeros((0, 3)))]
    with mx.util.np_shape(active):
        nd.save(str(path), arrays)
        assert bytes(arrays[0].__getstate__()["handle"])[:4] == magic
    assert path.read_bytes()[24:28] == magic
    for reading in (False, True):
        with mx.util.np_shape(reading):
            assert [x.shape for x in nd.load(str(path))] == [(2, 3), (0, 3)]
            assert [x.shape for x in pickle.loads(pickle.dumps([*arrays, nd.array(5.0)]))] == [(2, 3), (0, 3), ()]


def test_symbols_say_that_they_were_stored_with_the_switch():
    x = S.Variable("x", shape=(0, 3))
    old = x.tojson()
    with mx.util.np_shape():
        new = x.tojson()
        assert '"is_np_shape": ["int", 1]' in new and "is_np_shape" not in old
        assert S.load_json(new).infer_shape_partial()[0] == [(0, 3)]
        assert S.load_json(old).infer_shape_partial()[0] == [(-1, 3)]  # what it meant when it was stored
        assert S.load_json(old).attr("__shape__") == "[-1,3]"
    assert S.load_json(new).infer_shape_partial()[0] == [(0, 3)]


# ---- every operator -------------------------------------------------------------------------------

ANSWERS = json.loads(gzip.decompress((Path(__file__).parent / "data" / "oracle" / "zero_size.json.gz").read_bytes()))
CALLS: dict = {}
for _key, _sample, _inputs in cases():
    CALLS.setdefault(_sample.op, []).append((_key.split("|", 1)[1], _sample, _inputs))

# Where MXNet's answer is not followed. It reads memory that is nobody's, or computes with what it should refuse:
SENSELESS = {
    "_linalg_det": "0x0", "_linalg_slogdet": "0x0", "slice_like": "rank 0",  # garbage
    "CTCLoss": "",  # no labels at all: the loss is that of blanks, not 0; no classes
    "_linalg_potrf": "", "_linalg_potri": "",  # matrices that are not square
    "_contrib_MultiBoxDetection": "3x0x12", "_contrib_DeformableConvolution": "x0x",  # no classes, no channels
    "_contrib_box_encode": "", "LeakyReLU": "", "Reshape": "rank 0",  # shapes that do not fit together
    "BatchNorm": "output_mean_var", "_contrib_SyncBatchNorm": "output_mean_var",  # nan is the mean of nothing
}


def alike(ours, theirs):
    """Whether two answers of :func:`told` have the same shapes, dtypes and values."""
    if ours.count(" ") != theirs.count(" "):
        return False
    for one, other in zip(ours.split(" "), theirs.split(" ")):
        (kind, _, values), (other_kind, _, others) = one.partition("="), other.partition("=")
        if kind != other_kind or bool(values) != bool(others):
            return False
        if values and not np.allclose(*([float(v) for v in each.split(",")] for each in (values, others)), rtol=2e-3,
                                      atol=1e-4, equal_nan=True):
            return False
    return True


@pytest.mark.parametrize("name", list(CALLS))
def test_inputs_of_no_elements_and_of_rank_0(np_shape, name):
    """What MXNet gives, and gradients of the inputs' shapes; what it refuses is refused in words, or works."""
    op = catalog.get(name)
    for key, sample, inputs in CALLS[name]:
        theirs = ANSWERS.get(name, {}).get(key)
        arrays = [nd.array(x, dtype=x.dtype) for x in inputs]
        leaves = [x for x in arrays if x.dtype in (np.float32, np.float64) and not op.mutates]
        for x in leaves:
            x.attach_grad()
        try:
            with mx.autograd.record(train_mode=sample.train):
                outs = invoke(op, arrays, op.parse(sample.attrs))
            outs = outs if isinstance(outs, list) else [outs]
        except MXNetError as error:
            refused = re.search("expected|does not grow", str(error)) or SENSELESS.get(name, "-") in key
            assert theirs is None or refused, (key, theirs, str(error))
            continue
        if theirs is not None and SENSELESS.get(name, "-") not in key:
            assert alike(told([x.asnumpy() for x in outs]), theirs), (key, theirs)
        if theirs is not None and op.differentiable and leaves:
            mx.autograd.backward(outs)
            assert all(x.grad.shape == x.shape for x in leaves)
