"""What surrounds every HTTP request: the actor, rate limits, JSON, compression, errors, health checks."""
