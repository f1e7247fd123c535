"""Vectors for words, from files with a word and its numbers on each line."""
from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ... import ndarray as nd
from ... import registry
from ...base import MXNetAssertionError, MXNetError, MXNetKeyError, MXNetValueError, data_dir
from ...ndarray import NDArray
from .pretrained import KNOWN, fetched, url_of
from .vocab import Vocabulary

__all__ = ["register", "create", "get_pretrained_file_names", "GloVe", "FastText", "CustomEmbedding",
           "CompositeEmbedding"]


class _TokenEmbedding(Vocabulary):
    """A vocabulary whose tokens have vectors; the base of all embeddings.

    Parameters
    ----------
    **kwargs
        Those of :class:`Vocabulary`.

    Attributes
    ----------
    pretrained_file_name_sha1, pretrained_archive_name_sha1 : dict
        Of a class: the SHA-1s of the files that it knows, and of the archives that hold them.
    """

    pretrained_file_name_sha1: dict[str, str] = {}
    pretrained_archive_name_sha1: dict[str, str] = {}

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._vec_len = 0
        self._idx_to_vec: NDArray | None = None

    # ---- files that are known by name ----

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """Return the name of what is to be downloaded for a file: itself, or an archive."""
        return pretrained_file_name

    @classmethod
    def _get_pretrained_file_url(cls, pretrained_file_name: str) -> str:
        return url_of(cls.__name__.lower(), cls._get_download_file_name(pretrained_file_name))

    @classmethod
    def _check_pretrained_file_names(cls, pretrained_file_name: str) -> None:
        name = cls.__name__.lower()
        if pretrained_file_name not in cls.pretrained_file_name_sha1:
            raise MXNetKeyError(f"Cannot find pretrained file {pretrained_file_name} for token embedding {name}. Valid "
                                f"pretrained files for embedding {name}: {', '.join(cls.pretrained_file_name_sha1)}")

    @classmethod
    def _get_pretrained_file(cls, embedding_root: str | os.PathLike, pretrained_file_name: str) -> str:
        """Return the path of a file that is known by name; it is downloaded if it is not there."""
        name, archive = cls.__name__.lower(), cls._get_download_file_name(pretrained_file_name)
        folder = Path(embedding_root).expanduser() / name
        sha1 = cls.pretrained_file_name_sha1[pretrained_file_name]
        return str(fetched(folder, name, pretrained_file_name, sha1, archive,
                           cls.pretrained_archive_name_sha1.get(archive, sha1)))

    def _take_pretrained(self, root: str | os.PathLike | None, name: str, init_unknown_vec: Callable,
                         vocabulary: Vocabulary | None) -> None:
        """Read the file `name` under the folder `root`."""
        root = Path(data_dir()) / "embeddings" if root is None else root
        self._load_embedding(self._get_pretrained_file(root, name), " ", init_unknown_vec)
        self._build_embedding_for_vocabulary(vocabulary)

    # ---- reading ----

    def _load_embedding(self, pretrained_file_path: str | os.PathLike, elem_delim: str, init_unknown_vec: Callable,
                        encoding: str = "utf8") -> None:
        """Add the tokens and vectors of a file. What is known already and not in it gets the unknown vector."""
        path = Path(pretrained_file_path).expanduser()
        if not path.is_file():
            raise MXNetValueError("`pretrained_file_path` must be a valid path to the pre-trained token embedding "
                                  f"file; got {pretrained_file_path}")
        logging.info("Loading pre-trained token embedding vectors from %s", pretrained_file_path)
        unknown, vectors = None, {}
        for number, token, elements in _lines(path, elem_delim, encoding):
            if token == self._unknown_token and unknown is None:
                unknown = elements
            elif token in vectors or token == self._unknown_token:
                warnings.warn(f"At line {number} of the pre-trained token embedding file: the embedding vector for "
                              f"token {token} has been loaded and a duplicate embedding for the  same token is seen "
                              "and skipped.", stacklevel=4)
            elif len(elements) == 1:
                warnings.warn(f"At line {number} of the pre-trained text embedding file: token {token} with "
                              f"1-dimensional vector {elements} is likely a header and is skipped.", stacklevel=4)
            else:
                if self._vec_len and len(elements) != self._vec_len:
                    raise MXNetAssertionError(
                        f"At line {number} of the pre-trained token embedding file: the dimension of token {token} is "
                        f"{len(elements)} but the dimension of previous tokens is {self._vec_len}. Dimensions of all "
                        "the tokens must be the same.")
                self._vec_len = len(elements)
                vectors[token] = elements
        if not vectors:
            raise MXNetValueError(f"the pre-trained token embedding file {pretrained_file_path} holds no vectors")
        self._set_vectors(unknown, vectors, init_unknown_vec)

    def _set_vectors(self, unknown: list[float] | None, vectors: dict[str, list[float]], init_unknown_vec: Callable
                     ) -> None:
        if unknown is None:
            unknown = init_unknown_vec(shape=self._vec_len).asnumpy()
        elif len(unknown) not in (1, self._vec_len):
            raise MXNetValueError(f"the vector of {self._unknown_token} has {len(unknown)} elements; expected "
                                  f"{self._vec_len}")
        for token in vectors:
            if token not in self._token_to_idx:
                self._add(token)
        table = np.empty((len(self), self._vec_len), np.float32)
        table[:] = unknown
        for token, vector in vectors.items():
            table[self._token_to_idx[token]] = vector
        self._idx_to_vec = nd.array(table)

    def _build_embedding_for_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Keep the tokens of `vocabulary` only, if one is given."""
        if vocabulary is None:
            return
        _require_vocabulary(vocabulary)
        self._set_idx_to_vec_by_embeddings([self], len(vocabulary), vocabulary.idx_to_token)
        self._index_tokens_from_vocabulary(vocabulary)

    def _index_tokens_from_vocabulary(self, vocabulary: Vocabulary) -> None:
        self._token_to_idx = vocabulary.token_to_idx.copy()
        self._idx_to_token = vocabulary.idx_to_token[:]
        self._unknown_token = vocabulary.unknown_token
        self._reserved_tokens = None if vocabulary.reserved_tokens is None else vocabulary.reserved_tokens[:]

    def _set_idx_to_vec_by_embeddings(self, token_embeddings: Sequence[_TokenEmbedding], vocab_len: int,
                                      vocab_idx_to_token: Sequence[Any]) -> None:
        """Make the vectors of tokens from those of embeddings, one behind the other; the first token is unknown."""
        parts = []
        for embedding in token_embeddings:
            table = embedding._table("embedding").asnumpy()
            rows = [0, *(embedding.token_to_idx.get(token, 0) for token in vocab_idx_to_token[1:vocab_len])]
            parts.append(table[rows])
        table = np.concatenate(parts, axis=1)
        self._vec_len, self._idx_to_vec = table.shape[1], nd.array(table)

    # ---- use ----

    def _table(self, what: str) -> NDArray:
        if self._idx_to_vec is None:
            raise MXNetError(f"{what}: the {type(self).__name__} has no vectors yet")
        return self._idx_to_vec

    @property
    def vec_len(self) -> int:
        """How long the vectors are."""
        return self._vec_len

    @property
    def idx_to_vec(self) -> NDArray | None:
        """The vectors in the order of the tokens' numbers, shape (tokens, vec_len): weights for an embedding layer."""
        return self._idx_to_vec

    def get_vecs_by_tokens(self, tokens: Any, lower_case_backup: bool = False) -> NDArray:
        """Return the vector of a token, or those of a list of tokens, shape (tokens, vec_len).

        Parameters
        ----------
        tokens : str, or list of str
            Those that are not known have the vector of the unknown token.
        lower_case_backup : bool
            Whether a token that is not known is looked up in lower case.
        """
        table, listed = self._table("get_vecs_by_tokens"), isinstance(tokens, list)
        indices = []
        for token in tokens if listed else [tokens]:
            if lower_case_backup and token not in self._token_to_idx:
                token = token.lower()
            indices.append(self._token_to_idx.get(token, 0))
        vectors = nd.Embedding(nd.array(indices), table, *table.shape)
        return vectors if listed else vectors[0]

    def update_token_vectors(self, tokens: Any, new_vectors: NDArray) -> None:
        """Set the vectors of tokens.

        Parameters
        ----------
        tokens : str, or list of str
            All must be known; the unknown token has to be named as itself.
        new_vectors : NDArray
            Shape (tokens, vec_len), or (vec_len,) for a single token.
        """
        table, single = self._table("update_token_vectors"), not isinstance(tokens, list) or len(tokens) == 1
        if not isinstance(new_vectors, NDArray) or new_vectors.ndim not in ((1, 2) if single else (2,)):
            raise MXNetAssertionError(
                "`new_vectors` must be a 1-D or 2-D NDArray if `tokens` is a singleton." if single else
                "`new_vectors` must be a 2-D NDArray if `tokens` is a list of multiple strings.")
        tokens = tokens if isinstance(tokens, list) else [tokens]
        if new_vectors.ndim == 1:
            new_vectors = new_vectors.expand_dims(axis=0)
        if new_vectors.shape != (len(tokens), self._vec_len):
            raise MXNetAssertionError(
                "The length of new_vectors must be equal to the number of tokens and the width of new_vectors must be "
                f"equal to the dimension of embeddings of the glossary: got the shape {new_vectors.shape}, expected "
                f"{(len(tokens), self._vec_len)}")
        for token in tokens:
            if token not in self._token_to_idx:
                raise MXNetValueError(
                    f"Token {token} is unknown. To update the embedding vector for an unknown token, please specify it "
                    f"explicitly as the `unknown_token` {self._unknown_token} in `tokens`. This is to avoid "
                    "unintended updates.")
        table[nd.array([self._token_to_idx[token] for token in tokens])] = new_vectors


