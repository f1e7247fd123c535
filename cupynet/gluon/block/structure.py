"""The names and graphs of a network's parts as JSON: what ``Block.save`` writes beside the parameters."""
from __future__ import annotations

import json
from typing import Any

from ...base import MXNetError, MXNetValueError
from ...ndarray.serialization import write_file
from ...symbol import load_json

__all__ = ["save_structure", "restore_structure"]


def save_structure(block: Any, filename: str) -> None:
    """Write a block's structure: for each part its name, the paths to its own parts, and its graph if it has one."""
    number = -1

    def described(block: Any) -> tuple[str, dict[str, Any]]:
        nonlocal number
        number += 1
        key, found = f"{type(block).__name__.lower()}{number}", {"orig_name": block.name}
        if hasattr(block, "_cached_graph"):
            if block._cached_graph:
                inputs, out = block._cached_graph
                found |= {"in_format": block._in_format, "out_format": block._out_format,
                          "inputs": [each.tojson() for each in inputs], "symbol": out.tojson()}
            found["hybridized"] = bool(block._cached_graph)
        found["children"] = {child.name: name for name, child in block._children.items()}
        found |= dict(map(described, block._children.values()))
        return key, found
    write_file(filename, json.dumps(dict([described(block)])).encode())


def restore_structure(block: Any, filename: str) -> None:
    """Give a block and its parts the names and graphs in such a file.

    Raises MXNetError if the file cannot be read, or is of another structure.
    """
    try:
        with open(filename, encoding="utf-8") as file:
            stored = json.load(file)
        _restore(block, next(iter(stored.values())), filename)
    except OSError as error:
        raise MXNetError(f"load: cannot read {filename}: {error.strerror or error}") from error
    except (ValueError, KeyError, AttributeError, TypeError, StopIteration) as error:
        if isinstance(error, MXNetError):
            raise
        raise MXNetValueError(f"load: {filename} does not hold the structure of a block ({error})") from error


def _restore(block: Any, stored: dict[str, Any], filename: str) -> dict[str, Any]:
    """Restore a block; return its parameters by the names that stored graphs have for them."""
    children = [value for value in stored.values() if isinstance(value, dict) and "orig_name" in value]
    if len(children) != len(block._children):
        raise MXNetValueError(f"load: {filename} holds a block of {len(children)} parts; {block.name} has "
                              f"{len(block._children)}")
    start = len(block.params.prefix)
    names = {f"{stored['orig_name']}_{each.name[start:]}": each for each in block._reg_params.values()}
    block._name = stored["orig_name"]
    for child, its in zip(block._children.values(), children):
        names |= _restore(child, its, filename)
    if stored.get("hybridized"):
        block._in_format, block._out_format = stored["in_format"], stored["out_format"]
        block._cached_graph = [load_json(each) for each in stored["inputs"]], load_json(stored["symbol"])
        block._graph_names = names
        block._active = True
    return names
