"""Pages of moderation: queue, automatic filters, appeals, moderation log, audit log, reports and sanctions."""
