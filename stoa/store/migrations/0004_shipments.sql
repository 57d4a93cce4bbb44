-- A carrier's parcels of a day: those with a voucher that it has collected, by when. Those that wait for it are
-- found by their step.
ALTER TABLE orders ADD COLUMN collected_at timestamptz;

UPDATE orders SET collected_at = (body ->> 'dispatched_at')::timestamptz WHERE body ? 'voucher' AND body ? 'dispatched_at';

CREATE INDEX orders_collected ON orders (shop_id, collected_at) WHERE collected_at IS NOT NULL;

-- Ready with a voucher is a step of its own, see stoa.orders.progress.
UPDATE orders SET step = 'ready_labelled' WHERE step = 'ready' AND body ? 'voucher';

-- An order may have several files of the merchant's. A body that changes is a new version: nobody who read the one
-- before may save over it.
UPDATE orders SET
    version = version + 1,
    body = body - 'uploaded_invoice' || jsonb_build_object('invoice_files', jsonb_build_array(body -> 'uploaded_invoice'))
WHERE body ? 'uploaded_invoice';

-- What was delivered before may be returned for the 14 days that every shop had; then the clock completes it. Hours, since
-- a day has one more or less where the session's clocks change. What is long over is completed here: it would keep the
-- clock from all else.
WITH delivered AS (
    SELECT shop_id, id, state, coalesce(body ->> 'delivered_at', body ->> 'updated_at')::timestamptz + interval '336 hours' AS until
    FROM orders WHERE state IN ('delivered', 'partially_delivered')
), told AS (
    SELECT *, until <= now() AS is_over, to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM delivered
)
UPDATE orders SET
    version = version + 1,
    body = body || CASE
        WHEN is_over THEN jsonb_build_object('returnable_until', at, 'completed_at', at)
        ELSE jsonb_build_object('returnable_until', at) END,
    step = CASE
        WHEN NOT is_over THEN step
        WHEN told.state = 'delivered' THEN 'completed'
        ELSE 'partially_completed' END,
    timer_at = CASE WHEN NOT is_over THEN until END
FROM told WHERE orders.shop_id = told.shop_id AND orders.id = told.id;

-- Orders are counted by step, which lists go by, too.
ALTER TABLE order_tallies ADD COLUMN step text;
DELETE FROM order_tallies;
ALTER TABLE order_tallies ALTER COLUMN step SET NOT NULL;
INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, folded)
SELECT shop_id, stage, step, payment_status, count(*), true FROM orders GROUP BY 1, 2, 3, 4;
