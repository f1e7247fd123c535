"""The tape: what is recorded, gradients of any order, and what is refused."""
import sys
import threading
import time

import numpy as np
import pytest

import cupynet as mx
from cupynet import autograd, nd


def leaf(values, req="write", dtype="float32"):
    x = nd.array(values, dtype=dtype)
    x.attach_grad(req)
    return x


def test_modes():
    assert (autograd.is_recording(), autograd.is_training()) == (False, False)
    with autograd.record():
        assert (autograd.is_recording(), autograd.is_training()) == (True, True)
        with autograd.pause():
            assert (autograd.is_recording(), autograd.is_training()) == (False, False)
        with autograd.predict_mode():
            assert (autograd.is_recording(), autograd.is_training()) == (True, False)
        seen = []
        thread = threading.Thread(target=lambda: seen.append(autograd.is_recording()))
        thread.start()
        thread.join()
        assert seen == [False]
    with autograd.record(train_mode=False), autograd.train_mode():
        assert autograd.is_training()
    assert autograd.set_recording(True) is False and autograd.set_recording(False) is True
    assert autograd.set_training(True) is False and autograd.set_training(False) is True


def test_modes_are_restored_after_an_error():
    with pytest.raises(KeyError), autograd.record():
        raise KeyError
    assert not autograd.is_recording()


def test_gradient_of_a_chain():
    x = leaf([1, 2, 3])
    with autograd.record():
        y = nd.exp(x) * x + 2 / x
    y.backward()
    v = np.array([1, 2, 3.0])
    np.testing.assert_allclose(x.grad.asnumpy(), np.exp(v) * (v + 1) - 2 / v ** 2, rtol=1e-5)


def test_gradients_flow_through_broadcasting_and_shared_values():
    x, w = leaf(np.ones((2, 3))), leaf([1, 2, 3])
    with autograd.record():
        y = x * w
        z = (y + y * w).sum()
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), np.tile([2, 6, 12], (2, 1)))
    np.testing.assert_allclose(w.grad.asnumpy(), [6, 10, 14])


@pytest.mark.parametrize("function, expected", [
    (lambda x: x.astype("float64"), 3), (lambda x: x.as_in_context(mx.cpu(7)), 3), (lambda x: x.mean(axis=0), 1.5)])
def test_gradients_add_up_where_mxnet_forgets_some(function, expected):
    x = leaf([[1, 2], [3, 4]], "add")
    for _ in range(3):
        with autograd.record():
            y = function(x)
        y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.full((2, 2), expected))


def test_of_a_head_that_comes_twice_the_last_gradient_counts():
    x = leaf([0, 0])
    with autograd.record():
        y = x.exp()
    autograd.backward([y, y], [nd.ones(2), nd.ones(2) * 10], retain_graph=True)
    np.testing.assert_array_equal(x.grad.asnumpy(), [10, 10])
    found, = autograd.grad([y, y], [x], head_grads=[nd.ones(2), nd.ones(2) * 10])
    np.testing.assert_array_equal(found.asnumpy(), [10, 10])


@pytest.mark.parametrize("req, expected", [("write", [2, 4]), ("add", [4, 8])])
def test_requests(req, expected):
    x = leaf([1, 2], req)
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), expected)


def test_an_array_marked_null_gets_no_gradient_and_is_marked_no_longer():
    x, w = leaf([1, 2], "null"), leaf([3, 4])
    assert x.grad.asnumpy().tolist() == [0, 0]
    with autograd.record():
        y = x * w
    y.backward(retain_graph=True)
    assert x.grad.asnumpy().tolist() == [0, 0]
    y.backward()
    assert x.grad is None and w.grad.asnumpy().tolist() == [1, 2]
    with autograd.record():
        y = leaf([1, 2], "null") * 2
    with pytest.raises(mx.MXNetError, match="no inputs in computation graph that require gradients"):
        y.backward()


def test_fresh_gradients():
    x = nd.ones((2,))
    assert not x._fresh_grad
    x.attach_grad()
    assert not x._fresh_grad
    with autograd.record():
        y = x * 2
    y.backward()
    assert x._fresh_grad
    x._fresh_grad = False
    assert not x._fresh_grad


