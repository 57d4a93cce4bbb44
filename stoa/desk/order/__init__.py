"""One order: its page, and everything that may be done with it."""
