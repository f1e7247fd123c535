"""Write down what real CuPy offers, for its double in ``tests/doubles``: names, parameters, types of ufuncs.

Run in an environment with ``cupy-cuda12x`` 14 or ``cupy-cuda13x`` 14 (no GPU is needed) from the root of the clone::

    python scripts/oracle/cupy_api.py

The answer goes to ``tests/doubles/cupy/api.json``: room -> name -> parameters in order (``=`` marks a default, ``*``
what follows is keyword-only, ``*name`` and ``**name`` take the rest, null if CuPy does not tell), or the list of
the loops of a ufunc.
"""
import inspect
import json
import re
from pathlib import Path

import cupy
import cupyx
from cupyx.scipy import special

PLACE = Path(__file__).resolve().parents[2] / "tests" / "doubles" / "cupy" / "api.json"
ROOMS = {"cupy": cupy, "cupy.linalg": cupy.linalg, "cupy.fft": cupy.fft,
         "cupy.lib.stride_tricks": cupy.lib.stride_tricks, "cupyx": cupyx, "cupyx.scipy.special": special,
         "cupy.ndarray": cupy.ndarray, "cupy.random.Generator": cupy.random.Generator,
         "cupy.cuda.Stream": cupy.cuda.Stream, "cupy.cuda.Event": cupy.cuda.Event,
         "cupy.cuda.MemoryPointer": cupy.cuda.MemoryPointer}


def parameters(thing: object) -> str | None:
    """Return the parameters of a function or method in the short form of the file."""
    try:
        signature = inspect.signature(thing)
    except (ValueError, TypeError):  # Cython's methods tell it in the first line of their documentation
        line = re.match(r"\w+\.\w+\((.*?)\)(?: ->.*)?$", (getattr(thing, "__doc__", None) or "").split("\n")[0])
        if line is None:
            return None
        words = [re.sub(r"^(?:\w+ )+(?=\w)", "", word.strip()) for word in line[1].split(",")]
        return " ".join(re.sub(r"=.*", "=", word) for word in words if word and word != "self")
    words = []
    for p in signature.parameters.values():
        if p.name == "self":
            continue
        if p.kind is p.KEYWORD_ONLY and not any(word.startswith("*") for word in words):
            words.append("*")
        mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        words.append(mark + p.name + ("" if p.default is p.empty else "="))
    return " ".join(words)


def describe(room: object) -> dict[str, object]:
    """Return what is public in a module or class."""
    found: dict[str, object] = {}
    for name in sorted(dir(room)):
        thing = getattr(room, name, None)
        if name.startswith("_") or inspect.ismodule(thing) or (isinstance(thing, type) and room is not cupy):
            continue
        if isinstance(thing, cupy.ufunc):
            found[name] = thing.types
        elif callable(thing) and not isinstance(thing, type):
            found[name] = parameters(thing)
        elif room is not cupy or isinstance(thing, (float, type)):
            found[name] = "attribute"
    return found


if __name__ == "__main__":
    api = {name: describe(room) for name, room in ROOMS.items()}
    lines = [f'"version": "{cupy.__version__}"']
    for room, names in api.items():
        inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in names.items())
        lines.append(f"{json.dumps(room)}: {{\n{inner}\n}}")
    PLACE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
