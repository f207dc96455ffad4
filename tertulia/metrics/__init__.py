"""The metrics in the text format of Prometheus, which web processes and workers serve on a private port.

Names begin with `tertulia_` and contain their unit; only counters end with `_total`. Beside the length of a queue stands
how long its oldest item waits: a long queue that moves is no trouble, a short one that stands still is.

- alert rules: `deploy/alerts.yml`, whose runbooks are in docs/operations.md
- dashboard: `deploy/dashboard.json`
- heads: the positions of all channels, which each process polls so that no lost message stays unnoticed
"""
