"""What is installed: the wheel, the container image and the units of systemd."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tertulia.http.draining import GRACE
from tertulia.supervision import ALIVE_EVERY

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = sorted((ROOT / "deploy").glob("tertulia*.*r*"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this version, built from a copy of the tracked files."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The command of a new environment that contains the wheel and, instead of downloads, the packages of this one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "-q",
        "--python",
        home / "bin" / "python",
    ]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", wheel], check=True)
    # A folder in a .pth file is searched, but .pth files inside of it are not read: so not the one of this working copy.
    packages = next((home / "lib").glob("python*/site-packages"))
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return home / "bin" / "tertulia"


def run(command: Path, folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**clean, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_contains_every_data_file(wheel):
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    rooms = (ROOT / "pyproject.toml").read_text().split("packages = [", 1)[1].split("]")[0]
    expected = {path for path in tracked if f'"{path.split("/")[0]}"' in rooms and (ROOT / path).is_file()}

    carried = set(zipfile.ZipFile(wheel).namelist())
    assert expected - carried == set()
    assert not any(name.startswith(("tests/", "bench/", "data/")) for name in carried)


def test_the_installed_command_says_its_version(installed, tmp_path):
    done = run(installed, tmp_path, "--version")
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    assert (done.returncode, done.stdout) == (0, f"Tertulia {version}\n"), done.stderr


def test_the_installed_command_checks_its_settings(installed, tmp_path):
    good = run(installed, tmp_path, "config", "check", TERTULIA_PUBLIC_URL="https://forum.example.org")
    assert good.returncode == 0, good.stdout + good.stderr
    # The community's file is found beside the installed code, not in a working copy.
    assert f"{installed.parents[1]}/lib" in good.stdout
    bad = run(installed, tmp_path, "config", "check", TERTULIA_PUBLIC_URL="forum.example.org")
    assert (bad.returncode, "TERTULIA_PUBLIC_URL" in bad.stdout) == (1, True)


def test_the_installed_package_finds_templates_pictures_and_migrations(installed, tmp_path):
    script = """
import importlib.resources as resources, sys
from storage import schema
from pages.shell.renderer import Renderer
from tertulia.serve import serve
print(schema.newest(), (resources.files("pages") / "templates/shell/base.html").is_file(), schema.__file__)
"""
    done = run(installed.with_name("python"), tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    newest, has_templates, place = done.stdout.split()
    revisions = [path.name[:4] for path in (ROOT / "storage/migrations/versions").glob("[0-9]*.py")]
    assert (newest, has_templates) == (max(revisions), "True")
    assert Path(place).is_relative_to(installed.parents[1])


def test_the_image_uses_locked_packages_and_pinned_bases():
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", DOCKERFILE, re.M)
    assert [name for _, name in stages] == ["build", ""]
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base) for base, _ in stages)
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert 'ENTRYPOINT ["tertulia"]' in DOCKERFILE


def test_the_image_runs_as_nobody_in_particular_and_contains_no_build_tools():
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, re.M) == ["10001:10001"]
    assert not re.search(r"apt-get|pip install|COPY \. ", last)
    assert re.search(r"pip uninstall .*pip", last)
    assert "/health" in re.search(r"^HEALTHCHECK .*\n.*$", last, re.M)[0]


def test_what_compose_mounts_belongs_to_the_account_of_the_image():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    mounted = {volume.split(":")[1] for volume in compose["services"]["backup"]["volumes"]}
    # A new volume gets the owner that the folder has in the image.
    assert mounted == set(re.findall(r'"(/[^"]+)"', re.search(r"^VOLUME (.+)$", DOCKERFILE, re.M)[1]))
    for folder in mounted:
        assert re.search(rf"(--home-dir|--owner 10001 .*) ?{folder}\b", DOCKERFILE)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    for each in UNITS:
        (tmp_path / each.name).write_text(each.read_text().replace("/usr/local/bin/tertulia", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "tertulia" in line]
    assert complaints == []


def test_the_unit_gives_the_service_time_and_starts_it_again():
    unit = (ROOT / "deploy" / "tertulia.service").read_text()
    chosen = dict(re.findall(r"^(\w+)=(.*)$", unit, re.M))
    assert (chosen["Restart"], chosen["KillMode"]) == ("on-failure", "mixed")
    assert int(chosen["TimeoutStopSec"]) > GRACE + 30
    assert (chosen["Type"], chosen["NotifyAccess"]) == ("notify", "main")
    assert int(chosen["WatchdogSec"]) > 4 * ALIVE_EVERY
    assert chosen["CapabilityBoundingSet"] == ""
    assert chosen["NoNewPrivileges"] == "true"
