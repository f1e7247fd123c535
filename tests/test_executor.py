"""Executors: binding, running, sharing, and what a user sees who makes a mistake."""

import copy

import numpy as np
import pytest

import cupynet as mx
from cupynet.ops import catalog

S, nd = mx.sym, mx.nd


def dense(num_hidden=3):
    return S.FullyConnected(S.Variable("data"), num_hidden=num_hidden, name="fc")


def mlp():
    net = S.Activation(S.FullyConnected(S.Variable("data"), name="fc1", num_hidden=8), name="relu1", act_type="relu")
    return S.SoftmaxOutput(S.FullyConnected(net, name="fc2", num_hidden=4), name="out")


@pytest.fixture
def executor(ctx):
    """A bound dense layer whose arguments are all ones."""
    made = dense().simple_bind(ctx, data=(4, 2))
    for array in made.arg_arrays:
        array[:] = 1
    return made


def equal(array, want):
    np.testing.assert_array_equal(array.asnumpy(), want)


# ---- simple_bind ----------------------------------------------------------------------------------


def test_simple_bind_allocates_zeros(ctx):
    executor = mlp().simple_bind(ctx, data=(5, 6))
    names = ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias", "out_label"]
    shapes = [(5, 6), (8, 6), (8,), (4, 8), (4,), (5,)]
    assert list(executor.arg_dict) == list(executor.grad_dict) == names
    for arrays in (executor.arg_arrays, executor.grad_arrays):
        assert [a.shape for a in arrays] == shapes
        assert all((a.asnumpy() == 0).all() and a.context == ctx and a.dtype == np.float32 for a in arrays)
    assert executor.aux_arrays == [] and executor.aux_dict == {}
    assert list(executor.output_dict) == ["out_output"]
    equal(executor.outputs[0], np.zeros((5, 4)))  # before the first forward


@pytest.mark.parametrize(
    "grad_req, with_gradient",
    [
        ("write", "data fc_weight fc_bias"),
        ("add", "data fc_weight fc_bias"),
        ("null", ""),
        ({"fc_weight": "write"}, "fc_weight"),
        ({"fc_weight": "add", "other": "write"}, "fc_weight"),
        (["write", "null", "add"], "data fc_bias"),
    ],
)
def test_grad_req(ctx, grad_req, with_gradient):
    executor = dense().simple_bind(ctx, grad_req=grad_req, data=(4, 2))
    assert [name for name, grad in executor.grad_dict.items() if grad is not None] == with_gradient.split()
    executor.forward(is_train=True)
    executor.backward(nd.ones((4, 3)))


def test_grad_req_add(executor, ctx):
    executor = dense().simple_bind(ctx, grad_req={"fc_bias": "add", "fc_weight": "write"}, data=(4, 2))
    executor.arg_dict["data"][:] = 2
    for count in (1, 2, 3):
        executor.forward(is_train=True)
        executor.backward(nd.ones((4, 3)))
        equal(executor.grad_dict["fc_bias"], [4 * count] * 3)
        equal(executor.grad_dict["fc_weight"], [[8, 8]] * 3)


def test_types(ctx):
    executor = dense().simple_bind(ctx, data=(4, 2), type_dict={"data": "float64"})
    assert {a.dtype for a in (*executor.arg_arrays, *executor.grad_arrays, *executor.outputs)} == {np.float64}
    cast = S.Cast(S.Variable("a"), dtype="uint8").simple_bind(ctx, grad_req="null", a=(2,), type_dict={"a": np.int32})
    assert cast.arg_arrays[0].dtype == np.int32 and cast.outputs[0].dtype == np.uint8


@pytest.mark.parametrize(
    "shapes, message",
    [
        ({}, "data: None"),
        ({"data": (4, 0)}, "data: (4, 0)"),
        ({"fc_bias": (3,)}, "cannot decide shapes"),
        ({"data": (4, 2), "fc_weight": (3, 5)}, "fc_weight: (3, 5)"),
        ({"data": (4, 2), "fc_weight": (3, 5)}, "FullyConnected 'fc': weight has shape (3, 5), expected (3, 2)"),
    ],
)
def test_simple_bind_errors(ctx, shapes, message):
    with pytest.raises(mx.MXNetError) as error:
        dense().simple_bind(ctx, **shapes)
    assert str(error.value).startswith("simple_bind error. Arguments:\n") and message in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"data": 3},
        {"data": "abc"},
        {"data": (2, "x")},
        {"data": (-1, 2)},
        {"data": (4, 2), "grad_req": "maybe"},
        {"data": (4, 2), "grad_req": ["write"]},
        {"data": (4, 2), "type_dict": {"data": "float17"}},
        {"data": (2.5, 2)},
        {"data": (4, 2), "stype_dict": {"data": "csr"}},
        {"data": (4, 2), "group2ctx": {"a": 3}},
        {"data": (4, 2), "group2ctx": [mx.cpu()]},
        {"data": (4, 2), "shared_arg_names": "fc_bias"},
        {"data": (4, 2), "shared_buffer": []},
    ],
)
def test_simple_bind_refuses(ctx, arguments):
    with pytest.raises(mx.MXNetError):
        dense().simple_bind(ctx, **arguments)


