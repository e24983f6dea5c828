"""Which documents are copies of each other, and which report the same event."""
