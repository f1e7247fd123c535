"""foreach, while_loop and cond."""
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from tests import control_flow_programs as programs

ORACLE = np.load(Path(__file__).parent / "data" / "control_flow.npz")


def row(values):
    return np.concatenate([values[name].ravel() for name in sorted(values)])


@pytest.mark.parametrize("seed", range(programs.COUNT))
def test_eagerly_as_mxnet(seed):
    """Results and gradients of a program drawn at random."""
    found = row(programs.run_eagerly(mx, programs.Program(seed)))
    np.testing.assert_allclose(found, ORACLE[str(seed)], rtol=1e-4, atol=1e-5)


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
        with pytest.raises(mx.base.MXNetIndexError, match="index 2 is out of bounds for axis 0 with size 2"):
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