def test_a_scope_can_be_entered_again_and_inside_itself():
    scope = autograd.record()
    for _ in range(2):
        with scope:
            assert autograd.is_recording()
            with autograd.pause(), scope:
                assert autograd.is_recording() and autograd.is_training()
            assert autograd.is_recording()
        assert not autograd.is_recording() and not autograd.is_training()
    seen, entered, leave = [], threading.Event(), threading.Event()

    def elsewhere():
        with scope:
            entered.set()
            leave.wait()
        seen.append(autograd.is_recording())
    thread = threading.Thread(target=elsewhere)
    thread.start()
    entered.wait()
    with scope:
        leave.set()
        thread.join()
    assert seen == [False] and not autograd.is_recording()


def test_head_gradients_take_type_and_context_of_the_output():
    x = leaf([1, 2])
    with autograd.record():
        y = x * x
    y.backward(nd.array([10, 100], mx.cpu(1), "float64"))
    assert x.grad.dtype is np.float32 and x.grad.asnumpy().tolist() == [20, 400]
    seen = []

    class Seeing(autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            seen.append((dy.dtype, dy.context))
            return dy * 2
    for create_graph in (False, True):
        with autograd.record():
            y = Seeing()(x)
            autograd.grad(y, [x], nd.array([10, 100], mx.cpu(1), "float64"), create_graph=create_graph)
    assert seen == [(np.float32, x.context)] * 2


def test_head_gradients_and_several_heads():
    x = leaf([1, 2])
    with autograd.record():
        y, z = x * 3, x * x
    autograd.backward([y, z], [nd.array([1, 10]), None])
    np.testing.assert_array_equal(x.grad.asnumpy(), [3 + 2, 30 + 4])
    with autograd.record():
        y = x * 3
    with pytest.raises(ValueError, match="head gradient"):
        y.backward(nd.ones((5,)))


def test_a_second_backward_needs_retain_graph():
    x = leaf([1, 2])
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [2, 4])
    with pytest.raises(mx.MXNetError, match="not in a computational graph any more"):
        y.backward()


def test_backward_without_a_graph():
    with pytest.raises(mx.MXNetError, match="Cannot differentiate node because it is not in a computational graph"):
        nd.ones((2,)).backward()


def test_pause_and_detach_cut_the_graph():
    x = leaf([2.0])
    with autograd.record():
        y = x * x
        with autograd.pause():
            z = y * 100
        out = y + z + y.detach() * x + nd.BlockGrad(x) * 5
    out.backward()
    assert x.grad.asscalar() == 4 + 4


@pytest.mark.parametrize("write", ["x[:] = 1", "x += 1", "y *= 2", "y[0] = 3", "nd.exp(x, out=y)"])
def test_writing_to_recorded_arrays_is_refused(write):
    x = leaf([1, 2])
    with autograd.record():
        y = x * x
        with pytest.raises(mx.MXNetError, match="already in a computational graph"):
            exec(write, {"x": x, "y": y, "nd": nd})
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [2, 4])


def test_in_place_on_a_fresh_array_is_recorded():
    x, y = leaf([1, 2]), nd.array([3, 4])
    with autograd.record():
        y *= x
        z = y * 2
    z.backward()
    np.testing.assert_array_equal(y.asnumpy(), [3, 8])
    np.testing.assert_array_equal(x.grad.asnumpy(), [6, 8])


def test_gradients_of_any_order():
    x = leaf([0.5, 2.0])
    with autograd.record():
        derivatives = [nd.sin(x) * x ** 3]
        for _ in range(4):
            derivatives += autograd.grad(derivatives[-1], x, create_graph=True)
    v, s, c = np.array([0.5, 2.0]), np.sin([0.5, 2.0]), np.cos([0.5, 2.0])
    np.testing.assert_allclose(derivatives[1].asnumpy(), c * v**3 + 3 * s * v**2, rtol=1e-4)
    np.testing.assert_allclose(derivatives[2].asnumpy(), -s * v**3 + 6 * c * v**2 + 6 * s * v, rtol=1e-4)
    np.testing.assert_allclose(derivatives[4].asnumpy(), s * v**3 - 12 * c * v**2 - 36 * s * v + 24 * c, rtol=1e-3)
    assert x.grad.asnumpy().tolist() == [0, 0]


