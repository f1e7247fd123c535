"""CachedOp: what a symbol computes when it is called with arrays, once and many times, recorded or not."""
import gc
import threading
import weakref

import numpy as np
import pytest
from random_graphs import SHAPE, build

import cupynet as mx
from cupynet.graph import structure

S, nd, ag = mx.sym, mx.nd, mx.autograd


def x_times_y_plus_1():
    return nd.CachedOp(S.Variable("x") * S.Variable("y") + 1)


def marked(*values, ctx=None):
    arrays = [nd.array(value, ctx=ctx) for value in values]
    for array in arrays:
        array.attach_grad()
    return arrays


def equal(array, want, **tolerance):
    np.testing.assert_allclose(array.asnumpy(), want, **(tolerance or {"rtol": 1e-5, "atol": 1e-6}))


# ---- calls ----------------------------------------------------------------------------------------


def test_a_call(ctx):
    op = x_times_y_plus_1()
    x, y = nd.array([1, 2], ctx=ctx), nd.array([3, 4], ctx=ctx)
    result = op(x, y)
    equal(result, [4, 9])
    assert isinstance(result, nd.NDArray) and result.context == ctx
    equal(op(x, y * 2), [7, 17])
    equal(result, [4, 9])  # an array of its own


def test_several_outputs_come_as_a_list(ctx):
    x, y = S.Variable("x"), S.Variable("y")
    both = nd.CachedOp(S.Group([x * y, x + y]))(nd.array([1, 2]), nd.array([3, 4]))
    assert isinstance(both, list)
    equal(both[0], [3, 8])
    equal(both[1], [4, 6])
    equal(nd.CachedOp(S.Group([x * y]))(nd.array([1, 2]), nd.array([3, 4])), [3, 8])


def test_outputs_that_are_inputs_or_each_other(ctx):
    x = S.Variable("x")
    given = nd.array([1, 2])
    same, twice, turned = nd.CachedOp(S.Group([x, x, S.Reshape(x, shape=(2, 1))]))(given)
    for output in (same, twice, turned):
        output[:] = 7
    equal(given, [1, 2])


def test_out(ctx):
    op = x_times_y_plus_1()
    x, y, target = nd.array([1, 2]), nd.array([3, 4]), nd.zeros(2)
    assert op(x, y, out=target) is target
    equal(target, [4, 9])
    targets = [nd.zeros(2)]
    assert op(x, y, out=targets) is targets
    x.attach_grad()
    with ag.record():
        op(x, y, out=target)
    target.backward()
    equal(x.grad, [3, 4])


def test_variables_of_one_name_are_inputs_of_their_own():
    op = nd.CachedOp(S.Variable("a") * S.Variable("a"))
    equal(op(nd.array([1, 2]), nd.array([3, 4])), [3, 8])


def test_no_inputs(ctx):
    with ctx:
        result = nd.CachedOp(S.ones((2, 3)) * 2)()
    equal(result, np.full((2, 3), 2))
    assert result.context == ctx


def test_the_symbol_may_change_afterwards():
    symbol = S.Variable("x") * 2
    op = nd.CachedOp(symbol)
    symbol._compose(x=S.Variable("z") + 1)
    equal(op(nd.ones(2)), [2, 2])


@pytest.mark.parametrize("flags", [
    [("static_alloc", True)], [("static_alloc", "true"), ("static_shape", True)], [("inline_limit", 3)],
    [("forward_bulk_size", "3"), ("backward_bulk_size", 4)], (("data_indices", [0]), ("param_indices", "(1,)")), []])
def test_flags(flags):
    op = nd.CachedOp(S.Variable("x") * S.Variable("y") + 1, flags)
    equal(op(nd.array([1, 2]), nd.array([3, 4])), [4, 9])


@pytest.mark.parametrize("flags, message", [
    ([("foo", 1)], "Cannot find argument 'foo'"), ([("static_shape", True)], "static_alloc must be True"),
    ([("inline_limit", "many")], "inline_limit is 'many'")])
def test_wrong_flags(flags, message):
    with pytest.raises(mx.MXNetError, match=message):
        nd.CachedOp(S.Variable("x"), flags)


