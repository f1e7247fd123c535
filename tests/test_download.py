"""Downloads from a server on this machine: where files go, retries, hashes, never half a file."""
import hashlib
import os
from pathlib import Path

import pytest
from local_server import serving

import cupynet as mx
from cupynet.download import check_sha1, download

BODY = b"hello world" * 100_000


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving({"/a/b.bin": BODY}) as found:
        yield found


def files():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def test_where_files_go(server, capsys):
    url = server.url + "a/b.bin"
    assert download(url) == "b.bin" and Path("b.bin").read_bytes() == BODY
    assert download(url) == "b.bin" and len(server.asked) == 1
    assert download(url, "other") == "other" and download(url, "new/") == "new/b.bin"
    assert download(url, Path("new")) == "new/b.bin" and download(url, "deep/er/c") == "deep/er/c"
    assert files() == ["b.bin", "deep/er/c", "new/b.bin", "other"] and len(server.asked) == 4
    assert f"Downloading b.bin from {url}..." in capsys.readouterr().out
    Path("b.bin").write_text("old")
    assert download(url) == "b.bin" and Path("b.bin").read_text() == "old"
    assert download(url, overwrite=True) == "b.bin" and Path("b.bin").read_bytes() == BODY
    assert os.stat("b.bin").st_mode & 0o444 == 0o444


def test_hashes(server, capsys):
    url, sha1 = server.url + "a/b.bin", hashlib.sha1(BODY).hexdigest()
    Path("b.bin").write_text("old")
    assert download(url, sha1_hash=sha1) == "b.bin" and check_sha1("b.bin", sha1.upper())
    with pytest.raises(mx.MXNetError, match=r"the content hash does not match.*put the file there by hand: .*other"):
        download(url, "other", sha1_hash="0" * 40, retries=2)
    assert len(server.asked) == 4 and files() == ["b.bin"] and not check_sha1("b.bin", "0" * 40)
    assert "retrying, 2 attempts left" in (text := capsys.readouterr().out) and "retrying, 1 attempt left" in text


def test_retries(server):
    server.failures = 3
    assert download(server.url + "a/b.bin", retries=3) == "b.bin" and len(server.asked) == 4
    with pytest.raises(mx.MXNetError, match=r"Failed downloading url http://127.*nope .*404.*by hand: /.*nope"):
        download(server.url + "nope", retries=1)
    assert len(server.asked) == 6 and files() == ["b.bin"]
    server.missing_bytes = 1
    with pytest.raises(mx.MXNetError, match=r"Failed downloading url"):
        download(server.url + "a/b.bin", "c", retries=0)
    assert files() == ["b.bin"]


def test_without_a_network(tmp_path):
    with pytest.raises(mx.MXNetError, match=r"Failed downloading url http://127.0.0.1:9/x .*by hand: .*/y/x"):
        download("http://127.0.0.1:9/x", f"{tmp_path}/y/", retries=1)
    assert not list((tmp_path / "y").iterdir())


def test_mistakes(server):
    with pytest.raises(ValueError, match="Can't construct file-name from this URL"):
        download(server.url)
    with pytest.raises(ValueError, match="retries should be at least 0, currently it's -1"):
        download(server.url + "x", retries=-1)
    with pytest.warns(UserWarning, match="Unverified HTTPS request"):
        download(server.url + "a/b.bin", verify_ssl=False)
