"""Vocabularies and embeddings are MXNet's; files are found by name; what cannot be read is said."""
import gzip
import hashlib
import importlib.util
import io
import json
import logging
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from local_server import serving

import cupynet as mx
from cupynet.base import MXNetError
from cupynet.contrib import text

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("drawn_texts", HERE / "drawn.py")
drawn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawn)
ANSWERS = json.loads(gzip.decompress((HERE.parents[1] / "data" / "contrib" / "text.json.gz").read_bytes()))


@pytest.mark.parametrize("seed", range(len(ANSWERS)))
def test_what_is_drawn_is_as_in_mxnet(seed):
    found, expected = json.loads(json.dumps(drawn.answer(mx, text, seed))), dict(ANSWERS[seed])
    if expected.pop("crashed", False):
        assert "crashed" not in found
        found = {key: found[key] for key in expected if key != "warnings"}  # more may follow
        del expected["warnings"]
    assert found == expected


def custom(tmp_path, content, **options):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return text.embedding.CustomEmbedding(str(path), **options)


def test_loading_is_logged(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        custom(tmp_path, "a 1 2\n")
    assert caplog.messages == [f"Loading pre-trained token embedding vectors from {tmp_path}/vectors.txt"]


def test_tokens_that_the_file_does_not_hold_are_unknown(tmp_path):
    """MXNet gives them rows of others."""
    found = custom(tmp_path, "a 1 2\nb 3 4\n", counter=Counter(["b", "q"]), reserved_tokens=["<pad>"],
                   init_unknown_vec=mx.nd.ones)
    assert found.idx_to_token == ["<unk>", "<pad>", "b", "q", "a"]
    assert found.idx_to_vec.asnumpy().tolist() == [[1, 1], [1, 1], [3, 4], [1, 1], [1, 2]]


def test_delimiters_that_are_no_regular_expressions_are_plain_text():
    assert text.utils.count_tokens_from_str("a*b*a\nc", "*") == {"a": 2, "b": 1, "c": 1}


def test_a_counter_is_added_to():
    counter = Counter(["life"])
    assert text.utils.count_tokens_from_str("life is", counter_to_update=counter) is counter
    assert counter == {"life": 2, "is": 1}


def test_whole_numbers_of_numpy_are_indices():
    assert text.vocab.Vocabulary(Counter("ab")).to_tokens([np.int64(1)]) == ["a"]


# ---- files that are known by name ----


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


VECTORS = b"the 1 2\nof 3 4\n"


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    with serving({}) as found:
        monkeypatch.setenv("MXNET_GLUON_REPO", found.url)
        yield found


def known(monkeypatch, cls, name, archive, packed):
    """Let `cls` know a small file."""
    sha1 = {name: hashlib.sha1(VECTORS).hexdigest()}, {archive: hashlib.sha1(packed).hexdigest()}
    for attribute, hashes in zip(("pretrained_file_name_sha1", "pretrained_archive_name_sha1"), sha1):
        monkeypatch.setitem(getattr(cls, attribute), *next(iter(hashes.items())))


def test_glove_is_fetched_once(server, monkeypatch, tmp_path, capsys):
    name, archive = "glove.6B.50d.txt", "glove.6B.zip"
    packed = zipped({name: VECTORS})
    server.files[f"/gluon/embeddings/glove/{archive}"] = packed
    known(monkeypatch, text.embedding.GloVe, name, archive, packed)
    for _ in range(2):
        found = text.embedding.create("glove", pretrained_file_name=name)
        assert found.get_vecs_by_tokens("of").asnumpy().tolist() == [3, 4]
    assert server.asked == [f"/gluon/embeddings/glove/{archive}"]
    assert (tmp_path / "embeddings" / "glove" / name).read_bytes() == VECTORS
    (tmp_path / "embeddings" / "glove" / name).write_text("something else")
    text.embedding.GloVe(name, embedding_root=str(tmp_path / "embeddings"))
    assert len(server.asked) == 1, "the archive is still there"


def test_a_registered_embedding_may_come_in_a_tar(server, monkeypatch, capsys):
    packed = tarred({"mine.txt": VECTORS})
    server.files["/gluon/embeddings/mine/mine.tar.gz"] = packed

    class Mine(text.embedding._TokenEmbedding):
        pretrained_file_name_sha1 = {"mine.txt": hashlib.sha1(VECTORS).hexdigest()}
        pretrained_archive_name_sha1 = {"mine.tar.gz": hashlib.sha1(packed).hexdigest()}

        @classmethod
        def _get_download_file_name(cls, pretrained_file_name):
            return "mine.tar.gz"

        def __init__(self, pretrained_file_name="mine.txt", **kwargs):
            super().__init__(**kwargs)
            self._check_pretrained_file_names(pretrained_file_name)
            self._take_pretrained(None, pretrained_file_name, mx.nd.zeros, None)
    monkeypatch.setattr(mx.registry, "_FAMILIES", {**mx.registry._FAMILIES, text.embedding._TokenEmbedding: dict(
        mx.registry.get_registry(text.embedding._TokenEmbedding))})
    assert text.embedding.register(Mine) is Mine
    assert text.embedding.create("MINE").idx_to_token == ["<unk>", "the", "of"]
    assert text.embedding.get_pretrained_file_names("mine") == ["mine.txt"]
    assert list(text.embedding.get_pretrained_file_names()) == ["glove", "fasttext", "mine"]


def test_without_a_network_the_error_says_where_files_go(server, tmp_path, capsys):
    with pytest.raises(MXNetError, match=r"put the file there by hand: .*embeddings/fasttext/wiki\.simple\.zip"):
        text.embedding.FastText()


def test_the_files_that_are_known():
    names = text.embedding.get_pretrained_file_names()
    assert {name: len(files) for name, files in names.items()} == {"glove": 10, "fasttext": 327}
    assert text.embedding.GloVe._get_pretrained_file_url("glove.6B.50d.txt").endswith("/glove/glove.6B.zip")
    assert text.embedding.FastText._get_pretrained_file_url("crawl-300d-2M.vec").endswith("/crawl-300d-2M.zip")
    assert text.embedding.FastText.pretrained_file_name_sha1["wiki.zu.vec"] == \
        "4b244b9697a8280e6646842c5fc81bb3a6bc8ec7"


def some(tmp_path):
    return custom(tmp_path, "a 1 2\nb 3 4\n")


@pytest.mark.parametrize("call, kind, message", [
    (lambda t: custom(t, "a 1 x\n"), ValueError, "At line 1 .* could not convert string to float: 'x'"),
    (lambda t: custom(t, "a 1 2\n\nb 3 4"), ValueError, "At line 2 .* is unexpected"),
    (lambda t: custom(t, "a 1 2\nb 3 4 5"), ValueError, "At line 2 .* dimension of token b is 3 but"),
    (lambda t: custom(t, ""), ValueError, "holds no vectors"),
    (lambda t: custom(t, "<unk> 1 2 3\na 1 2\n"), ValueError, "the vector of <unk> has 3 elements; expected 2"),
    (lambda t: custom(t, "é 1 2".encode("latin1")), ValueError, "cannot read .* as utf8"),
    (lambda t: custom(t, "a 1 2", encoding="none"), ValueError, "cannot read .* as none"),
    (lambda t: text.embedding.CustomEmbedding(str(t / "gone")), ValueError, "must be a valid path .* got .*gone"),
    (lambda t: custom(t, "a 1 2", vocabulary=["a"]), AssertionError, "`vocabulary` must be an instance .* got list"),
    (lambda t: some(t).update_token_vectors("c", mx.nd.ones(2)), ValueError, "Token c is unknown"),
    (lambda t: some(t).update_token_vectors("a", [1, 2]), ValueError, "must be a 1-D or 2-D NDArray"),
    (lambda t: some(t).update_token_vectors(["a", "b"], mx.nd.ones(2)), ValueError, "must be a 2-D NDArray"),
    (lambda t: some(t).update_token_vectors("a", mx.nd.ones(3)), ValueError, r"got the shape \(1, 3\)"),
    (lambda t: text.embedding.CompositeEmbedding(["a"], some(t)), AssertionError, "`vocabulary` must be an instance"),
    (lambda t: text.embedding.CompositeEmbedding(text.vocab.Vocabulary(), []), AssertionError,
     "`token_embeddings` must be an instance"),
    (lambda t: text.embedding._TokenEmbedding().get_vecs_by_tokens("a"), MXNetError, "has no vectors yet"),
    (lambda t: text.embedding.create("word2vec"), ValueError, "word2vec is not registered"),
    (lambda t: text.embedding.create("glove", pretrained_file_name="x"), KeyError, "Cannot find pretrained file x for "
                                                                                "token embedding glove. Valid"),
    (lambda t: text.embedding.get_pretrained_file_names("GloVe"), KeyError, "Cannot find `embedding_name` GloVe"),
    (lambda t: text.vocab.Vocabulary(Counter("a"), min_freq=0), AssertionError, "`min_freq` must be set to a positive"),
    (lambda t: text.vocab.Vocabulary(["a"]), AssertionError, "`counter` must be an instance of collections.Counter"),
    (lambda t: text.vocab.Vocabulary(Counter([1, "a"])), TypeError, "cannot be put in order"),
    (lambda t: text.vocab.Vocabulary(reserved_tokens=["<unk>"]), ValueError, "cannot contain `unknown_token`"),
    (lambda t: text.vocab.Vocabulary(reserved_tokens=["a", "a"]), ValueError, "duplicate reserved tokens"),
    (lambda t: text.vocab.Vocabulary().to_tokens([0, 9]), ValueError, "Token index 9 in the provided `indices`"),
    (lambda t: text.utils.count_tokens_from_str(5), TypeError, "source_str is int"),
    (lambda t: text.utils.count_tokens_from_str("a", counter_to_update={}), TypeError, "counter_to_update is dict"),
])
def test_what_is_refused(tmp_path, call, kind, message):
    with pytest.raises(kind, match=message) as raised:
        call(tmp_path)
    assert isinstance(raised.value, MXNetError)