def _require_vocabulary(vocabulary: Any) -> None:
    if not isinstance(vocabulary, Vocabulary):
        raise MXNetAssertionError("The argument `vocabulary` must be an instance of mxnet.contrib.text.vocab."
                                  f"Vocabulary; got {type(vocabulary).__name__}")


def _lines(path: Path, delimiter: str, encoding: str) -> Iterator[tuple[int, str, list[float]]]:
    """Yield (line, token, numbers) of a file of vectors."""
    try:
        with open(path, encoding=encoding) as file:
            for number, line in enumerate(file, 1):
                token, *elements = line.rstrip().split(delimiter)
                if not elements:
                    raise MXNetAssertionError(
                        f"At line {number} of the pre-trained text embedding file: the data format of the pre-trained "
                        f"token embedding file {path} is unexpected.")
                try:
                    yield number, token, [float(element) for element in elements]
                except ValueError as error:
                    raise MXNetValueError(f"At line {number} of the pre-trained text embedding file {path}: {error}"
                                          ) from None
    except (UnicodeDecodeError, LookupError, OSError) as error:
        raise MXNetValueError(f"cannot read the pre-trained token embedding file {path} as {encoding}: {error}"
                              ) from error


# ---- embeddings by name ---------------------------------------------------------------------------


def register(embedding_cls: type) -> type:
    """Register a class of embeddings, so that :func:`create` and :func:`get_pretrained_file_names` know its name."""
    return registry.get_register_func(_TokenEmbedding, "token embedding")(embedding_cls)


