"""Customers, a merchant and couriers that keep a server busy."""
