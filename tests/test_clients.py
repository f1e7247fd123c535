"""scripts/clients, as far as it goes without a package index: its table and its counts."""
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "clients"


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_lists_its_packages_and_refuses_others():
    assert "gluonts==" in run(SCRIPT).stdout
    refused = run(SCRIPT, "nothing_of_the_kind")
    assert refused.returncode == 2 and "gluonts" in refused.stderr


@pytest.mark.parametrize("case, counts", [("", "1        0        0"), ("<failure/>", "0        1        0"),
                                          ("<error/>", "0        1        0"), ("<skipped/>", "0        0        1")])
def test_counts_by_folder(tmp_path, case, counts):
    (tmp_path / "results.xml").write_text(
        f'<testsuites><testcase classname="test.mx.block.test_a.TestIt">{case}</testcase></testsuites>')
    code = (f"import runpy, pathlib; runpy.run_path({str(SCRIPT)!r}, run_name='clients')"
            f"['report'](pathlib.Path({str(tmp_path / 'results.xml')!r}))")
    assert f"test/mx/block{' ' * 27}        {counts}\n" in run("-c", code).stdout