def test_names_that_are_not_there_are_ignored(ctx):
    executor = dense().simple_bind(ctx, data=(4, 2), other=(9,), force_rebind=True)
    assert executor.outputs[0].shape == (4, 3)


def test_no_gpu():
    if mx.num_gpus():
        pytest.skip("there is a GPU")
    with pytest.raises(mx.MXNetError, match="GPU"):
        dense().simple_bind(mx.gpu(0), data=(4, 2))


def test_shared_exec(ctx, executor):
    """As for buckets: parameters are shared by name; without names only memory for intermediate values is."""
    names = ["fc_weight", "fc_bias"]
    other = dense().simple_bind(ctx, data=(2, 2), shared_exec=executor, shared_arg_names=names, shared_buffer={})
    for name in names:
        assert other.arg_dict[name] is executor.arg_dict[name]
        assert other.grad_dict[name] is executor.grad_dict[name]
    assert other.arg_dict["data"].shape == (2, 2)
    executor.arg_dict["fc_bias"][:] = 5
    other.arg_dict["data"][:] = 1
    equal(other.forward()[0], np.full((2, 3), 7))
    apart = dense().simple_bind(ctx, data=(4, 2), shared_exec=executor)
    assert not any(a is b for a, b in zip(apart.arg_arrays, executor.arg_arrays))
    with pytest.raises(mx.MXNetError, match="Inferred shape does not match shared_exec's array fc_weight"):
        dense().simple_bind(ctx, data=(2, 3), shared_exec=executor, shared_arg_names=names, shared_buffer={})


def test_auxiliary_states_are_shared_with_the_arguments(ctx):
    net = S.BatchNorm(S.Variable("x"), name="bn")
    first = net.simple_bind(ctx, x=(2, 3))
    other = net.simple_bind(ctx, x=(4, 3), shared_exec=first, shared_arg_names=["bn_gamma"], shared_buffer={})
    assert all(a is b for a, b in zip(other.aux_arrays, first.aux_arrays))


def test_shared_buffer(ctx):
    buffer = {"fc_weight": nd.ones((3, 2), ctx=ctx), "fc_bias": nd.ones((9,), ctx=ctx), "data": nd.ones(2, ctx=ctx)}
    executor = dense().simple_bind(ctx, data=(4, 2), shared_buffer=buffer)
    assert executor.arg_dict["fc_weight"] is buffer["fc_weight"]
    assert executor.arg_dict["fc_bias"].shape == (3,)  # the beginning of a larger one
    buffer["fc_bias"][:] = 4
    equal(executor.arg_dict["fc_bias"], [4, 4, 4])
    assert buffer["data"] is executor.arg_dict["data"] and buffer["data"].shape == (4, 2)  # it did not fit
    assert sorted(buffer) == ["data", "fc_bias", "fc_weight", "grad of data", "grad of fc_bias", "grad of fc_weight"]
    small = dense().simple_bind(ctx, data=(2, 2), shared_buffer=buffer)
    executor.arg_dict["data"][:] = 3
    equal(small.arg_dict["data"], np.full((2, 2), 3))
    with pytest.raises(mx.MXNetError, match="dtype does not match"):
        dense().simple_bind(ctx, data=(4, 2), type_dict={"data": "float64"}, shared_buffer=buffer)


# ---- bind -----------------------------------------------------------------------------------------


def arrays():
    return {"data": nd.ones((4, 2)), "fc_weight": nd.ones((3, 2)), "fc_bias": nd.ones((3,))}


def test_bind_by_name_and_by_position(ctx):
    given = arrays()
    for args in (given, {**given, "more": nd.ones(1)}, list(given.values()), tuple(given.values())):
        executor = dense().bind(ctx, args)
        assert all(a is b for a, b in zip(executor.arg_arrays, given.values()))
        equal(executor.forward()[0], np.full((4, 3), 3))
        assert executor.grad_arrays is None
        with pytest.raises(TypeError):
            _ = executor.grad_dict
        executor.backward(nd.ones((4, 3)))  # nothing to do


@pytest.mark.parametrize(
    "args_grad, got",
    [({"fc_weight": (3, 2)}, "fc_weight"), ({"other": (3, 2)}, ""), ([(4, 2), None, (3,)], "data fc_bias")],
)
def test_some_gradients(ctx, args_grad, got):
    given = (
        {k: v and nd.zeros(v) for k, v in args_grad.items()}
        if isinstance(args_grad, dict)
        else [s and nd.zeros(s) for s in args_grad]
    )
    executor = dense().bind(ctx, arrays(), args_grad=given)
    executor.forward(is_train=True)
    executor.backward(nd.ones((4, 3)))
    found = {name: grad for name, grad in executor.grad_dict.items() if grad is not None}
    assert list(found) == got.split()
    assert all((grad.asnumpy() != 0).all() for grad in found.values())


