"""Fixtures of the tests of compose.yaml: its services, and the secrets that a new installation makes."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tertulia.settings import Settings, read_settings
from tests.deploy.compose_file import ROOT, read_compose


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read_compose()


@pytest.fixture(scope="module")
def services(compose) -> dict[str, Any]:
    return compose["services"]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory) -> Path:
    """The folder with the secrets, as the script makes it on a new machine."""
    home = tmp_path_factory.mktemp("installation")
    (home / "deploy").mkdir()
    script = home / "deploy" / "secrets.sh"
    script.write_text((ROOT / "deploy" / "secrets.sh").read_text())
    subprocess.run(["sh", script], check=True, capture_output=True)
    before = {file.name: file.read_text() for file in (home / "secrets").iterdir()}
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert {file.name: file.read_text() for file in (home / "secrets").iterdir()} == before
    return home / "secrets"


@pytest.fixture(scope="module")
def settings_of(secrets) -> Callable[[dict[str, Any]], Settings]:
    """A function that returns the settings of a service, whose secrets are files in the container."""

    def read(service: dict[str, Any]) -> Settings:
        given = set(service["secrets"])
        environment = {}
        for name, value in service["environment"].items():
            if name.endswith("_FILE"):
                assert value.startswith("/run/secrets/")
                assert Path(value).name in given, f"{value} is not in the container"
                value = str(secrets / Path(value).name)
            environment[name] = value
        return read_settings(
            {name: value for name, value in environment.items() if name != "BACKUP_RECIPIENTS"}
        )

    return read
