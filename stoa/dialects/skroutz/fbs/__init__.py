"""Fulfilled by Skroutz: what of a shop's goods lies in the marketplace's warehouse, and what the shop sends there."""