@pytest.mark.parametrize("call, error, message", [
    (lambda op, x: op(x), mx.MXNetError, "got 1 arrays, expected 2: x, y"),
    (lambda op, x: op(x, x, x), mx.MXNetError, "got 3 arrays, expected 2"),
    (lambda op, x: op(a=x, b=x), TypeError, "unexpected keyword argument.*: a, b"),
    (lambda op, x: op(x, [1, 2]), TypeError, "y is list"),
    (lambda op, x: op(x, nd.ones(2, ctx=mx.cpu(7))), mx.MXNetError, "same context. But x is on .* while y is on cpu.7"),
    (lambda op, x: op(x, nd.ones(3)), mx.MXNetError, "_mul0"),
    (lambda op, x: op(x, nd.ones(2, dtype="float64")), mx.MXNetError, "_mul0"),
    (lambda op, x: op(x, x, out=nd.ones(3)), ValueError, "expected .2,."),
    (lambda op, x: op(x, x, out=[nd.ones(2)] * 2), TypeError, "expected 1 NDArray"),
    (lambda op, x: nd.CachedOp(3), TypeError, "sym is int"),
])
def test_mistakes(call, error, message):
    with mx.name.NameManager():
        op = x_times_y_plus_1()
    with pytest.raises(error, match=message) as raised:
        call(op, nd.ones(2))
    assert isinstance(raised.value, mx.MXNetError)


# ---- the same as eager ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_random_graph(ctx, seed):
    names = ["a", "b", "c"]
    variables = [S.Variable(n) for n in names]
    symbol = S.Group([*build(S, seed, variables), S.add_n(*variables)])
    op, places = nd.CachedOp(symbol), [names.index(name) for name in symbol.list_inputs()]
    rng = np.random.RandomState(seed)
    for turn in range(3):
        values = [rng.uniform(-1, 1, SHAPE).astype("float32") for _ in names]
        eager, cached = marked(*values, ctx=ctx), marked(*values, ctx=ctx)
        with ag.record():
            want = [*build(nd, seed, eager), nd.add_n(*eager)]
            got = op(*[cached[i] for i in places])
        heads = [nd.array(rng.uniform(-1, 1, SHAPE), ctx=ctx) for _ in want]
        for one, other in zip(got, want):
            equal(one, other.asnumpy())
        with ag.record(train_mode=bool(turn % 2)):  # what is not recorded from its inputs on has no gradient
            want, got = [out * 1 for out in want], [out * 1 for out in got]
        ag.backward(want, heads)
        ag.backward(got, heads)
        for one, other in zip(cached, eager):
            equal(one.grad, other.grad.asnumpy(), rtol=1e-3, atol=1e-4)
        for out, other in zip(op(*[cached[i] for i in places]), want):
            equal(out, other.asnumpy())


def test_new_shapes_and_dtypes(ctx):
    op = x_times_y_plus_1()
    for shape, dtype in [((2,), "float32"), ((3, 4), "float32"), ((2,), "float64"), ((1, 1, 1), "float16"),
                         ((2,), "float32"), ((2, 2), "int32")]:
        x = nd.ones(shape, dtype=dtype, ctx=ctx) * 2
        result = op(x, x)
        assert result.shape == shape and result.dtype == np.dtype(dtype)
        equal(result, np.full(shape, 5))


def test_a_shape_seen_before_costs_no_planning(monkeypatch):
    op = nd.CachedOp(S.FullyConnected(S.Variable("x"), num_hidden=4))
    calls = [(nd.ones((n, 3)), nd.ones((4, 3)), nd.ones(4)) for n in (2, 5)]
    for arrays in calls:
        op(*arrays)
    monkeypatch.setattr(structure, "make_plan", lambda *args, **kwargs: pytest.fail("planned again"))
    monkeypatch.setattr(structure, "lower", lambda *args, **kwargs: pytest.fail("lowered again"))
    for arrays in calls:
        equal(op(*arrays), np.full((len(arrays[0]), 4), 4))


# ---- gradients ------------------------------------------------------------------------------------


def test_only_the_inputs_that_lead_somewhere(ctx):
    op = x_times_y_plus_1()
    x, y = nd.array([1, 2]), nd.array([3, 4])
    x.attach_grad()
    y.attach_grad("add")
    for _ in range(2):
        with ag.record():
            z = op(x, y) * 2
        z.backward()
    equal(x.grad, [6, 8])
    equal(y.grad, [4, 8])
    with ag.record():
        assert op(nd.ones(2), nd.ones(2))._entry is None
        z = op(x, nd.ones(2))
    z.backward()
    equal(x.grad, [1, 1])


def test_a_call_is_one_node(ctx):
    x, = marked([1.0, 2.0])
    deep = S.Variable("x")
    for _ in range(10):
        deep = S.tanh(deep)
    with ag.record():
        y = nd.CachedOp(deep)(x)
    node = y._entry[0]
    assert node.parents == (x._entry,)


