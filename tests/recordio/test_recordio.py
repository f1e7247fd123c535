"""Readers and writers of records as MXNet's behave, and what a kill, a fork, a copy or damage does to them."""
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forks import can_fork, holds_in_a_child

import cupynet as mx
from cupynet.recordio import MXIndexedRecordIO, MXRecordIO, pending

ROOT = Path(mx.__file__).parents[1]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(records, name="a.rec"):
    with MXRecordIO(name, "w") as file:
        for record in records:
            file.write(record)


def read(name="a.rec"):
    file = MXRecordIO(name, "r")
    return list(iter(file.read, None))


def write_indexed(records, name="a"):
    with MXIndexedRecordIO(name + ".idx", name + ".rec", "w") as file:
        for key, record in records.items():
            file.write_idx(key, record)


def test_records_come_in_order_and_again_after_reset():
    write([b"one", b"", b"three"])
    file = MXRecordIO("a.rec", "r")
    assert [file.read() for _ in range(5)] == [b"one", b"", b"three", None, None]
    file.reset()
    assert file.read() == b"one"
    file.open()
    assert file.read() == b"one"


def test_reset_sees_another_file():
    write_indexed({0: b"old"})
    plain, indexed = MXRecordIO("a.rec", "r"), MXIndexedRecordIO("a.idx", "a.rec", "r")
    keys = indexed.keys
    indexed.reset()
    assert indexed.keys is keys  # was not read again
    write_indexed({7: b"another", 8: b"more"})
    for file in (plain, indexed):
        file.reset()
        assert file.read() == b"another"
    assert indexed.keys == [7, 8]
    os.remove("a.rec")
    with pytest.raises(mx.MXNetError, match="No such file"):
        plain.reset()


def test_what_has_a_buffer_is_written():
    write([bytearray(b"abc"), memoryview(b"de"), mx.nd.array([1, 2], dtype="uint8").asnumpy()])
    assert read() == [b"abc", b"de", b"\x01\x02"]


def test_a_writer_that_nobody_has_any_more_is_closed():
    file = MXRecordIO("a.rec", "w")
    file.write(b"kept")
    del file
    assert read() == [b"kept"]


def test_a_reader_may_take_the_place_of_its_writer():
    file = MXIndexedRecordIO("a.idx", "a.rec", "w")
    file.write_idx(3, b"kept")
    file = MXIndexedRecordIO("a.idx", "a.rec", "r")
    assert file.read_idx(3) == b"kept"
    assert sorted(os.listdir()) == ["a.idx", "a.rec"]


def test_reset_of_a_writer_forgets():
    file = MXRecordIO("a.rec", "w")
    file.write(b"forgotten")
    file.reset()
    file.write(b"kept")
    file.close()
    file.close()
    assert read() == [b"kept"]
    assert os.listdir() == ["a.rec"]


def test_a_block_that_fails_leaves_the_old_file():
    write([b"old"])
    with pytest.raises(KeyError), MXRecordIO("a.rec", "w") as file:
        file.write(b"new")
        raise KeyError
    assert read() == [b"old"]
    assert os.listdir() == ["a.rec"]


def test_links_are_followed_and_permissions_kept():
    write([b"old"], "real.rec")
    os.chmod("real.rec", 0o640)
    os.symlink("real.rec", "a.rec")
    write([b"new"])
    assert os.path.islink("a.rec") and os.stat("real.rec").st_mode & 0o777 == 0o640
    assert read("real.rec") == [b"new"]


def test_a_pipe_is_written_to():
    os.mkfifo("pipe")
    child = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    write([b"through"], "pipe")
    assert b"through" in child.communicate(timeout=30)[0]
    assert os.listdir() == ["pipe"]


def test_a_full_disk_is_an_error():
    file = MXRecordIO("/dev/full", "w")
    file.write(b"much")
    with pytest.raises(mx.MXNetError, match="cannot write /dev/full: No space left"):
        file.close()
    file.close()


def test_a_program_that_ends_keeps_what_it_wrote():
    program = "import cupynet as mx; file = mx.recordio.MXRecordIO('a.rec', 'w'); file.write(b'kept'); mx.file = file"
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert read() == [b"kept"]


def test_keys():
    file = MXIndexedRecordIO("a.idx", "a.rec", "w")
    for key, record in ((0, b"zero"), ("7", b"seven"), (8.7, b"eight"), (0, b"again")):
        file.write_idx(key, record)
    assert file.tell() == 60
    file.write(b"plain")
    file.close()
    assert Path("a.idx").read_text() == "0\t0\n7\t12\n8\t28\n0\t44\n"
    file = MXIndexedRecordIO("a.idx", "a.rec", "r")
    assert file.keys == [0, 7, 8, 0]
    assert [file.read_idx(key) for key in (8, 0, 7)] == [b"eight", b"again", b"seven"]
    assert file.read() == b"eight"  # goes on behind the record read by its key
    file.seek(0)
    assert [file.read(), file.read(), file.read()] == [b"again", b"plain", None]
    assert MXIndexedRecordIO("a.idx", "a.rec", "r", key_type=str).keys == ["0", "7", "8", "0"]


def test_keys_are_read_by_a_closed_reader_and_a_copy():
    write_indexed({3: b"three", 4: b"four"})
    file = MXIndexedRecordIO("a.idx", "a.rec", "r")
    copy = pickle.loads(pickle.dumps(file))
    assert copy.read_idx(4) == b"four" and copy.keys == [3, 4]
    file.close()
    assert not pickle.loads(pickle.dumps(file)).is_open
    assert file.read_idx(3) == b"three"


