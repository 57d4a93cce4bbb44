-- Returns that customers ask for are orders with steps of their own. Lists that show none are found in an index that has
-- none, see stoa.store.orders.CONDITIONS.
CREATE INDEX orders_sales ON orders (shop_id, placed_at, id) WHERE step NOT IN (
    'return_in_review', 'return_under_way', 'return_arrived', 'return_taken_back', 'return_declined', 'return_called_off',
    'return_expired');
