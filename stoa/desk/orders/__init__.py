"""The list of orders, and what is done to many at once."""