def test_heads_that_get_no_gradient(ctx):
    x, = marked([1.0, 2.0])
    v = S.Variable("x")
    op = nd.CachedOp(S.Group([S.square(v), v * 3]))
    with ag.record():
        _, second = op(x)
        loss = second * 2
    loss.backward()
    equal(x.grad, [6, 6])


def test_an_input_without_influence(ctx):
    x, y = marked([1.0, 2.0], [3.0, 4.0])
    op = nd.CachedOp(S.BlockGrad(S.Variable("x")) + S.Variable("y"))
    x.grad[:] = 9
    with ag.record():
        z = op(x, y)
    z.backward()
    equal(x.grad, [0, 0])
    equal(y.grad, [1, 1])


def test_loss_layers_need_no_head(ctx):
    data, = marked(np.random.RandomState(0).uniform(-1, 1, (4, 3)))
    op = nd.CachedOp(S.SoftmaxOutput(S.Variable("data"), S.Variable("label")))
    label = nd.array([0, 1, 2, 1])
    with ag.record():
        out = op(data, label)
    out.backward()
    equal(data.grad, out.asnumpy() - np.eye(3)[[0, 1, 2, 1]])


def test_several_forwards_before_any_backward(ctx):
    """A recurrent cell: each call keeps its own values."""
    h, w = S.Variable("h"), S.Variable("w")
    cell = nd.CachedOp(S.tanh(S.dot(h, w)))
    rng = np.random.RandomState(0)
    start, weight = rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, (3, 3))
    results = []
    for step in (cell, lambda h, w: nd.tanh(nd.dot(h, w))):
        state, matrix = marked(start, weight, ctx=ctx)
        with ag.record():
            value = state
            for _ in range(7):
                value = step(value, matrix)
            loss = nd.sum(value * value)
        loss.backward()
        results.append((loss.asnumpy(), state.grad.asnumpy(), matrix.grad.asnumpy()))
    for one, other in zip(*results):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_backward_twice(ctx):
    x, = marked([0.5, -1.0])
    op = nd.CachedOp(S.tanh(S.square(S.Variable("x")) * 0.5))
    with ag.record():
        y = op(x)
    y.backward(retain_graph=True)
    first = x.grad.asnumpy()
    y.backward(nd.ones(2) * 3, retain_graph=True)
    equal(x.grad, 3 * first)
    y.backward()
    equal(x.grad, first)
    with pytest.raises(mx.MXNetError, match="Cannot differentiate CachedOp"):
        y.backward()


def test_head_gradients_of_another_dtype(ctx):
    x = nd.array([1, 2], dtype="float16")
    x.attach_grad()
    op = nd.CachedOp(S.square(S.Variable("x")))
    with ag.record():
        y = nd.cast(op(x), dtype="float32") * 2
    y.backward()
    assert x.grad.dtype == np.float16
    equal(x.grad, [4, 8])


def test_gradients_of_higher_order(ctx):
    x, = marked([0.3, -0.7])
    v = S.Variable("x")
    op = nd.CachedOp(S.sin(v) * v)
    with ag.record():
        y = op(x)
        dx, = ag.grad(y, [x], create_graph=True)
        ddx, = ag.grad(dx, [x], create_graph=True)
        dddx, = ag.grad(ddx, [x])
    value = x.asnumpy()
    equal(dx, np.cos(value) * value + np.sin(value))
    equal(ddx, 2 * np.cos(value) - value * np.sin(value))
    equal(dddx, -3 * np.sin(value) - value * np.cos(value), rtol=1e-4)


def test_second_order_through_what_lies_before_and_after(ctx):
    """A gradient penalty: d/dw of the squared gradient in x, where w comes out of eager operators."""
    results = []
    for step in (nd.CachedOp(S.tanh(S.dot(S.Variable("x"), S.Variable("w")))), lambda x, w: nd.tanh(nd.dot(x, w))):
        x, w = marked([[0.5, -0.2]], [[1.0, 0.3], [-0.4, 0.8]], ctx=ctx)
        with ag.record():
            loss = nd.sum(step(x, w * w) ** 2)
            dx, = ag.grad(loss, [x], create_graph=True)
            penalty = nd.sum(dx * dx)
        penalty.backward()
        results.append(w.grad.asnumpy())
    np.testing.assert_allclose(*results, rtol=1e-4)


def test_second_order_uses_the_same_random_numbers(ctx):
    x, = marked(np.linspace(0.5, 1.5, 40), ctx=ctx)
    op = nd.CachedOp(S.square(S.Dropout(S.Variable("x"), p=0.5)))
    with ag.record():
        y = op(x)
        dx, = ag.grad(y, [x], create_graph=True)
        ag.grad(dx, [x])
    value, scale = x.asnumpy(), np.where(y.asnumpy() > 0, 2.0, 0.0)
    assert 5 < (scale > 0).sum() < 35
    equal(y, (scale * value) ** 2)
    equal(dx, 2 * scale * scale * value)


