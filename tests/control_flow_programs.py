"""Loops and branches drawn at random, that run alike on arrays and on symbols, in MXNet and here.

``scripts/oracle/control_flow.py`` stores what they give in MXNet, eagerly, and ``test_control_flow.py`` compares.
"""

import zlib

import numpy as np

SHAPE = (2, 3)
COUNT = 90
_BINARY = ("elemwise_add", "elemwise_mul", "elemwise_sub", "broadcast_maximum", "broadcast_minimum")
_UNARY = ("tanh", "sigmoid", "sin", "square", "relu", "negative", "softsign")


class Program:
    """A loop or a branch and the values of its arrays, drawn from a seed.

    Attributes
    ----------
    values : dict of str to ndarray
        What every name stands for. Names that start with ``p`` are matrices that bodies multiply with.
    """

    def __init__(self, seed):
        self.seed, self.draws = seed, np.random.RandomState(seed)
        self.values = {}
        self.kind = ("foreach", "while_loop", "cond")[seed % 3]
        self.steps = self._draw(1, 5)
        self.limit = self.steps + self._draw(0, 3)
        if self.kind == "foreach":
            self.data = [self._new("d", (self.steps, *SHAPE)) for _ in range(self._draw(1, 3))]
            self.states = [self._new("s", SHAPE) for _ in range(self._draw(1, 3))]
        elif self.kind == "while_loop":
            self.data = []
            self.states = [self._new("s", SHAPE) for _ in range(self._draw(1, 3))]
            self.values["i"] = np.zeros(1, np.float32)
        else:
            self.data, self.states = [], []
            self.values["i"] = np.array([self._draw(0, 2)], np.float32)
        self.closed = [self._new("c", SHAPE) for _ in range(self._draw(1, 3))]
        self._new("p", (SHAPE[1], SHAPE[1]))
        self.nested = self._draw(0, 3) == 0

    def _draw(self, low, high):
        return int(self.draws.randint(low, high))

    def _new(self, prefix, shape):
        name = f"{prefix}{len(self.values)}"
        self.values[name] = np.round(self.draws.uniform(-1, 1, shape), 2).astype(np.float32)
        return name

    def _expression(self, F, where, leaves, others, parameter):
        """Return a value computed from all `leaves` and some of the `others`, drawn for the place `where`."""
        draw = np.random.RandomState(zlib.crc32(f"{self.seed} {where}".encode())).randint
        known = [*leaves, *others]
        value = leaves[0]
        for leaf in leaves[1:]:
            value = value + leaf
        for _ in range(draw(1, 4)):
            value = getattr(F, _BINARY[draw(len(_BINARY))])(value, known[draw(len(known))])
            unary, how = _UNARY[draw(len(_UNARY))], draw(4)
            if how == 0:
                value = F.FullyConnected(value, parameter, num_hidden=SHAPE[1], no_bias=True, flatten=False)
            elif how == 1:
                value = F.broadcast_mul(value, F.sum(value, axis=1, keepdims=True)) * 0.3
            else:
                value = getattr(F, unary)(value)
            known.append(value)
        return value * 0.5

    def build(self, F, given):
        """Return the results, a flat list, of the program over `given`, arrays or symbols by name."""
        closed = [given[name] for name in self.closed]
        outer = closed[0] * 2  # computed outside, and used inside
        parameter = next(value for name, value in given.items() if name.startswith("p"))
        others = [*closed, outer]

        def branch(where, leaves):
            def then():
                return self._expression(F, f"{where} then", leaves, others, parameter)

            def otherwise():
                return self._expression(F, f"{where} else", leaves, others, parameter)
            return F.contrib.cond(F.sum(leaves[0]).reshape((1,)) > 0.1, then, otherwise)

        def step(slices, states):
            if self.nested:
                out = branch("step", [*slices, *states])
            else:
                out = self._expression(F, "step", [*slices, *states], others, parameter)
            new = [self._expression(F, f"state {k}", [state], [out, *others], parameter)
                   for k, state in enumerate(states)]
            return [out, new[0]], new

        if self.kind == "foreach":
            outs, states = F.contrib.foreach(step, [given[n] for n in self.data], [given[n] for n in self.states])
            return [*outs, *states]
        if self.kind == "while_loop":
            def body(i, *states):
                outs, new = step([], list(states))
                return outs, [i + 1, *new]
            outs, states = F.contrib.while_loop(lambda i, *states: i < self.steps, body,
                                                [given["i"], *(given[n] for n in self.states)], self.limit)
            return [*outs, *states]
        return [F.contrib.cond(given["i"], lambda: self._expression(F, "then", closed, [outer], parameter),
                               lambda: self._expression(F, "else", closed[:1], [outer], parameter))]

    def heads(self, shapes):
        """Return gradients of the results: zero behind the last step, where MXNet leaves what it finds."""
        heads = []
        for k, shape in enumerate(shapes):
            head = np.cos(np.arange(np.prod(shape)) + k).reshape(shape).astype(np.float32)
            heads.append(self.without_padding(k, head))
        return heads

    def without_padding(self, k, array):
        """Return result `k` with zeros behind the last step."""
        if self.kind == "while_loop" and k < 2:
            array = array.copy()
            array[self.steps:] = 0
        return array


def symbols(mx, program):
    """Return the results of the program as symbols."""
    given = {name: mx.sym.Variable(name) for name in program.values}
    return mx.sym.Group(program.build(mx.sym, given))


def run_eagerly(mx, program):
    """Return the results and the gradients of all arrays, by name."""
    given = {name: mx.nd.array(value) for name, value in program.values.items()}
    for each in given.values():
        each.attach_grad()
    with mx.autograd.record():
        results = program.build(mx.nd, given)
    mx.autograd.backward(results, [mx.nd.array(head) for head in program.heads([r.shape for r in results])])
    found = {f"result{k}": program.without_padding(k, r.asnumpy()) for k, r in enumerate(results)}
    return found | {f"grad {name}": each.grad.asnumpy() for name, each in given.items()}
