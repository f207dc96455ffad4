"""The composition root: settings, web, worker, command line. The only place that knows all rooms of the house."""
