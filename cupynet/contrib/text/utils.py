"""Counting words."""
from __future__ import annotations

import re
from collections import Counter

from ...base import MXNetTypeError

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(source_str: str, token_delim: str = " ", seq_delim: str = "\n", to_lower: bool = False,
                          counter_to_update: Counter | None = None) -> Counter:
    r"""Return how often each token occurs in a text.

    Parameters
    ----------
    source_str : str
    token_delim, seq_delim : str
        What tokens, and sequences of tokens, end with: regular expressions, as in MXNet, or, if they are none, plain
        text.
    to_lower : bool
        Whether the text is put into lower case.
    counter_to_update : collections.Counter, optional
        One to which the tokens are added, and which is returned.

    Examples
    --------
    >>> from cupynet.contrib import text
    >>> text.utils.count_tokens_from_str(' Life is great ! \n life is good . \n', to_lower=True)
    Counter({'life': 2, 'is': 2, 'great': 1, '!': 1, 'good': 1, '.': 1})
    """
    if not isinstance(source_str, str):
        raise MXNetTypeError(f"count_tokens_from_str: source_str is {type(source_str).__name__}; expected a str")
    if counter_to_update is not None and not isinstance(counter_to_update, Counter):
        raise MXNetTypeError(f"count_tokens_from_str: counter_to_update is {type(counter_to_update).__name__}; "
                             "expected a collections.Counter")
    try:
        delimiters = re.compile(f"{token_delim}|{seq_delim}")
    except re.error:
        delimiters = re.compile(f"{re.escape(token_delim)}|{re.escape(seq_delim)}")
    tokens = filter(None, delimiters.split(source_str.lower() if to_lower else source_str))
    counter = Counter() if counter_to_update is None else counter_to_update
    counter.update(tokens)
    return counter
