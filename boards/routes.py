"""All HTTP routes of boards."""

from boards.boards.routes import routes as board_routes
from boards.curation.routes import routes as entry_routes
from boards.editions.routes import routes as edition_routes
from boards.editions.routes_exports import routes as export_routes
from boards.evidence.routes import routes as verification_routes
from boards.imports.routes import routes as import_routes
from boards.table.routes import routes as table_routes

routes = [
    *board_routes,
    *table_routes,
    *entry_routes,
    *verification_routes,
    *import_routes,
    *edition_routes,
    *export_routes,
]
