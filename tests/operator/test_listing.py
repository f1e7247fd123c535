"""Names and arguments of operators, as MXNet 1.9.1 listed them."""
import pytest

import cupynet as mx


def test_names_of_all_operators():
    names = mx.operator.get_all_registered_operators()
    assert {"Custom", "FullyConnected", "broadcast_add"} <= set(names) and len(names) == len(set(names))


@pytest.mark.parametrize("name, expected", [
    ("FullyConnected", [("data", "NDArray-or-Symbol"), ("weight", "NDArray-or-Symbol"), ("bias", "NDArray-or-Symbol"),
                        ("num_hidden", "int, required"), ("no_bias", "boolean, optional, default=0"),
                        ("flatten", "boolean, optional, default=1")]),
    ("Activation", [("data", "NDArray-or-Symbol"),
                    ("act_type", "{'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'}, required")]),
    ("Concat", [("data", "NDArray-or-Symbol[]"), ("num_args", "int, required"), ("dim", "int, optional, default='1'")]),
    ("broadcast_add", [("lhs", "NDArray-or-Symbol"), ("rhs", "NDArray-or-Symbol")]),
    ("Reshape", [("data", "NDArray-or-Symbol"), ("shape", "Shape(tuple), optional, default=[]"),
                 ("reverse", "boolean, optional, default=0")])])
def test_arguments(name, expected):
    found = mx.operator.get_operator_arguments(name)
    assert list(zip(found.names, found.types))[:len(expected)] == expected
    assert found.narg == len(found.names) == len(found.types)


def test_every_operator_is_described():
    for name in mx.operator.get_all_registered_operators():
        found = mx.operator.get_operator_arguments(name)
        assert all(isinstance(text, str) and text for text in found.types)
    with pytest.raises(mx.MXNetError, match="Operator nope is not registered"):
        mx.operator.get_operator_arguments("nope")