def test_second_order_with_head_gradients():
    x = leaf([0.5, 2.0])
    with autograd.record():
        gx = autograd.grad(x ** 3, x, nd.array([1, -2]), create_graph=True)[0]
        gx.backward()
    np.testing.assert_allclose(gx.asnumpy(), [0.75, -24])
    np.testing.assert_allclose(x.grad.asnumpy(), [3, -24])


def test_second_order_through_layers():
    x, w = leaf(np.random.RandomState(0).randn(4, 3)), leaf(np.random.RandomState(1).randn(2, 3))
    with autograd.record():
        y = nd.FullyConnected(x, w, no_bias=True, num_hidden=2)
        z = nd.Activation(y, act_type="tanh").sum()
        gx = autograd.grad(z, x, create_graph=True)[0]
        (gx * gx).sum().backward()

    def norm(weights):  # |d z / d x|^2 in float64
        t = 1 - np.tanh(x.asnumpy().astype("f8") @ weights.T) ** 2
        return ((t @ weights) ** 2).sum()
    base = w.asnumpy().astype("f8")
    for place in np.ndindex(2, 3):
        step = np.zeros((2, 3))
        step[place] = 1e-5
        assert abs((norm(base + step) - norm(base - step)) / 2e-5 - w.grad.asnumpy()[place]) < 2e-3


def test_grad_with_respect_to_the_middle_of_a_graph():
    x = leaf([3.0])
    with autograd.record():
        y = x * x
        z = y * y
        dy, dx = autograd.grad(z, [y, x])
    assert (float(dy), float(dx)) == (18, 108)
    with pytest.raises(mx.MXNetError, match="grad: a variable is not in a computational graph"):
        autograd.grad(z, nd.ones((1,)))


def test_mark_variables():
    x, g = nd.array([1, 2]), nd.zeros((2,))
    autograd.mark_variables([x], [g])
    with autograd.record():
        y = x * 5
    y.backward()
    np.testing.assert_array_equal(g.asnumpy(), [5, 5])
    assert x.grad is g
    with pytest.raises(ValueError, match="mark_variables"):
        autograd.mark_variables([x], [nd.zeros((3,))])
    with pytest.raises(ValueError, match="grad_req"):
        x.attach_grad("sum")


def test_several_outputs_of_one_operator():
    x = leaf(np.arange(6).reshape(2, 3))
    with autograd.record():
        a, _, c = nd.split(x, num_outputs=3, axis=1)
        y = a * 2 + c * 3
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[2, 0, 3]] * 2)


def test_gradients_cross_contexts():
    x = leaf([1, 2])
    with autograd.record():
        y = x.as_in_context(mx.cpu(4)) * nd.array([3, 4], ctx=mx.cpu(4))
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [3, 4])
    assert x.grad.context == x.context


class Scaled(autograd.Function):
    """Two outputs, one of which may go unused."""

    def forward(self, x, y):
        self.save_for_backward(x, y)
        return x * y, x + y

    def backward(self, dp, ds):
        x, y = self.saved_tensors
        return dp * y + ds, dp * x + ds


def test_function():
    x, y = leaf([2.0]), leaf([5.0])
    with autograd.record():
        product, total = Scaled()(x, y)
        out = product * 10
    out.backward()
    assert (x.grad.asscalar(), y.grad.asscalar()) == (50, 20)
    with autograd.record():
        product, total = Scaled()(x, y)
        out = product + total
    out.backward()
    assert (x.grad.asscalar(), y.grad.asscalar()) == (6, 3)
    with pytest.raises(TypeError, match="Scaled: input 0"):
        Scaled()(1, 2)


def test_float64_gradients_stay_float64():
    x = leaf([1.0, 2.0], dtype="float64")
    with autograd.record():
        y = (x ** 2).sum()
    y.backward()
    assert x.grad.dtype == np.float64


def test_a_missing_higher_order_raises_instead_of_giving_zero():
    x = leaf(np.random.RandomState(0).rand(2, 3))
    gamma, beta = nd.ones((3,)), nd.zeros((3,))
    with autograd.record():
        y = nd.LayerNorm(x, gamma, beta)
        dx = autograd.grad(y * y, x, create_graph=True)[0]
    with pytest.raises(mx.MXNetError, match="non-differentiable"):
        dx.backward()


