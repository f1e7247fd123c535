"""Symbols composed at random from every operator, that MXNet and cupynet must make alike, to the last byte.

Every function here runs with either library as ``mx``. ``scripts/oracle/symbols.py drawn`` stores short hashes of what
MXNet makes, and ``test_drawn.py`` compares; ``scripts/oracle/symbols.py drawn 17`` prints all of seed 17.
"""

import ast
import hashlib
import json

import numpy as np

COUNT = 400
STEPS = 14
_NUMBERS = (2, 1.5, -3, 0, 1e-7, np.float32(2.5), np.int64(3))
_FLUENT = [
    ("sum", {"axis": 1}), ("mean", {}), ("max", {"axis": (0, 1), "keepdims": True}), ("reshape", {"shape": (0, -1)}),
    ("reshape", {"shape": (np.int64(2), -1), "reverse": True}), ("transpose", {}), ("transpose", {"axes": (1, 0)}),
    ("flatten", {}), ("flatten", {"inplace": True}), ("expand_dims", {"axis": np.int64(1)}), ("squeeze", {}),
    ("squeeze", {"axis": (0, 1)}), ("clip", {"a_min": 0, "a_max": np.float32(0.3)}), ("abs", {}), ("sqrt", {}),
    ("tile", {"reps": (2, np.int64(1))}), ("repeat", {"repeats": 2}),
    ("slice_axis", {"axis": 0, "begin": 0, "end": None}),
    ("slice", {"begin": (0, None), "end": (1, 2)}), ("softmax", {}), ("log_softmax", {"axis": -1}),
    ("one_hot", {"depth": 4}), ("topk", {"k": 2, "ret_typ": "both"}), ("sort", {}), ("argsort", {"is_ascend": False}),
    ("argmax", {"axis": 1}), ("norm", {}), ("split", {"num_outputs": 3, "axis": 1}), ("diag", {}), ("diag", {"k": -1}),
    ("pad", {"mode": "constant", "pad_width": (0, 0, 0, 0, 1, 1, 1, 1)}), ("broadcast_to", {"shape": (2, 3)}),
    ("swapaxes", {"dim1": 0, "dim2": 1}), ("zeros_like", {}), ("relu", {}), ("astype", {"dtype": "float16"}),
    ("astype", {"dtype": np.float64}), ("flip", {"axis": 0}), ("depth_to_space", {"block_size": 2}), ("round", {}),
    ("split_v2", {"indices_or_sections": (1, 3)}), ("split_v2", {"indices_or_sections": 1}),
    ("broadcast_axes", {"axis": 0, "size": 2}), ("shape_array", {}), ("nanprod", {}),
]
_UNNAMED = ("reshape", "astype", "split_v2")  # methods that take no name


def table(samples):
    """Return [operator, attributes as text, number of inputs] of samples that can be drawn."""
    found = []
    for sample in samples:
        text = repr({k: v for k, v in sample.attrs.items() if not isinstance(v, type)})
        try:
            ast.literal_eval(text)
        except (ValueError, SyntaxError):
            continue
        # MXNet refuses to compose optimizers, and some name inputs that are missing otherwise there
        if "update" not in sample.op and sample.op not in ("fill_element_0index", "UpSampling", "multi_sum_sq",
                                                           "multi_all_finite"):
            found.append([sample.op, text, len(sample.inputs)])
    return found


def function(mx, op):
    """Return the public function of an operator."""
    for prefix in ("_image_", "_linalg_", "_contrib_"):
        if op.startswith(prefix):
            return getattr(getattr(mx.sym, prefix.strip("_")), op[len(prefix):])
    return getattr(mx.sym, op, None) or getattr(mx.sym._internal, op)


