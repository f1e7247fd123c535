"""foreach, while_loop and cond."""
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetIndexError
from tests import control_flow_programs as programs

ORACLE = np.load(Path(__file__).parent / "data" / "control_flow.npz")


def row(values):
    return np.concatenate([values[name].ravel() for name in sorted(values)])


@pytest.mark.parametrize("seed", ORACLE)
def test_eagerly_as_mxnet(seed):
    """Results and gradients of a program drawn at random."""
    found = row(programs.run_eagerly(mx, programs.Program(int(seed))))
    np.testing.assert_allclose(found, ORACLE[seed], rtol=1e-4, atol=1e-5)


def bound(program):
    """Run a program as an executor of its symbol, which has been a file in between."""
    composed = mx.sym.Group(programs.symbols(mx, program))
    symbol = mx.sym.load_json(composed.tojson())
    names = symbol.list_arguments()
    executor = symbol.simple_bind(mx.current_context(), **{name: program.values[name].shape for name in names})
    outputs = executor.forward(is_train=True, **{name: program.values[name] for name in names})
    executor.backward([mx.nd.array(head) for head in program.heads([out.shape for out in outputs])])
    return outputs, executor.grad_dict


def called(program):
    """Run a program as a CachedOp, recorded; gradients are asked for once the next call has been made, too."""
    symbol = mx.sym.Group(programs.symbols(mx, program))
    names = symbol.list_inputs()
    arrays = [mx.nd.array(program.values[name]) for name in names]
    for each in arrays:
        each.attach_grad()
    op = mx.nd.CachedOp(symbol)
    with mx.autograd.record():
        outputs = op(*arrays)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        op(*[mx.nd.zeros_like(x) for x in arrays])
    mx.autograd.backward(outputs, [mx.nd.array(head) for head in program.heads([out.shape for out in outputs])])
    return outputs, {name: x.grad for name, x in zip(names, arrays)}


@pytest.mark.parametrize("run", [bound, called])
@pytest.mark.parametrize("seed", ORACLE)
def test_as_symbols(seed, run):
    """The same program as a graph gives the same."""
    program = programs.Program(int(seed))
    outputs, grads = run(program)
    found = {f"result{k}": program.without_padding(k, out.asnumpy()) for k, out in enumerate(outputs)}
    for name, value in program.values.items():  # a symbol has only the arguments that it uses
        found[f"grad {name}"] = grads[name].asnumpy() if name in grads else np.zeros_like(value)
    np.testing.assert_allclose(row(found), ORACLE[seed], rtol=1e-4, atol=1e-5)


def numbers(result):
    """Return nested lists of arrays as nested lists of numbers, tuples kept."""
    if isinstance(result, (list, tuple)):
        return type(result)(map(numbers, result))
    return result.asnumpy().tolist() if isinstance(result, mx.nd.NDArray) else result


def grid():
    return mx.nd.array([[1, 2], [3, 4], [5, 6]])


def one():
    return mx.nd.array([1])


def zero():
    return mx.nd.array([0])


