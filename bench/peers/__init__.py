"""What the service is measured against: the same thing written the usual way."""
