"""Community pages: reading the version in force or an older one, and publishing the next one."""
