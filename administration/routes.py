"""All HTTP routes of the administration."""

from administration.accounts.routes import routes as account_routes
from administration.state.routes import routes as state_routes

routes = [*state_routes, *account_routes]