def test_arrays_of_a_null_request_are_kept_and_left_alone(ctx):
    grads = [nd.ones(a.shape) * 7 for a in arrays().values()]
    executor = dense().bind(ctx, arrays(), args_grad=grads, grad_req={"fc_bias": "add"})
    assert all(a is b for a, b in zip(executor.grad_arrays, grads))
    executor.forward(is_train=True)
    executor.backward(nd.ones((4, 3)))
    equal(grads[1], np.full((3, 2), 7))
    equal(grads[2], [11, 11, 11])


def test_two_executors_share_arrays(ctx, executor):
    other = dense().bind(ctx, executor.arg_arrays)
    executor.arg_dict["data"][:] = np.full((4, 2), 2.0)  # float64 becomes float32
    executor.arg_dict["fc_bias"][:] = np.arange(3, dtype="uint8")
    equal(other.forward()[0], [[4, 5, 6]] * 4)
    weight = executor.arg_dict["fc_weight"]
    weight -= 1
    weight[:] += 0.5
    equal(other.forward()[0], [[2, 3, 4]] * 4)


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda a: {k: v for k, v in a.items() if k != "fc_bias"}, ValueError, "key `fc_bias` is missing in `args`"),
        (lambda a: list(a.values())[:2], ValueError, "Length of args does not match the number of arguments"),
        (lambda a: [*a.values(), nd.ones(1)], ValueError, "Length of args"),
        (lambda a: {**a, "fc_bias": np.ones(3)}, TypeError, "ndarray"),
        (lambda a: {**a, "fc_bias": None}, TypeError, "fc_bias"),
        (lambda a: {**a, "fc_weight": nd.ones((3, 5))}, ValueError, "weight has shape (3, 5), expected (3, 2)"),
        (lambda a: {**a, "fc_weight": nd.ones((3, 2), dtype="float64")}, TypeError, "float64"),
        (lambda a: {**a, "fc_weight": nd.ones((3, 2), ctx=mx.cpu(7))}, mx.MXNetError, "cpu(7)"),
        (lambda a: 3, TypeError, ""),
    ],
)
def test_bind_errors(ctx, change, error, message):
    with pytest.raises(error) as raised:
        dense().bind(ctx, change(arrays()))
    assert message in str(raised.value)
    assert message == "" or isinstance(raised.value, mx.MXNetError)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"args_grad": [nd.ones((4, 2))]}, "Length of args_grad"),
        ({"args_grad": {"fc_weight": nd.ones((3, 3))}}, "gradient of 'fc_weight' has shape (3, 3), expected (3, 2)"),
        ({"args_grad": {"fc_weight": nd.ones((3, 2), ctx=mx.cpu(7))}}, "cpu(7)"),
        ({"args_grad": {}, "grad_req": "maybe"}, "grad_req of 'data' is 'maybe'; expected 'write', 'add' or 'null'"),
        ({"args_grad": {}, "grad_req": ["write"]}, "1 values of grad_req for 3 arguments"),
        ({"aux_states": [nd.ones(1)]}, "Length of aux_states"),
        ({"group2ctx": {"x": 3}}, "group2ctx"),
    ],
)
def test_more_bind_errors(ctx, arguments, message):
    with pytest.raises(mx.MXNetError) as raised:
        dense().bind(ctx, arrays(), **arguments)
    assert message in str(raised.value)


def test_auxiliary_states(ctx):
    net = S.BatchNorm(S.Variable("x"), name="bn", fix_gamma=False)
    args = [nd.ones((4, 2)), nd.ones(2), nd.zeros(2)]
    with pytest.raises(ValueError, match="aux_states"):
        net.bind(ctx, args)
    with pytest.raises(ValueError, match="key `bn_moving_var` is missing in `aux_states`"):
        net.bind(ctx, args, aux_states={"bn_moving_mean": nd.ones(2)})
    executor = net.bind(ctx, args, aux_states={"bn_moving_mean": nd.ones(2), "bn_moving_var": nd.ones(2)})
    assert list(executor.aux_dict) == ["bn_moving_mean", "bn_moving_var"]
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), 0, atol=1e-6)


def test_two_variables_of_one_name(ctx):
    twice = S.Variable("a") - S.Variable("a")
    assert twice.list_arguments() == ["a", "a"]
    for make in (
        lambda: twice.bind(ctx, [nd.ones(1), nd.zeros(1)]),
        lambda: twice.bind(ctx, {"a": nd.ones(1)}),
        lambda: twice.simple_bind(ctx, a=(1,)),
    ):
        with pytest.raises(ValueError, match="Duplicate names detected, \\['a', 'a'\\]"):
            make()


def test_names_are_looked_up_once(executor):
    assert executor.arg_dict is executor.arg_dict and executor.grad_dict is executor.grad_dict
    assert executor.output_dict is executor.output_dict and executor.aux_dict is executor.aux_dict
    assert executor.outputs is executor.forward()


def test_deepcopy(executor):
    executor.forward(is_train=True)
    twin = copy.deepcopy(executor)
    equal(twin.outputs[0], np.full((4, 3), 3))
    executor.arg_dict["fc_bias"][:] = 9
    equal(twin.forward()[0], np.full((4, 3), 3))
    twin.backward(nd.ones((4, 3)))
    equal(twin.grad_dict["fc_bias"], [4, 4, 4])
    equal(executor.grad_dict["fc_bias"], [0, 0, 0])
    equal(executor.forward()[0], np.full((4, 3), 11))


