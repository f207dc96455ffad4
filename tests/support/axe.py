"""axe-core, the accessibility checker: npm installs it into a folder next to the virtual environment."""

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

_PACKAGE = "axe-core@4.14.1"
_INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
_FOLDER = Path(sys.prefix) / "share" / "axe-core"


def axe_source() -> str:
    """Return the checker's script. Skips the test if npm is missing or cannot reach its registry; the project's own
    checks of the same pages always run."""
    kept = _FOLDER / "package" / "axe.min.js"
    if not kept.exists():
        _fetch()
    return kept.read_text("utf-8")


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here to fetch axe-core with (Debian: apt-get install npm)")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        [npm, "pack", _PACKAGE, "--json", "--pack-destination", str(_FOLDER)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if packed.returncode != 0:
        pytest.skip("npm could not fetch axe-core")
    found = json.loads(packed.stdout)[0]
    assert found["integrity"] == _INTEGRITY, "this is not the axe-core that was looked at"
    with tarfile.open(_FOLDER / found["filename"]) as archive:
        archive.extract("package/axe.min.js", _FOLDER, filter="data")
