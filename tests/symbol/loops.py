"""Loops and branches as symbols that MXNet and cupynet must make alike; every function here runs with either as ``mx``.

``scripts/oracle/control_flow.py`` stores what :func:`observe` sees in MXNet, ``test_loops.py`` what it sees here.
"""

import hashlib
import re

from tests.symbol import builders

CASES = {}  # name -> (builder, sets of shapes, whether types are asked for)


def case(*shapes, types=True):
    """Declare a function of ``mx.sym`` that returns symbols, in nested lists."""

    def declare(build):
        CASES[build.__name__] = build, shapes, types
        return build

    return declare


def flat(value):
    return [each for item in value for each in flat(item)] if isinstance(value, (list, tuple)) else [value]


def form(value):
    return [form(item) for item in value] if isinstance(value, (list, tuple)) else "symbol"


def observe(mx, name):
    """Return what can be asked of a case's symbol, as JSON values."""
    build, shapes, types = CASES[name]
    with mx.name.NameManager():
        made = builders.attempt(build, mx.sym)
        if isinstance(made, dict):
            return made
        symbol = mx.sym.Group(flat(made))
    types = ({}, {symbol.list_arguments()[0]: "float64"}) if types else ()
    seen = builders.observe(symbol, shapes, types)
    text = unnumbered(seen.pop("json"))
    attrs = {key: sorted(value.items()) for key, value in sorted(seen["attr_dict"].items())}
    seen["attr_dict"] = unnumbered(str(attrs))
    reloaded = mx.sym.load_json(symbol.tojson())
    return {**seen, "json": hashlib.md5(text.encode()).hexdigest()[:12], "lines": text.count("\n"), "form": form(made),
            "reloaded": reloaded.tojson() == symbol.tojson(), "debug_str": unnumbered(symbol.debug_str())}


def unnumbered(text):
    """Return text without the numbers of graphs, which grow as long as the process lives."""
    return re.sub(r"(__subgraph_name__\"?'?[:,=] ?[\"']?)([\w$]+)", lambda m: m[1] + re.sub(r"\d+", "", m[2]), text)


# ---- foreach --------------------------------------------------------------------------------------


@case({"a": (3, 2)}, {"a": (3, 2), "s": (2,)}, {"w": (2,), "a": (0, 2)}, {"a": (3, 2), "s": (3,)}, {})
def closure(S):
    w = S.var("w")
    return S.contrib.foreach(lambda d, s: (d * w + s, s + d), S.var("a"), S.var("s"))


@case({"a": (3, 2), "b": (3, 2)}, {"a": (3, 2), "b": (4, 2)})
def lists(S):
    return S.contrib.foreach(lambda d, s: ([d[0] * s[1], d[1]], [s[0] + d[1], s[1]]), [S.var("a"), S.var("b")],
                             [S.var("s"), S.var("t")])


@case({"a": (3, 2), "b": (3, 2)})
def nested_lists(S):
    return S.contrib.foreach(lambda d, s: ([d[0] * s[1][0], (d[1][0],)], [s[0] + d[1][0], [s[1][0]]]),
                             [S.var("a"), [S.var("b")]], (S.var("s"), [S.var("t")]))


@case({"a": (3, 4), "q": (4, 2)})
def computed_outside(S):
    w, pieces = S.exp(S.var("w")), S.split(S.var("q"), num_outputs=2)
    return S.contrib.foreach(lambda d, s: (d * w + pieces[0] - pieces[1], s * w), S.exp(S.var("a")), pieces[1])


@case({"a": (5, 2, 7)}, {"a": (5, 2, 7), "s": (2, 3)}, {"a": (0, 2, 7)})
def recurrent(S):
    def step(d, h):
        h = S.tanh(S.FullyConnected(d, num_hidden=3, name="i2h") + S.FullyConnected(h, num_hidden=3, name="h2h"))
        return S.FullyConnected(h, num_hidden=4), h

    return S.contrib.foreach(step, S.var("a"), S.var("s"))


@case({"a": (3, 4, 2)})
def updated_states(S):
    return S.contrib.foreach(lambda d, s: (S.BatchNorm(d, name="bn"), s + 1), S.var("a"), S.var("s"))


