"""Pages of moderation: queue, filters, appeals, moderation log, reports."""
