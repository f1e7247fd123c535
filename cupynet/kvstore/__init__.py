"""``mx.kv``: stores of values by key, in which the copies of parameters on several devices meet.

``local`` and ``device`` work on one machine. What differs between them is where the values of a key are added up: on
the host, or on the first device that brings one.
"""
from . import base, kvstore, kvstore_server
from .base import KVStoreBase
from .kvstore import KVStore, create
from .kvstore_server import KVStoreServer

__all__ = ["KVStore", "KVStoreBase", "KVStoreServer", "create"]
