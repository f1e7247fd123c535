"""Ask MXNet 1.9.1 what follows from shapes and types of operators' inputs and outputs that are known in part.

Run in the oracle's environment from the root of the clone; ``tests/data/oracle/partial_shapes.json.gz`` keeps, for
each case of :mod:`ops.part_known`, what was given and what followed, or that it was an error; a length of 0 is unknown.
``partial_types.json.gz`` does the same for types.
"""
import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts" / "oracle")]
from ops.part_known import cases, drawn, drawn_types, written  # noqa: E402


def function(mx, name):
    places = ((mx.sym, ""), (mx.sym._internal, ""), (mx.sym.contrib, "_contrib_"), (mx.sym.linalg, "_linalg_"),
              (mx.sym.image, "_image_"), (mx.sym.op, ""))
    for place, prefix in places:
        if name.startswith(prefix) and hasattr(place, name[len(prefix):]):
            return getattr(place, name[len(prefix):])
    raise LookupError(name)


def ask(start, pipe):
    """Write one line for each case from number `start`: before it, and what came."""
    warnings.simplefilter("ignore")
    import mxnet as mx
    with os.fdopen(pipe, "w") as out:
        for number, (key, sample, draw) in enumerate(cases()):
            if number < start:
                continue
            print(json.dumps([number, key, None, "crash"]), file=out, flush=True)
            names = [f"v{i}" for i in range(len(sample.inputs))]
            shapes = [x.shape for x in sample.inputs]
            try:
                head = function(mx, sample.op)(*map(mx.sym.Variable, names), **sample.attrs)
                first = head[0] if len(head) > 1 else head
                arguments = first.list_arguments()
                whole = first.infer_shape_partial(**{n: s for n, s in zip(names, shapes) if n in arguments})[1][0]
                whole = whole if whole and 0 not in whole else None
                ins, result = drawn(key, draw, shapes, whole)
                ins = [shape if name in arguments else None for name, shape in zip(names, ins)]
                graph = first if result is None else mx.sym.elemwise_add(first, mx.sym.Variable("out"))
                given = {name: shape for name, shape in zip([*names, "out"], [*ins, result]) if shape is not None}
                asked = f"{written(ins)} {written([result])}"
            except Exception as error:
                print(key, str(error).strip().splitlines()[-1][:150], file=sys.stderr)
                continue
            print(json.dumps([number, key, asked, "crash"]), file=out, flush=True)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    args, outs, aux = graph.infer_shape_partial(**given)
                found = dict(zip(graph.list_arguments(), args)) | dict(zip(graph.list_auxiliary_states(), aux))
                answer = written([found[name] or None for name in names] + [outs[0] or None])
            except mx.MXNetError:
                answer = "error"
            print(json.dumps([number, key, asked, answer]), file=out, flush=True)
            ins, result = drawn_types(key, draw, [x.dtype.char for x in sample.inputs])
            ins = [letter if name in arguments else "?" for name, letter in zip(names, ins)]
            graph = first if result == "?" else mx.sym.elemwise_add(first, mx.sym.Variable("out"))
            given = {name: np.dtype(t).type for name, t in zip([*names, "out"], [*ins, result]) if t != "?"}
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    args, outs, aux = graph.infer_type_partial(**given)
                found = dict(zip(graph.list_arguments(), args)) | dict(zip(graph.list_auxiliary_states(), aux))
                answer = "".join("?" if t is None else np.dtype(t).char
                                 for t in [found[name] for name in names] + [outs[0]])
            except mx.MXNetError:
                answer = "error"
            print(json.dumps([number, key, "types " + "".join(ins) + result, answer]), file=out, flush=True)
    os._exit(0)


def main():
    found, start, last = {}, 0, -1
    total = sum(1 for _ in cases())
    while start < total:
        read, write = os.pipe()
        worker = subprocess.Popen([sys.executable, __file__, str(start), str(write)], pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as lines:
            for line in lines:
                last, key, asked, answer = json.loads(line)
                if asked is not None:
                    found.setdefault(key, {})[asked] = answer
        worker.wait()
        start = last + 1 if worker.returncode else total
    types = {key: {asked.removeprefix("types "): answer for asked, answer in by_case.items()
                   if asked.startswith("types ")} for key, by_case in found.items()}
    shapes = {key: {asked: answer for asked, answer in by_case.items() if not asked.startswith("types ")}
              for key, by_case in found.items()}
    for name, table in (("partial_shapes", shapes), ("partial_types", types)):
        path = TESTS / "data" / "oracle" / f"{name}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(table, indent=0, sort_keys=True).encode(), mtime=0))
        print(f"{sum(map(len, table.values()))} answers -> {path.name}")


if __name__ == "__main__":
    ask(int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 1 else main()
