"""The home of administrators: the state of the service and the first steps of a new community."""