class TestForeach:
    def test_outputs_and_states_keep_the_form_in_which_they_are_returned(self):
        outs, states = mx.nd.contrib.foreach(lambda d, s: ([d[0] * 2, [d[1][0]]], (s[0] + 1, [s[1][0]])),
                                             [grid(), [grid()]], [one(), [zero()]])
        assert numbers(outs) == [[[2, 4], [6, 8], [10, 12]], [numbers(grid())]]
        assert numbers(states) == ([4], [[0]])

    def test_elements_of_one_axis_have_shape_1(self):
        outs, _ = mx.nd.contrib.foreach(lambda d, s: (d + s, s), mx.nd.array([1, 2, 3]), one())
        assert numbers(outs) == [[2], [3], [4]]

    def test_no_outputs_and_no_states(self):
        assert numbers(mx.nd.contrib.foreach(lambda d, s: ([], s + d), grid(), mx.nd.zeros(2))) == ([], [9, 12])
        assert numbers(mx.nd.contrib.foreach(lambda d, s: (d, s), grid(), [])) == (numbers(grid()), [])

    def test_the_first_array_says_how_many_steps(self):
        outs, _ = mx.nd.contrib.foreach(lambda d, s: (d[0] + d[1], s), [grid()[:2], grid()], [])
        assert numbers(outs) == [[2, 4], [6, 8]]
        with pytest.raises(MXNetIndexError, match="index 2 is out of bounds for axis 0 with size 2"):
            mx.nd.contrib.foreach(lambda d, s: (d[0] + d[1], s), [grid(), grid()[:2]], [])

    def test_gradient_of_longer_data_is_zero_behind_the_last_step(self):
        x = grid().copy()
        x.attach_grad()
        with mx.autograd.record():
            outs, _ = mx.nd.contrib.foreach(lambda d, s: (d[0] * d[1], s), [grid()[:2], x], [])
        outs.backward()
        assert numbers(x.grad) == [[1, 2], [3, 4], [0, 0]]

    @pytest.mark.parametrize("body, data, states, message", [
        (lambda d, s: (d, s), lambda: 5, one, "foreach input must be .nested. list of NDArray, but got 5 of type"),
        (lambda d, s: (d, s), grid, lambda: 5, "foreach states must be .nested. list of NDArray, but got 5 of type"),
        (lambda d, s: (None, s), grid, one, "foreach output must be .nested. list of NDArray, but got None"),
        (lambda d, s: 7, grid, one, "foreach: body returned 7; expected a pair"),
        (lambda d, s: (d, s), list, one, "foreach: data is empty"),
    ])
    def test_mistakes(self, body, data, states, message):
        with pytest.raises(mx.MXNetError, match=message):
            mx.nd.contrib.foreach(body, data(), states())

    def test_steps_with_other_outputs(self):
        counts = iter([1, 2, 2])
        with pytest.raises(mx.MXNetError, match="Number of elements in step_output should be the same in each step"):
            mx.nd.contrib.foreach(lambda d, s: ([d] * next(counts), s), grid(), one())


class TestWhileLoop:
    def loop(self, limit, *args, step=None):
        return mx.nd.contrib.while_loop(lambda i: i < 3, step or (lambda i: (i * 2, i + 1)), zero(), limit, *args)

    def test_zeros_behind_the_last_step(self):
        assert numbers(self.loop(5)) == ([[0], [2], [4], [0], [0]], [3])

    def test_at_most_so_many_steps(self):
        assert numbers(self.loop(2)) == ([[0], [2]], [2])
        assert numbers(self.loop(2.7)) == numbers(self.loop("2")) == numbers(self.loop(2))
        assert numbers(self.loop(0)) == ([], [0])

    def test_no_step_gives_no_outputs(self):
        assert numbers(mx.nd.contrib.while_loop(lambda i: i < 0, lambda i: (i, [i + 1]), [zero()], 3)) == ([], [[0]])

    def test_forms(self):
        outs, states = mx.nd.contrib.while_loop(lambda i, j: j[0] < 4, lambda i, j: ((i, [j[0]]), [i + 1, [j[0] * 2]]),
                                                (zero(), [one()]), 3)
        assert numbers((outs, states)) == ([[[0], [1], [0]], [[[1], [2], [0]]]], [[2], [[4]]])

    def test_outputs_may_be_none(self):
        assert numbers(self.loop(5, step=lambda i: (None, i + 1))) == ([], [3])

    def test_condition_may_be_a_number(self):
        assert numbers(mx.nd.contrib.while_loop(lambda i: True, lambda i: (i, i + 1), zero(), 2)) == ([[0], [1]], [2])

    @pytest.mark.parametrize("cond, func, loop_vars, limit, message", [
        (lambda i: i < 3, lambda i: (i, i), zero, None, "max_iterations should be specified"),
        (lambda i: i < 3, lambda i: (i, i), zero, "x", "Cannot convert max_iteration to python int"),
        (zero, lambda: (zero(), []), list, 3, "loop_vars should contain at least one element"),
        (lambda i: i < 3, lambda i: (i, [i, i]), zero, 3, "The length of loop_vars should be consistent"),
        (lambda i: i < 3, lambda i: (i, None), zero, 3, "The length of loop_vars should be consistent"),
        (lambda i: mx.nd.ones(2), lambda i: (i, i), zero, 3, "The current array is not a scalar"),
        (lambda i: i < 3, lambda i: (4, i), zero, 3, "while output must be .nested. list of NDArray, but got 4"),
        (lambda i: i < 3, lambda i: (i, i), lambda: 4, 3, "while loop_vars must be .nested. list of NDArray"),
    ])
    def test_mistakes(self, cond, func, loop_vars, limit, message):
        with pytest.raises(mx.MXNetError, match=message):
            mx.nd.contrib.while_loop(cond, func, loop_vars(), limit)


