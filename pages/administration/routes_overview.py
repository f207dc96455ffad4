"""The home of administrators: first steps, the state of the service, and numbers of members."""

from litestar import Response, get
from litestar.di import NamedDependency

from administration.shapes import ServiceState
from administration.state.overview import StateReader, read_overview
from core import clock
from core.languages.texts import gettext, ngettext
from pages.shell.context import PageContext
from pages.shell.dates import utc_date
from pages.shell.jinja import number

_GIGABYTE = 1 << 30
_MEGABYTE = 1 << 20


@get("/admin", include_in_schema=False)
async def show_home(
    context: NamedDependency[PageContext], service_state: NamedDependency[StateReader]
) -> Response[bytes]:
    """Show the home of administrators."""
    overview = await read_overview(context.db, context.actor, service_state)
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/home.html",
        overview=overview,
        done=sum(step.is_done for step in overview.steps),
        steps=_steps(),
        parts=_parts(overview.service),
    )


def _steps() -> dict[str, tuple[str, str, str, str]]:
    """Return what each first step is called, what it is for, and the address and name of where it is done."""
    return {
        "mail": (
            gettext("E-mails reach people"),
            gettext("A mail server is set, and it has taken an e-mail in the last two weeks."),
            "",
            "",
        ),
        "community": (
            gettext("The community has its own name"),
            gettext("As long as the service runs with the example, people read the example’s names."),
            "/admin/community",
            gettext("Change it"),
        ),
        "rules": (
            gettext("The community rules are written"),
            gettext("Decisions link to them, and everyone who joins accepts them."),
            "/admin/pages/rules",
            gettext("Write them"),
        ),
        "imprint": (
            gettext("The imprint says who stands behind the community"),
            gettext("Many countries require it."),
            "/admin/pages/imprint",
            gettext("Write it"),
        ),
        **_steps_of_people(),
    }


def _steps_of_people() -> dict[str, tuple[str, str, str, str]]:
    return {
        "moderator": (
            gettext("Somebody moderates"),
            gettext("Reports and flags go to the moderators of a sector."),
            "/admin/roles",
            gettext("Assign a role"),
        ),
        "administrators": (
            gettext("There are two administrators"),
            gettext("If one of them cannot sign in, the other one can help."),
            "/admin/roles",
            gettext("Assign a role"),
        ),
        "backup": (
            gettext("Backups are made"),
            gettext("The last backup with the command of the service is at most two days old."),
            "",
            "",
        ),
    }


def _parts(state: ServiceState) -> list[tuple[str, str, list[str]]]:
    """Return the parts of the service: name, state, and what to say about it."""
    return [
        (gettext("E-mails"), state.states["mail"], _mail(state)),
        (gettext("Jobs in the background"), state.states["jobs"], _jobs(state)),
        (gettext("Disk"), state.states["disk"], [_disk(state)]),
        (gettext("Backups"), state.states["backup"], [_backup(state)]),
        (
            gettext("Connection"),
            "ok" if state.is_secure else "warning",
            [
                gettext("The public address is encrypted (https).")
                if state.is_secure
                else gettext("The public address is not encrypted (https).")
            ],
        ),
        (
            gettext("Versions"),
            "ok",
            [
                gettext(
                    "This is Tertulia %(version)s with PostgreSQL %(database)s and Python %(python)s.",
                    version=state.version,
                    database=state.database.partition(" ")[0],
                    python=state.python,
                ),
                gettext("The database has %(size)s MB.", size=number(round(state.database_size / _MEGABYTE))),
            ],
        ),
    ]


def _mail(state: ServiceState) -> list[str]:
    said = []
    if not state.has_mail_server:
        said.append(gettext("No mail server is set: e-mails go to a folder and reach nobody."))
    if state.mail_held_since:
        said.append(gettext("E-mails are held since %(date)s.", date=utc_date(state.mail_held_since)))
    if state.mail_last_sent:
        said.append(gettext("The last one was sent: %(date)s.", date=utc_date(state.mail_last_sent)))
    said.append(ngettext("%(num)s e-mail waits.", "%(num)s e-mails wait.", state.mail_waiting))
    if state.mail_failed or state.mail_given_up:
        count = state.mail_failed + state.mail_given_up
        said.append(
            ngettext(
                "%(num)s e-mail of the last two weeks was not delivered.",
                "%(num)s e-mails of the last two weeks were not delivered.",
                count,
            )
        )
    if state.failing_addresses:
        said.append(
            ngettext(
                "The address of %(num)s member refuses e-mails.",
                "The addresses of %(num)s members refuse e-mails.",
                state.failing_addresses,
            )
        )
    return said


def _jobs(state: ServiceState) -> list[str]:
    said = [ngettext("%(num)s job waits.", "%(num)s jobs wait.", state.jobs_due)]
    if state.jobs_oldest:
        minutes = int((clock.now() - state.jobs_oldest).total_seconds() // 60)
        said.append(
            ngettext(
                "The oldest has waited for %(num)s minute.",
                "The oldest has waited for %(num)s minutes.",
                minutes,
            )
        )
    if state.jobs_given_up:
        said.append(
            ngettext("%(num)s job failed for good.", "%(num)s jobs failed for good.", state.jobs_given_up)
        )
    if state.search_waiting:
        said.append(
            ngettext(
                "%(num)s post waits for the search index.",
                "%(num)s posts wait for the search index.",
                state.search_waiting,
            )
        )
    return said


def _backup(state: ServiceState) -> str:
    if state.last_backup is None:
        return gettext("None was made with the command of the service.")
    return gettext("The last one was made: %(date)s.", date=utc_date(state.last_backup))


def _disk(state: ServiceState) -> str:
    return gettext(
        "%(free)s GB of %(size)s GB are free.",
        free=number(round(state.disk_free / _GIGABYTE, 1)),
        size=number(round(state.disk_size / _GIGABYTE)),
    )


routes = [show_home]
