"""Fetching files: the one place that opens a connection.

A file is written beside its place and renamed when it is whole, so what lies there is never half of it. Without a
network the error names the address, and the place where the file can be put by hand.
"""
from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import shutil
import ssl
import urllib.error
import urllib.request
import uuid
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from .base import MXNetError, MXNetValueError

__all__ = ["download", "fetch", "check_sha1", "file_name", "whole_file", "unpack_zip"]

_CHUNK = 1 << 18
_TIMEOUT = 30  # seconds without a byte


def check_sha1(filename: str | os.PathLike, sha1_hash: str) -> bool:
    """Whether the SHA-1 of a file is `sha1_hash`, in hexadecimal digits."""
    digest = hashlib.sha1()
    with open(filename, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == sha1_hash.lower()


def file_name(url: str) -> str:
    """Return what follows the last slash of an address."""
    name = url.rsplit("/", maxsplit=1)[-1]
    if not name:
        raise MXNetValueError(f"Can't construct file-name from this URL ({url}). "
                              "Please set the `path` option manually.")
    return name


def download(url: str, path: str | os.PathLike | None = None, overwrite: bool = False, sha1_hash: str | None = None,
             retries: int = 5, verify_ssl: bool = True) -> str:
    """Return the path of a file, which is downloaded unless it is there already.

    Parameters
    ----------
    url : str
    path : str, optional
        Where it lies: a file, or a folder for a file of the name in `url` (default: the current folder).
    overwrite : bool
        Whether it is downloaded even if it is there.
    sha1_hash : str, optional
        The SHA-1 of its contents. A file with another one is downloaded again.
    retries : int
        How often to try again.
    verify_ssl : bool
        Whether the server's certificate is checked.

    Raises
    ------
    MXNetError
        If that fails: it names `url` and the place where the file can be put by hand.
    """
    if path is None:
        target = Path(file_name(url))
    else:
        target = Path(path).expanduser()
        if target.is_dir() or os.fspath(path).endswith("/"):
            target /= file_name(url)
    if overwrite or not target.exists() or (sha1_hash and not check_sha1(target, sha1_hash)):
        print(f"Downloading {target} from {url}...")
        fetch(url, target, sha1_hash, retries, verify_ssl)
    return str(target)


def fetch(url: str, target: Path, sha1_hash: str | None = None, retries: int = 5, verify_ssl: bool = True) -> None:
    """Download `url` into the file `target`, whatever is there; see :func:`download`."""
    if retries < 0:
        raise MXNetValueError(f"Number of retries should be at least 0, currently it's {retries}")
    if not verify_ssl:
        warnings.warn("Unverified HTTPS request is being made (verify_ssl=False). Adding certificate verification is "
                      "strongly advised.", stacklevel=3)
    context = None if verify_ssl else ssl._create_unverified_context()
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in range(retries, -1, -1):
        try:
            with whole_file(target) as beside:
                _read_into(beside, url, target.name, context)
                if sha1_hash and not check_sha1(beside, sha1_hash):
                    raise MXNetError(f"File {target} is downloaded but the content hash does not match. The repo may "
                                     "be outdated or download may be incomplete")
            return
        except (OSError, http.client.HTTPException, MXNetError) as error:
            reason = error
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            if left:
                print(f"download failed due to {error!r}, retrying, {left} attempt{'s' * (left > 1)} left")
    raise MXNetError(f"Failed downloading url {url} ({reason}). Without a network, put the file there by hand: "
                     f"{target.resolve()}") from reason


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to, which takes its place at the end, or is removed after an error."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        yield beside
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _read_into(path: Path, url: str, title: str, context: ssl.SSLContext | None) -> None:
    """Write what is at `url` into a new file, and show how far it is on a terminal."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT, context=context) as answer, open(path, "xb") as file:
        length = answer.headers.get("Content-Length")
        total = int(length) if length else None
        with tqdm(total=total, unit="B", unit_scale=True, desc=title, disable=None, leave=False) as bar:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        if total is not None and file.tell() != total:
            raise MXNetError(f"the connection ended after {file.tell()} of {total} bytes")


def unpack_zip(archive: Path, folder: Path) -> None:
    """Unpack a zip file; each of its files appears when it is whole."""
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                target = folder / member.filename
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise MXNetError(f"{archive} holds {member.filename!r}, which would lie outside of {folder}")
                if member.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with whole_file(target) as beside, packed.open(member) as source, open(beside, "wb") as file:
                    shutil.copyfileobj(source, file)
    except zipfile.BadZipFile as error:
        raise MXNetError(f"cannot unpack {archive}: {error}") from error