@case({"a": (3, 2)})
def copies(S):
    w = S.exp(S.var("w"))
    return S.contrib.foreach(lambda d, s: ([d[0], w, s[0]], [w]), [S.var("a")], [S.var("s")])


@case({"a": (3, 4)})
def outputs_and_states_of_one_node(S):
    def body(d, s):
        pieces = S.split(d + s, num_outputs=2)
        return [pieces[1], pieces[0]], S.concat(pieces[0], pieces[1], dim=0)

    def other(d, s):
        pieces = S.split(d + s, num_outputs=2)
        return pieces[1], pieces[0]

    return [S.contrib.foreach(body, S.var("a"), S.var("s")), S.contrib.foreach(other, S.var("b"), S.var("t"))]


@case({"a": (3, 2)})
def without_states(S):
    return S.contrib.foreach(lambda d, s: (d * 2, s), S.var("a"), [])


@case({"a": (3, 2)})
def without_outputs(S):
    return S.contrib.foreach(lambda d, s: ([], s + d), S.var("a"), S.var("s"))


@case({"a": (3,), "s": (1,)})
def one_axis(S):
    return S.contrib.foreach(lambda d, s: (d + s, s), S.var("a"), S.var("s"), name="x")


@case({"a": (4, 3, 2)})
def loop_in_a_loop(S):
    w = S.var("w")

    def outer(d, s):
        outs, state = S.contrib.foreach(lambda e, t: (e * w + s, t + e), d, s)
        return outs, state * w

    return S.contrib.foreach(outer, S.var("a"), S.var("s"))


@case({"a": (4, 3, 2, 2)})
def loops_three_deep(S):
    return S.contrib.foreach(lambda d, s: S.contrib.foreach(lambda e, t: S.contrib.foreach(
        lambda f, u: (f * s * d, u + t), e, t), d, s), S.var("a"), S.var("s"))


@case({"a": (3, 2)})
def own_variables(S):
    def body(d, s):
        return S.Dropout(d * s * S.var("q", shape=(2,), lr_mult=2.0)) + S.zeros((2,)), S.random.uniform(shape=(2,)) + s

    return S.contrib.foreach(body, S.var("a", shape=(3, 2)), S.var("s", lr_mult=3))


@case({"a": (3, 2)})
def loop_after_a_loop(S):
    outs, state = S.contrib.foreach(lambda d, s: (d * 2, s + 1), S.var("a"), S.var("s"))
    return S.contrib.foreach(lambda d, s: (d * state, s + d), outs, S.var("t"))


@case(types=False)
def branch_in_a_loop(S):
    return S.contrib.foreach(lambda d, s: (S.contrib.cond(S.sum(d) < S.var("j"), lambda: d * s, lambda: S.exp(s)),
                                           s + 1), S.var("a"), S.var("s"))


@case()
def unused_data(S):
    return S.contrib.foreach(lambda d, s: (s * 2, s), S.var("a"), S.var("s"))


@case()
def unused_state(S):
    return S.contrib.foreach(lambda d, s: (d * 2, d), S.var("a"), S.var("s"))


@case()
def one_name_twice(S):
    return S.contrib.foreach(lambda d, s: (d * s[0] * s[1], s), S.var("a"), [S.var("s"), S.var("s")])


@case()
def other_states(S):
    return S.contrib.foreach(lambda d, s: (d, [s, s]), S.var("a"), S.var("s"))


@case()
def no_symbol(S):
    return S.contrib.foreach(lambda d, s: (5, s), S.var("a"), S.var("s"))


# ---- while_loop -----------------------------------------------------------------------------------


@case()
def powers(S):
    w = S.var("w")
    return S.contrib.while_loop(lambda i, a: i <= 5, lambda i, a: ([a + i], [i + 1, a * w]),
                                [S.var("i"), S.var("a")], 7)


@case()
def single_variable(S):
    return S.contrib.while_loop(lambda i: i < 3, lambda i: (i * 2, i + 1), S.var("i"), max_iterations=4, name="z")