def test_get_optimized_symbol(executor):
    symbol = executor.get_optimized_symbol()
    assert symbol.list_outputs() == ["fc_output"] and symbol.tojson() == dense().tojson()


def test_not_subscriptable(executor):
    with pytest.raises(TypeError):
        executor["data"]


# ---- forward --------------------------------------------------------------------------------------


def test_outputs_stay_the_same_buffers(executor):
    held, raw = executor.outputs[0], executor.outputs[0]._data
    first = executor.forward()
    assert first is executor.outputs and first[0] is held and held._data is raw
    equal(held, np.full((4, 3), 3))
    executor.forward(data=nd.zeros((4, 2)))
    executor.forward(is_train=True)
    assert executor.outputs[0] is held and held._data is raw
    equal(held, np.ones((4, 3)))


@pytest.mark.parametrize("value", [nd.ones((4, 2)) * 2, np.full((4, 2), 2), np.full((4, 2), 2.0), [[2, 2]] * 4])
def test_forward_with_values(executor, value):
    mine = executor.arg_dict["data"]
    equal(executor.forward(data=value)[0], np.full((4, 3), 5))
    assert executor.arg_dict["data"] is mine and mine.dtype == np.float32


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"data": nd.ones((2,))}, ValueError, "Shape not match! Argument data, need: (4, 2), received: (2,)"),
        ({"data": nd.ones((4, 2)), "q": nd.ones(1)}, TypeError, "Unknown argument q"),
        ({"data": "text"}, ValueError, "only accept keyword argument of NDArrays and numpy.ndarray"),
        ({"fc_bias": nd.zeros(3), "data": nd.ones((2, 4))}, ValueError, "Shape not match!"),
    ],
)
def test_forward_errors_change_nothing(executor, values, error, message):
    with pytest.raises(error) as raised:
        executor.forward(**values)
    assert message in str(raised.value) and isinstance(raised.value, mx.MXNetError)
    assert all((a.asnumpy() == 1).all() for a in executor.arg_arrays)


# ---- backward -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads", [nd.ones((4, 3)), [nd.ones((4, 3))], (nd.ones((4, 3)),), {"fc_output": nd.ones((4, 3))}]
)
def test_forms_of_head_gradients(executor, heads):
    executor.forward(is_train=True)
    executor.backward(heads)
    equal(executor.grad_dict["fc_bias"], [4, 4, 4])


@pytest.mark.parametrize(
    "heads, message",
    [
        (None, "Because the last operator is not Loss function, head_gradient is required when calling backward."),
        ([], "head_gradient is required"),
        ({"other": nd.ones((4, 3))}, "head_gradient is required"),
        (nd.ones((4, 2)), "head gradient has shape (4, 2), expected (4, 3)"),
        ([nd.ones((4, 3)), nd.ones((4, 3))], "2 head gradients for 1 outputs"),
    ],
)
def test_backward_errors(executor, heads, message):
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError) as raised:
        executor.backward(heads)
    assert message in str(raised.value)
    equal(executor.grad_dict["fc_bias"], [0, 0, 0])


def test_backward_after_prediction(ctx):
    """indico's tutorial: forward() and not forward(is_train=True), then backward()."""
    executor = mlp().simple_bind(ctx, data=(5, 6))
    rng = np.random.RandomState(0)
    for name, array in executor.arg_dict.items():
        array[:] = rng.randint(4, size=5) if name == "out_label" else rng.uniform(-1, 1, array.shape)
    grads = []
    for is_train in (True, False):
        executor.forward(is_train=is_train)
        executor.backward()
        grads.append([g.asnumpy() for g in executor.grad_arrays])
        for grad in executor.grad_arrays:
            grad[:] = 99
    for one, other in zip(*grads):
        np.testing.assert_array_equal(one, other)
    probabilities = executor.outputs[0].asnumpy()
    expected = probabilities - np.eye(4)[executor.arg_dict["out_label"].asnumpy().astype(int)]
    np.testing.assert_allclose(grads[0][4], expected.sum(0), rtol=1e-4, atol=1e-6)  # summed, not averaged
    equal(nd.array(grads[0][5]), np.zeros(5))  # of the label


def test_head_gradients_have_the_dtype_of_their_output(ctx):
    """100000 is inf in float16, as if it had been copied into an array of that type first."""
    executor = (S.Variable("x") * 0.01).simple_bind(ctx, x=(2,), type_dict={"x": "float16"})
    executor.forward(is_train=True)
    executor.backward(nd.array([1e5, 2.0], dtype="float32"))
    assert executor.grad_arrays[0].dtype == np.float16
    np.testing.assert_allclose(executor.grad_arrays[0].asnumpy(), [np.inf, 0.02], rtol=1e-3)


