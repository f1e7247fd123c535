#!/usr/bin/env python3
"""Measure cupynet beside MXNet, PyTorch and JAX on this machine's CPU and print one table of ratios.

    python scripts/bench/run.py                                    # sets up an environment for each peer
    python scripts/bench/run.py --python torch=/some/bin/python    # uses one that is there already
    python scripts/bench/run.py --only mlp lenet --peers mxnet     # a part of it

Each peer runs in a process of its own, in the environment of its own. They take turns, workload by workload and
round by round, so that the noise of the machine hits all alike, and only one computes at a time. A time is the
median over the rounds, a ratio the median of the ratios within the rounds.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from environment import ROOT, create  # noqa: E402


@dataclass
class Peer:
    """A library to measure: what to run, what to install, and in which Pythons it works."""

    title: str
    script: list[str]
    module: str
    requirements: list[str]
    interpreters: tuple[str, ...] = ()


PEERS = {
    "cupynet": Peer("cupynet", ["peer_mx.py", "cupynet"], "cupynet", ["--editable", ".[image]"]),
    "mxnet": Peer("MXNet", ["peer_mx.py", "mxnet"], "mxnet", ["numpy==1.23.5", "mxnet==1.9.1"],
                  ("python3.11", "python3.10", "python3.9", "python3.8")),
    "torch": Peer("PyTorch", ["peer_torch.py"], "torch", ["numpy", "torch"]),
    "jax": Peer("JAX", ["peer_jax.py"], "jax", ["numpy", "jax"]),
}

WORKLOADS = {
    "add": "eager `a + b`, 10 elements",
    "add_scalar": "eager `a + 1`, 10 elements",
    "record_backward": "record + backward, per small op",
    "mlp": "MLP 784-128-10 step, batch 128, executor or jit",
    "mlp_by_hand": "the same, updating with `w[:] -= lr * g`",
    "mlp_imperative": "the same, imperative with autograd",
    "lenet": "LeNet-5 step, batch 128",
    "gluon_mlp": "Gluon: the MLP's step",
    "gluon_mlp_hybrid": "the same, hybridized or jit",
    "gluon_lenet": "Gluon: LeNet-5's step",
    "gluon_lenet_hybrid": "the same, hybridized or jit",
    "trainer": "Trainer.step, momentum, 160 parameters of 32x32",
    "records": "ImageRecordIter, resize, crop, mirror to 224x224, per image",
    "elementwise": "`exp(2*x+1) / (x*x+1)`, 1M elements",
    "matmul": "matmul, 1024x1024",
    "sum": "sum over axis 1 of 1024x1024",
    "conv": "convolution 3x3, 64 to 64, 32x64x56x56",
    "conv_backward": "the same, forward + backward",
    "max_pool": "max pool 3x3/2, 32x64x56x56",
    "batch_norm": "batch norm, training, 32x64x56x56",
    "import": "import, beyond NumPy's own",
}


class Worker:
    """A running peer."""

    def __init__(self, peer: Peer, python: str):
        self.peer, self.python = peer, python
        self.environ = {**os.environ, "PYTHONPATH": str(ROOT)}  # a given interpreter need not have cupynet installed
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the peers' packages came with theirs
        self.complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen([python, "-W", "ignore", *peer.script], cwd=HERE, env=self.environ, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints)
        self.about = self.ask("about")

    def ask(self, name: str) -> dict:
        """Return the worker's answer to one line; ``{"error": ...}`` if it died."""
        if name == "import":
            return self.import_time()
        try:
            self.process.stdin.write(name + "\n")
            self.process.stdin.flush()
            for line in self.process.stdout:
                if line.startswith("{"):  # libraries print as well
                    return json.loads(line)
        except OSError:
            pass
        self.complaints.seek(0)
        last = self.complaints.read().strip().splitlines()[-1:] or ["without a word"]
        return {"error": f"the process of {self.peer.title} ended: {last[0]}"}

    def import_time(self) -> dict:
        code = ("import numpy, sys, time; start = time.perf_counter(); "
                f"import {self.peer.module}; print(time.perf_counter() - start)")
        done = subprocess.run([self.python, "-W", "ignore", "-c", code], check=False, capture_output=True, text=True,
                              env=self.environ)
        if done.returncode:
            return {"error": done.stderr.strip().splitlines()[-1]}
        return {"seconds": float(done.stdout)}

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def start(name: str, given: dict[str, str]) -> Worker:
    """Start the worker of a peer, in the interpreter that was given or in an environment made for it."""
    peer = PEERS[name]
    if name in given:
        return Worker(peer, given[name])
    interpreter = sys.executable
    if peer.interpreters:
        interpreter = next(filter(None, map(shutil.which, peer.interpreters)), None)
        if interpreter is None:
            raise RuntimeError(f"needs one of {', '.join(peer.interpreters)}")
    return Worker(peer, str(create(ROOT / ".bench" / name, peer.requirements, interpreter)))


