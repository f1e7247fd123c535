"""Losses and the inputs they are called with; what MXNet 1.9.1 makes of them is in ``tests/data/gluon-losses.json``."""
import json

import numpy as np

# (loss, how many inputs; w: with sample_weight, p: with pos_weight)
LOSSES = [
    ("L2Loss()", "2"),
    ("L2Loss(weight=3,batch_axis=1)", "2w"),
    ("L1Loss()", "2"),
    ("L1Loss(weight=2)", "2w"),
    ("SigmoidBCELoss()", "2"),
    ("SigmoidBCELoss()", "2w"),
    ("SigmoidBCELoss()", "2wp"),
    ("SigmoidBCELoss(weight=.5)", "2p"),
    ("SigmoidBCELoss(from_sigmoid=True)", "2"),
    ("SigmoidBCELoss(from_sigmoid=True)", "2wp"),
    ("SoftmaxCELoss()", "2"),
    ("SoftmaxCELoss(axis=1,weight=2)", "2w"),
    ("SoftmaxCELoss(sparse_label=False)", "2"),
    ("SoftmaxCELoss(from_logits=True)", "2w"),
    ("SoftmaxCELoss(sparse_label=False,from_logits=True,axis=1,batch_axis=1)", "2"),
    ("KLDivLoss()", "2"),
    ("KLDivLoss(from_logits=False,axis=1)", "2w"),
    ("HuberLoss()", "2"),
    ("HuberLoss(rho=.5,weight=3)", "2w"),
    ("HingeLoss()", "2"),
    ("HingeLoss(margin=2)", "2w"),
    ("SquaredHingeLoss()", "2"),
    ("SquaredHingeLoss(margin=.5,weight=2)", "2w"),
    ("LogisticLoss()", "2"),
    ("LogisticLoss(label_format='binary',weight=2)", "2w"),
    ("TripletLoss()", "3"),
    ("TripletLoss(margin=2,weight=2)", "3"),
    ("PoissonNLLLoss()", "2"),
    ("PoissonNLLLoss(from_logits=False)", "2"),
    ("CosineEmbeddingLoss()", "3"),
    ("CosineEmbeddingLoss(margin=.5,weight=2)", "3"),
    ("CTCLoss()", "2"),
    ("CTCLoss(layout='TNC',label_layout='TN',weight=2)", "2"),
    ("CTCLoss()", "3"),
    ("CTCLoss()", "4"),
]


def inputs(loss, kinds):
    """The arrays for a loss, by the names that symbols give them."""
    draw = np.random.RandomState(2)
    if loss.startswith("CTC"):
        pred, label = draw.normal(size=(4, 6, 5)), draw.randint(0, 4, (4, 2))
        found = [pred, label, [6, 5, 6, 4], [2, 1, 2, 1]][:int(kinds[0])]
        if "TNC" in loss:
            found = [np.swapaxes(each, 0, 1) for each in found]
    else:
        found = [draw.uniform(0.1, 0.9, (4, 3)) for _ in range(int(kinds[0]))]
        if loss.startswith("Softmax") and "sparse" not in loss:
            found[1] = draw.randint(0, 3, 4)
        if loss.startswith("Cosine"):
            found[2] = np.array([1, -1, -1, 1])
        if "signed" in loss or "Hinge" in loss:
            found[1] = np.sign(found[1] - 0.5)
    found = {f"d{i}": each for i, each in enumerate(found)}
    if "w" in kinds:
        found["sample_weight"] = draw.uniform(0, 2, (4, 1))
    if "p" in kinds:
        found["pos_weight"] = draw.uniform(0, 2, (1, 3))
    return found


def observed(mx, loss, kinds):
    """Return how a loss shows itself, its graph, and values and gradients on arrays and as a graph."""
    with mx.name.NameManager():
        block = eval(loss, vars(mx.gluon.loss))
        given = inputs(loss, kinds)
        named = {name: mx.sym.Variable(name) for name in given}
        first = [named[name] for name in named if name.startswith("d")]
        rest = {name: each for name, each in named.items() if not name.startswith("d")}
        if rest:  # by position: (sample_weight, pos_weight)
            first += [rest.get("sample_weight"), rest["pos_weight"]] if "p" in kinds else list(rest.values())
        graph = [[node["op"], node["name"], node.get("attrs", {}), [each[0] for each in node["inputs"]]]
                 for node in json.loads(block(*first).tojson())["nodes"]]
        arrays = {name: mx.nd.array(each) for name, each in given.items()}
        order = [arrays[name] for name in arrays if name.startswith("d")]
        if rest:
            order += [arrays.get("sample_weight"), arrays["pos_weight"]] if "p" in kinds else \
                [arrays[name] for name in rest]
        values = []
        for _ in range(2):
            arrays["d0"].attach_grad()
            with mx.autograd.record():
                out = block(*order)
                total = (out * out).sum()
            total.backward()
            values.append([out.asnumpy().ravel().tolist(), arrays["d0"].grad.asnumpy().ravel().tolist()])
            block.hybridize()
    return {"shown": repr(block), "graph": graph, "values": values}
