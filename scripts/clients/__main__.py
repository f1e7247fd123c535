#!/usr/bin/env python3
"""Run packages that stand on MXNet, unmodified, with `mxnet` answered by cupynet.

    python3 scripts/clients                                        # says which there are
    python3 scripts/clients gluonts                                # the package's own tests
    python3 scripts/clients gluonts test/mx/trainer -x             # a part: the arguments are pytest's
    python3 scripts/clients --program my_program.py gluonts --epochs 3    # a program, and its arguments
    python3 scripts/clients --mxnet gluonts test/mx/trainer        # the same with MXNet 1.9.1 itself

Each package has an environment of its own in ``.bench/clients/``, made when first needed: the package as the registry
has it, without MXNet, the sources of its release beside it, and cupynet (editable).
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from itertools import takewhile
from pathlib import Path
from xml.etree import ElementTree

from table import CLIENTS, MXNET, MXNET_PYTHONS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from environment import ROOT, create

FOLDER = ROOT / ".bench" / "clients"
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}  # pytest's elements, and what we call them


def pip(python: Path, *arguments: str) -> None:
    subprocess.run([str(python), "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"], check=True)


def environment(name: str, on_mxnet: bool) -> Path:
    """Return the interpreter of the client's environment, with cupynet or with MXNet in it."""
    client, interpreter = CLIENTS[name], sys.executable
    if on_mxnet:
        interpreter = next(filter(None, map(shutil.which, MXNET_PYTHONS)), None)
        if interpreter is None:
            raise SystemExit(f"MXNet needs one of {', '.join(MXNET_PYTHONS)}")
    requirements = [*(MXNET if on_mxnet else ("--editable", ".[image]")), *client.needs]
    if not client.alone:
        requirements.append(client.release)
    python = create(FOLDER / (f"{name}-mxnet" if on_mxnet else name), requirements, interpreter)
    if client.alone:
        pip(python, "install", "--no-deps", client.release)
    return python


def sources(name: str, python: Path) -> Path:
    """Return the folder with the sources of the client's release, where its tests are."""
    folder = FOLDER / f"{name}-source"
    if not folder.exists():
        download = FOLDER / f"{name}-sdist"
        pip(python, "download", "--no-deps", "--no-binary", ":all:", "--dest", str(download), CLIENTS[name].release)
        with tarfile.open(next(download.glob("*.tar.gz"))) as archive:
            archive.extractall(download, filter="data")
        next(path for path in download.iterdir() if path.is_dir()).rename(folder)
    return folder


def report(results: Path) -> None:
    """Print how many tests passed, folder by folder."""
    counts: dict[str, Counter] = {}
    for case in ElementTree.parse(results).iter("testcase"):
        outcome = next((OUTCOMES[child.tag] for child in case if child.tag in OUTCOMES), "passed")
        place = takewhile(lambda part: not part.startswith("test_"), case.get("classname", "").split("."))
        counts.setdefault("/".join(place), Counter())[outcome] += 1
    counts["all"] = sum(counts.values(), Counter())
    print(f"{'':40}   passed   failed  skipped")
    for place, count in counts.items():
        print(f"{place:40}{count['passed']:9}{count['failed']:9}{count['skipped']:9}")
    ran = counts["all"]["passed"] + counts["all"]["failed"]
    print(f"{counts['all']['passed'] / max(ran, 1):.1%} of those that ran")


def test(name: str, python: Path, start: list[str], arguments: list[str], environ: dict[str, str]) -> int:
    """Run the client's own tests and print the counts; return pytest's status."""
    client, source = CLIENTS[name], sources(name, python)
    results = source / "results.xml"
    chosen = any((source / each.partition("::")[0]).exists() for each in arguments)
    status = subprocess.run([str(python), *start, "-m", "pytest", *client.options, *arguments,
                             *(() if chosen else client.tests), f"--junitxml={results}"],
                            check=False, cwd=source, env=environ).returncode
    if status in (0, 1):  # else pytest has said what was wrong
        report(results)
    return status


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/clients", allow_abbrev=False, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mxnet", action="store_true", help="run on MXNet 1.9.1 instead, to compare")
    parser.add_argument("--program", type=Path, help="run this instead of the package's tests")
    parser.add_argument("name", nargs="?", choices=CLIENTS, help="what follows goes to pytest or to the program")
    options, arguments = parser.parse_known_args()
    if options.name is None:
        for name, client in CLIENTS.items():
            print(f"{name:12} {client.release:20} {' '.join(client.tests) or 'comes without tests'}")
        return 0
    if not options.program and not CLIENTS[options.name].tests:
        parser.error(f"the release of {options.name} comes without tests: give a --program")
    python = environment(options.name, options.mxnet)
    start = [] if options.mxnet else ["-m", "cupynet"]
    environ = {**os.environ, **CLIENTS[options.name].environ}
    if options.program:
        return subprocess.run([str(python), *start, str(options.program), *arguments], check=False,
                              env=environ).returncode
    return test(options.name, python, start, arguments, environ)


if __name__ == "__main__":
    sys.exit(main())