def measure(workers: dict[str, Worker], workloads: list[str], rounds: int) -> dict[str, dict[str, list]]:
    """Return ``{workload: {peer: [seconds of each round]}}``, None where a peer has no answer."""
    found = {name: {peer: [] for peer in workers} for name in workloads}
    for turn in range(rounds):
        for name in workloads:
            order = list(workers)
            for peer in order[turn % len(order):] + order[:turn % len(order)]:
                time.sleep(0.25)  # the threads of the peer before may still spin, waiting for work
                answer = workers[peer].ask(name)
                found[name][peer].append(answer.get("seconds"))
                if "error" in answer and turn == 0:
                    print(f"{name} on {peer}: {answer['error']}", file=sys.stderr)
            print(f"round {turn + 1}/{rounds}: {name}", file=sys.stderr, flush=True)
    return found


def human(seconds: float) -> str:
    """Write a time with three digits and its unit."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{seconds / size:.3g} {unit}"
    raise AssertionError


def table(found: dict[str, dict[str, list]], workers: dict[str, Worker]) -> str:
    """Write the Markdown table: cupynet's time, and for each peer the ratio and its time."""
    others = [name for name in workers if name != "cupynet"]
    lines = [f"| {' | '.join(['work (float32)', 'cupynet', *(PEERS[name].title for name in others)])} |",
             "|---|---|" + "---|" * len(others)]
    for name, times in found.items():
        own = times.get("cupynet", [])
        cells = [human(statistics.median(own)) if own and None not in own else "-"]
        for other in others:
            theirs = times[other]
            if not theirs or None in theirs:
                cells.append("-")
            elif cells[0] == "-":
                cells.append(human(statistics.median(theirs)))
            else:
                ratio = statistics.median(b / a for a, b in zip(own, theirs))
                cells.append(f"**{ratio:.2g}** ({human(statistics.median(theirs))})")
        lines.append(f"| {WORKLOADS[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """Describe the processor, the cores in use and the system."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        model = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                     if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()} {platform.machine()}"


def report(found: dict[str, dict[str, list]], workers: dict[str, Worker], rounds: int) -> str:
    """Write the table with all that is needed to read it."""
    versions = "; ".join(
        f"{worker.peer.title}: " + ", ".join(f"{key} {value}" for key, value in worker.about.items())
        for worker in workers.values())
    return (f"{table(found, workers)}\n\n"
            "In bold: the peer's time divided by cupynet's, so above 1 cupynet is faster; in brackets the peer's time. "
            f"Medians of {rounds} interleaved rounds on {machine()}, {date.today()}. {versions}.\n")


def write_between_marks(path: Path, text: str) -> None:
    """Replace what stands between the benchmark marks of a Markdown file."""
    begin, end = "<!-- benchmark -->\n", "<!-- /benchmark -->"
    content = path.read_text(encoding="utf-8")
    before, _, rest = content.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path} has no lines {begin.strip()} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", nargs="*", choices=[p for p in PEERS if p != "cupynet"], metavar="PEER",
                        default=[p for p in PEERS if p != "cupynet"], help="mxnet, torch, jax (default: all)")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH",
                        help="an interpreter that has this peer (or cupynet) already")
    parser.add_argument("--only", nargs="*", choices=WORKLOADS, metavar="WORKLOAD", default=list(WORKLOADS),
                        help=f"of {', '.join(WORKLOADS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, help="let every process use only so many cores")
    parser.add_argument("--out", type=Path, default=HERE / "results", metavar="STEM",
                        help="write STEM.md and STEM.json (default: scripts/bench/results)")
    parser.add_argument("--readme", action="store_true", help="also put the table into README.md")
    options = parser.parse_args()
    given = dict(each.split("=", 1) for each in options.python)
    if unknown := set(given) - set(PEERS):
        parser.error(f"--python: unknown peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.cores])  # the workers inherit it
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 1:
        print(f"the machine is busy (load {os.getloadavg()[0]:.1f}): expect noise", file=sys.stderr)

    workers = {}
    for name in ["cupynet", *options.peers]:
        try:
            workers[name] = start(name, given)
            if "error" in workers[name].about:
                raise RuntimeError(workers.pop(name).about["error"])
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            print(f"leaving out {name}: {error}", file=sys.stderr)
    found = measure(workers, options.only, options.rounds)
    for worker in workers.values():
        worker.close()
    text = report(found, workers, options.rounds)
    print(text)
    options.out.with_suffix(".md").write_text(text, encoding="utf-8")
    options.out.with_suffix(".json").write_text(json.dumps(
        {"machine": machine(), "date": str(date.today()), "seconds": found,
         "versions": {name: worker.about for name, worker in workers.items()}}, indent=1) + "\n", encoding="utf-8")
    if options.readme:
        write_between_marks(ROOT / "README.md", text)


if __name__ == "__main__":
    main()
