"""What the samples of the family "detection" cannot show: errors, and where MXNet's answer is left."""
import numpy as np
import pytest

from cupynet.base import MXNetError
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes
from cupynet.ops.vision.boxes import iou, suppress


def run(name, *inputs, **attrs):
    op = catalog.get(name)
    return op.run(np, "cpu", [np.asarray(x, "float32") for x in inputs], op.parse(attrs))


@pytest.mark.parametrize("name, shapes, attrs, words", [
    ("_contrib_box_iou", [(3, 5), (2, 4)], {}, "lhs"),
    ("_contrib_box_nms", [(6,)], {}, "shape"),
    ("_contrib_box_nms", [(3, 5)], {}, "coord_start"),
    ("_contrib_box_nms", [(3, 6)], {"id_index": 6}, "id_index"),
    ("_contrib_bipartite_matching", [(6,)], {"threshold": 1}, "shape"),
    ("_contrib_MultiBoxPrior", [(1, 2, 3)], {}, "N, C, H, W"),
    ("_contrib_MultiBoxPrior", [(1, 2, 3, 3)], {"sizes": ()}, "sizes"),
    ("_contrib_MultiBoxTarget", [(1, 4, 4), (2, 3, 4), (2, 3, 4)], {}, "label"),
    ("_contrib_MultiBoxTarget", [(1, 4, 4), (2, 3, 5), (2, 3, 5)], {}, "cls_pred"),
    ("_contrib_MultiBoxDetection", [(2, 3, 4), (2, 15), (1, 4, 4)], {}, "loc_pred"),
    ("_contrib_MultiBoxDetection", [(2, 3, 4), (2, 16), (1, 4, 4)], {"variances": (1, 1)}, "variances"),
])
def test_mistakes_are_named(name, shapes, attrs, words):
    op = catalog.get(name)
    attrs = op.parse(attrs)
    with pytest.raises(MXNetError, match=words):
        infer_shapes(op, attrs, list(shapes), [None] * len(op.output_names(attrs)))


def test_decoding_is_the_inverse_of_encoding():
    anchors = np.float32([[[0.1, 0.1, 0.4, 0.3], [0.5, 0.2, 0.9, 0.8]]])
    refs = np.float32([[[0.2, 0.1, 0.5, 0.6], [0.4, 0.3, 0.7, 0.9]]])
    targets, masks = run("_contrib_box_encode", [[1, 1]], [[1, 0]], anchors, refs, np.zeros(4), [0.1, 0.1, 0.2, 0.2])
    assert masks.all()
    found = run("_contrib_box_decode", targets, anchors, std0=0.1, std1=0.1, std2=0.2, std3=0.2, format="corner")[0]
    np.testing.assert_allclose(found, refs[:, [1, 0]], rtol=1e-4)


ANCHORS = np.float32([[[0, 0, 0.2, 0.2], [0.3, 0.3, 0.5, 0.5], [0.6, 0.6, 0.8, 0.8], [0.7, 0, 0.9, 0.2]]])
LABEL = np.float32([[[2, 0, 0, 0.2, 0.21]]])
SCORES = np.float32([[[0, 3, 1, 2], [1, 0, 0, 0]]])


def test_the_least_likely_background_is_mined():
    classes = run("_contrib_MultiBoxTarget", ANCHORS, LABEL, SCORES, negative_mining_ratio=2)[2]
    np.testing.assert_array_equal(classes, [[3, -1, 0, 0]])


def test_a_minimum_of_negative_samples_is_mined():
    classes = run("_contrib_MultiBoxTarget", ANCHORS, LABEL, SCORES, negative_mining_ratio=1,
                  minimum_negative_samples=3)[2]
    np.testing.assert_array_equal(classes, [[3, 0, 0, 0]])


def test_mining_takes_what_there_is():
    """MXNet refuses when fewer anchors can be mined than are wanted."""
    classes = run("_contrib_MultiBoxTarget", ANCHORS, LABEL, SCORES, negative_mining_ratio=9)[2]
    np.testing.assert_array_equal(classes, [[3, 0, 0, 0]])


def test_only_the_best_of_the_detections_keep_their_class():
    """MXNet leaves copies of other rows behind the first `nms_topk`."""
    probability = np.float32([[[0.1, 0.2, 0.3, 0.6], [0.9, 0.8, 0.7, 0.4]]])
    rows = run("_contrib_MultiBoxDetection", probability, np.zeros((1, 16)), ANCHORS, nms_topk=2)[0][0]
    np.testing.assert_allclose(rows[:, 1], [0.9, 0.8, 0.7, 0.4])
    np.testing.assert_array_equal(rows[:, 0], [0, 0, -1, -1])
    np.testing.assert_allclose(rows[:, 2:], ANCHORS[0], atol=1e-6)


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_suppression_that_stops_early_finds_the_same_first_survivors(threshold):
    corner = np.random.RandomState(3).uniform(0, 1, (2, 500, 2))
    boxes = np.concatenate([corner, corner + 0.3], -1)
    everybody = np.ones((2, 500), bool)
    whole = suppress(np, boxes, None, everybody, threshold, False)
    overlap = iou(np, boxes[:, :, None], boxes[:, None])
    for image in range(2):  # a survivor overlaps no better one, and what is out overlaps one
        clashes = np.triu(overlap[image] > threshold, 1)[whole[image]]
        np.testing.assert_array_equal(whole[image], ~clashes.any(0))
    for image in range(2):
        first = int(whole[image, :128].sum())  # a block, behind which it may stop
        for wanted in (1, first, first + 1, first + 5, 1000):
            one = slice(image, image + 1)
            part = suppress(np, boxes[one], None, everybody[one], threshold, False, wanted)
            np.testing.assert_array_equal(np.flatnonzero(part[0])[:wanted], np.flatnonzero(whole[image])[:wanted])
