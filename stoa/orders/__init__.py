"""The domain: what an order is, what may happen to it, and what follows. Pure: no I/O, no framework, no clock."""
