-- What a shop's people remark on an order, for each other. Somebody who has left is a number without a name.
CREATE TABLE order_notes (
    shop_id   bigint      NOT NULL,
    order_id  bigint      NOT NULL,
    id        bigint      GENERATED ALWAYS AS IDENTITY,
    person_id bigint      NOT NULL,
    at        timestamptz NOT NULL,
    text      text        NOT NULL,
    PRIMARY KEY (shop_id, order_id, id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders ON DELETE CASCADE
);
