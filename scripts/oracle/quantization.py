"""Ask MXNet 1.9.1 how it puts the layers of networks on codes of 8 bits, and store its answers for the tests.

Run in the oracle's environment from the root of the clone::

    python scripts/oracle/quantization.py
"""
import gzip
import json
import logging
import os
import sys
import types
import warnings
from pathlib import Path

os.environ["MXNET_SUBGRAPH_BACKEND"] = "NONE"  # else calibration does not see layers that were fused
scipy, stats = types.ModuleType("scipy"), types.ModuleType("scipy.stats")  # MXNet asks whether it is there, no more
sys.modules.update({"scipy": scipy, "scipy.stats": stats})
scipy.stats = stats
warnings.simplefilter("ignore")

import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS))
import quantized_graphs  # noqa: E402

COUNT = 160
mx.contrib.quantization._LayerHistogramCollector.__init__.__defaults__ = quantized_graphs.HISTOGRAM


def broken(text):
    """Whether MXNet made a graph that cannot be run: operators with inputs that they do not have."""
    nodes = json.loads(text)["nodes"]
    return "4294967295" in text or any(
        (node["op"] == "Pooling" and len(node["inputs"]) == 3)
        or (node["op"] == "_contrib_quantized_embedding" and nodes[node["inputs"][0][0]]["op"].startswith("_contrib_"))
        for node in nodes)


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def logged(mode, dtype):
    logger, lines = logging.Logger("quantization", logging.INFO), Lines()
    logger.addHandler(lines)
    return {**quantized_graphs.quantized_network(mx, np, mode, dtype, logger), "log": lines.lines}


if __name__ == "__main__":
    graphs = {}
    for seed in range(COUNT):
        symbol, params, collector = quantized_graphs.quantize(mx, seed)
        if not broken(symbol.tojson()):
            graphs[seed] = [symbol.tojson(), sorted(params), sorted(collector.include_layer)]
    modes = {f"{mode} {dtype}": logged(mode, dtype) for mode, dtype in quantized_graphs.MODES}
    plain = quantized_graphs.predictions(mx, *quantized_graphs.network(mx, np)).tolist()
    text = json.dumps({"graphs": graphs, "modes": modes, "plain": plain}, separators=(",", ":"))
    path = TESTS / "data" / "quantization.json.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(graphs)} graphs, {len(modes)} modes -> {path.name}, {path.stat().st_size} bytes")
