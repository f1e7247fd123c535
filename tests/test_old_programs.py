"""Old programs, unchanged, print what MXNet 1.9.1 printed: see old_programs.py and the folder programs."""
import sys
from pathlib import Path

import pytest
from old_programs import PROGRAMS, differences, run, tolerance

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.py")))
def test_it_prints_what_mxnet_printed(name, tmp_path):
    path = PROGRAMS / f"{name}.py"
    done = run(path, [sys.executable, "-m", "cupynet"], tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr
    told = differences(done.stdout, path.with_suffix(".out").read_text(), *tolerance(path))
    assert not told, "\n".join(told)


def test_differences_are_seen():
    expected = "Epoch[0] Speed: 12.5 samples/sec\taccuracy=0.500000\nloss 1.2345 [ 0.5  0.25]\n3 of 4\n"
    assert not differences(expected.replace("12.5", "99"), expected)
    assert not differences(expected.replace("1.2345", "1.2346").replace("[ 0.5  0.25]", "[0.5 0.25]"), expected)
    for old, new in (("1.2345", "1.2348"), ("3 of", "2 of"), ("loss", "Loss"), ("\n3 of 4", ""), ("0.5 ", "0.52 ")):
        assert differences(expected.replace(old, new), expected)
    assert not differences(expected.replace("1.2345", "1.2348"), expected, exact=1, rtol=1e-3)
