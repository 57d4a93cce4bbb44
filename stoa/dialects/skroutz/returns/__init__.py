"""Returns that customers ask for: how they are shown and answered, and what a shop is told of them."""
