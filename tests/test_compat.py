"""Programs that say ``import mxnet``, run as their users run them: in processes of their own."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*arguments, code=0, folder=None, **environment):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.py"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)
    return write


def test_a_script_with_arguments_and_neighbours(script):
    script("def f(x):\n    return x * 2\n", "neighbour.py")
    path = script("import sys\nimport mxnet as mx\nfrom mxnet import nd, autograd\nfrom neighbour import f\n"
                  "print(__name__, __file__, sys.argv[1:], f(nd.ones((2,))).asnumpy(), mx.__version__)\n")
    assert run("-m", "cupynet", path, "--lr", "1") == f"__main__ {path} ['--lr', '1'] [2. 2.] 1.9.1\n"


def test_modules_are_cupynets_own(script):
    path = script("""
import cupynet, mxnet, pickle
import mxnet.ndarray.ndarray, mxnet.symbol.symbol, mxnet.module.executor_group, mxnet.io.io, mxnet.optimizer.optimizer
from mxnet.base import _LIB, check_call, MXNetError
from mxnet.module.base_module import BaseModule
from mxnet.ndarray.ndarray import NDArray
import mxnet.mod, mxnet._ctypes.ndarray
print(mxnet is cupynet, mxnet.nd is cupynet.nd, NDArray is cupynet.nd.NDArray, mxnet.io.io is cupynet.io)
print(cupynet.ndarray.__spec__.name, pickle.loads(pickle.dumps(mxnet.nd.ones((1,)))).asscalar())
try:
    _LIB.MXGetVersion()
except MXNetError as error:
    print(error)
try:
    import mxnet.nothing_of_the_kind
except ImportError as error:
    print(error)
""")
    lines = run("-m", "cupynet", path).splitlines()
    assert lines[:2] == ["True True True True", "cupynet.ndarray 1.0"]
    assert "pure Python" in lines[2] and "has no 'mxnet.nothing_of_the_kind'" in lines[3]


def test_every_module_of_mxnet_is_there_or_says_that_it_is_not_yet(script):
    path = script(f"""
import importlib
with open({str(ROOT / "tests" / "data" / "mxnet-api.tsv")!r}) as table:
    names = [line.strip() for line in table if line.startswith("mxnet") and "\\t" not in line]
for name in [*names, "mxnet.log", "mxnet.ndarray.gen_op", "mxnet.symbol.gen_contrib", "mxnet.gluon.nn.basic_layers"]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if "is not in cupynet" not in str(error) or not str(error).endswith("yet"):
            print(name, error)
