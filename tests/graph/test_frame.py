"""Frames compute what eager execution computes, on buffers that are shared without harm."""

import numpy as np
import pytest
from random_graphs import SHAPE, build

import cupynet as mx

S, nd = mx.sym, mx.nd


# ---- random graphs --------------------------------------------------------------------------------


def numbers(seed, count, shape=SHAPE):
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, shape).astype("float32") for _ in range(count)]


def eager(seed, inputs, heads):
    arrays = [nd.array(x) for x in inputs]
    for x in arrays:
        x.attach_grad()
    with mx.autograd.record():
        outputs = [out + arrays[0] * 0 for out in build(nd, seed, arrays)]  # some may depend on no array at all
    values = [out.asnumpy() for out in outputs]
    mx.autograd.backward(outputs, [nd.array(h) for h in heads[: len(outputs)]])
    return values, [x.grad.asnumpy() for x in arrays]


@pytest.mark.parametrize("seed", range(60))
def test_random_graph(ctx, seed):
    names = ["a", "b", "c"]
    variables = [S.Variable(n) for n in names]
    outputs = build(S, seed, variables)
    requests = [["write"] * 3, ["write", "add", "null"], ["add"] * 3, ["null", "write", "write"]][seed % 4]
    grads = [nd.ones(SHAPE) * 3 for _ in names]
    args = [nd.array(x) for x in numbers(seed, 3)]
    symbol = S.Group([*outputs, S.BlockGrad(S.add_n(*variables))])  # all three are arguments
    executor = symbol.bind(
        ctx, dict(zip(names, args)), args_grad=dict(zip(names, grads)), grad_req=dict(zip(names, requests))
    )
    places = [out._heads[0] for out in outputs]
    counts = [place not in places[i + 1:] for i, place in enumerate(places)]  # of those that come twice the last
    buffers = [out._data for out in executor.outputs]
    added = [3.0 if req == "add" else 0.0 for req in requests]
    for step in range(3):  # the second and third time all buffers are dirty
        inputs, heads = numbers(seed + 1000 * step, 3), numbers(seed + 77, len(outputs) + 1)
        want, want_grads = eager(seed, inputs, [head * count for head, count in zip(heads, counts)])
        before = [x.copy() for x in inputs]
        executor.forward(is_train=bool(step % 2), **dict(zip(names, map(nd.array, inputs))))
        for got, expected in zip(executor.outputs, want):
            np.testing.assert_allclose(got.asnumpy(), expected, rtol=1e-4, atol=1e-5)
        executor.backward([nd.array(h) for h in heads])
        for i, (grad, req) in enumerate(zip(grads, requests)):
            if req == "null":
                expected = np.full(SHAPE, 3.0)
            elif req == "write":
                expected = want_grads[i]
            else:
                added[i] = expected = added[i] + want_grads[i]
            np.testing.assert_allclose(grad.asnumpy(), expected, rtol=1e-3, atol=1e-4)
        for got, expected in zip(executor.outputs, want):  # backward leaves the outputs alone
            np.testing.assert_allclose(got.asnumpy(), expected, rtol=1e-4, atol=1e-5)
        for array, original in zip(args, before):
            np.testing.assert_array_equal(array.asnumpy(), original)
    assert all(out._data is buffer for out, buffer in zip(executor.outputs, buffers))


@pytest.mark.parametrize("seed", range(8))
def test_backward_twice(ctx, seed):
    """The same gradients again, also after other head gradients in between."""
    outputs = build(S, seed, [S.Variable(n) for n in "abc"])
    grads = [nd.zeros(SHAPE) for _ in "abc"]
    executor = S.Group(outputs).bind(
        ctx, dict(zip("abc", map(nd.array, numbers(seed, 3)))), args_grad=dict(zip("abc", grads))
    )
    executor.forward(is_train=True)
    heads = [nd.array(h) for h in numbers(seed + 1, len(outputs))]
    executor.backward(heads)
    first = [g.asnumpy() for g in grads]
    executor.backward([h * 0 for h in heads])
    assert all((g.asnumpy() == 0).all() for g in grads)
    executor.backward(heads)
    for grad, expected in zip(grads, first):
        np.testing.assert_array_equal(grad.asnumpy(), expected)


