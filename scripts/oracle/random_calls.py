"""Draw calls of operators at random, ask MXNet 1.9.1 and cupynet, report differences, keep answers for the tests.

Run in the project's environment, from the root of the clone; MXNet is started from ``.bench/mxnet``::

    python scripts/oracle/random_calls.py look NAME ... --count 200   # differences of functions or families
    python scripts/oracle/random_calls.py keep [FAMILY ...]           # draw afresh, store in tests/data/oracle/calls

Each call is performed by two MXNet processes whose fresh memory is filled with different bytes: what differs
between them is undefined in MXNet, and the call is dropped. A process that a call brings down is started again.
"""

from __future__ import annotations

import argparse
import collections
import os
import pickle
import select
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts" / "oracle")]

import agreement  # noqa: E402
import calls  # noqa: E402
import divergences  # noqa: E402
import draw  # noqa: E402

import cupynet as mx  # noqa: E402

STORE = ROOT / "tests" / "data" / "oracle" / "calls"
PYTHON = Path(os.environ.get("MXNET_PYTHON", ROOT / ".bench" / "mxnet" / "bin" / "python"))


class Oracle:
    """One MXNet process that outlives the crashes of its predecessors."""

    def __init__(self, fill: int, limit: float = 20.0, performer: str = "calls"):
        self.environment = {
            **os.environ,
            "MXNET_ENGINE_TYPE": "NaiveEngine",
            "OMP_NUM_THREADS": "1",
            "MALLOC_PERTURB_": str(fill),
            "PYTHONPATH": "",
        }
        self.limit, self.performer, self.process = limit, performer, None

    def ask(self, line: str):
        """Return what the performer answers, (class, message) of an error, or "crash" or "hang"."""
        if self.process is None:
            self.process = subprocess.Popen(
                [str(PYTHON), str(ROOT / "scripts/oracle/answer_calls.py"), self.performer],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                stderr=subprocess.DEVNULL,
                env=self.environment,
            )
            fresh = 40.0
        else:
            fresh = 0.0
        try:
            self.process.stdin.write(line.encode() + b"\n")
            return pickle.loads(self._read(*struct.unpack("<q", self._read(8, fresh))))
        except (EOFError, BrokenPipeError):
            self.close()
            return "crash"
        except TimeoutError:
            self.close()
            return "hang"

    def _read(self, count: int, extra: float = 0.0) -> bytes:
        data = b""
        while len(data) < count:
            if not select.select([self.process.stdout], [], [], self.limit + extra)[0]:
                raise TimeoutError
            part = os.read(self.process.stdout.fileno(), min(count - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return data

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None


ORACLES = (Oracle(0x55), Oracle(0x2B))


def ask_twice(drawn: list[calls.Call]) -> list:
    """Return what MXNet answers to each call, "undefined" where two processes differ."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda oracle: [oracle.ask(call.line()) for call in drawn], ORACLES)
    return [one if same(one, other) else "undefined" for one, other in zip(first, second)]


def same(one, other) -> bool:
    """Whether two processes gave one answer; the order of additions may depend on where an array lies."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(
            x.shape == y.shape
            and x.dtype == y.dtype
            and (
                agreement.close(x, y, 1e-3 if x.dtype == "float16" else 1e-5) if x.dtype.kind == "f" else (x == y).all()
            )
            for x, y in zip(one.values(), other.values())
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return one[0] == other[0]
    return type(one) is type(other) and one == other


def answer_here(call: calls.Call):
    """Perform a call in cupynet; an exception is the answer."""
    mx.random.seed(7)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return calls.perform(mx, call)
    except Exception as error:
        return error


def stored_form(answer) -> dict | None:
    """An oracle's answer as :func:`calls.unpack` would return it; None for an error."""
    if not isinstance(answer, dict):
        return None
    return {label: (x.shape, x.dtype.name, calls.thin(x)) for label, x in answer.items()}


def draw_calls(family: str, name: str, count: int, seed: int) -> list[calls.Call]:
    generator = draw.Draw(zlib.crc32(f"{name}/{seed}".encode()))
    return [generator.call(name, draw.FAMILIES[family][name]) for _ in range(count)]


def selected(words: list[str]) -> list[tuple[str, str]]:
    pairs = [(family, name) for family, table in draw.FAMILIES.items() for name in table]
    return [pair for pair in pairs if not words or pair[0] in words or pair[1] in words]


def look(words: list[str], count: int, seed: int, shown: int) -> None:
    """Print how often the two libraries agree, and the first few differences of each function."""
    for family, name in selected(words):
        drawn = draw_calls(family, name, count, seed)
        tally, examples = collections.Counter(), {}
        for call, answer in zip(drawn, ask_twice(drawn)):
            if isinstance(answer, str):
                tally[answer] += 1
                continue
            tally["error" if isinstance(answer, tuple) else "ok"] += 1
            if isinstance(answer, tuple) and call.mode == "second":
                continue  # more may be differentiable here than there
            found = answer_here(call)
            text = agreement.difference(call, stored_form(answer), found)
            if (
                text is None
                and isinstance(found, Exception)
                and answer[0] == "MXNetError"
                and not isinstance(found, mx.MXNetError)
            ):
                text = f"raises {type(found).__name__} ({found}), not MXNetError"
            if text is not None:
                if divergences.reasons(call):
                    tally["known"] += 1
                    continue
                tally["differ"] += 1
                said = message(answer[1]) if isinstance(answer, tuple) else ""
                kind = (text[:24], said[:40], call.mode == "second")
                examples.setdefault(kind, []).append(f"   {call.text()[:240]}\n      {text[:300]} {said}")
        if tally["differ"]:
            print(f"{family}/{name}: {dict(tally)}", flush=True)
        for kind in list(examples)[:shown]:
            print(f"{examples[kind][0]} ({len(examples[kind])}x)", flush=True)


def message(text: str) -> str:
    """The line of an error of MXNet's that says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line or "Check failed" in line]
    return (telling or lines or [""])[-1][:180]


def keep(words: list[str], count: int, seed: int) -> None:
    """Draw, and store up to `count` answers of each function: at most a quarter of them errors."""
    STORE.mkdir(exist_ok=True)
    for family in dict.fromkeys(family for family, _ in selected(words)):
        answers = []
        for name in draw.FAMILIES[family]:
            for oracle in ORACLES:
                oracle.close()  # a spoilt call may have written where it should not
            drawn = draw_calls(family, name, 3 * count, seed)
            usable = [(c, a) for c, a in zip(drawn, ask_twice(drawn)) if not isinstance(a, str)]
            good = [(c, a) for c, a in usable if isinstance(a, dict)]
            bad = [(c, None) for c, a in usable if isinstance(a, tuple) and c.mode != "second"]
            chosen = [*good[: count - min(len(bad), count // 4)], *bad[: count // 4]]
            seen = {why for c, _ in chosen for why in divergences.reasons(c)}
            for c, a in usable:  # every divergence is to be met
                if not seen.issuperset(divergences.reasons(c)):
                    seen.update(divergences.reasons(c))
                    chosen.append((c, a if isinstance(a, dict) else None))
            answers += chosen
            differing = [
                c.text()
                for c, a in chosen
                if not divergences.reasons(c) and agreement.difference(c, stored_form(a), answer_here(c))
            ]
            print(f"{name}: {len(chosen)} kept, {len(differing)} differ", *differing[:3], sep="\n   ", flush=True)
        calls.pack(STORE / f"{family}.npz", answers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("look", "keep"))
    parser.add_argument("words", nargs="*", help="functions or families; all if none is named")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", type=int, default=4)
    given = parser.parse_args()
    if given.command == "look":
        look(given.words, given.count, given.seed, given.shown)
    else:
        keep(given.words, given.count, given.seed)
    for oracle in ORACLES:
        oracle.close()