print(len(names))
""")
    assert run("-W", "ignore", "-m", "cupynet", path) == "83\n"


def test_pickles_of_the_programs_own_classes(script):
    path = script("import pickle\nimport mxnet as mx\n\n\nclass Own:\n    def __init__(self, x):\n"
                  "        self.x = x\n\n\nblob = pickle.dumps(Own(mx.nd.ones((2,))))\n"
                  "print(b'__main__' in blob, pickle.loads(blob).x.asnumpy(), Own.__module__, __spec__, __package__)\n")
    assert run("-m", "cupynet", path) == "True [1. 1.] __main__ None None\n"


def test_types_have_the_names_that_programs_print_and_store(script):
    path = script("import pickle\nimport mxnet as mx\nx = mx.nd.ones((2,))\n"
                  "print(type(x), type(mx.cpu()), type(mx.sym.Variable('x')))\n"
                  "print(pickle.loads(pickle.dumps([x, mx.cpu(1)]))[1], b'mxnet.context' in pickle.dumps(mx.cpu()))\n")
    assert run("-m", "cupynet", path).splitlines() == [
        "<class 'mxnet.ndarray.ndarray.NDArray'> <class 'mxnet.context.Context'> <class 'mxnet.symbol.symbol.Symbol'>",
        "cpu(1) True"]


def test_a_test_suite(script, tmp_path):
    script("import cupynet.compat\ncupynet.compat.install()\n", "conftest.py")
    path = script("import mxnet as mx\nfrom mxnet.test_utils import assert_almost_equal\nimport numpy as np\n\n\n"
                  "def test_it():\n    assert_almost_equal(mx.nd.ones((2,)), np.ones(2, np.float))\n", "test_it.py")
    assert "1 passed" in run("-m", "pytest", "-p", "no:cacheprovider", path, folder=tmp_path)
    assert "1 passed" in run("-m", "cupynet", "-m", "pytest", "-p", "no:cacheprovider", path, folder=tmp_path)


def test_names_that_numpy_removed(script):
    path = script("import mxnet\nimport numpy as np\n"
                  "print(np.float, np.int, np.object, np.bool is not None, np.asscalar(np.ones(1)), np.Inf, np.NaN,\n"
                  "      np.product([2, 3]), np.in1d([1, 2], [2]), np.float_(1), np.row_stack([[1], [2]]).shape)\n")
    assert run("-m", "cupynet", path) == ("<class 'float'> <class 'int'> <class 'object'> True 1.0 inf nan 6 "
                                          "[False  True] 1.0 (2, 1)\n")


def test_numbers_print_as_they_did(script):
    path = script("import numpy as np\nprint([np.float32(0.5)], {'a': np.int64(3)})\n")
    assert run("-m", "cupynet", path) == "[0.5] {'a': 3}\n"
    path = script("import numpy as np\nnp.set_printoptions(legacy='1.13')\nimport cupynet.compat\n"
                  "cupynet.compat.install()\nprint(np.get_printoptions()['legacy'])\n")
    assert run(path) == "1.13\n"


def test_a_script_has_only_its_own_future(script):
    path = script("def f(x: int):\n    pass\n\n\nprint(f.__annotations__)\n")
    assert run("-m", "cupynet", path) == "{'x': <class 'int'>}\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes(script, method):
    path = script("import multiprocessing\nimport mxnet as mx\n\n\ndef work(n):\n"
                  "    import mxnet.ndarray\n    return float(mx.nd.ones((n,)).sum().asscalar())\n\n\n"
                  "if __name__ == '__main__':\n"
                  f"    with multiprocessing.get_context('{method}').Pool(2) as pool:\n"
                  "        print(pool.map(work, [1, 2, 3]))\n")
    assert run("-m", "cupynet", path) == "[1.0, 2.0, 3.0]\n"


def test_modules_code_and_standard_input(script, tmp_path):
    script("import sys, mxnet\nprint(__name__, sys.argv[1:], mxnet.nd.zeros((1,)).shape)\n", "program.py")
    assert run("-m", "cupynet", "-m", "program", "x", folder=tmp_path) == "__main__ ['x'] (1,)\n"
    assert run("-m", "cupynet", "-c", "import mxnet, sys; print(sys.argv)", "y") == "['-c', 'y']\n"
    assert run("-m", "cupynet", "--version").startswith("cupynet ")
    assert "usage" in run("-m", "cupynet")


def test_errors_are_the_programs_own(script):
    path = script("import mxnet as mx\nimport sys\nif len(sys.argv) > 1:\n    sys.exit(3)\nmx.nd.nothing\n")
    text = run("-m", "cupynet", path, code=1)
    assert text.startswith(f'Traceback (most recent call last):\n  File "{path}", line 5, in <module>')
    run("-m", "cupynet", path, "x", code=3)
    assert "no such file" in run("-m", "cupynet", "nowhere.py", code=1)


def test_install_in_a_running_program(script):
    path = script("import cupynet.compat\ncupynet.compat.install()\ncupynet.compat.install()\nimport mxnet as mx\n"
                  "print(mx.nd.ones((1,)).asscalar())\n")
    assert run(path) == "1.0\n"


def test_a_gpu_that_is_not_there(script):
    path = script("import mxnet as mx\nx = mx.nd.ones((2,), ctx=mx.gpu(0))\nprint(x.context, (x * 2).asnumpy())\n")
    assert "CUPYNET_GPU_AS_CPU=1" in run("-m", "cupynet", path, code=1)
    assert run("-m", "cupynet", path, CUPYNET_GPU_AS_CPU="1") == "gpu(0) [2. 2.]\n"
