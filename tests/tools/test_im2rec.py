"""Lists and record files as MXNet's im2rec makes them, from a folder of pictures."""
import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from cupynet.recordio import MXIndexedRecordIO, unpack, unpack_img
from cupynet.tools import im2rec, rec2idx

cv2 = pytest.importorskip("cv2")
ROOT = Path(__file__).parents[2]
NAMES = ["cat/b.png", "cat/a.png", "cat/sub/s1.png", "dog/d1.png", "dog/d2.jpg", "dog/D3.PNG", "root.png", "zz.jpeg",
         "dog/x.bmp", "dog/ spaced name.png", ".hid/h.png", "dog/alpha.png"]


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(NAMES):
        os.makedirs(Path("tree", name).parent, exist_ok=True)
        cv2.imwrite(f"tree/{name}", np.full((20 + i, 30 - i, 3), 20 * i, np.uint8))
    Path("tree/dog/notes.txt").write_text("no picture")
    os.makedirs("tree/empty")


def run(*arguments):
    assert im2rec.main([str(each) for each in arguments]) == 0


def lines(name):
    return [line.split("\t") for line in Path(name).read_text().splitlines()]


def records(name):
    file = MXIndexedRecordIO(name + ".idx", name + ".rec", "r")
    return {key: unpack(file.read_idx(key)) for key in file.keys}


# ---- lists: the names and their order are those that MXNet's im2rec gives -------------------------

def test_a_list_of_all_folders(capsys):
    run("--list", "--recursive", "--no-shuffle", "all", "tree")
    assert capsys.readouterr().out == ". 0\n.hid 1\ncat 2\ncat/sub 3\ndog 4\n"
    assert Path("all.lst").read_text() == (
        "0\t0.000000\troot.png\n1\t0.000000\tzz.jpeg\n2\t1.000000\t.hid/h.png\n3\t2.000000\tcat/a.png\n"
        "4\t2.000000\tcat/b.png\n5\t3.000000\tcat/sub/s1.png\n6\t4.000000\tdog/ spaced name.png\n"
        "7\t4.000000\tdog/D3.PNG\n8\t4.000000\tdog/alpha.png\n9\t4.000000\tdog/d1.png\n10\t4.000000\tdog/d2.jpg\n")


def test_lists_are_shuffled_as_mxnet_does():
    run("all", "tree", "--list", "--recursive")
    assert [int(line[0]) for line in lines("all.lst")] == [1, 0, 4, 6, 8, 3, 5, 10, 9, 7, 2]
    run("some", "tree", "--list")
    assert lines("some.lst") == [["1", "0.000000", "zz.jpeg"], ["0", "0.000000", "root.png"]]
    run("other", "tree", "--list", "--recursive", "--exts", ".BMP", ".txt")
    assert [line[2] for line in lines("other.lst")] == ["dog/x.bmp", "dog/notes.txt"]


def test_parts_and_chunks():
    run("p", "tree", "--list", "--recursive", "--train-ratio", 0.5, "--test-ratio", 0.25)
    assert {name: [int(line[0]) for line in lines(f"p_{name}.lst")] for name in ("test", "train", "val")} == {
        "test": [1, 0], "train": [4, 6, 8, 3, 5], "val": [10, 9, 7, 2]}
    run("c", "tree", "--list", "--recursive", "--chunks", 2, "--train-ratio", 0.6, "--test-ratio", 0.2)
    assert {name: [int(line[0]) for line in lines(name)] for name in sorted(map(str, Path().glob("c_*.lst")))} == {
        "c_0_test.lst": [1], "c_0_train.lst": [0, 4, 6], "c_0_val.lst": [8, 3],
        "c_1_test.lst": [5], "c_1_train.lst": [10, 9, 7], "c_1_val.lst": [2]}


def test_switches_with_values_of_older_versions():
    run("--list", "True", "--recursive=1", "--shuffle", "False", "old", "tree")
    assert [int(line[0]) for line in lines("old.lst")] == list(range(11))


# ---- records --------------------------------------------------------------------------------------

