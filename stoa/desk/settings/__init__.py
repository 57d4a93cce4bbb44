"""What a shop's owner decides: terms, keys, webhooks, pickups, people."""