@case()
def no_step_outputs(S):
    return S.contrib.while_loop(lambda i, j: i < 3, lambda i, j: (None, [i + 1, j * 2]), [S.var("i"), S.var("j")], 4)


@case()
def nested_variables(S):
    return S.contrib.while_loop(lambda i, j: i < 3, lambda i, j: ([i, [j[0]]], [i + 1, [j[0] * 2]]),
                                [S.var("i"), [S.var("j")]], max_iterations=4)


@case()
def shared_closures(S):
    e = S.exp(S.var("x"))
    return S.contrib.while_loop(lambda i, j: (i < S.var("w")) * (e < 2),
                                lambda i, j: (i * e + S.var("k"), [i + S.var("k2"), j]), [S.var("i"), S.var("j")], 4)


@case()
def variable_is_closure_too(S):
    i, j = S.var("i"), S.var("j")
    return S.contrib.while_loop(lambda a, b: b < i, lambda a, b: (a * i * j, [a + 1, b]), [i, j], max_iterations=4)


@case()
def constant_condition(S):
    return S.contrib.while_loop(lambda i: S.ones((1,)), lambda i: (i, i + 1), [S.var("i")], max_iterations=4)


@case()
def condition_from_outside(S):
    e = S.exp(S.var("x"))
    return S.contrib.while_loop(lambda i: e, lambda i: (i, [i + 1]), [e], max_iterations=2.5)


@case()
def loop_in_while(S):
    w = S.var("w")

    def step(i, s):
        outs, state = S.contrib.foreach(lambda d, t: (d * i, t + d), w, s)
        return outs, [i + 1, state]

    return S.contrib.while_loop(lambda i, s: i < 3, step, [S.var("i"), S.var("s")], max_iterations=3)


@case()
def unused_variable(S):
    return S.contrib.while_loop(lambda i, j: j < 3, lambda i, j: (i, [i, i]), [S.var("i"), S.var("j")], 4)


@case()
def no_limit(S):
    return S.contrib.while_loop(lambda i: i < 3, lambda i: (i, i), S.var("i"))


@case()
def limit_zero(S):
    return S.contrib.while_loop(lambda i: i < 3, lambda i: (i, i), S.var("i"), 0)


@case()
def condition_is_no_symbol(S):
    return S.contrib.while_loop(lambda i: True, lambda i: (i, i), S.var("i"), 3)


# ---- cond -----------------------------------------------------------------------------------------
# MXNet takes for granted that a predicate is float32.


@case(types=False)
def variables_only(S):
    return S.contrib.cond(S.var("w"), lambda: S.var("a"), lambda: S.exp(S.var("x")))


@case(types=False)
def branches_with_lists(S):
    w, a, e = S.var("w"), S.var("a"), S.exp(S.var("x"))
    return S.contrib.cond(w < 1, lambda: [a, [w]], lambda: [e, a * 2])


@case(types=False)
def branches_with_parameters(S):
    a = S.var("a")
    return S.contrib.cond(S.var("w") < 1, lambda: S.FullyConnected(a, num_hidden=3, name="fc"),
                          lambda: S.FullyConnected(a, num_hidden=3, name="fc") + S.Dropout(a), name="q")


@case(types=False)
def everything_is_the_predicate(S):
    e = S.exp(S.var("x"))
    return [S.contrib.cond(e, lambda: e, lambda: e * e), S.contrib.cond([S.var("w")], lambda: S.ones((2,)),
                                                                        lambda: S.zeros((2,)))]


@case(types=False)
def branch_in_a_branch(S):
    a, e = S.var("a"), S.exp(S.var("x"))
    return S.contrib.cond(S.var("w") < 1, lambda: S.contrib.cond(a < 2, lambda: e, lambda: a), lambda: a * 2)


@case(types=False)
def branches_that_differ(S):
    a = S.var("a")
    return S.contrib.cond(S.var("w"), lambda: [a, a], lambda: a)


@case(types=False)
def predicate_is_a_function(S):
    return S.contrib.cond(lambda: S.var("w"), lambda: S.var("a"), lambda: S.var("b"))
