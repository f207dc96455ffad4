"""What tests are built with: the running service, people, worlds, browsers, and the programs they need."""
