-- A carrier's parcels of a day: those with a voucher that it has collected, by when. Those that wait for it are
-- found by their step.
ALTER TABLE orders ADD COLUMN collected_at timestamptz;

UPDATE orders SET collected_at = (body ->> 'dispatched_at')::timestamptz WHERE body ? 'voucher';

CREATE INDEX orders_collected ON orders (shop_id, collected_at) WHERE collected_at IS NOT NULL;

-- Ready with a voucher is a step of its own, see stoa.orders.progress.
UPDATE orders SET step = 'ready_labelled' WHERE step = 'ready' AND body ? 'voucher';

-- What was delivered before may be returned for the 14 days that every shop had; then the clock completes it. Hours, since
-- a day has one more or less where the session's clocks change.
WITH delivered AS (
    SELECT shop_id, id, coalesce(body ->> 'delivered_at', body ->> 'updated_at')::timestamptz + interval '336 hours' AS until
    FROM orders WHERE state IN ('delivered', 'partially_delivered')
)
UPDATE orders SET
    body = body || jsonb_build_object(
        'returnable_until', to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
    timer_at = until
FROM delivered WHERE orders.shop_id = delivered.shop_id AND orders.id = delivered.id;

-- An order may have several files of the merchant's.
UPDATE orders SET body = body - 'uploaded_invoice' || jsonb_build_object('invoice_files', jsonb_build_array(body -> 'uploaded_invoice'))
WHERE body ? 'uploaded_invoice';

-- Orders are counted by step, which lists go by, too.
ALTER TABLE order_tallies ADD COLUMN step text;
DELETE FROM order_tallies;
ALTER TABLE order_tallies ALTER COLUMN step SET NOT NULL;
INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, folded)
SELECT shop_id, stage, step, payment_status, count(*), true FROM orders GROUP BY 1, 2, 3, 4;
