"""LibSVMIter gives the values that MXNet 1.9.1 gave, in dense batches."""
import numpy as np
import pytest

import cupynet as mx

DATA = "1.0 0:0.5 2:1.2\n-2.0\n-3.0 0:0.6 1:2.4 2:1.2\n4 2:-1.2\n"
LABEL = "1.0\n-2.0 0:0.125\n-3.0 2:1.2\n4 1:1.0 2:-1.2\n"
ROWS = np.array([[0.5, 0, 1.2], [0, 0, 0], [0.6, 2.4, 1.2], [0, 0, -1.2]], np.float32)


@pytest.fixture
def svm(tmp_path):
    def make(text, **arguments):
        (tmp_path / "data.t").write_text(text)
        return mx.io.LibSVMIter(**{"data_libsvm": str(tmp_path / "data.t"), "data_shape": (3,), "batch_size": 3,
                                   **arguments})
    return make


def test_epochs_go_on_where_the_last_batch_was_filled_up(svm):
    it = svm(DATA)
    assert str(it.provide_data) == "[DataDesc[data,(3, 3),<class 'numpy.float32'>,NCHW]]"
    assert str(it.provide_label) == "[DataDesc[softmax_label,(3,),<class 'numpy.float32'>,NCHW]]"
    for epoch in ([([0, 1, 2], 0), ([3, 0, 1], 2)], [([2, 3, 0], 1)], [([1, 2, 3], 0)]):
        for batch, (rows, pad) in zip(it, epoch, strict=True):
            assert (batch.data[0].asnumpy() == ROWS[rows]).all() and batch.pad == pad and batch.index.tolist() == rows
            assert batch.label[0].asnumpy().tolist() == [[1, -2, -3, 4][row] for row in rows]
        it.reset()


def test_labels_of_a_file(svm, tmp_path):
    (tmp_path / "label.t").write_text(LABEL)
    batch = next(svm(DATA, label_libsvm=str(tmp_path / "label.t"), label_shape=(3,), batch_size=4))
    assert (batch.label[0].asnumpy() == np.array([[0, 0, 0], [.125, 0, 0], [0, 0, 1.2], [0, 1, -1.2]], "f")).all()
    assert (batch.data[0].asnumpy() == ROWS).all()


def test_comments_order_and_labels_that_are_no_numbers(svm):
    batch = next(svm("1.0 2:5 0:7\n\n# c\nnan 1:3 # d\n", batch_size=2))
    assert batch.data[0].asnumpy().tolist() == [[7, 0, 5], [0, 3, 0]]
    assert batch.label[0].asnumpy()[0] == 1 and np.isnan(batch.label[0].asnumpy()[1])


def test_parts_hold_every_line_once(svm):
    text = "".join(f"{i} 0:{i}\n" for i in range(23))
    found = [int(b.label[0].asscalar()) for k in range(4) for b in svm(text, num_parts=4, part_index=k, batch_size=1)]
    assert found == list(range(23))


@pytest.mark.parametrize(("text", "arguments", "message"), [
    ("1 0:1\n2 9:1\n", {}, "line 2 of .*data.t has the index 9"),
    ("1 0:1 b:2\n", {}, "line 1 of .*data.t is '1 0:1 b:2'"),
    ("1,2 0:1\n", {}, "line 1 of"),
    ("", {}, "holds no lines"),
    (DATA, {"data_libsvm": "nowhere.t"}, "nowhere.t"),
    (DATA, {"batch_size": 9}, "more than twice"),
    (DATA, {"batch_size": 0}, "batch_size is 0"),
    (DATA, {"data_shape": (3, 1)}, "data_shape is"),
    (DATA, {"label_shape": (2,)}, "label_shape is"),
    (DATA, {"round_batch": False}, "round_batch is False"),
    (DATA, {"dtype": "int32"}, "dtype is int32"),
    (DATA, {"num_parts": 2, "part_index": 2}, "part_index is 2"),
])
def test_mistakes(svm, text, arguments, message):
    with pytest.raises(mx.MXNetError, match=message):
        svm(text, **arguments)


def test_labels_of_a_file_that_is_too_short(svm, tmp_path):
    (tmp_path / "label.t").write_text("1 0:2\n")
    with pytest.raises(mx.MXNetError, match="has 4 lines, .*label.t 1"):
        svm(DATA, label_libsvm=str(tmp_path / "label.t"), label_shape=(3,))
