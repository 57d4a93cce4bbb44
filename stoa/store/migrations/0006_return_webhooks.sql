-- A message may be the announcement of something new, such as a return, or an update of what was announced. An update is
-- sent only to the URL that the announcement was delivered to (sent_to); where it may not be sent it ends as skipped.
ALTER TABLE deliveries
    ADD COLUMN part    text,
    ADD COLUMN sent_to text,
    DROP CONSTRAINT deliveries_state_check,
    -- What there is fits, so nobody has to wait until all of it has been looked at.
    ADD CONSTRAINT deliveries_part_check CHECK (part IN ('announcement', 'update')) NOT VALID,
    ADD CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'delivered', 'dead', 'skipped')) NOT VALID;

-- What was skipped is listed, as what was given up, without a look at all that was ever delivered.
CREATE INDEX deliveries_skipped ON deliveries (shop_id, id) WHERE state = 'skipped';

-- Switched off, an endpoint keeps its URL and its key, and is told nothing.
ALTER TABLE webhook_endpoints ADD COLUMN enabled boolean NOT NULL DEFAULT true;