@pytest.mark.parametrize("function", [
    nd.BlockGrad, lambda x: x > 1, lambda x: nd.argmax(x, axis=0), lambda x: nd.zeros_like(x) + 1,
    lambda x: nd.one_hot(x, 3).sum(), lambda x: nd.floor(x) * 2])
def test_a_gradient_that_is_zero_is_written(function):
    x, y = leaf([1, 2]), leaf([1, 2], "add")
    for array in (x, y):
        array.grad[:] = 7
        with autograd.record():
            out = function(array)
        out.backward()
    assert x.grad.asnumpy().tolist() == [0, 0] and y.grad.asnumpy().tolist() == [7, 7]


def test_what_a_backward_pass_has_used_is_a_constant_afterwards():
    x = leaf([1, 2, 3])
    h = nd.zeros((3,))
    for _ in range(3):  # a state carried on without detach()
        with autograd.record():
            h = h * x + x
        h.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [3, 7, 13])
    with autograd.record():
        h += 1  # and it can be written to again
    np.testing.assert_array_equal(h.asnumpy(), [4, 15, 40])


def test_what_was_recorded_before_still_needs_the_graph():
    x = leaf([1, 2])
    with autograd.record():
        y = x * 2
        first, second = y * 3, y * 4
    first.backward()
    with pytest.raises(mx.MXNetError, match="_mul_scalar .* not in a computational graph any more"):
        second.backward()


@pytest.mark.parametrize("key, shape, expected", [
    (slice(None), (3,), [2, 2, 2]), (slice(None), (2, 3), [4, 4, 4]), (1, (2, 3), [2, 2, 2]),
    ((slice(None), 1), (3, 4), [2, 2, 2]), (([0, 2, 1],), (3,), [2, 2, 2]), (slice(1, 3), (4, 3), [4, 4, 4])])
def test_gradients_pass_through_an_assignment(key, shape, expected):
    x = leaf([1, 2, 3])
    z = nd.ones(shape)
    with autograd.record():
        z[key] = x * 2
    z.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), expected)


def test_gradients_pass_through_copies():
    for copy in (lambda x: x.copyto(nd.zeros((2,))), nd.array, lambda x: nd.array(x, mx.cpu(1), "float64"),
                 lambda x: x.copyto(mx.cpu(1))):
        x = leaf([1, 2])
        with autograd.record():
            y = copy(x) * 3
        y.backward()
        np.testing.assert_array_equal(x.grad.asnumpy(), [3, 3])


@pytest.mark.parametrize("call", [
    lambda: autograd.backward([]), lambda: autograd.backward(5), lambda: autograd.grad(nd.ones((1,)), []),
    lambda: autograd.mark_variables([], [])])
def test_no_arrays_where_some_are_needed(call):
    with pytest.raises(mx.MXNetError, match="expected"):
        call()


