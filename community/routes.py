"""All HTTP routes of the community's own pages."""

from community.pages.routes import routes as community_page_routes
from community.settings.routes import routes as setting_routes

routes = [*community_page_routes, *setting_routes]
