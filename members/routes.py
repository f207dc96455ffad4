"""All HTTP routes of members."""

from members.accounts.routes import routes as account_routes
from members.accounts.routes_feed_keys import routes as feed_key_routes
from members.profiles.routes import routes as profile_routes
from members.profiles.routes_committees import routes as committee_routes
from members.profiles.routes_duties import routes as duty_routes

routes = [*account_routes, *profile_routes, *duty_routes, *committee_routes, *feed_key_routes]
