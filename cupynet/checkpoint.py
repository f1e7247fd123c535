"""Checkpoints: a network as ``<prefix>-symbol.json`` and its arrays as ``<prefix>-0001.params``."""
from __future__ import annotations

import logging
from collections.abc import Mapping

from . import ndarray as nd
from . import symbol as sym
from .base import MXNetError
from .context import cpu
from .ndarray import NDArray
from .symbol import Symbol

__all__ = ["save_checkpoint", "load_checkpoint", "load_params"]


def save_checkpoint(prefix: str, epoch: int, symbol: Symbol | None, arg_params: Mapping[str, NDArray],
                    aux_params: Mapping[str, NDArray], remove_amp_cast: bool = True) -> None:
    """Save a network and its parameters; MXNet 1.9.1 reads the files.

    Parameters
    ----------
    prefix : str
        Beginning of the file names.
    epoch : int
        Number in the name of the parameter file.
    symbol : Symbol or None
        The network; None saves parameters only.
    arg_params, aux_params : dict
        Arrays by name.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    arrays = {f"arg:{name}": value.as_in_context(cpu()) for name, value in arg_params.items()}
    arrays |= {f"aux:{name}": value.as_in_context(cpu()) for name, value in aux_params.items()}
    path = f"{prefix}-{epoch:04d}.params"
    nd.save(path, arrays)
    logging.info('Saved checkpoint to "%s"', path)


def load_params(prefix: str, epoch: int) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return (arguments, auxiliary states) by name from ``<prefix>-<epoch>.params``."""
    path = f"{prefix}-{epoch:04d}.params"
    found = nd.load(path)
    parts: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
    if not found:
        logging.warning("Params file '%s' is empty", path)
        return parts["arg"], parts["aux"]
    if not isinstance(found, dict):
        raise MXNetError(f"load_params: {path} holds arrays without names; a checkpoint has names like arg:fc1_weight")
    for key, value in found.items():
        kind, _, name = key.partition(":")
        if kind in parts:  # names of another kind mean nothing here, as in MXNet
            parts[kind][name] = value
    return parts["arg"], parts["aux"]


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Return (symbol, arguments, auxiliary states) of a checkpoint, also one that MXNet wrote."""
    return sym.load(f"{prefix}-symbol.json"), *load_params(prefix, epoch)