def test_second_order_updates_no_state(ctx):
    op = nd.CachedOp(S.sin(S.Variable("x")) + S.BatchNorm(S.Variable("y"), name="bn")[0] * 0)
    x, = marked([[0.5, 1.0], [1.5, 2.0]], ctx=ctx)
    rest = [nd.array([[1, 2], [3, 4]], ctx=ctx), nd.ones(2, ctx=ctx), nd.zeros(2, ctx=ctx)]
    states = [nd.zeros(2, ctx=ctx), nd.ones(2, ctx=ctx)]
    with ag.record():
        y = op(x, *rest, *states)
        seen = [state.asnumpy() for state in states]
        ag.grad(y, [x], create_graph=True)
    for state, before in zip(states, seen):
        np.testing.assert_array_equal(state.asnumpy(), before)


# ---- modes and states -----------------------------------------------------------------------------


def test_auxiliary_states_and_modes(ctx):
    op = nd.CachedOp(S.BatchNorm(S.Variable("x"), name="bn", fix_gamma=False, momentum=0.5, eps=1e-5))
    rng = np.random.RandomState(0)
    x, = marked(rng.rand(8, 3) * 4, ctx=ctx)
    gamma, beta, mean, var = (make(3, ctx=ctx) for make in (nd.ones, nd.zeros, nd.zeros, nd.ones))
    for mode, updated in ((ag.record(), True), (ag.record(train_mode=False), False), (ag.pause(), False),
                          (ag.train_mode(), True)):
        mean[:], var[:] = 0, 1
        with mode:
            y = op(x, gamma, beta, mean, var)
        value = x.asnumpy()
        if updated:
            equal(mean, value.mean(0) * 0.5)
            equal(y, (value - value.mean(0)) / value.std(0), rtol=1e-3, atol=1e-4)
        else:
            equal(mean, np.zeros(3))
            equal(y, value, rtol=1e-3, atol=1e-4)


def test_dropout_draws_anew_and_keeps_its_mask(ctx):
    op = nd.CachedOp(S.Dropout(S.Variable("x"), p=0.5))
    x, = marked(np.ones(200), ctx=ctx)
    with ag.record():
        one, other = op(x), op(x)
    assert (one.asnumpy() != other.asnumpy()).any()
    other.backward()
    equal(x.grad, other.asnumpy())
    equal(op(x), np.ones(200))


def test_no_recording_keeps_nothing(ctx):
    """Without a tape a call frees early, and one frame serves all."""
    deep = S.Variable("x")
    for _ in range(20):
        deep = S.sin(S.broadcast_add(deep, deep))
    op = nd.CachedOp(deep)
    x = nd.ones((64, 64), ctx=ctx)
    for _ in range(3):
        kept = op(x)  # noqa: F841
    place, = op._places.values()
    assert sum(sum(seat.memory.sizes) for seat in place._idle) <= 2 * 64 * 64 * 4


# ---- memory ---------------------------------------------------------------------------------------


def idle(op):
    return [sum(seat.memory.sizes) for place in op._places.values() for seat in place._idle]


def test_memory_comes_back_with_the_tape(ctx):
    op = nd.CachedOp(S.tanh(S.exp(S.Variable("x")) * 2) * 3)
    x, = marked(np.ones((32, 32)), ctx=ctx)
    with ag.record():
        results = [op(x) for _ in range(4)]
    assert idle(op) == []
    results[0].backward()
    assert len(idle(op)) == 1
    del results
    assert len(idle(op)) == 4  # nodes that die without a backward pass
    with ag.record():
        results = [op(x) for _ in range(4)]
    assert idle(op) == [] and len(results) == 4


def test_shapes_share_memory(ctx):
    op = nd.CachedOp(S.tanh(S.exp(S.Variable("x")) * 2) * 3)
    for n in (10, 50, 20, 50, 40, 10):
        x, = marked(np.ones((n, 64)), ctx=ctx)
        with ag.record():
            y = op(x)
        y.backward()
        equal(y, np.full((n, 64), 3 * np.tanh(2 * np.e)))
        del y
        assert len(idle(op)) == 1


