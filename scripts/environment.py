"""The clone's own virtual environment: made when first needed, brought up to date when pyproject.toml changes.

Plain standard library, so that a fresh machine can run it.
"""
from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["ROOT", "create", "python_of", "ready", "run"]

ROOT = Path(__file__).resolve().parents[1]


def python_of(folder: Path) -> Path:
    """Return the interpreter of the virtual environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def create(folder: Path, requirements: list[str], interpreter: str = sys.executable) -> Path:
    """Make a virtual environment of `interpreter` with `requirements` in `folder`; return its interpreter.

    Does nothing if it was made before for the same interpreter, requirements and pyproject.toml.
    """
    python, stamp = python_of(folder), folder / "made-for"
    version = subprocess.run([interpreter, "-V"], check=True, capture_output=True, text=True).stdout.strip()
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    wanted = "\n".join([version, str(ROOT), *requirements, project])
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"setting up {folder} ({version}; {', '.join(requirements)}) ...", file=sys.stderr, flush=True)
    if interpreter == sys.executable:
        venv.create(folder, clear=True, with_pip=True)
    else:
        subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
                   check=True, cwd=ROOT)
    stamp.write_text(wanted)
    return python


def ready() -> Path:
    """Return the interpreter of ``.venv`` in the clone, which has cupynet (editable) and all that its tests need.

    The environment variable ``CUPYNET_VENV`` names another folder.
    """
    if sys.version_info < (3, 10):
        raise SystemExit(f"cupynet needs Python 3.10 or newer; this is {sys.version.split()[0]}. "
                         "Run this script with a newer one, such as python3.12")
    folder = Path(os.environ.get("CUPYNET_VENV", ROOT / ".venv"))
    try:
        return create(folder, ["--editable", ".[demo,test]"])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"setting up {folder} failed: {error}\nIt needs pip and venv (on Debian and Ubuntu the "
                         "package python3-venv) and a connection to a package index.") from error


def run(*arguments: str) -> int:
    """Run the interpreter of the clone's environment with `arguments`; return its exit status."""
    try:
        return subprocess.run([str(ready()), *arguments], check=False).returncode
    except KeyboardInterrupt:
        return 130
