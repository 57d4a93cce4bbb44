-- Order numbers are drawn from one sequence for all shops: every public identifier is made of one, and
-- seven digits is the least that the marketplaces' codes have.
CREATE SEQUENCE order_numbers START 1000001;

CREATE SEQUENCE shop_numbers START 1;

-- A shop: its name and everything that it agreed with the marketplace (zone, calendar, pickup locations, flags).
CREATE TABLE shops (
    shop_id    bigint      NOT NULL DEFAULT nextval('shop_numbers') PRIMARY KEY,
    name       text        NOT NULL,
    body       jsonb       NOT NULL,
    created_at timestamptz NOT NULL
);

-- The operator's own tokens. Only the hash of a secret is kept.
CREATE TABLE operator_tokens (
    token_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret_hash bytea       NOT NULL,
    created_at  timestamptz NOT NULL
);

-- A shop's credential for one dialect. The primary key is the promise that a new token expires the old one.
CREATE TABLE credentials (
    shop_id     bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    dialect     text        NOT NULL,
    secret_hash bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, dialect)
);

-- Where a shop wants to be told, per kind of message ("skroutz_orders"). The signing key must be used again,
-- so it is encrypted, not hashed.
CREATE TABLE webhook_endpoints (
    shop_id     bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    kind        text        NOT NULL,
    url         text        NOT NULL,
    signing_key bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, kind)
);

-- The order is the body. The columns beside it are what lists filter and sort by, and what a save checks.
CREATE TABLE orders (
    shop_id         bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id              bigint      NOT NULL,
    version         integer     NOT NULL,
    state           text        NOT NULL,
    channel         text        NOT NULL,
    channel_ref     text,
    placed_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    timer_at        timestamptz,
    idempotency_key text,
    request_hash    bytea,
    body            jsonb       NOT NULL,
    PRIMARY KEY (shop_id, id)
);

-- The operator's list by state, newest first.
CREATE INDEX orders_state ON orders (shop_id, state, id DESC);

-- What the clock must look at next: few rows, whatever the number of orders.
CREATE INDEX orders_timer ON orders (shop_id, timer_at) WHERE timer_at IS NOT NULL;

-- An order of another channel is taken over once.
CREATE UNIQUE INDEX orders_channel_ref ON orders (shop_id, channel, channel_ref) WHERE channel_ref IS NOT NULL;

-- The same request, sent again, places no second order.
CREATE UNIQUE INDEX orders_idempotency_key ON orders (shop_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What happened to an order, in order; only ever added to.
CREATE TABLE order_events (
    shop_id  bigint      NOT NULL,
    order_id bigint      NOT NULL,
    version  integer     NOT NULL,
    n        smallint    NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    actor    text        NOT NULL,
    body     jsonb       NOT NULL,
    PRIMARY KEY (shop_id, order_id, version, n),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders ON DELETE CASCADE
);

-- A message to a shop. The payload is frozen when the event happens: a resend carries the same bytes.
-- state: pending (due at due_at) -> delivered | dead. "tries" counts this round; a resend starts a new round.
CREATE TABLE deliveries (
    shop_id       bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id            bigint      GENERATED ALWAYS AS IDENTITY,
    order_id      bigint,
    endpoint      text        NOT NULL,
    event_type    text        NOT NULL,
    payload       bytea       NOT NULL,
    state         text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    tries         integer     NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL,
    claimed_until timestamptz,
    created_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders ON DELETE CASCADE
);

-- Due work, and the oldest waiting message of an order: both grow with the backlog only.
CREATE INDEX deliveries_due ON deliveries (shop_id, due_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_waiting ON deliveries (shop_id, order_id, id) WHERE state = 'pending';

-- What was given up is counted and listed without a look at all that was ever delivered.
CREATE INDEX deliveries_dead ON deliveries (shop_id, id) WHERE state = 'dead';

-- The order's page shows what was sent for it.
CREATE INDEX deliveries_order ON deliveries (shop_id, order_id, id);

-- One request to the shop's endpoint, and what came of it.
CREATE TABLE delivery_attempts (
    shop_id     bigint      NOT NULL,
    delivery_id bigint      NOT NULL,
    n           integer     NOT NULL,
    at          timestamptz NOT NULL,
    duration_ms integer     NOT NULL,
    status      integer,
    error       text,
    PRIMARY KEY (shop_id, delivery_id, n),
    FOREIGN KEY (shop_id, delivery_id) REFERENCES deliveries ON DELETE CASCADE
);

-- What the demo's own receiver was sent; empty everywhere else.
CREATE TABLE demo_inbox (
    shop_id     bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL,
    order_code  text        NOT NULL,
    headers     jsonb       NOT NULL,
    body        bytea       NOT NULL,
    PRIMARY KEY (shop_id, id)
);
CREATE INDEX demo_inbox_newest ON demo_inbox (id DESC);
CREATE INDEX demo_inbox_order ON demo_inbox (order_code, id DESC);

-- What belongs to the whole installation: a fingerprint of the secret key that it was begun with.
CREATE TABLE installation (
    name  text  NOT NULL PRIMARY KEY,
    value bytea NOT NULL
);
