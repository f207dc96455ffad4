"""Settings of the community that administrators change in the browser; what is not changed is in the community file."""
