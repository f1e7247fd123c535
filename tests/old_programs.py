"""Running the programs of ``tests/programs``, and comparing what they print with what MXNet 1.9.1 printed.

Each is a whole program that says ``import mxnet``, as people wrote them from 2015 to 2019. Its first lines may say how
it is run and how it is compared::

    # args: --num-epochs 4
    # args of MXNet: --other         (where MXNet is asked in another way)
    # compare: exact=20 rtol=1e-4

Text is compared as it is, but for speeds and times. In the first `exact` lines numbers must be the same to the last
printed digit, give or take one of it (and what float32 is exact to); after them they may differ by `rtol`, relatively.
"""
import math
import os
import re
import subprocess
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
EXACT, RTOL = 10, 1e-4
FLOAT32 = 1e-6  # relative: what digits are worth

_NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)(?![\w])")
_PASSING = (  # what no two runs have in common
    (re.compile(r"Speed: [\d.]+(?:e\+\d+)? samples/sec"), "Speed: * samples/sec"),
    (re.compile(r"Time cost=[\d.]+"), "Time cost=*"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"), "(date)"),
)


def header(path, key):
    """Return what the program's header says of `key`, or ''."""
    found = re.search(rf"^# {key}: (.*)$", path.read_text(), re.MULTILINE)
    return found.group(1) if found else ""


def arguments(path, who=""):
    """Return the program's command line."""
    own = header(path, f"args of {who}") if who else ""
    return (own or header(path, "args")).split()


def run(path, interpreter, folder, who="", **environment):
    """Run a program by the command `interpreter` in a folder; return what has become of it."""
    return subprocess.run([*interpreter, str(path), *arguments(path, who)], capture_output=True, text=True, check=False,
                          cwd=folder, timeout=300, env={**ENVIRONMENT, **environment})


def tolerance(path):
    """Return how many lines are the same to the last digit, and the relative tolerance after them."""
    said = dict(each.split("=") for each in header(path, "compare").split())
    return int(said.get("exact", EXACT)), float(said.get("rtol", RTOL))


def _cleaned(line):
    for pattern, word in _PASSING:
        line = pattern.sub(word, line)
    return line.rstrip()


def _last_digit(number):
    """Return how much the last printed digit of a number weighs."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def _close(found, expected, rtol):
    a, b = float(found), float(expected)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    if re.fullmatch(r"-?\d+", expected):
        return False  # a count
    return abs(a - b) <= max(1.001 * min(_last_digit(found), _last_digit(expected)), rtol * abs(b))


def differences(found, expected, exact=EXACT, rtol=RTOL):
    """Return where two outputs differ, as readable lines; an empty list if they do not."""
    found, expected = ([_cleaned(line) for line in text.splitlines()] for text in (found, expected))
    told = []
    for i, (ours, theirs) in enumerate(zip(found, expected)):
        words = [re.sub(r"(?<=\[) +| +(?=\])", "", re.sub(r"\s+", " ", _NUMBER.sub("#", line)))
                 for line in (ours, theirs)]
        numbers = [_NUMBER.findall(line) for line in (ours, theirs)]
        allowed = FLOAT32 if i < exact else rtol
        if words[0] != words[1] or len(numbers[0]) != len(numbers[1]) or not all(
                _close(a, b, allowed) for a, b in zip(*numbers)):
            told.append(f"line {i + 1}\n  cupynet: {ours}\n  MXNet:   {theirs}")
    if len(found) != len(expected):
        told.append(f"{len(found)} lines, not {len(expected)}")
    return told