def create(embedding_name: str, **kwargs: Any) -> _TokenEmbedding:
    """Return an embedding of a registered class; `kwargs` are the arguments of the class."""
    return registry.get_create_func(_TokenEmbedding, "token embedding")(embedding_name, **kwargs)


def get_pretrained_file_names(embedding_name: str | None = None) -> list[str] | dict[str, list[str]]:
    """Return the names of the files that a registered embedding knows, or those of all embeddings by name.

    Examples
    --------
    >>> from cupynet.contrib import text
    >>> text.embedding.get_pretrained_file_names('glove')[1]
    'glove.6B.50d.txt'
    """
    known = registry.get_registry(_TokenEmbedding)
    if embedding_name is None:
        return {name: list(cls.pretrained_file_name_sha1) for name, cls in known.items()}
    if embedding_name not in known:
        raise MXNetKeyError(f"Cannot find `embedding_name` {embedding_name}. Use "
                            "`get_pretrained_file_names(embedding_name=None).keys()` to get all the valid embedding "
                            "names.")
    return list(known[embedding_name].pretrained_file_name_sha1)


class _Known(_TokenEmbedding):
    """An embedding from files in archives that are known by name."""

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        return next((each.archive for each in KNOWN if each.name == pretrained_file_name), pretrained_file_name)


