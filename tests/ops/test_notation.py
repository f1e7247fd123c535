"""What users write for what is not known of a shape, with the switch np_shape off and on."""
import pytest

import cupynet as mx
from cupynet.ops.notation import printed_shape, read_shape, shown_shape


@pytest.mark.parametrize("active, written, inside, shown", [
    (False, (2, 3), (2, 3), (2, 3)), (False, (0, 3), (None, 3), (0, 3)), (False, (-1, 3), (None, 3), (0, 3)),
    (False, (), None, ()), (False, None, None, ()),
    (True, (2, 3), (2, 3), (2, 3)), (True, (0, 3), (0, 3), (0, 3)), (True, (-1, 3), (None, 3), (-1, 3)),
    (True, (), (), ()), (True, None, None, None),
])
def test_shapes_are_translated_in_both_directions(active, written, inside, shown):
    with mx.util.np_shape(active):
        assert read_shape(written) == inside and shown_shape(inside) == shown


def test_messages_print_shapes_as_mxnet_does():
    assert [printed_shape(s) for s in (None, (), (None, 3))] == ["None", "[]", "[-1,3]"]
