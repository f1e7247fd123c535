"""The language model's tutorial logs and learns what it does in MXNet, and its checkpoints are read."""
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE.parent / "data" / "rnn" / "word_models.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def tutorials_on_the_path():
    paths = [str(HERE), str(HERE.parents[1] / "tutorials")]
    sys.path[:0] = paths
    yield
    for path in paths:
        sys.path.remove(path)


def told(line):
    """Return the text of a log line and its number."""
    text, _, number = line.rpartition("=")
    return text, float(number)


@pytest.mark.parametrize("form", ANSWERS)
def test_the_log_is_that_of_mxnet(form, capsys):
    from word_models import lines

    found, weights = lines(form)
    expected, expected_weights = ANSWERS[form]
    assert [told(line)[0] for line in found] == [told(line)[0] for line in expected]
    np.testing.assert_allclose([told(line)[1] for line in found], [told(line)[1] for line in expected], 1e-4)
    assert weights == pytest.approx(expected_weights, rel=1e-4)
    assert told(found[-1])[1] < 0.8 * told(expected[0])[1], "nothing was learnt"


def test_its_checkpoint_goes_on_in_single_cells(tmp_path, capsys):
    from word_model import arguments, cells, networks, train

    args = arguments(["--fused", "--num-epochs", "1", "--save", str(tmp_path / "model"), "--num-layers", "1"])
    module, vocabulary = train(args)
    args.fused = False
    stack = cells(args)
    _, weights, _ = mx.rnn.load_rnn_checkpoint(stack, str(tmp_path / "model"), 1)
    single, _, _ = networks(stack, 1 + len(vocabulary), args)(4)
    words = mx.nd.array([[1, 2], [3, 4], [5, 6], [7, 8]])
    executor = single.simple_bind(mx.cpu(), data=words.shape, softmax_label=words.shape)
    executor.copy_params_from({**weights, "data": words})
    module.switch_bucket(4, [("data", words.shape)], [("softmax_label", words.shape)])
    module.forward(mx.io.DataBatch([words], [words], bucket_key=4, provide_data=[("data", words.shape)],
                                   provide_label=[("softmax_label", words.shape)]), is_train=False)
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), module.get_outputs()[0].asnumpy(), 1e-4, 1e-6)


def test_the_rhymes_are_a_line_each(capsys):
    from word_model import BUCKETS, RHYMES

    lengths = [len(line.split()) for line in RHYMES.read_text(encoding="utf-8").splitlines()]
    assert len(lengths) > 200
    assert sum(length > max(BUCKETS) for length in lengths) <= 2
    assert not re.search(r"\d", RHYMES.read_text(encoding="utf-8"))
