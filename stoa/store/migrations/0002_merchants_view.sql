-- What a merchant's list filters and sorts by stands beside the body, each filter with an index of its own that
-- has the list's order in it: newest first, whatever the filter.
ALTER TABLE orders
    ADD COLUMN stage             text,
    ADD COLUMN step              text,
    ADD COLUMN payment_status    text,
    ADD COLUMN payment_step      text,
    ADD COLUMN payment_code      text,
    ADD COLUMN payment_reference text,
    ADD COLUMN shipping_method   text,
    ADD COLUMN customer_number   bigint,
    ADD COLUMN customer_email    text,
    ADD COLUMN tracking_codes    text[],
    ADD COLUMN tag_ids           bigint[],
    ADD COLUMN total_cents       bigint,
    ADD COLUMN shipping_vat_cents bigint;

-- Orders from before: as stoa.orders.progress and stoa.store.orders say it of new ones.
UPDATE orders SET
    step = CASE
        WHEN state = 'accepted' AND body ? 'ready_at' THEN 'ready'
        WHEN state = 'accepted' AND body ? 'voucher' THEN 'labelled'
        WHEN state = 'dispatched' AND (body ->> 'at_pickup_point')::boolean THEN 'at_pickup_point'
        WHEN state = 'for_return' THEN 'delivery_failed'
        ELSE state END,
    payment_status = body ->> 'payment_status',
    payment_step = CASE body ->> 'payment_status'
        WHEN 'awaiting' THEN CASE body ->> 'payment_method'
            WHEN 'cash_on_delivery' THEN 'to_collect' WHEN 'bank_transfer' THEN 'awaits_transfer' ELSE 'awaits_online' END
        WHEN 'paid' THEN CASE body ->> 'payment_method'
            WHEN 'cash_on_delivery' THEN 'collected' WHEN 'bank_transfer' THEN 'paid_by_transfer' ELSE 'paid_online' END
        END,
    payment_code = body ->> 'payment_method',
    shipping_method = coalesce(body ->> 'courier', ''),
    -- The first 48 bits of a hash, see stoa.orders.placing.customer_number.
    customer_number = ('x' || substr(encode(sha256(convert_to(body -> 'customer' ->> 'id', 'UTF8')), 'hex'), 1, 12))::bit(48)::bigint,
    customer_email = lower(body -> 'customer' ->> 'email'),
    tracking_codes = ARRAY(SELECT tracking ->> 'code' FROM jsonb_array_elements(
        coalesce(body -> 'trackings', '[]'::jsonb)) AS tracking);

UPDATE orders SET
    body = jsonb_set(body, '{customer,number}', to_jsonb(customer_number)),
    tag_ids = '{}',
    total_cents = coalesce((body ->> 'shipping_cents')::bigint, 0) + (
        SELECT coalesce(sum((line ->> 'quantity')::bigint * (line ->> 'unit_price_cents')::bigint), 0)
        FROM jsonb_array_elements(body -> 'lines') AS line),
    shipping_vat_cents = (
        SELECT shipping - (shipping * 20000 + 10000 + rate) / (2 * (10000 + rate))
        FROM (SELECT coalesce((body ->> 'shipping_cents')::bigint, 0) AS shipping,
            coalesce(max((line ->> 'vat_rate')::bigint), 0) AS rate
            FROM jsonb_array_elements(body -> 'lines') AS line
            -- A line that carries no VAT says nothing of the shipping's: see Order.shipping_vat_rate.
            WHERE coalesce((line ->> 'price_includes_vat')::boolean, true)
              AND (line ->> 'unit_price_cents')::bigint > ((line ->> 'unit_price_cents')::bigint * 20000
                  + 10000 + (line ->> 'vat_rate')::bigint) / (2 * (10000 + (line ->> 'vat_rate')::bigint))) AS taxed),
    stage = CASE
        WHEN step = 'open' THEN 'awaiting'
        WHEN step IN ('accepted', 'labelled') THEN 'confirmed'
        WHEN step = 'ready' THEN 'in_process'
        WHEN step IN ('dispatched', 'at_pickup_point', 'delivery_failed') THEN 'shipped'
        WHEN step IN ('delivered', 'partially_delivered', 'partially_returned') THEN 'delivered'
        WHEN step = 'returned' THEN 'returned'
        ELSE 'cancelled' END;

ALTER TABLE orders
    ALTER COLUMN stage SET NOT NULL,
    ALTER COLUMN step SET NOT NULL,
    ALTER COLUMN payment_status SET NOT NULL,
    ALTER COLUMN payment_code SET NOT NULL,
    ALTER COLUMN shipping_method SET NOT NULL,
    ALTER COLUMN customer_number SET NOT NULL,
    ALTER COLUMN tracking_codes SET NOT NULL,
    ALTER COLUMN tag_ids SET NOT NULL,
    ALTER COLUMN total_cents SET NOT NULL,
    ALTER COLUMN shipping_vat_cents SET NOT NULL;