# ---- memory ---------------------------------------------------------------------------------------


def intermediate_bytes(program):
    return sum(int(np.prod(v.shape)) * v.dtype.itemsize for step in program.graph.steps for v in step.outs)


def test_a_chain_needs_few_buffers(ctx):
    x = S.Variable("x")
    for _ in range(30):
        x = S.sin(S.broadcast_add(x, x))
    program = x.simple_bind(ctx, grad_req="null", x=(64, 64))._frame.plan
    assert program.allocated <= 2 * 64 * 64 * 4 < intermediate_bytes(program) / 10


def test_training_reuses_memory(ctx):
    x = S.Variable("x")
    for i in range(10):
        x = S.Activation(S.FullyConnected(x, num_hidden=64, name=f"fc{i}"), act_type="tanh")
    executor = x.simple_bind(ctx, x=(64, 64))
    assert 0 < executor._frame.plan.allocated < 0.7 * intermediate_bytes(executor._frame.plan)
    assert f"Total {executor._frame.plan.allocated / 2**20:.3f} MB allocated" in executor.debug_str()


def test_what_backward_reads_is_kept(ctx):
    """exp's gradient reads its output, which the next operator must not overwrite."""
    x = S.Variable("x")
    y = S.square(S.exp(x))
    executor = (y + 1).bind(ctx, [nd.array([0.5, -1.0])], args_grad=[nd.zeros(2)])
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(nd.ones(2))
        np.testing.assert_allclose(executor.grad_arrays[0].asnumpy(), 2 * np.exp([1.0, -2.0]), rtol=1e-5)


def test_steps_that_repeat_are_done_once(ctx):
    x = S.Variable("x")
    executor = (S.exp(x) + S.exp(x) * S.exp(x)).simple_bind(ctx, grad_req="null", x=(3,))
    assert [step.op.name for step in executor._frame.plan.graph.steps].count("exp") == 1


def test_random_draws_are_not_merged(ctx):
    draws = S.Group([S.random.uniform(shape=(50,)), S.random.uniform(shape=(50,))])
    one, two = draws.bind(ctx, {}).forward()
    assert (one.asnumpy() != two.asnumpy()).any()


def test_unused_results_cost_nothing(ctx):
    x, y = S.Variable("x"), S.Variable("y")
    parts = S.SliceChannel(S.dot(x, y), num_outputs=2)
    executor = S.Group([x * 2, S.BlockGrad(parts[0])]).simple_bind(ctx, x=(4, 4), y=(4, 4))
    executor.forward(is_train=True)
    executor.backward([nd.ones((4, 4)), nd.ones((4, 2))])
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), np.full((4, 4), 2))
    np.testing.assert_array_equal(executor.grad_dict["y"].asnumpy(), np.zeros((4, 4)))


# ---- outputs that are inputs, views, or each other ------------------------------------------------


def run(ctx, symbol, heads=None, **inputs):
    arrays = {name: nd.array(np.asarray(value, "float32")) for name, value in inputs.items()}
    grads = {name: nd.zeros(value.shape) for name, value in arrays.items()}
    executor = symbol.bind(ctx, arrays, args_grad=grads)
    executor.forward(is_train=True)
    if heads is not None:
        executor.backward([nd.array(np.asarray(h, "float32")) for h in heads])
    return executor


def test_output_is_input(ctx):
    x = S.Variable("x")
    executor = run(ctx, S.Group([x, x * 1, S.identity(x), x * 2]), [[1, 2], [3, 4], [5, 6], [7, 8]], x=[1, 2])
    for got, want in zip(executor.outputs, ([1, 2], [1, 2], [1, 2], [2, 4])):
        np.testing.assert_array_equal(got.asnumpy(), want)
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), [1 + 3 + 5 + 14, 2 + 4 + 6 + 16])
    executor.outputs[0][:] = 9  # outputs are arrays of their own
    np.testing.assert_array_equal(executor.arg_dict["x"].asnumpy(), [1, 2])


