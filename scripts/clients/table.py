"""The packages that ``scripts/clients`` runs: what each is, what it needs, and how its tests are run."""
from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CLIENTS", "MXNET", "MXNET_PYTHONS", "Client"]


@dataclass(frozen=True)
class Client:
    """A package that stands on MXNet.

    `release` and `needs` are requirements as pip takes them. A package that requires MXNet itself is installed `alone`,
    without what it requires, and all that it needs is listed. `tests` are the folders of the release's source archive
    in which its tests are, none where it comes without; `options` are pytest's.
    """

    release: str
    needs: tuple[str, ...] = ()
    alone: bool = False
    tests: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)


# What stands in for cupynet to compare.
MXNET = ("numpy==1.23.5", "mxnet==1.9.1")
MXNET_PYTHONS = ("python3.11", "python3.10", "python3.9", "python3.8")

_PYTEST = ("pytest==7.4.4", "pytest-timeout==2.4.0")

CLIENTS = {
    "gluonts": Client("gluonts==0.17.0",
                      needs=("pandas==2.2.3", "scipy", "holidays<0.110", "matplotlib", "orjson", "requests", "ujson",
                             *_PYTEST),
                      tests=("test/mx",), options=("-q", "-p", "no:cacheprovider", "--tb=short", "--timeout=600")),
}
