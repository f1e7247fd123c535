"""Ask MXNet 1.9.1 what operators give under np_shape for inputs with no elements and of rank 0.

Run in the oracle's environment from the root of the clone; ``tests/data/oracle/zero_size.json.gz`` keeps, for each
call of :func:`ops.zero_size.cases` that gives a result, shapes, dtypes and small values. MXNet crashes or hangs in some
calls, so a worker process makes them, and another goes on where it left off.
"""
import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts" / "oracle")]
from ops.zero_size import cases, told  # noqa: E402

SKIPPED = ("_random_", "_sample_", "sample_", "_image_random", "Dropout")  # what they draw does not matter


def ask(start, pipe):
    """Write one line for each call from number `start`: before it, and what came."""
    warnings.simplefilter("ignore")
    import mxnet as mx
    from answers import function
    with os.fdopen(pipe, "w") as out:
        for number, (key, sample, inputs) in enumerate(cases()):
            if number < start or sample.op.startswith(SKIPPED):
                continue
            print(json.dumps([number, key, "crash"]), file=out, flush=True)
            signal.alarm(30)  # some calls never return
            with contextlib.suppress(mx.MXNetError):  # of an earlier call
                mx.nd.waitall()
            try:
                with mx.util.np_shape(True), mx.autograd.train_mode() if sample.train else mx.autograd.predict_mode():
                    outs = function(sample.op)(*[mx.nd.array(x, dtype=x.dtype) for x in inputs], **sample.attrs)
                    outs = outs if isinstance(outs, list) else [outs]
                    answer = told([x.asnumpy() for x in outs])
            except Exception as error:
                answer = "error"
                print(key, str(error).strip().splitlines()[-1][:150], file=sys.stderr)
            print(json.dumps([number, key, answer]), file=out, flush=True)
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
                last, key, answer = json.loads(line)
                found[key] = answer
        worker.wait()
        start = last + 1 if worker.returncode else total
    path = TESTS / "data" / "oracle" / "zero_size.json.gz"
    by_op = {}
    for key, answer in found.items():
        op, rest = key.split("|", 1)
        if answer not in ("error", "crash"):
            by_op.setdefault(op, {})[rest] = answer
    path.write_bytes(gzip.compress(json.dumps(by_op, indent=0, sort_keys=True).encode(), mtime=0))
    print(f"{sum(map(len, by_op.values()))} answers to {len(found)} calls -> {path.name}")


if __name__ == "__main__":
    ask(int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 1 else main()
