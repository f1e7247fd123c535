"""The server process of MXNet's distributed stores, which cupynet does not need: its workers are all equal."""
from __future__ import annotations

from typing import Any

from ..base import MXNetError

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """The server of a distributed store.

    Parameters
    ----------
    kvstore : KVStore
    """

    def __init__(self, kvstore: Any):
        self.kvstore = kvstore
        self.handle = kvstore.handle
        self.init_logging = False

    def run(self) -> None:
        """Not offered: there are no servers, workers exchange values themselves. Raises MXNetError."""
        raise MXNetError("KVStoreServer.run: cupynet has no server processes; start workers only")