class Drawer:
    """Composes a symbol by moves drawn from a seed."""

    def __init__(self, mx, seed, ops):
        self.mx, self.draws, self.refused = mx, np.random.RandomState(seed), []
        self.by_op = {}
        for op, attrs, count in ops:
            self.by_op.setdefault(op, []).append((attrs, count))
        self.ops = sorted(self.by_op)
        self.pool = [mx.sym.Variable("v0"), mx.sym.Variable("v1"), mx.sym.BatchNorm(mx.sym.Variable("x"), name="bn0")]

    def below(self, n):
        return int(self.draws.randint(n))

    def pick(self, items):
        return items[self.below(len(items))]

    def one(self):
        symbol = self.pick(self.pool)
        return symbol[self.below(len(symbol))]

    def symbol(self):
        moves = [self.operator] * 4 + [self.arithmetic, self.variable, self.group, self.layer, self.fluent, self.fluent,
                                       self.composed, self.child, self.reloaded]
        for step in range(STEPS):
            try:
                made = self.pick(moves)(step)
            except Exception:
                self.refused.append(step)
                continue
            if made is not None:
                self.pool.append(made)
        return self.mx.sym.Group(self.pool[-5:])

    def operator(self, step):
        op = self.pick(self.ops)
        attrs, count = self.pick(self.by_op[op])
        given = [self.one() for _ in range(count if self.below(3) else self.below(count + 1))]
        attrs = ast.literal_eval(attrs)
        if self.below(3) == 0:
            attrs["name"] = f"n{step}"
        if self.below(4) == 0:
            attrs["attr"] = {"__k__": str(step), "lr_mult": "2"}
        return function(self.mx, op)(*given, **attrs)

    def arithmetic(self, step):
        a, b, number = self.one(), self.one(), self.pick(_NUMBERS)
        return self.pick([
            lambda: a + b, lambda: a - b, lambda: a * b, lambda: a / b, lambda: a + number, lambda: number - a,
            lambda: a**number, lambda: number / a, lambda: a == b, lambda: a > number, lambda: -a, lambda: a % number,
            lambda: self.mx.sym.maximum(a, number), lambda: self.mx.sym.hypot(number, b)])()

    def variable(self, step):
        return self.mx.sym.Variable(
            f"w{step}", shape=self.pick([None, (2, 3), (0, 4), (np.int64(3), 2), [1, 2]]),
            lr_mult=self.pick([None, 2, 0.5]), dtype=self.pick([None, "float16", np.int32]),
            init=self.pick([None, "zeros"]), stype=self.pick([None, None, "default", "row_sparse"]))

    def group(self, step):
        made = self.mx.sym.Group([self.pick(self.pool) for _ in range(1 + self.below(3))])
        internals = made.get_internals()
        return internals[self.below(len(internals))] if self.below(2) else made

    def layer(self, step):
        sym, a = self.mx.sym, self.one()
        with self.mx.name.Prefix(self.pick(["p_", ""])), self.mx.AttrScope(ctx_group=f"g{self.below(3)}", __z__="1"):
            return self.pick([
                lambda: sym.Activation(a, act_type="relu"), lambda: sym.FullyConnected(a, num_hidden=np.int64(3)),
                lambda: sym.Convolution(a, kernel=(np.int64(3), 3), num_filter=4),
                lambda: sym.BatchNorm(a, fix_gamma=False), lambda: sym.Dropout(a, p=0.3),
                lambda: sym.LeakyReLU(a, act_type="prelu"), lambda: sym.SoftmaxOutput(a),
                lambda: sym.RNN(a, state_size=3, num_layers=1, mode="lstm", state_outputs=bool(self.below(2))),
                lambda: sym.Pooling(a, kernel=(2, 2), pool_type=self.pick(["max", "avg"])),
                lambda: sym.random.uniform(0, 1, shape=(np.int64(2),)), lambda: sym.arange(np.int64(3)),
                lambda: sym.zeros((np.int64(2), 3)),
                lambda: sym.UpSampling(a, self.one(), scale=2, sample_type="nearest", num_args=2)])()

    def fluent(self, step):
        method, attrs = self.pick(_FLUENT)
        attrs = dict(attrs)
        if method not in _UNNAMED and self.below(4) == 0:
            attrs["name"] = f"f{step}"
        return getattr(self.one(), method)(**attrs)

    def composed(self, step):
        symbol, other = self.pick(self.pool), self.one()
        names = symbol.list_inputs()
        names = [name for name in names if names.count(name) == 1]  # MXNet silently leaves the others alone
        if not names or names == symbol.list_outputs():
            return None
        return symbol(**{self.pick(names): other}, **({"name": f"c{step}"} if self.below(2) else {}))

    def child(self, step):
        children = self.pick(self.pool).get_children()
        return None if children is None else children[self.below(len(children))]

    def reloaded(self, step):
        return self.mx.sym.load_json(self.pick(self.pool).tojson())


def observe(mx, seed, ops):
    """Return what can be asked of the symbol drawn from `seed`, by name, as text."""
    with mx.name.NameManager():
        drawer = Drawer(mx, seed, ops)
        symbol = drawer.symbol()
    children = symbol.get_children()
    seen = {
        "refused": drawer.refused, "json": symbol.tojson(), "arguments": symbol.list_arguments(),
        "aux": symbol.list_auxiliary_states(), "outputs": symbol.list_outputs(), "inputs": symbol.list_inputs(),
        "attr_dict": symbol.attr_dict(), "internals": symbol.get_internals().list_outputs(),
        "children": None if children is None else children.list_outputs(), "debug_str": symbol.debug_str()}
    return {name: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            for name, value in seen.items()}


def hashes(seen):
    """Return a short hash of each observation."""
    return {name: hashlib.md5(text.encode()).hexdigest()[:6] for name, text in seen.items()}
