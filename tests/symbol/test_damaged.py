"""Symbol files damaged at random end in an MXNetError or in a symbol that answers questions, never in another error."""
import contextlib
import json
import random

import pytest

import cupynet as mx
from tests.symbol import builders, drawn, loops
from tests.symbol.test_drawn import STORED

JUNK = [None, -1, 0, 10**20, 1e308, "x", "", [], {}, True, [1], {"a": 1}, "(1,", "(1, 2)", "None", "9" * 400,
        [[1, 2, 3, 4]]]
TEXTS = ["x", "", "None", "(1,", "(1, 2)", "-1", "1e400", "nan", "(0, 0)", "(-5, 3)", "99999999999999999999", "float16",
         "[[1, 2], 3]", "{}", "()", "(1.5, 2)", "lambda: 1", "(" * 200, "1L", "0x10", "(1 2)", None, [1]]
FIELDS = ["op", "name", "attrs", "inputs", "subgraphs", "attr", "param", "nodes", "heads"]
ATTRIBUTES = ["__shape__", "__dtype__", "__init__", "shape", "axis", "num_hidden", "kernel", "num_args", "num_outputs",
              "in_data_locs", "max_iterations", "dtype", "sections", "indices", "num_layers"]


@pytest.fixture(scope="module")
def files():
    found = [drawn.Drawer(mx, seed, STORED["operators"]).symbol().tojson() for seed in range(20)]
    for name in ("closure", "loops_three_deep", "shared_closures", "branch_in_a_branch", "updated_states"):
        found.append(mx.sym.Group(loops.flat(loops.CASES[name][0](mx.sym))).tojson())
    return [*found, *builders.FILES.values()]


def places(value, path=()):
    """Return every place in a JSON value but the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in ((value, key), *places(item, (*path, key)))]


def nodes(graph):
    for node in graph.get("nodes", ()):
        yield node
        for inner in node.get("subgraphs", ()):
            yield from nodes(inner)


def damaged(draws, text):
    """Return `text` with a cut, other characters, or other values."""
    how = draws.randrange(8)
    if how == 0:
        return text[:draws.randrange(len(text))]
    if how == 1:
        at = draws.randrange(len(text))
        return text[:at] + chr(draws.randrange(32, 300)) + text[at + draws.randrange(3):]
    top = json.loads(text)
    if how < 5 and isinstance(top, dict) and top.get("nodes"):
        node = draws.choice(list(nodes(top)))
        attrs = node.get("attrs", node.get("attr", node.get("param"))) or node.setdefault("attrs", {})
        attrs[draws.choice([*attrs, *ATTRIBUTES])] = draws.choice(TEXTS)
        return json.dumps(top)
    for _ in range(draws.randrange(1, 3)):
        found = places(top)
        if not found:
            break
        holder, key = draws.choice(found)
        other, its_key = draws.choice(found)
        kind = draws.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1 and type(holder[key]) is int:
            holder[key] += draws.choice([-1, 1, 1000])
        elif kind == 2:
            holder[key] = json.loads(json.dumps(other[its_key]))
        elif kind == 3 and isinstance(holder, dict):
            holder[draws.choice(FIELDS)] = draws.choice(JUNK)
        else:
            holder[key] = draws.choice(JUNK)
    return json.dumps(top)


def ask_everything(symbol):
    shapes = dict.fromkeys(symbol.list_arguments()[:1], (2, 3))
    for ask in (symbol.tojson, symbol.list_outputs, symbol.list_auxiliary_states, symbol.attr_dict, symbol.debug_str,
                symbol.get_internals, symbol.infer_type, lambda: symbol.infer_shape(**shapes)):
        with contextlib.suppress(mx.MXNetError):
            ask()


@pytest.mark.filterwarnings("ignore:Cannot decide")
@pytest.mark.parametrize("seed", range(12))
def test_damaged_files(seed, files, capsys):
    draws = random.Random(seed)
    loaded = 0
    for _ in range(300):
        with contextlib.suppress(mx.MXNetError):
            symbol = mx.sym.load_json(damaged(draws, draws.choice(files)))
            loaded += 1
            ask_everything(symbol)
    assert 30 < loaded < 270


def test_ten_thousand_nodes():
    symbol = mx.sym.var("x")
    for _ in range(5000):
        symbol = mx.sym.sin(symbol) + 1
    again = mx.sym.load_json(symbol.tojson())
    assert again.tojson() == symbol.tojson() and len(again.get_internals()) == 10_001
    assert again.infer_shape(x=(2, 3)) == ([(2, 3)], [(2, 3)], [])
    assert (again + mx.sym.var("y")).infer_shape(y=(2, 3))[0] == [(2, 3), (2, 3)]
    executor = again.simple_bind(mx.cpu(), x=(1,))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(1))