@pytest.mark.parametrize("heads, expected", [("ee", 10), ("ese", 110), ("xex", 110)])
def test_of_an_output_that_comes_twice_the_last_head_gradient_counts(ctx, heads, expected):
    x = S.Variable("x")
    symbols = {"x": x, "e": S.exp(x), "s": S.sin(x)}
    executor = S.Group([symbols[name] for name in heads]).bind(ctx, [nd.zeros(2)], [nd.zeros(2)])
    executor.forward(is_train=True)
    executor.backward([nd.ones(2) * 10**i for i in range(len(heads))])
    equal(executor.grad_arrays[0], [expected] * 2)


def test_head_gradients_of_another_context(executor):
    executor.forward(is_train=True)
    executor.backward(nd.ones((4, 3), ctx=mx.cpu(7)))
    equal(executor.grad_dict["fc_bias"], [4, 4, 4])


def test_a_gradient_array_that_is_an_argument(ctx):
    """Gradients go into memory from which the backward pass still reads: only after it."""
    x, y = nd.array([2.0, 3.0], ctx=ctx), nd.array([5.0, 7.0], ctx=ctx)
    executor = (S.Variable("x") * S.Variable("y")).bind(ctx, [x, y], args_grad=[y, x])
    executor.forward(is_train=True)
    executor.backward(nd.ones(2, ctx=ctx))
    equal(y, [5, 7])
    equal(x, [2, 3])


def test_heads_where_one_is_a_loss(ctx):
    x = S.Variable("x")
    executor = S.Group([S.MakeLoss(x * 2), x * 3]).simple_bind(ctx, x=(2,))
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="head_gradient is required"):
        executor.backward()
    executor.backward([None, nd.ones(2)])
    equal(executor.grad_arrays[0], [5, 5])


def test_training_decreases_the_loss(ctx):
    """The tutorial's loop: gradients summed over the batch, parameters changed in place."""
    rng = np.random.RandomState(1)
    data, label = rng.uniform(-1, 1, (40, 6)), rng.randint(0, 4, 40)
    executor = mlp().simple_bind(ctx, data=(40, 6))
    for name, array in executor.arg_dict.items():
        if name.endswith("weight"):
            array[:] = rng.uniform(-0.5, 0.5, array.shape)
    executor.arg_dict["data"][:] = data
    executor.arg_dict["out_label"][:] = label

    def loss():
        return -np.log(executor.forward(is_train=True)[0].asnumpy()[np.arange(40), label]).mean()

    before = loss()
    for _ in range(100):
        executor.forward(is_train=True)
        executor.backward()
        for weight, grad in zip(executor.arg_arrays, executor.grad_arrays):
            if weight is not executor.arg_dict["data"]:
                weight[:] -= 0.5 * (grad / 40)
    assert loss() < before / 2
    equal(executor.arg_dict["out_label"], label)  # its gradient is zero, so "updating" it is harmless


# ---- copying, reshaping, looking inside -----------------------------------------------------------


def test_copy_params_from(executor):
    weight = executor.arg_dict["fc_weight"]
    executor.copy_params_from({"fc_weight": nd.ones((3, 2), dtype="float64") * 4})
    assert executor.arg_dict["fc_weight"] is weight and weight.dtype == np.float32
    equal(weight, np.full((3, 2), 4))
    executor.copy_params_from(
        {"fc_bias": nd.zeros(3), "other": nd.ones(1)}, {"aux": nd.ones(1)}, allow_extra_params=True
    )
    equal(executor.arg_dict["fc_bias"], np.zeros(3))


@pytest.mark.parametrize(
    "params, message",
    [
        (({"fc_bias": nd.zeros(3), "q": nd.ones(1)},), 'Find name "q" that is not in the arguments'),
        (({"fc_bias": nd.zeros(3)}, {"m": nd.ones(1)}), 'Find name "m" that is not in the auxiliary states'),
        (({"fc_bias": nd.zeros(3), "fc_weight": nd.ones((3, 3))},), "'fc_weight' has shape (3, 3), expected (3, 2)"),
    ],
)
def test_copy_params_errors_change_nothing(executor, params, message):
    with pytest.raises(ValueError) as raised:
        executor.copy_params_from(*params)
    assert message in str(raised.value)
    equal(executor.arg_dict["fc_bias"], np.ones(3))


def test_reshape(executor):
    small = executor.reshape(data=(2, 2))
    assert small.arg_dict["data"].shape == (2, 2) and small.outputs[0].shape == (2, 3)
    executor.arg_dict["fc_weight"][:] = 2
    small.arg_dict["data"][:] = 3
    equal(small.arg_dict["fc_weight"], np.full((3, 2), 2))  # shared
    equal(executor.arg_dict["data"], [[3, 3], [3, 3], [1, 1], [1, 1]])  # the beginning of the same memory
    equal(small.forward(is_train=True)[0], np.full((2, 3), 13))
    small.backward(nd.ones((2, 3)))
    equal(executor.grad_dict["fc_bias"], [2, 2, 2])
    back = small.reshape(data=(4, 2), allow_up_sizing=True)
    assert back.forward()[0].shape == (4, 3)


