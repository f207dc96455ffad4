"""HTTP routes of the overview, for administrators."""

from litestar import get
from litestar.di import NamedDependency

from administration.shapes import Overview
from administration.state import overview
from administration.state.overview import StateReader
from core.actor import Actor
from storage.database import Database


@get("/overview", operation_id="read_overview")
async def read_overview(
    actor: NamedDependency[Actor], db: NamedDependency[Database], service_state: NamedDependency[StateReader]
) -> Overview:
    """Return the first steps, the state of the service and numbers of members, for administrators."""
    return await overview.read_overview(db, actor, service_state)


routes = [read_overview]