class TestCond:
    @pytest.mark.parametrize("pred, holds", [(one, True), (zero, False), (lambda: mx.nd.array([[-2]]), True),
                                             (lambda: True, True), (lambda: 0, False), (lambda: None, False),
                                             (lambda: [zero()], True)])
    def test_picks_a_branch(self, pred, holds):
        assert mx.nd.contrib.cond(pred(), lambda: "then", lambda: "else") == ("then" if holds else "else")

    def test_condition_of_several_elements(self):
        with pytest.raises(mx.MXNetError, match="The current array is not a scalar"):
            mx.nd.contrib.cond(mx.nd.ones(2), one, zero)


class TestSymbols:
    def bind(self, result, **arrays):
        flat = [each for part in result for each in (part if isinstance(part, list) else [part])]
        symbol = mx.sym.Group(flat)
        arrays = {name: mx.nd.array(value) for name, value in arrays.items()}
        executor = symbol.simple_bind(mx.current_context(), **{name: x.shape for name, x in arrays.items()})
        for name, x in arrays.items():
            executor.arg_dict[name][:] = x
        return executor

    def test_backward_twice_and_accumulated(self):
        data, state = mx.sym.var("data"), mx.sym.var("state")
        outs, last = mx.sym.contrib.foreach(lambda d, s: (d * s, s + d), data, state)
        symbol = mx.sym.Group([outs, last])
        args = {"data": mx.nd.array([[1, 2], [3, 4]]), "state": mx.nd.array([1, 1])}
        grads = {name: mx.nd.zeros(x.shape) for name, x in args.items()}
        executor = symbol.bind(mx.current_context(), args, grads, "add")
        heads = [mx.nd.ones(out.shape) for out in executor.forward(is_train=True)]
        executor.backward(heads)
        once = grads["data"].asnumpy()
        executor.backward(heads)
        np.testing.assert_array_equal(grads["data"].asnumpy(), 2 * once)
        np.testing.assert_array_equal(once, [[5, 6], [3, 4]])

    def test_only_the_gradients_asked_for(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (d * s, s + d), mx.sym.var("data"), mx.sym.var("state"))
        args = {"data": mx.nd.array([[1, 2], [3, 4]]), "state": mx.nd.array([1, 1])}
        grads = {"state": mx.nd.zeros(2)}
        executor = outs.bind(mx.current_context(), args, grads)
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 2)))
        assert numbers(grads["state"]) == [4, 6]

    def test_operators_inside_know_that_they_train(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (mx.sym.Dropout(d, p=0.5), s + 1),
                                         mx.sym.var("a"), mx.sym.var("s"))
        executor = outs.simple_bind(mx.current_context(), a=(4, 100), s=(1,), grad_req="null")
        executor.arg_dict["a"][:] = 1
        assert (executor.forward(is_train=False)[0].asnumpy() == 1).all()
        dropped = executor.forward(is_train=True)[0].asnumpy()
        assert 100 < (dropped == 0).sum() < 300 and set(np.unique(dropped)) == {0, 2}
        assert not (dropped[0] == dropped[1]).all()

    def test_the_gradient_of_dropout_inside_is_that_of_its_own_draw(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (mx.sym.Dropout(d, p=0.5), s + 1),
                                         mx.sym.var("a"), mx.sym.var("s"))
        executor = outs.simple_bind(mx.current_context(), a=(4, 10), s=(1,))
        executor.arg_dict["a"][:] = 1
        out = executor.forward(is_train=True)[0]
        executor.backward(mx.nd.ones((4, 10)))
        np.testing.assert_array_equal(executor.grad_dict["a"].asnumpy(), out.asnumpy())

    def test_states_of_operators_inside_are_arguments_and_stay(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (mx.sym.BatchNorm(d, name="bn", fix_gamma=False) * s, s + 1),
                                         mx.sym.var("a"), mx.sym.var("s"))
        assert outs.list_auxiliary_states() == [] and "bn_moving_mean" in outs.list_arguments()
        executor = outs.simple_bind(mx.current_context(), a=(3, 4, 2))
        data = np.random.RandomState(0).rand(3, 4, 2)
        executor.arg_dict["a"][:] = data
        executor.arg_dict["s"][:] = executor.arg_dict["bn_gamma"][:] = executor.arg_dict["bn_moving_var"][:] = 1
        out = executor.forward(is_train=True)[0].asnumpy()
        steps = np.arange(1, 4).reshape(3, 1, 1)
        normal = (data - data.mean(1, keepdims=True)) / np.sqrt(data.var(1, keepdims=True) + 1e-3)
        np.testing.assert_allclose(out, steps * normal, rtol=1e-4, atol=1e-5)
        executor.backward(mx.nd.ones((3, 4, 2)))
        assert numbers(executor.arg_dict["bn_moving_mean"]) == [0, 0]

    def test_no_step(self):
        loop = mx.sym.contrib.while_loop(lambda i: i < 0, lambda i: ([i * 2], [i + 1]), [mx.sym.var("i")], 3)
        executor = self.bind(loop, i=[5])
        outs = executor.forward(is_train=True)
        assert numbers(outs) == [[[0], [0], [0]], [5]]
        executor.backward([mx.nd.ones((3, 1)), mx.nd.ones(1)])
        assert numbers(executor.grad_dict["i"]) == [1]

    def test_shapes_that_only_running_tells(self):
        i, x = mx.sym.var("i"), mx.sym.var("x")
        _, states = mx.sym.contrib.while_loop(
            lambda i, x: i < 2, lambda i, x: ([], [i + 1, mx.sym.concat(x, x, dim=0)]), [i, x], max_iterations=5)
        either = mx.sym.contrib.cond(i, lambda: x, lambda: mx.sym.concat(x, x, dim=0))
        assert states[1].infer_shape_partial(i=(1,), x=(2,)) == either.infer_shape_partial(i=(1,), x=(2,)) == (
            [(1,), (2,)], [()], [])
        x = mx.nd.array([1, 2])
        x.attach_grad()
        for symbol, want in ((states[1], [1, 2] * 4), (either, [1, 2] * 2)):
            with mx.autograd.record():
                out = mx.nd.CachedOp(symbol)(mx.nd.zeros(1), x)
            out.backward()
            assert numbers(out) == want
            assert numbers(x.grad) == [len(want) // 2] * 2
            executor = self.bind([symbol], i=[0], x=[1, 2])
            assert numbers(executor.forward(is_train=True)) == [want]
            executor.backward(mx.nd.ones(len(want)))
            assert numbers(executor.grad_dict["x"]) == [len(want) // 2] * 2

    def test_gradients_of_higher_order_are_refused(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (d * d, s + 1), mx.sym.var("a"), mx.sym.var("s"))
        x = mx.nd.array([[1, 2], [3, 4]])
        x.attach_grad()
        with mx.autograd.record():
            y = mx.nd.CachedOp(outs)(x, mx.nd.zeros(2))
            with pytest.raises(mx.MXNetError, match="_backward_foreach is non-differentiable"):
                dx, = mx.autograd.grad(y, [x], create_graph=True)
                dx.backward()

    def test_nothing_to_go_through(self):
        outs, last = mx.sym.contrib.foreach(lambda d, s: (d * 2, s + 1), mx.sym.var("a"), mx.sym.var("s"))
        with mx.util.np_shape(True):
            executor = self.bind([outs, last], a=np.zeros((0, 2)), s=np.array([3.0]))
            outs, last = executor.forward()
            assert outs.shape == (0, 2) and numbers(last) == [3]

    def test_data_of_different_lengths(self):
        outs, _ = mx.sym.contrib.foreach(lambda d, s: (d[0] + d[1], s), [mx.sym.var("a"), mx.sym.var("b")], [])
        with pytest.raises(mx.MXNetError, match="_foreach"):
            outs.infer_shape(a=(2, 3), b=(4, 3))

    def test_condition_of_several_elements(self):
        executor = self.bind([mx.sym.contrib.cond(mx.sym.var("p"), lambda: mx.sym.var("x"), lambda: mx.sym.var("x"))],
                             p=[1, 2], x=[3])
        with pytest.raises(mx.MXNetError, match="The current array is not a scalar"):
            executor.forward()

    def test_without_its_graph_an_operator_does_not_run(self):
        for call in (lambda: mx.nd._internal._cond(mx.nd.ones(1)), lambda: mx.sym._internal._foreach(mx.sym.var("a"))):
            with pytest.raises(mx.MXNetError, match="only as part of a symbol"):
                call()

    def test_values_and_gradients_of_a_long_loop(self):
        outs, last = mx.sym.contrib.foreach(lambda d, s: (d + s, d + s), mx.sym.var("a"), mx.sym.var("s"))
        executor = self.bind([outs, last], a=np.ones((2000, 1)), s=[0])
        assert numbers(executor.forward(is_train=True)[1]) == [2000]
        executor.backward([mx.nd.zeros((2000, 1)), mx.nd.ones(1)])
        assert (executor.grad_dict["a"].asnumpy() == 1).all()
