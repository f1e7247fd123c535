"""Run the programs of tests/ndarray/programs.py in MXNet 1.9.1: look at differences, or keep hashes of the answers.

Run in the project's environment, from the root of the clone; MXNet is started from ``.bench/mxnet``::

    python scripts/oracle/array_programs.py look [FAMILY ...] --seed 5    # differences of programs drawn afresh
    python scripts/oracle/array_programs.py keep [FAMILY ...]     # store them in tests/data/oracle/array_programs.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts" / "oracle")]

from random_calls import Oracle  # noqa: E402

import cupynet as mx  # noqa: E402
from tests.ndarray import programs  # noqa: E402

STORE = ROOT / "tests" / "data" / "oracle" / "array_programs.json"


def answers(sources: list[str]) -> list[str]:
    """Return what MXNet answers; "?" where two processes with other fresh memory differ, or where it goes down."""
    found = []
    for fill in (0x55, 0x2B):
        oracle = Oracle(fill, performer="tests.ndarray.programs")
        found.append([oracle.ask(json.dumps(source)) for source in sources])
        oracle.close()
    return [one if one == two and one not in ("crash", "hang") else "?" for one, two in zip(*found)]


def look(families: list[str], seed: int) -> None:
    for family in families:
        sources = programs.programs(family, seed)
        wrong, more = 0, []
        for source, want in zip(sources, answers(sources)):
            found = programs.answer(mx, source)
            if want == "?" or programs.agrees(want, found) or programs.apart(source):
                continue
            if want.startswith("!") and not found.startswith("!"):
                more.append(f"{want.split()[0]:20}{source}  ->  {found[:160]}")
                continue
            wrong += 1
            print(f"--- {source}\n    mxnet   {want[:400]}\n    cupynet {found[:400]}", flush=True)
        print(*sorted(more), sep="\n")
        print(f"=== {family}: {wrong} of {len(sources)} differ, {len(more)} are answered only here", flush=True)


def keep(families: list[str]) -> None:
    stored = json.loads(STORE.read_text()) if STORE.exists() else {}
    for family in families:
        sources = programs.programs(family)
        found = answers(sources)
        stored[family] = " ".join(programs.stored_form(mx, source, want) for source, want in zip(sources, found))
    STORE.write_text(json.dumps(stored, indent=0) + "\n")
    print(f"{STORE}: {STORE.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("look", "keep"))
    parser.add_argument("families", nargs="*", help="all if none is named")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.command == "look":
        look(given.families or list(programs.FAMILIES), given.seed)
    else:
        keep(given.families or list(programs.FAMILIES))