def test_a_copy_of_a_reader_begins_at_the_beginning():
    write([b"one", b"two"])
    file = MXRecordIO("a.rec", "r")
    file.read()
    copy = pickle.loads(pickle.dumps(file))
    assert (copy.read(), file.read()) == (b"one", b"two")


@can_fork
def test_a_child_reads_by_keys_and_must_reset_to_read_in_order():
    write_indexed({n: b"%d" % n for n in range(9)})
    file, plain = MXIndexedRecordIO("a.idx", "a.rec", "r"), MXRecordIO("a.rec", "r")
    assert plain.read() == b"0"

    def in_child():
        assert [file.read_idx(n) for n in (5, 2)] == [b"5", b"2"] and file.read() == b"3"
        with pytest.raises(RuntimeError, match="Forbidden operation in multiple processes"):
            plain.read()
        plain.reset()
        return plain.read() == b"0"
    assert holds_in_a_child(in_child)
    assert plain.read() == b"1" and file.read() == b"0"


@can_fork
def test_a_child_leaves_the_writer_alone():
    file = MXRecordIO("a.rec", "w")
    file.write(b"one")

    def in_child():
        with pytest.raises(RuntimeError, match="Forbidden operation in multiple processes"):
            file.write(b"lost")
        file.close()
        return True
    assert holds_in_a_child(in_child)
    file.write(b"two")
    file.close()
    assert read() == [b"one", b"two"]


@pytest.mark.parametrize("flag, call", [("w", lambda f: f.read()), ("w", lambda f: f.read_idx(0)),
                                        ("w", lambda f: f.seek(0)), ("r", lambda f: f.write(b"")),
                                        ("r", lambda f: f.write_idx(0, b"")), ("r", lambda f: f.tell())])
def test_the_wrong_direction(flag, call):
    write_indexed({0: b"x"})
    with pytest.raises(mx.MXNetError, match=r"a.rec is opened for \w+ing \(flag"):
        call(MXIndexedRecordIO("a.idx", "a.rec", flag))


def test_what_cannot_be_opened_written_or_copied():
    for opened, kind, message in ((lambda: MXRecordIO("no.rec", "r"), mx.MXNetError, 'Open "no.rec": No such file'),
                                  (lambda: MXRecordIO("no/no.rec", "w"), mx.MXNetError, 'Open "no/no.rec": No such'),
                                  (lambda: MXRecordIO("a.rec", "rb"), ValueError, "Invalid flag rb")):
        with pytest.raises(kind, match=message):
            opened()
    file = MXRecordIO("a.rec", "w")
    with pytest.raises(TypeError, match="buf is str; expected bytes"):
        file.write("text")
    with pytest.raises(mx.MXNetError, match="being written"):
        pickle.dumps(file)
    file.close()
    with pytest.raises(mx.MXNetError, match="closed"):
        file.write(b"")
    with pytest.raises(mx.MXNetError):
        MXIndexedRecordIO("no/a.idx", "b.rec", "w")
    assert os.listdir() == ["a.rec"]


@pytest.mark.parametrize("text, message", [
    ("0\t0\nx\t5\n", r"line 2 of a.idx is 'x\\t5'; expected a key"),
    ("0\t0\n1\n", "line 2 of a.idx is '1'"),
    ("0\tx\n", "line 1"),
    (b"\xff\xfe\x00", "no text"),
])
def test_an_index_that_is_none(text, message):
    write([b"x"])
    Path("a.idx").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(mx.MXNetError, match=message):
        MXIndexedRecordIO("a.idx", "a.rec", "r")


def test_an_index_of_something_else():
    write([b"zero", b"one"])
    Path("a.idx").write_text("0\t4\n1\t999\n2\t-1\n3\t12\n")
    file = MXIndexedRecordIO("a.idx", "a.rec", "r")
    for key, message in ((0, "at byte 4 no record begins"), (1, "begins at byte 999 of a.rec, which has only 24"),
                         (2, "at byte -1"), (9, "a.idx has no key 9 among its 4 keys")):
        with pytest.raises(mx.MXNetError, match=message):
            file.read_idx(key)
    assert file.read_idx(3) == b"one"
    with pytest.raises(KeyError):
        file.read_idx("3")
    with pytest.raises(FileNotFoundError):
        MXIndexedRecordIO("no.idx", "a.rec", "r")


def killed_at(step, records):
    """Write `records` in a child that is killed before its `step`-th change of a file; return whether it was."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = [step]

    def stepping(function):
        def step_then(*args, **kwargs):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return function(*args, **kwargs)
        return step_then
    try:
        for name in ("fsync", "unlink", "replace", "chmod"):
            setattr(os, name, stepping(getattr(os, name)))
        pending.PendingFile.flush = stepping(pending.PendingFile.flush)
        write_indexed(records)
        os._exit(0)
    finally:
        os._exit(1)


@can_fork
@pytest.mark.parametrize("buffer", [1 << 20, 40_000])  # written at once, and piece by piece
def test_a_kill_leaves_whole_files_that_belong_together(monkeypatch, buffer):
    """A program that writes files anew, killed before each thing that it does to a file."""
    monkeypatch.setattr(pending, "_BUFFER", buffer)
    seen, step, alive = [], 0, False
    while not alive:
        old, new = {key: b"old" * key for key in range(20)}, {key: b"newer" * 100 * key for key in range(30)}
        write_indexed(old)
        alive = not killed_at(step, new)
        records = read()
        assert records in (list(old.values()), list(new.values()))
        seen.append(len(records))
        if os.path.exists("a.idx"):
            file = MXIndexedRecordIO("a.idx", "a.rec", "r")
            assert [file.read_idx(key) for key in file.keys] == records
        step += 1
    assert seen == sorted(seen) and seen[0] == 20 and seen[-2:] == [30, 30] and step > 8
