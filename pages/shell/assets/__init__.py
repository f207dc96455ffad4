"""Style sheets and scripts as they are sent: joined, in the language and appearance of the page, small and compressed."""
