"""The public record of decisions (moderation log), and the yearly transparency report."""