def test_reshape_may_grow(executor):
    big = executor.reshape(data=(8, 2), allow_up_sizing=True)
    assert big.forward()[0].shape == (8, 3) and big.arg_dict["fc_weight"]._data is executor.arg_dict["fc_weight"]._data
    other = executor.reshape(data=(4, 3), partial_shaping=True, allow_up_sizing=True)
    assert other.arg_dict["fc_weight"].shape == other.grad_dict["fc_weight"].shape == (3, 3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"data": (8, 2)}, "allow_up_sizing=True"),
        ({"data": (2, 3)}, "partial_shaping=True"),
        ({"foo": (4, 3)}, "foo"),
        ({}, "cannot be inferred"),
        ({"data": (2, 2, 2), "fc_weight": (3, 2)}, "FullyConnected 'fc'"),
    ],
)
def test_reshape_errors(executor, arguments, message):
    with pytest.raises(mx.MXNetError) as raised:
        executor.reshape(**arguments)
    assert message in str(raised.value)


def test_reshape_without_gradients(ctx):
    executor = dense().bind(ctx, arrays()).reshape(data=(2, 2))
    assert executor.grad_arrays == [None] * 3
    assert executor.forward()[0].shape == (2, 3)


def test_monitor(executor, ctx):
    seen = {}
    net = S.Activation(dense(), act_type="relu", name="act")
    executor = net.bind(ctx, executor.arg_arrays)
    executor.set_monitor_callback(lambda name, array: seen.setdefault(name, array.asnumpy().copy()))
    executor.forward()
    assert list(seen) == ["fc_output", "act_output"]
    np.testing.assert_array_equal(seen["fc_output"], np.full((4, 3), 3))
    seen.clear()
    executor.set_monitor_callback(seen.setdefault, monitor_all=True)
    executor.forward(is_train=True)
    # a variable, and then what the operator calls it
    assert list(seen) == ["data", "fc_data", "fc_weight", "fc_bias", "fc_output", "act_input0", "act_output"]
    executor.set_monitor_callback(None)
    seen.clear()
    executor.forward()
    assert not seen


def test_monitor_sees_every_value_while_it_is_there(ctx):
    """Inputs that are overwritten by their step, that die there, and views that take no step."""
    x = S.Variable("x")
    net = S.sort(S.exp(S.Flatten(S.sin(S.cos(x, name="cos"), name="sin"), name="flat"), name="exp"), name="sorted")
    net = S.transpose(S.sort(net, is_ascend=False, name="last"), name="turned")
    executor = net.simple_bind(ctx, grad_req="null", x=(2, 3, 1))
    value = np.arange(6.0).reshape(2, 3, 1)
    want = {"x": value, "cos_output": np.cos(value), "sin_output": np.sin(np.cos(value))}
    want["flat_output"] = want["sin_output"].reshape(2, 3)
    want["exp_output"] = np.exp(want["flat_output"])
    want["sorted_output0"] = np.sort(want["exp_output"])
    want["last_output0"] = want["sorted_output0"][:, ::-1]
    want["turned_output"] = want["last_output0"].T
    seen = []
    executor.set_monitor_callback(lambda name, array: seen.append((name, array.asnumpy())), monitor_all=True)
    executor.forward(x=value)
    nodes = [name.rpartition("_")[0] for name in list(want)[1:]]
    inputs = dict(zip([f"{node}_input0" for node in nodes], want.values()))
    assert [name for name, _ in seen] == ["x", *[n for pair in zip(inputs, list(want)[1:]) for n in pair]]
    for name, array in seen:
        np.testing.assert_allclose(array, (want | inputs)[name], rtol=1e-5)


def test_monitor_sees_what_simplification_folds(ctx):
    """MXNet's names, with the outputs that a user does not see."""
    h = S.BlockGrad(S.identity(S.Variable("x"), name="id"), name="bg") * 1
    h = S.Dropout(S.Reshape(h, shape=(2, 3), name="rs"), p=0.5, name="do")
    h = S.BatchNorm(S.FullyConnected(h, num_hidden=2, name="fc"), name="bn")
    with mx.name.NameManager():
        net = S.exp(h, name="e") + S.exp(h, name="e2")
    executor = net.simple_bind(ctx, x=(2, 3))
    seen = []
    def look(name, array):
        assert array.dtype in (np.float32, np.uint8, bool) and array.shape != ()
        seen.append(name)
    executor.set_monitor_callback(look)
    first = executor.forward(is_train=True)[0]
    scalar = h.get_internals().list_outputs()[3]
    assert seen == ["id_output", "bg_output", scalar, "rs_output", "do_output", "do_mask", "fc_output", "bn_output",
                    "bn_mean", "bn_var", "e_output", "e2_output", "_plus0_output"]
    executor.backward(nd.ones((2, 2)))
    equal(executor.grad_dict["x"], np.zeros((2, 3)))
    executor.set_monitor_callback(None)
    assert executor.forward()[0] is first


