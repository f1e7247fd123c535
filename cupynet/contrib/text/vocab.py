"""Words and their numbers."""
from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from ...base import MXNetAssertionError, MXNetTypeError, MXNetValueError

__all__ = ["Vocabulary"]


class Vocabulary:
    """Numbers for tokens: 0 for those that are unknown, then the reserved ones, then others by how often they occur.

    Parameters
    ----------
    counter : collections.Counter, optional
        How often each token occurs. Tokens that occur as often as another come in their own order.
    most_freq_count : int, optional
        How many tokens of `counter` are taken at most; reserved ones are not counted.
    min_freq : int
        How often a token must occur to be taken.
    unknown_token : hashable
        What stands for every token that is not known.
    reserved_tokens : list of hashable, optional
        Tokens that are known whether they occur or not.

    Examples
    --------
    >>> from collections import Counter
    >>> from cupynet.contrib import text
    >>> words = text.vocab.Vocabulary(Counter(['b', 'c', 'c', 'a']), reserved_tokens=['<pad>'])
    >>> words.token_to_idx
    {'<unk>': 0, '<pad>': 1, 'c': 2, 'a': 3, 'b': 4}
    >>> words.to_indices(['c', 'd']), words.to_tokens(2)
    ([2, 0], 'c')
    """

    def __init__(self, counter: Counter | None = None, most_freq_count: int | None = None, min_freq: int = 1,
                 unknown_token: Hashable = "<unk>", reserved_tokens: Sequence[Hashable] | None = None):
        if not min_freq > 0:
            raise MXNetAssertionError("`min_freq` must be set to a positive value.")
        if reserved_tokens is not None:
            if unknown_token in reserved_tokens:
                raise MXNetAssertionError("`reserved_token` cannot contain `unknown_token`.")
            if len(set(reserved_tokens)) != len(reserved_tokens):
                raise MXNetAssertionError("`reserved_tokens` cannot contain duplicate reserved tokens.")
        self._unknown_token = unknown_token
        self._reserved_tokens = None if reserved_tokens is None else reserved_tokens[:]
        self._idx_to_token = [unknown_token, *(reserved_tokens or ())]
        self._token_to_idx = {token: i for i, token in enumerate(self._idx_to_token)}
        if counter is not None:
            self._add_frequent(counter, most_freq_count, min_freq)

    def _add_frequent(self, counter: Counter, most_freq_count: int | None, min_freq: int) -> None:
        if not isinstance(counter, Counter):
            raise MXNetAssertionError("`counter` must be an instance of collections.Counter.")
        try:
            ranked = sorted(counter.items(), key=lambda item: item[0])
        except TypeError as error:
            raise MXNetTypeError(f"Vocabulary: tokens that cannot be put in order: {error}") from error
        ranked.sort(key=lambda item: item[1], reverse=True)
        fixed = {self._unknown_token, *(self._reserved_tokens or ())}
        left = len(counter) if most_freq_count is None or most_freq_count < 0 else most_freq_count
        for token, count in ranked:
            if count < min_freq or left == 0:
                break
            if token not in fixed:
                self._add(token)
                left -= 1

    def _add(self, token: Hashable) -> None:
        self._token_to_idx[token] = len(self._idx_to_token)
        self._idx_to_token.append(token)

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict[Any, int]:
        """The number of each token."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list[Any]:
        """The tokens in the order of their numbers."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Any:
        """What stands for tokens that are not known."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> Sequence[Any] | None:
        """Tokens that are known whether they occur or not."""
        return self._reserved_tokens

    def to_indices(self, tokens: Any) -> int | list[int]:
        """Return the number of a token, or the numbers of a list of them; 0 for those that are not known."""
        if isinstance(tokens, list):
            return [self._token_to_idx.get(token, 0) for token in tokens]
        return self._token_to_idx.get(tokens, 0)

    def to_tokens(self, indices: Any) -> Any:
        """Return the token of a number, or the tokens of a list of numbers.

        Raises MXNetValueError for a number that no token has.
        """
        if isinstance(indices, list):
            return [self._token(i) for i in indices]
        return self._token(indices)

    def _token(self, index: Any) -> Any:
        try:
            return self._idx_to_token[operator.index(index)]
        except (TypeError, IndexError):
            raise MXNetValueError(f"Token index {index} in the provided `indices` is invalid.") from None
