"""What is meant for a GPU runs everywhere: once more through the suite, on the double of CuPy in tests/doubles."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WHAT = ["tests/device", "tests/graph", "tests/ndarray", "tests/ops/test_on_cupy_double.py", "tests/ops/test_samples.py",
        "tests/test_autograd.py", "tests/test_executor.py", "tests/test_seeds.py"]
NOT_AGAIN = "not (declared or rule_accepts or test_values or of_mxnet or finite_differences)"  # of raw NumPy kernels


def test_suite_on_the_double():
    command = [sys.executable, "-m", "pytest", "--ctx", "fake-gpu", "-p", "no:cacheprovider", "-k", NOT_AGAIN, *WHAT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
