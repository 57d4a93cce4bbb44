-- What an order is found by and counted by at the desk. The worker makes it of the order, within a second or two of a
-- save, and takes no version for an older one; what must not be late is read from orders.
--
-- step            as in orders.
-- is_return       goods that come back (return_of in the order): no sale, in no sum of sales.
-- total_cents     what the customer pays, goods and shipping; refunded_cents is what was given back of it.
-- carrier         the key of who carries the parcel, or will; none where nobody knows yet.
-- accepted_at     when it was accepted; none where it is not decided, or was never accepted.
-- came_to_nothing 'rejected', 'expired' or 'cancelled', where the order ended so; its total is no revenue. With accepted_at
--                 it was accepted first, so only 'rejected' and 'expired' without it count against the acceptance rate.
-- dispatch_until  the deadline: late is what left (dispatched_at) after it, or has not left by now although it was
--                 accepted and has not come to nothing.
-- words           see stoa.orders.words; each begins with the shop's number.
CREATE TABLE order_facts (
    shop_id         bigint      NOT NULL,
    order_id        bigint      NOT NULL,
    version         integer     NOT NULL,
    placed_at       timestamptz NOT NULL,
    channel         text        NOT NULL,
    carrier         text,
    step            text        NOT NULL,
    is_return       boolean     NOT NULL,
    total_cents     bigint      NOT NULL,
    refunded_cents  bigint      NOT NULL,
    currency        text        NOT NULL,
    accepted_at     timestamptz,
    came_to_nothing text,
    dispatch_until  timestamptz NOT NULL,
    dispatched_at   timestamptz,
    words           tsvector    NOT NULL,
    PRIMARY KEY (shop_id, order_id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders ON DELETE CASCADE
);

-- The numbers of some days come from this index alone. The step is not in it: most steps change none of them.
CREATE INDEX order_facts_placed ON order_facts (shop_id, placed_at) INCLUDE (
    channel, is_return, total_cents, refunded_cents, currency, accepted_at, came_to_nothing, dispatch_until, dispatched_at);

-- A search reads what is not sorted in yet from end to end: a quarter of the usual list of it keeps that short.
CREATE INDEX order_facts_words ON order_facts USING gin (words) WITH (gin_pending_list_limit = 1024);

-- The orders of one channel or carrier, newest first; and which of them a shop has, without a look at all its orders.
CREATE INDEX order_facts_channel ON order_facts (shop_id, channel, placed_at, order_id);
CREATE INDEX order_facts_carrier ON order_facts (shop_id, carrier, placed_at, order_id) WHERE carrier IS NOT NULL;

-- A tally that is not folded yet says which order it is of: who folds it brings that order's facts up to date, in the same
-- transaction. A save that changes facts but no number adds one with n = 0.
ALTER TABLE order_tallies ADD COLUMN order_id bigint;

-- All orders that there are: the newest are folded first.
INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, order_id)
SELECT shop_id, stage, step, payment_status, 0, id FROM orders ORDER BY id;