def test_a_function_must_return_arrays():
    class Wrong(autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            return 5

    x = leaf([1, 2])
    with autograd.record():
        y = Wrong()(x)
    with pytest.raises(mx.MXNetError, match="Wrong.backward returned int"):
        y.backward()


def test_gradients_of_what_is_independent_can_be_used_further():
    a, b = leaf([1, 2]), leaf([3, 4])
    with autograd.record():
        db, = autograd.grad(a * a, [b], create_graph=True)
        z = (db + 1) * b
    assert db.asnumpy().tolist() == [0, 0]
    z.backward()
    assert b.grad.asnumpy().tolist() == [1, 1]
    with autograd.record():
        db, = autograd.grad(a * a, [b], create_graph=True)
    db.backward()
    assert b.grad.asnumpy().tolist() == [0, 0]


def test_marking_checks_what_it_is_given():
    x = nd.ones((2,))
    for gradient, error, message in ((nd.ones((3,)), ValueError, "has shape"),
                                     (nd.ones((2,), dtype="float64"), TypeError, "has dtype float64, expected float32"),
                                     (nd.ones((2,), mx.cpu(1)), ValueError, r"is on cpu\(1\)"),
                                     (np.ones(2), TypeError, "ndarray"), (None, TypeError, "NoneType")):
        with pytest.raises(error, match=message):
            autograd.mark_variables([x], [gradient])
    with pytest.raises(ValueError, match="grad_req"):
        autograd.mark_variables([x], [nd.ones((2,))], "sometimes")
    with pytest.raises(TypeError, match="variables"):
        autograd.mark_variables([np.ones(2)], [nd.ones((2,))])
    assert x.grad is None


def test_a_rule_that_raises_leaves_the_graph_whole():
    class Once(autograd.Function):
        fails = True

        def forward(self, x):
            return x * 2

        def backward(self, dy):
            if Once.fails:
                raise ZeroDivisionError("once")
            return dy * 2
    x, w = leaf([1, 2]), leaf([3, 4])
    with autograd.record():
        y = nd.exp(Once()(x * w) * w)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert x.grad.asnumpy().tolist() == w.grad.asnumpy().tolist() == [0, 0]
    Once.fails = False
    y.backward()
    expected = y.asnumpy() * 2 * w.asnumpy() ** 2
    np.testing.assert_allclose(x.grad.asnumpy(), expected)
    with pytest.raises(mx.MXNetError, match="backward pass has used it"):
        y.backward()


def hammer(work, threads=4):
    """Run `work(i)` in several threads that take turns as often as Python can; return what they raised."""
    errors, start = [], threading.Barrier(threads)

    def run(i):
        try:
            start.wait()
            work(i)
        except BaseException as error:
            errors.append(error)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
    finally:
        sys.setswitchinterval(interval)
    return errors


class SlowToAdd(np.ndarray):
    """Lets other threads run in the middle of ``+=``, as NumPy does with large arrays."""

    def __iadd__(self, other):
        total = np.add(self, other)
        time.sleep(0.001)
        self[...] = total
        return self


def test_threads_add_to_one_leaf():
    x = nd.ones((3,), mx.cpu())
    x.attach_grad("add")
    x.grad._data = x.grad._data.view(SlowToAdd)

    def work(i):
        for _ in range(10):
            with autograd.record():
                y = nd.exp(x * 0) * x + x
            y.backward()
    assert hammer(work) == []
    assert (x.grad.asnumpy() == 4 * 10 * 2).all()


def test_threads_walk_one_graph():
    """What has arrived at a node is the walk's own: gradients of other heads do not mix."""
    x = leaf(np.ones(16))
    with autograd.record():
        shared = x * 2
        for _ in range(10):
            shared = shared * x + x
        heads = [shared * (i + 1) for i in range(4)]
    expected = autograd.grad(heads[0], [x], retain_graph=True)[0].asnumpy()

    def work(i):
        for _ in range(40):
            found, = autograd.grad(heads[i], [x], retain_graph=True)
            np.testing.assert_array_equal(found.asnumpy(), expected * (i + 1))
    assert hammer(work) == []


def test_a_graph_is_used_up_by_one_thread():
    """The others get the whole gradient or an error, never a part of it."""
    for _ in range(20):
        x = leaf(np.ones(4))
        with autograd.record():
            y = x * 2
            for _ in range(10):
                y = y * x + x
        wrong = []

        def work(i, x=x, y=y, wrong=wrong):
            found = autograd.grad(y, [x])[0].asnumpy().tolist()
            if found != [77.0] * 4:
                wrong.append(found)
        errors = hammer(work, 3)
        assert wrong == [] and len(errors) < 3
        assert all(isinstance(e, mx.MXNetError) and "has used it" in str(e) for e in errors), errors


def test_a_second_gradient_through_what_was_drawn_at_random(ctx):
    x = mx.nd.ones((64,), ctx=ctx)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Dropout(x * x, p=0.5)
        slope, = mx.autograd.grad(y, [x], create_graph=True, retain_graph=True)
    slope.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), 2 * y.asnumpy())  # the mask is a constant: d2/dx2 (m x^2) = 2 m
    assert set(y.asnumpy()) == {0, 2}


def test_a_second_gradient_that_is_not_known_is_refused(ctx):
    x = mx.nd.array([[[0.1, 0.2, 0.3]]] * 4, ctx=ctx)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.CTCLoss(x, mx.nd.array([[1, 2]], ctx=ctx))
        slope, = mx.autograd.grad(y, [x], create_graph=True, retain_graph=True)
    with pytest.raises(mx.MXNetError, match="CTCLoss is non-differentiable a second time"):
        slope.backward()