def _sha1s(embedding: str) -> tuple[dict[str, str], dict[str, str]]:
    known = [each for each in KNOWN if each.embedding == embedding]
    return {each.name: each.sha1 for each in known}, {each.archive: each.archive_sha1 for each in known}


@register
class GloVe(_Known):
    """Vectors of GloVe (Pennington, Socher & Manning 2014).

    Parameters
    ----------
    pretrained_file_name : str
        One of ``get_pretrained_file_names('glove')``.
    embedding_root : str, optional
        A folder; the file lies, or is put, in its folder ``glove``. By default ``embeddings`` in MXNet's folder.
    init_unknown_vec : callable
        ``init_unknown_vec(shape=vec_len)`` returns the vector of unknown tokens, if the file has none.
    vocabulary : Vocabulary, optional
        Its tokens are the only ones that are kept.
    **kwargs
        Those of :class:`Vocabulary`.
    """

    pretrained_file_name_sha1, pretrained_archive_name_sha1 = _sha1s("glove")

    def __init__(self, pretrained_file_name: str = "glove.840B.300d.txt",
                 embedding_root: str | os.PathLike | None = None, init_unknown_vec: Callable[..., NDArray] = nd.zeros,
                 vocabulary: Vocabulary | None = None, **kwargs: Any):
        self._check_pretrained_file_names(pretrained_file_name)
        super().__init__(**kwargs)
        self._take_pretrained(embedding_root, pretrained_file_name, init_unknown_vec, vocabulary)


@register
class FastText(_Known):
    """Vectors of fastText (Bojanowski, Grave, Joulin & Mikolov 2017).

    Parameters
    ----------
    pretrained_file_name : str
        One of ``get_pretrained_file_names('fasttext')``.
    embedding_root, init_unknown_vec, vocabulary, **kwargs
        As for :class:`GloVe`; the folder is ``fasttext``.
    """

    pretrained_file_name_sha1, pretrained_archive_name_sha1 = _sha1s("fasttext")

    def __init__(self, pretrained_file_name: str = "wiki.simple.vec",
                 embedding_root: str | os.PathLike | None = None, init_unknown_vec: Callable[..., NDArray] = nd.zeros,
                 vocabulary: Vocabulary | None = None, **kwargs: Any):
        self._check_pretrained_file_names(pretrained_file_name)
        super().__init__(**kwargs)
        self._take_pretrained(embedding_root, pretrained_file_name, init_unknown_vec, vocabulary)


class CustomEmbedding(_TokenEmbedding):
    """Vectors from a file of one's own: on each line a token and its numbers.

    Parameters
    ----------
    pretrained_file_path : str
    elem_delim : str
        What stands between them.
    encoding : str
        Of the file.
    init_unknown_vec, vocabulary, **kwargs
        As for :class:`GloVe`. Tokens of `kwargs` that the file does not hold get the unknown vector; MXNet then mixes
        up the rows.
    """

    def __init__(self, pretrained_file_path: str | os.PathLike, elem_delim: str = " ", encoding: str = "utf8",
                 init_unknown_vec: Callable[..., NDArray] = nd.zeros, vocabulary: Vocabulary | None = None,
                 **kwargs: Any):
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        self._build_embedding_for_vocabulary(vocabulary)


class CompositeEmbedding(_TokenEmbedding):
    """The vectors of several embeddings one behind the other, for the tokens of a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
    token_embeddings : embedding, or list of them
    """

    def __init__(self, vocabulary: Vocabulary, token_embeddings: _TokenEmbedding | Sequence[_TokenEmbedding]):
        _require_vocabulary(vocabulary)
        if isinstance(token_embeddings, _TokenEmbedding):
            token_embeddings = [token_embeddings]
        if not isinstance(token_embeddings, (list, tuple)) or not token_embeddings or not all(
                isinstance(each, _TokenEmbedding) for each in token_embeddings):
            raise MXNetAssertionError("The argument `token_embeddings` must be an instance or a list of instances of "
                                      "token embeddings, whose vectors are put one behind the other; got "
                                      f"{token_embeddings!r}")
        super().__init__()
        self._index_tokens_from_vocabulary(vocabulary)
        self._set_idx_to_vec_by_embeddings(token_embeddings, len(self), self.idx_to_token)
