"""The marketplace's own API: shops, the checkout's orders, what couriers and customers do."""