def test_the_same_output_twice(ctx):
    y = S.exp(S.Variable("x"))
    executor = run(ctx, S.Group([y, y]), [[1.0], [10.0]], x=[0])
    assert executor.outputs[0]._data is not executor.outputs[1]._data
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), [10])  # as in MXNet, the last one counts
    executor.outputs[0][:] = 5
    assert executor.outputs[1].asscalar() == 1


@pytest.mark.parametrize(
    "view",
    [
        "x.reshape((3, 2))",
        "S.transpose(x)",
        "S.slice_axis(x, axis=0, begin=1, end=2)",
        "S.expand_dims(x, axis=0)",
        "S.Flatten(x)",
        "S.SwapAxis(x, dim1=0, dim2=1)",
    ],
)
def test_views(ctx, view):
    """Kernels that return views: as outputs, of inputs and of intermediate values, and as inputs of others."""
    x = S.Variable("x")
    base = np.arange(6.0).reshape(2, 3)
    for source in (x, x * 1.0, S.exp(x)):
        direct = eval(view, {"S": S, "x": source})
        executor = S.Group([direct, direct + 1, source]).simple_bind(ctx, x=(2, 3))
        for value in (base, base + 1):
            executor.forward(is_train=True, x=nd.array(value))
            want = np.asarray(
                eval(
                    view,
                    {
                        "S": nd,
                        "x": nd.exp(nd.array(value)) if source is not x and "exp" in source.name else nd.array(value),
                    },
                )
            )
            np.testing.assert_allclose(executor.outputs[0].asnumpy(), want, rtol=1e-6)
            np.testing.assert_allclose(executor.outputs[1].asnumpy(), want + 1, rtol=1e-6)
        shared = executor.outputs[0]
        shared[:] = 0
        np.testing.assert_array_equal(executor.arg_dict["x"].asnumpy(), base + 1)


def test_a_view_outlives_what_it_is_of(ctx):
    """The block of a value must not be given to others while a view of it is read."""
    x = S.Variable("x")
    first = S.exp(x)
    view = S.transpose(first)
    other = S.sin(S.cos(S.tanh(x)))  # would like the memory of `first`
    executor = S.broadcast_add(S.transpose(other), view).simple_bind(ctx, grad_req="null", x=(4, 5))
    value = np.random.RandomState(0).rand(4, 5).astype("float32")
    got = executor.forward(x=nd.array(value))[0].asnumpy()
    np.testing.assert_allclose(got, (np.sin(np.cos(np.tanh(value))) + np.exp(value)).T, rtol=1e-5)


def test_writing_to_an_argument_that_has_views(ctx):
    x = S.Variable("x")
    executor = S.sum(x.reshape((3, 2)), axis=0).simple_bind(ctx, grad_req="null", x=(2, 3))
    for value in (1, 5):
        executor.arg_dict["x"][:] = value
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [3 * value, 3 * value])


# ---- gradients ------------------------------------------------------------------------------------


def test_two_arguments_share_a_gradient(ctx):
    x, y = S.Variable("x"), S.Variable("y")
    shared = nd.ones(2)
    executor = (x * 2 + y * 3).bind(ctx, [nd.ones(2), nd.ones(2)], args_grad=[shared, shared], grad_req="add")
    executor.forward(is_train=True)
    executor.backward(nd.ones(2))
    np.testing.assert_array_equal(shared.asnumpy(), [6, 6])


def test_one_value_is_the_gradient_of_two_arguments(ctx):
    x, y = S.Variable("x"), S.Variable("y")
    executor = run(ctx, x + y, [[1.0, 2.0]], x=[1, 1], y=[2, 2])
    for name in "xy":
        np.testing.assert_array_equal(executor.grad_dict[name].asnumpy(), [1, 2])
    assert executor.grad_dict["x"]._data is not executor.grad_dict["y"]._data


def test_head_gradient_is_not_kept(ctx):
    x = S.Variable("x")
    executor = run(ctx, S.identity(x), x=[1, 1])
    head = nd.array([1.0, 2.0])
    executor.backward(head)
    executor.grad_dict["x"][:] = 0
    np.testing.assert_array_equal(head.asnumpy(), [1, 2])


