"""The demo's pages: ordering as a customer, playing the courier, reading what the shop was sent."""
