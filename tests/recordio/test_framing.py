"""Records in files: MXNet's bytes, every payload back, parts, and a clear error wherever a file is cut or damaged."""
import hashlib
import random
import threading
from pathlib import Path

import pytest

import cupynet as mx
from cupynet.recordio.framing import MAGIC, RecordFile, framed


def payloads(seed, count):
    """Payloads that are full of whole and broken magic numbers at all places."""
    draw = random.Random(seed)
    words = [b"\x0a\x23\xd7\xce", b"\x0a\x23\xd7", b"\xce", b"ab", b"\0\0\0\0", b"\x0a\x23\xd7\xce" * 2]
    for _ in range(count):
        yield b"".join(draw.choice(words) for _ in range(draw.randrange(9)))


@pytest.fixture
def rec(tmp_path):
    path = tmp_path / "some.rec"

    def write(records):
        path.write_bytes(records if isinstance(records, bytes) else b"".join(b"".join(framed(x)) for x in records))
        return RecordFile(str(path))
    return write


def test_the_bytes_are_those_of_mxnet():
    written = b"".join(b"".join(framed(payload)) for payload in payloads(7, 4000))
    assert hashlib.sha256(written).hexdigest() == "a3ea25ec089bd9a9eb6e364961c64f1daf99d5b16fc177d791abca89dc8ad534"


def test_what_was_written_is_read(rec):
    records = list(payloads(11, 500))
    file = rec(records)
    offsets = list(file.offsets())
    assert [file.read(offset)[0] for offset in offsets] == records
    assert [file.read(offset)[1] for offset in offsets] == [*offsets[1:], file.size]
    assert file.read(file.size) == (None, file.size)


def test_parts_hold_every_record_once(rec):
    """Cut by bytes as MXNet's iterators do: a record belongs to the part in which its first byte is."""
    records = list(payloads(5, 300))
    file = rec(records)
    everything = list(file.offsets())
    for count in (1, 2, 3, 7, 64, 1000):
        parts = [file.partition(count, part) for part in range(count)]
        assert [offset for part in parts for offset in file.offsets(*part)] == everything
    step = (file.size + 2) // 3
    step += -step % 4
    for part in range(3):
        expected = [x for x in everything if step * part <= x < step * (part + 1)]
        assert list(file.offsets(*file.partition(3, part))) == expected
    with pytest.raises(mx.MXNetError, match=r"part_index is 3; there are 3 parts"):
        file.partition(3, 3)


def test_a_head_is_found_at_any_chunk_border(rec, monkeypatch):
    monkeypatch.setattr("cupynet.recordio.framing._CHUNK", 16)
    records = [b"x" * n for n in (0, 40, 3, 100, 8)]
    file = rec(records)
    everything = list(file.offsets())
    for place in range(0, file.size, 4):
        assert file.next_head(place) == next((x for x in everything if x >= place), file.size)


def test_a_cut_file_gives_its_whole_records_then_an_error(rec):
    whole = rec([b"zero", b"a" * 9, b"ab" * 4 + MAGIC + b"cd"])
    data, ends = Path(whole.name).read_bytes(), [whole.read(x)[1] for x in whole.offsets()]
    for cut in range(len(data)):
        file, place, count = rec(data[:cut]), 0, 0
        if cut in (0, *ends):
            assert len(list(file.offsets())) == [0, *ends].index(cut)
            continue
        with pytest.raises(mx.MXNetError, match=r"Invalid RecordIO File .*some.rec: at byte \d+"):
            while True:
                _, place = file.read(place)
                count += 1
        assert count == sum(end <= cut for end in ends)


@pytest.mark.parametrize("data, message", [
    (bytes(16), "at byte 0 no record begins: found the bytes 00 00 00 00"),
    (MAGIC + (3 << 29 | 4).to_bytes(4, "little") + b"abcd", "at byte 0 there is a later part"),
    (MAGIC + (1 << 29 | 4).to_bytes(4, "little") + b"abcd" + b"".join(framed(b"x")),
     "record that begins at byte 0 goes on at byte 12, where another one begins"),
    (MAGIC + (1 << 29 | 3).to_bytes(4, "little") + b"abc\0", "ends at no multiple of four"),
    (MAGIC + (1 << 29 | 4).to_bytes(4, "little") + b"abcd", "at byte 12 the file ends in the middle"),
    (MAGIC + ((1 << 29) - 1).to_bytes(4, "little"), "has 536870911 bytes, but the file ends after 0"),
])
def test_damage_is_named(rec, data, message):
    with pytest.raises(mx.MXNetError, match=message):
        rec(data).read(0)


def test_a_record_that_is_too_long_is_refused():
    class Long(bytes):
        def __len__(self):
            return 1 << 29

    with pytest.raises(mx.MXNetError, match="less than 536870912 bytes"):
        framed(Long())


def test_threads_read_the_same_file(rec):
    records = [bytes([n]) * 5000 for n in range(64)]
    file = rec(records)
    offsets, wrong = list(file.offsets()), []

    def read(seed):
        for n in random.Random(seed).choices(range(64), k=500):
            if file.read(offsets[n])[0] != records[n]:
                wrong.append(n)
    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