def test_values_do_not_outlive_their_use(ctx):
    op = nd.CachedOp(S.sort(S.Variable("x") * 2))
    x, = marked(np.ones(1000), ctx=ctx)
    with ag.record():
        y = op(x)
    raws = [weakref.ref(array) for array in (x, y)]
    y.backward()
    place, = op._places.values()
    assert all(frame.registers[slot] is None for seat in place._idle for frame in seat.frames.values()
               for slot in frame._loose)
    gc.disable()
    try:
        gone = weakref.ref(op), weakref.ref(place), weakref.ref(place._idle[0].memory)
        del op, place, x, y
        assert [ref() for ref in (*raws, *gone)] == [None] * 5
    finally:
        gc.enable()


def test_an_error_in_a_kernel(ctx):
    op = nd.CachedOp(S.linalg.potrf(S.Variable("x"), name="factor"))
    good, bad = nd.array([[2, 0], [0, 2]]), nd.array([[1, 2], [2, 1]])
    for _ in range(2):
        try:
            op(bad)
        except mx.MXNetError as error:
            assert "factor" in str(error)
        equal(op(good), np.eye(2) * np.sqrt(2))


def test_threads(ctx):
    """One CachedOp called from several threads: each call has a frame of its own."""
    v, w = S.Variable("x"), S.Variable("w")
    op = nd.CachedOp(S.tanh(S.dot(S.tanh(S.dot(v, w)), w)))
    rng = np.random.RandomState(0)
    inputs = [rng.uniform(-1, 1, (n, 8)).astype("float32") for n in (3, 5, 3, 7)]
    weight = rng.uniform(-1, 1, (8, 8)).astype("float32")
    failures = []

    def work(value):
        x, w = marked(value, weight)
        want = np.tanh(np.tanh(value @ weight) @ weight)
        for _ in range(30):
            with ag.record():
                y = op(x, w)
                other = op(x, w)
            y.backward()
            gradient = x.grad.asnumpy()
            other.backward()
            for got, expected in ((y.asnumpy(), want), (x.grad.asnumpy(), gradient)):
                if not np.allclose(got, expected, rtol=1e-4, atol=1e-5):
                    failures.append(np.abs(got - expected).max())
    threads = [threading.Thread(target=work, args=(value,)) for value in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# ---- graphs whose shapes depend on values ---------------------------------------------------------


def test_shapes_that_depend_on_values(ctx):
    op = nd.CachedOp(S.contrib.boolean_mask(S.Variable("x") * 1, S.Variable("keep")) * 2)
    x, = marked([[1, 2], [3, 4], [5, 6]], ctx=ctx)
    equal(op(x, nd.array([0, 1, 0], ctx=ctx)), [[6, 8]])
    with ag.record():
        y = op(x, nd.array([1, 0, 1], ctx=ctx))
    equal(y, [[2, 4], [10, 12]])
    y.backward()
    equal(x.grad, [[2, 2], [0, 0], [2, 2]])


def test_a_custom_operator(ctx):
    """Its object remembers the forward pass, so every live call needs one of its own."""
    class Keep(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.seen = in_data[0].asnumpy()
            self.assign(out_data[0], req[0], in_data[0] * 2)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], nd.array(self.seen, ctx=in_grad[0].context))

    @mx.operator.register("test_cached_op_keep")
    class KeepProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Keep()

    op = nd.CachedOp(S.Custom(S.Variable("x"), op_type="test_cached_op_keep"))
    arrays = [marked(np.full(2, n), ctx=ctx)[0] for n in range(3)]
    with ag.record():
        outputs = [op(x) for x in arrays]
    for n, (x, y) in enumerate(zip(arrays, outputs)):
        equal(y, [2 * n] * 2)
        y.backward()
        equal(x.grad, [n, n])


# ---- looking on -----------------------------------------------------------------------------------


def test_hook(ctx):
    dense = S.FullyConnected(S.Variable("x"), num_hidden=2, name="fc")
    op = nd.CachedOp(S.Activation(dense, act_type="relu", name="r"))
    arrays = [nd.ones((1, 3)), nd.ones((2, 3)), nd.zeros(2)]
    seen = []
    op._register_op_hook(lambda name, operator, array: seen.append((name, operator, array.shape)))
    equal(op(*arrays), [[3, 3]])
    assert seen == [("fc_output", "FullyConnected", (1, 2)), ("r_output", "Activation", (1, 2))]
    seen.clear()
    op._register_op_hook(lambda name, operator, array: seen.append(name), monitor_all=True)
    op(*arrays)
    assert seen == ["fc_data", "fc_weight", "fc_bias", "fc_output", "r_data", "r_output"]
    op._register_op_hook(None)
    seen.clear()
    op(*arrays)
    assert seen == []
