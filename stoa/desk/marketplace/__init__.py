"""The marketplace's own pages: its shops, what could not be delivered, how the service is."""