def test_files_as_they_are():
    run("all", "tree", "--list", "--recursive")
    run("all", "tree", "--pass-through", "--num-thread", 3)
    listed = {int(line[0]): line for line in lines("all.lst")}
    found = records("all")
    assert list(found) == list(listed)  # in the order of the list, whatever the threads did
    for key, (header, content) in found.items():
        assert content == Path("tree", listed[key][2]).read_bytes()
        assert header == (0, float(listed[key][1]), key, 0)


@pytest.mark.parametrize("options, shape", [
    ((), (25, 25, 3)), (("--resize", 10), (10, 10, 3)), (("--center-crop",), (25, 25, 3)), (("--color", 0), (25, 25))])
def test_pictures_are_changed(options, shape):
    Path("one.lst").write_text("5\t1.5\tdog/D3.PNG\n")
    run("one", "tree", "--encoding", ".png", *options)
    header, image = unpack_img(MXIndexedRecordIO("one.idx", "one.rec", "r").read_idx(5))
    assert header == (0, 1.5, 5, 0) and image.shape == shape and (image == 100).all()


def test_the_shorter_edge_is_resized_and_the_middle_cut_out():
    picture = np.zeros((40, 30, 3), np.uint8)
    picture[5:35] = 200  # the square in the middle
    cv2.imwrite("tree/high.png", picture)
    cv2.imwrite("tree/wide.png", picture.transpose(1, 0, 2))
    Path("two.lst").write_text("0\t0\thigh.png\n1\t0\twide.png\n")
    run("two", "tree", "--resize", 15, "--encoding", ".png")
    assert [unpack_img(MXIndexedRecordIO("two.idx", "two.rec", "r").read_idx(key))[1].shape for key in (0, 1)] == [
        (20, 15, 3), (15, 20, 3)]
    run("two", "tree", "--center-crop", "--encoding", ".png")
    for key in (0, 1):
        image = unpack_img(MXIndexedRecordIO("two.idx", "two.rec", "r").read_idx(key))[1]
        assert image.shape == (30, 30, 3) and (image == 200).all()


def test_labels():
    Path("many.lst").write_text("0\t1\t2.5\tcat/a.png\n1\t3\t4\tdog/d1.png\n")
    run("many", "tree")
    assert [header.label for header, _ in records("many").values()] == [1, 3]
    run("many", "tree", "--pack-label")
    assert [header.label.tolist() for header, _ in records("many").values()] == [[1, 2.5], [3, 4]]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_no_picture_is_told_and_left_out(threads, capsys):
    Path("bad.lst").write_text("0\t1\tcat/a.png\n1\t3\tnope.png\n2\t3\tdog/notes.txt\n4\tcat/b.png\nx\t1\tcat/a.png\n\n"
                               "7\t2\tcat/b.png\n")
    run("bad", "tree", "--num-thread", threads)
    out = capsys.readouterr().out
    assert list(records("bad")) == [0, 7]
    for told in ("imread read blank (None) image for file", "nope.png", "notes.txt", "only has 2 parts for ['4', 'cat",
                 "Parsing lst met error for ['x'", "2 of 4 images could not be read"):
        assert told in out


def test_what_cannot_be_done(capsys):
    assert im2rec.main(["--list", "x", "no folder"]) == 1
    assert "there is no folder" in capsys.readouterr().err
    run("nothing", "tree")
    assert "Did not find and list file with prefix" in capsys.readouterr().out


def test_the_programs_of_the_project(monkeypatch):
    for arguments in (["im2rec", "--list", "s", "tree"], ["im2rec", "s", "tree"], ["rec2idx", "s.rec", "new.idx"]):
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit, match="0"):
            runpy.run_path(str(ROOT / "scripts" / arguments[0]))
    assert [line[1] for line in lines("new.idx")] == [line[1] for line in lines("s.idx")]
    assert [line[0] for line in lines("new.idx")] == ["0", "1"]


def test_no_index_of_a_broken_file(capsys):
    run("s", "tree", "--list")
    run("s", "tree")
    whole = Path("s.rec").read_bytes()
    for broken, message in ((whole[:-1], "the file ends after"), (b"\0" * 8 + whole, "at byte 0 no record begins")):
        Path("s.rec").write_bytes(broken)
        assert rec2idx.main(["s.rec", "new.idx"]) == 1
        assert message in capsys.readouterr().err and not os.path.exists("new.idx")