def test_gradient_array_that_is_a_view(ctx):
    whole = nd.zeros((4, 2))
    x = S.Variable("x")
    executor = (x * 3).bind(ctx, [nd.ones((2, 2))], args_grad=[whole[1:3]])
    executor.forward(is_train=True)
    executor.backward(nd.ones((2, 2)))
    np.testing.assert_array_equal(whole.asnumpy(), [[0, 0], [3, 3], [3, 3], [0, 0]])


def test_gradient_of_zero(ctx):
    x = S.Variable("x")
    for request_, want in (("write", 0), ("add", 7)):
        executor = S.BlockGrad(x * 2).bind(ctx, [nd.ones(2)], args_grad=[nd.ones(2) * 7], grad_req=request_)
        executor.forward(is_train=True)
        executor.backward()  # nothing flows, so no head gradient is needed
        np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), [want, want])


def test_float16_gradients(ctx):
    x = S.Variable("x")
    executor = S.sum(S.square(x)).simple_bind(ctx, x=(3,), type_dict={"x": "float16"})
    executor.forward(is_train=True, x=nd.array([1, 2, 3], dtype="float16"))
    executor.backward(nd.ones((1,), dtype="float16"))
    assert executor.grad_arrays[0].dtype == np.float16
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), [2, 4, 6])


# ---- training and prediction ----------------------------------------------------------------------


def test_dropout(ctx):
    executor = S.Dropout(S.Variable("x"), p=0.5).simple_bind(ctx, x=(1000,))
    executor.arg_dict["x"][:] = 1
    mx.random.seed(1)
    assert (executor.forward()[0].asnumpy() == 1).all()
    kept = executor.forward(is_train=True)[0].asnumpy().copy()
    assert set(kept) == {0, 2} and 400 < (kept == 2).sum() < 600
    executor.backward(nd.ones(1000))
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), kept)  # the mask of that forward pass
    executor.backward(nd.ones(1000))
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), kept)
    again = executor.forward(is_train=True)[0].asnumpy()
    assert (again != kept).any()
    executor.forward(is_train=False)
    executor.backward(nd.ones(1000))
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), np.ones(1000))


def test_batch_norm(ctx):
    net = S.BatchNorm(S.Variable("x"), name="bn", fix_gamma=False, eps=1e-5, momentum=0.9)
    executor = net.simple_bind(ctx, x=(4, 3))
    executor.arg_dict["bn_gamma"][:] = 1
    executor.aux_dict["bn_moving_var"][:] = 1
    value = np.random.RandomState(0).rand(4, 3).astype("float32") * 3
    mean, var = value.mean(0), value.var(0)
    executor.arg_dict["x"][:] = value
    buffers = [a._data for a in executor.aux_arrays]
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), value, rtol=1e-4)  # moving statistics 0 and 1
    np.testing.assert_array_equal(executor.aux_dict["bn_moving_mean"].asnumpy(), 0)
    got = executor.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(got, (value - mean) / np.sqrt(var + 1e-5), rtol=1e-3, atol=1e-4)
    executor.backward(nd.ones((4, 3)))
    np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy(), 0.1 * mean, rtol=1e-4)
    np.testing.assert_allclose(executor.aux_dict["bn_moving_var"].asnumpy(), 0.9 + 0.1 * var, rtol=1e-4)
    np.testing.assert_allclose(executor.grad_dict["bn_beta"].asnumpy(), [4, 4, 4], rtol=1e-5)
    assert all(a._data is b for a, b in zip(executor.aux_arrays, buffers))


def test_an_error_in_a_kernel_names_the_step(ctx):
    x = S.Variable("x")
    net = S.linalg.potrf(x, name="factor")
    executor = net.simple_bind(ctx, grad_req="null", x=(2, 2))
    executor.arg_dict["x"][:] = nd.array([[1, 2], [2, 1]])
    try:
        executor.forward()
    except mx.MXNetError as error:
        assert "factor" in str(error)


def test_backward_before_forward(ctx):
    executor = (S.Variable("x") * 2).simple_bind(ctx, x=(2,))
    with pytest.raises(mx.MXNetError, match="forward"):
        executor.backward(nd.ones(2))
