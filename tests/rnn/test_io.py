"""Sentences are numbered, put into buckets and shuffled as MXNet does."""
import gzip
import importlib.util
import json
from pathlib import Path

import pytest

import cupynet as mx
from cupynet.base import MXNetError

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("drawn_sentences", HERE / "drawn.py")
drawn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawn)
ANSWERS = json.loads(gzip.decompress((HERE.parent / "data" / "rnn" / "drawn.json.gz").read_bytes()))


@pytest.mark.parametrize("seed", ANSWERS["batches"])
def test_batches_are_those_of_mxnet(seed):
    assert json.loads(json.dumps(drawn.batches(mx, int(seed)))) == ANSWERS["batches"][seed]


@pytest.mark.parametrize("seed", ANSWERS["encoded"])
def test_numbers_of_words_are_those_of_mxnet(seed):
    assert json.loads(json.dumps(drawn.encoded(mx, int(seed)))) == ANSWERS["encoded"][seed]


@pytest.mark.parametrize("options, message", [
    ({"batch_size": 0}, "batch_size is 0"), ({"batch_size": 2.0}, "batch_size is 2.0"),
    ({"batch_size": 9}, "none of 2 sentences lies in a bucket"),
    ({"batch_size": 1, "layout": "XT"}, "Invalid layout XT: Must by NT"),
])
def test_what_is_refused(options, message, capsys):
    with pytest.raises(MXNetError, match=message):
        mx.rnn.BucketSentenceIter([[1, 2], [3, 4]], **options)


def test_an_unknown_word_is_an_error():
    with pytest.raises(ValueError, match="Unknown token b"):
        mx.rnn.encode_sentences([["a", "b"]], vocab={"a": 0})
