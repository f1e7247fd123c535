"""The files of vectors that MXNet knew where to find: their names, their archives, their SHA-1s."""
from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import NamedTuple

from ...base import MXNetError
from ...download import check_sha1, download, unpack_zip, whole_file

__all__ = ["KNOWN", "Pretrained", "url_of", "fetched"]

_REPOSITORY = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"


class Pretrained(NamedTuple):
    """A file of vectors: the embedding it belongs to, its name and SHA-1, and those of the archive that holds it."""

    embedding: str
    name: str
    sha1: str
    archive: str
    archive_sha1: str


KNOWN = [Pretrained(*line.split("\t"))
         for line in (Path(__file__).parent / "pretrained.tsv").read_text(encoding="utf-8").splitlines()]


def url_of(embedding: str, archive: str) -> str:
    """Return where an archive was to be found; the environment variable ``MXNET_GLUON_REPO`` names another place."""
    repository = os.environ.get("MXNET_GLUON_REPO", _REPOSITORY)
    return f"{repository.rstrip('/')}/gluon/embeddings/{embedding}/{archive}"


def fetched(folder: Path, embedding: str, name: str, sha1: str, archive: str, archive_sha1: str) -> Path:
    """Return the path of a file of vectors in `folder`, which is downloaded and unpacked if it is not there."""
    path = folder / name
    if path.exists() and check_sha1(path, sha1):
        return path
    packed = Path(download(url_of(embedding, archive), folder / archive, sha1_hash=archive_sha1))
    if packed.suffix == ".zip":
        unpack_zip(packed, folder)
    elif packed.suffixes[-2:] == [".tar", ".gz"]:
        _unpack_tar(packed, name, path)
    if not path.exists():
        raise MXNetError(f"{packed} does not hold {name}")
    return path


def _unpack_tar(packed: Path, name: str, path: Path) -> None:
    """Take one file out of a tar archive."""
    try:
        with tarfile.open(packed, "r:gz") as archive:
            source = archive.extractfile(name)
            if source is not None:
                with whole_file(path) as beside:
                    beside.write_bytes(source.read())
    except (tarfile.TarError, KeyError, OSError) as error:
        raise MXNetError(f"cannot unpack {packed}: {error}") from error