def test_a_monitored_executor_computes_the_same(ctx):
    executor = mlp().simple_bind(ctx, data=(5, 6))
    rng = np.random.RandomState(0)
    for array in executor.arg_arrays:
        array[:] = rng.uniform(0, 1, array.shape)
    results = []
    for monitor in (None, lambda name, array: None):
        executor.set_monitor_callback(monitor)
        output = executor.forward(is_train=True)[0].asnumpy()
        executor.backward()
        results.append([output, *(grad.asnumpy() for grad in executor.grad_arrays)])
    for one, other in zip(*results):
        np.testing.assert_array_equal(one, other)


def test_monitored_arrays_are_copies(executor):
    def spoil(name, array):
        array[:] = 0

    executor.set_monitor_callback(spoil, monitor_all=True)
    equal(executor.forward()[0], np.full((4, 3), 3))


def test_debug_str(executor):
    text = executor.debug_str()
    assert text.startswith("Symbol Outputs:\n\toutput[0]=fc_output\n")
    assert "FullyConnected" in text and "MB allocated" in text


# ---- the seeds ------------------------------------------------------------------------------------


def test_indico(ctx):
    """A, B -> A + B / 10 + 1, run forwards and backwards."""
    a, b = S.Variable("A"), S.Variable("B")
    d = a + b / 10 + 1
    executor = d.simple_bind(ctx, A=(10,), B=(10,))
    assert list(executor.output_dict) == ["_plusscalar0_output"]
    executor.arg_dict["A"][:] = 1
    executor.arg_dict["B"][:] = np.arange(10)
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), 2 + np.arange(10) / 10, rtol=1e-6)
    executor.backward([nd.ones(10)])
    np.testing.assert_allclose(executor.grad_dict["B"].asnumpy(), np.full(10, 0.1), rtol=1e-6)


def test_extra_keys_are_ignored(ctx):
    a = S.Variable("a")
    executor = (a + a * a).bind(ctx, {"a": nd.ones((2, 3)) * 2, "b": nd.ones((2, 3)) * 3})
    equal(executor.forward()[0], np.full((2, 3), 6))


def test_eval(ctx):
    c = S.Variable("a") + S.Variable("b")
    result = c.eval(ctx=ctx, a=nd.ones((2, 3)), b=nd.ones((2, 3)))
    assert isinstance(result, list) and len(result) == 1
    equal(result[0], np.full((2, 3), 2))
    equal(c.eval(a=nd.ones(1), b=nd.ones(1))[0], [2])
    with pytest.raises(ValueError, match="key `b` is missing in `args`"):
        c.eval(a=nd.ones(1))


def test_a_symbol_without_arguments(ctx):
    equal(S.ones((2,)).eval(ctx=ctx)[0], [1, 1])
    equal((S.zeros((2,)) + 3).simple_bind(ctx).forward()[0], [3, 3])


def test_changing_a_symbol_does_not_change_its_executor(ctx):
    net = dense()
    executor = net.simple_bind(ctx, data=(4, 2))
    net._compose(data=S.Variable("other") * 2)
    assert executor.forward()[0].shape == (4, 3)
    assert executor.reshape(data=(2, 2)).outputs[0].shape == (2, 3)


def test_arguments_of_the_wrong_kind():
    s = mx.sym.Variable("s")
    with pytest.raises(mx.MXNetError, match="args is int"):
        s.bind(mx.cpu(), 5)
    with pytest.raises(mx.MXNetError, match="^simple_bind: s is 'x'"):
        s.simple_bind(mx.cpu(), s="x")
    executor = (s * 2).simple_bind(mx.cpu(), s=(2,))
    executor.forward()
    for wrong in (5, [5], {"_mulscalar0_output": 5}):
        with pytest.raises(mx.MXNetError, match="is int"):
            executor.backward(wrong if not isinstance(wrong, dict) else dict.fromkeys(executor.output_dict, 5))
    with pytest.raises(mx.MXNetError, match="expected a function"):
        executor.set_monitor_callback(5)


# ---- failures -------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Let the kernel of ``sin`` raise, if asked to."""
    operator, kernel = catalog.get("sin"), catalog.get("sin").kernel_fn
    state = {"fail": None}

    def sometimes(xp, data, **kwargs):
        if state["fail"] is not None:
            raise state["fail"]
        return kernel(xp, data, **kwargs)
    monkeypatch.setattr(operator, "kernel_fn", sometimes)
    monkeypatch.setattr(operator, "kernels", {})
    return state


@pytest.mark.parametrize("error", [ValueError("no"), TypeError("no"), MemoryError("no"), ZeroDivisionError("no")])
def test_an_error_in_a_kernel_names_operator_and_node(ctx, failing, error):
    executor = S.exp(S.sin(S.Variable("x"), name="wave")).simple_bind(ctx, x=(2,))
    failing["fail"] = error
    with pytest.raises(mx.MXNetError, match="Error in operator wave: sin: no") as raised:
        executor.forward()
    assert raised.value.__cause__ is error


def test_a_failed_forward_does_not_let_backward_run(ctx, failing):
    executor = S.exp(S.sin(S.Variable("x"))).simple_bind(ctx, x=(2,))
    executor.forward(is_train=True)
    executor.backward(nd.ones(2))
    failing["fail"] = ValueError("no")
    with pytest.raises(mx.MXNetError):
        executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="it failed"):
        executor.backward(nd.ones(2))
    failing["fail"] = None
    executor.forward(is_train=True)
    executor.backward(nd.ones(2))


