-- What was given up, of all shops, newest first: the operator looks at it without a look at all that was ever delivered.
CREATE INDEX deliveries_given_up ON deliveries (id DESC) WHERE state = 'dead';

-- The demo's receiver of a shop plays dead until then; empty everywhere else.
CREATE TABLE demo_outages (
    shop_id bigint      NOT NULL REFERENCES shops ON DELETE CASCADE PRIMARY KEY,
    until   timestamptz NOT NULL
);