CREATE INDEX orders_placed ON orders (shop_id, placed_at, id);
CREATE INDEX orders_stage ON orders (shop_id, stage, placed_at, id);
CREATE INDEX orders_step ON orders (shop_id, step, placed_at, id);
CREATE INDEX orders_payment_status ON orders (shop_id, payment_status, placed_at, id);
CREATE INDEX orders_payment_step ON orders (shop_id, payment_step, placed_at, id) WHERE payment_step IS NOT NULL;
CREATE INDEX orders_payment_code ON orders (shop_id, payment_code, placed_at, id);
CREATE INDEX orders_payment_reference ON orders (shop_id, payment_reference) WHERE payment_reference IS NOT NULL;
CREATE INDEX orders_shipping_method ON orders (shop_id, shipping_method, placed_at, id);
CREATE INDEX orders_customer_number ON orders (shop_id, customer_number, placed_at, id);
CREATE INDEX orders_customer_email ON orders (shop_id, customer_email, placed_at, id) WHERE customer_email IS NOT NULL;
-- Most orders have no tags, and only those that left have a tracking code: an empty list is in no index.
CREATE INDEX orders_tracking_codes ON orders USING gin (tracking_codes) WHERE tracking_codes <> '{}';
CREATE INDEX orders_tags ON orders USING gin (tag_ids) WHERE tag_ids <> '{}';

-- How many orders of a shop are at a stage and a payment status is the sum of n: a save adds rows, +1 and -1,
-- that no two requests share, and the worker folds them. No foreign key: the orders have theirs.
CREATE TABLE order_tallies (
    shop_id        bigint NOT NULL,
    id             bigint GENERATED ALWAYS AS IDENTITY,
    stage          text   NOT NULL,
    payment_status text   NOT NULL,
    n              bigint NOT NULL,
    folded         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (shop_id, id)
);
INSERT INTO order_tallies (shop_id, stage, payment_status, n, folded)
SELECT shop_id, stage, payment_status, count(*), true FROM orders GROUP BY 1, 2, 3;

-- What the worker has not folded yet.
CREATE INDEX order_tallies_loose ON order_tallies (shop_id) WHERE NOT folded;

-- The words that a shop puts on its orders. The number is of the whole installation, so that an index over
-- numbers alone keeps shops apart.
CREATE TABLE tags (
    shop_id bigint NOT NULL REFERENCES shops ON DELETE CASCADE,
    id      bigint GENERATED ALWAYS AS IDENTITY,
    name    text   NOT NULL,
    PRIMARY KEY (shop_id, id),
    UNIQUE (shop_id, name)
);

-- The last number of each series: held from drawing a number to saving its paper, so that none is lost or
-- given twice.
CREATE TABLE invoice_series (
    shop_id     bigint NOT NULL REFERENCES shops ON DELETE CASCADE,
    series      text   NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (shop_id, series)
);

-- Invoices and stornos as they were issued. They stay when their order is deleted: the law wants them.
CREATE TABLE invoices (
    shop_id   bigint      NOT NULL REFERENCES shops,
    series    text        NOT NULL,
    number    bigint      NOT NULL,
    order_id  bigint      NOT NULL,
    cancels   bigint,
    issued_at timestamptz NOT NULL,
    body      jsonb       NOT NULL,
    PRIMARY KEY (shop_id, series, number)
);

-- An order has one invoice, and an invoice one storno.
CREATE UNIQUE INDEX invoices_order ON invoices (shop_id, order_id) WHERE cancels IS NULL;
CREATE UNIQUE INDEX invoices_storno ON invoices (shop_id, series, cancels) WHERE cancels IS NOT NULL;
CREATE INDEX invoices_of_order ON invoices (shop_id, order_id, number);
CREATE INDEX invoices_issued ON invoices (shop_id, issued_at, series, number);

-- That something was done which leaves no other trace; no personal data.
CREATE TABLE audit (
    shop_id  bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id       bigint      GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL,
    actor    text        NOT NULL,
    action   text        NOT NULL,
    order_id bigint      NOT NULL,
    PRIMARY KEY (shop_id, id)
);

-- Files whose order is gone, until the worker has deleted them.
CREATE TABLE discarded_files (
    shop_id bigint NOT NULL REFERENCES shops ON DELETE CASCADE,
    id      bigint GENERATED ALWAYS AS IDENTITY,
    blob    text   NOT NULL,
    PRIMARY KEY (shop_id, id)
);
