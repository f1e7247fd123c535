"""``mx.log``: loggers whose lines say how bad, when, and where in the program."""
from __future__ import annotations

import logging
import sys
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["get_logger", "getLogger", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "NOTSET"]

_LETTERS = {CRITICAL: "C", ERROR: "E", WARNING: "W", INFO: "I", DEBUG: "D"}
_BLUE, _GREEN, _RED = "\x1b[34m", "\x1b[32m", "\x1b[31m"


class _Formatter(logging.Formatter):
    """Lines such as ``I1124 21:51:32 4711 train.py:fit:12] message``, with the part before the message in colour."""

    def __init__(self) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        color = _RED if record.levelno >= WARNING else _GREEN if record.levelno >= INFO else _BLUE
        self._style._fmt = (f"{color}{_LETTERS.get(record.levelno, 'U')}%(asctime)s %(process)d "
                            "%(pathname)s:%(funcName)s:%(lineno)d]\x1b[0m %(message)s")
        return super().format(record)


def get_logger(name: str | None = None, filename: str | None = None, filemode: str | None = None,
               level: int = WARNING) -> logging.Logger:
    """Return a logger that writes to standard error, or to a file.

    Parameters
    ----------
    name : str, optional
        The root logger, without, which is left as it is.
    filename, filemode : str, optional
        Where to, and how the file is opened (``"a"``). In a file there are the messages alone.
    level : int
        What is less than this is not written. Level and file are those of the first call for a name.
    """
    logger = logging.getLogger(name)
    if name is not None and not getattr(logger, "_init_done", False):
        logger._init_done = True
        if filename:
            logger.addHandler(logging.FileHandler(filename, filemode or "a"))
        else:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(_Formatter())
            logger.addHandler(handler)
        logger.setLevel(level)
    return logger


def getLogger(name: str | None = None, filename: str | None = None, filemode: str | None = None,
              level: int = WARNING) -> logging.Logger:
    """Return :func:`get_logger`'s logger; its old name."""
    warnings.warn("getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2)
    return get_logger(name, filename, filemode, level)