# ---- several contexts -----------------------------------------------------------------------------

GROUPS = {"dev1": mx.cpu(1), "dev2": mx.cpu(2)}


def two_groups():
    with mx.AttrScope(ctx_group="dev1"):
        hidden = S.Activation(S.FullyConnected(S.Variable("x"), num_hidden=4, name="fc1"), act_type="tanh")
    with mx.AttrScope(ctx_group="dev2"):
        return S.FullyConnected(hidden * hidden, num_hidden=2, name="fc2")


def test_groups_are_placed(ctx):
    executor = two_groups().simple_bind(ctx, x=(3, 5), group2ctx=GROUPS)
    where = {"x": 1, "fc1_weight": 1, "fc1_bias": 1, "fc2_weight": 2, "fc2_bias": 2}
    for arrays in (executor.arg_dict, executor.grad_dict):
        assert {name: array.context for name, array in arrays.items()} == {n: mx.cpu(i) for n, i in where.items()}
    assert executor.outputs[0].context == mx.cpu(2)
    assert "_CrossDeviceCopy" in executor.debug_str()


def test_groups_compute_the_same(ctx):
    net = two_groups()
    rng = np.random.RandomState(0)
    results, head = [], nd.array(rng.uniform(-1, 1, (3, 2)))
    values = None
    for groups in (None, GROUPS, {"dev1": mx.cpu(0), "dev2": mx.cpu(0)}, {"dev1": mx.cpu(3), "dev2": mx.cpu(0)}):
        executor = net.simple_bind(mx.cpu(0), x=(3, 5), group2ctx=groups, grad_req={
            "x": "add", "fc1_weight": "write", "fc2_weight": "add", "fc2_bias": "write"})
        assert ("_CrossDeviceCopy" in executor.debug_str()) == (groups is not None and len({*groups.values()}) > 1)
        values = values or {name: rng.uniform(-1, 1, array.shape) for name, array in executor.arg_dict.items()}
        for name, value in values.items():
            executor.arg_dict[name][:] = value
        for _ in range(2):
            output = executor.forward(is_train=True)[0]
            executor.backward(head)
        results.append([output.asnumpy(), *(g.asnumpy() for g in executor.grad_arrays if g is not None)])
    for other in results[1:]:
        for one, same in zip(results[0], other):
            np.testing.assert_array_equal(one, same)


def test_a_variable_that_two_groups_read(ctx):
    """Its gradients meet where it is. (MXNet cannot bind this.)"""
    w = S.Variable("w")
    with mx.AttrScope(ctx_group="dev1"):
        a = w * 2
    with mx.AttrScope(ctx_group="dev2"):
        b = S.square(w) + w
    executor = (a + b).simple_bind(mx.cpu(0), w=(2,), group2ctx=GROUPS)
    executor.arg_dict["w"][:] = [3, 4]
    equal(executor.forward(is_train=True)[0], [18, 28])
    executor.backward(nd.ones(2))
    equal(executor.grad_dict["w"], [9, 11])
    copies = [step for step in executor._frame.plan.graph.steps if step.op.name == "_CrossDeviceCopy"]
    assert len([step for step in copies if not step.backward]) == 2  # w there, b (or a) back: each once


def test_arrays_of_a_binding_say_where_variables_are(ctx):
    net = two_groups()
    made = net.simple_bind(mx.cpu(0), x=(3, 5), group2ctx=GROUPS)
    args = {name: nd.ones(array.shape, ctx=mx.cpu(5)) for name, array in made.arg_dict.items()}
    executor = net.bind(mx.cpu(0), args, args_grad={"x": nd.zeros((3, 5), ctx=mx.cpu(5))}, group2ctx=GROUPS)
    assert executor.forward(is_train=True)[0].context == mx.cpu(2)
    executor.backward(nd.ones((3, 2)))
    small = executor.reshape(x=(2, 5))
    assert small.arg_dict["x"].context == mx.cpu(5) and small.forward()[0].shape == (2, 2)
    with pytest.raises(mx.MXNetError, match="expected cpu.5."):
        net.bind(mx.cpu(0), args, args_grad={"x": nd.zeros((3, 5))}, group2ctx=GROUPS)


def test_a_group_without_a_context(ctx):
    with pytest.raises(mx.MXNetError, match="The device assignment not found for group dev2"):
        two_groups().simple_bind(ctx, x=(3, 5), group2ctx={"dev1": mx.cpu(1)})
    assert two_groups().simple_bind(ctx, x=(3, 5)).outputs[0].context == ctx  # groups mean nothing without


def test_a_monitor_sees_the_copies(ctx):
    executor = two_groups().simple_bind(mx.cpu(0), x=(3, 5), group2ctx=GROUPS)
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.setdefault(name, array.context))
    executor.forward()
    assert seen["fc1_output"] == mx.cpu(1) and seen["fc2_output"] == mx.cpu(2)
    assert [context for name, context in seen.items() if name.endswith("_0_copy_output")] == [mx.cpu(2)]
