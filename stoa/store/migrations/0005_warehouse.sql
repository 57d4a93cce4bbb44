-- Products in the marketplace's warehouse have numbers of eight digits and more.
CREATE SEQUENCE warehouse_product_numbers START 10000001;

-- A product of a shop that the warehouse serves: so many pieces lie there, and so many of them are kept for orders.
CREATE TABLE warehouse_products (
    shop_id    bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id         bigint      NOT NULL DEFAULT nextval('warehouse_product_numbers'),
    shop_uid   text        NOT NULL,
    name       text,
    ean        text,
    active     boolean     NOT NULL,
    quantity   bigint      NOT NULL DEFAULT 0,
    reserved   bigint      NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id),
    CONSTRAINT warehouse_products_shop_uid UNIQUE (shop_id, shop_uid),
    -- Nobody is sold, or sent, what is not there.
    CHECK (quantity >= 0),
    CHECK (reserved BETWEEN 0 AND quantity)
);

-- The ledger: every piece that came or went, only ever added to. A product's quantity is the sum of its movements.
-- No foreign key to orders: what was sent stays sent when its order is deleted.
CREATE TABLE stock_movements (
    shop_id        bigint      NOT NULL,
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    product_id     bigint      NOT NULL,
    at             timestamptz NOT NULL,
    kind           text        NOT NULL CHECK (kind IN ('received', 'sent', 'came_back', 'corrected')),
    quantity       bigint      NOT NULL CHECK (quantity <> 0),
    order_id       bigint,
    purchase_order bigint,
    reason         text,
    PRIMARY KEY (shop_id, id),
    FOREIGN KEY (shop_id, product_id) REFERENCES warehouse_products ON DELETE CASCADE
);

-- A product's movements, newest first, and their sum.
CREATE INDEX stock_movements_product ON stock_movements (shop_id, product_id, id) INCLUDE (quantity);

-- From whom a shop has goods sent to the warehouse, by the shop's own code.
CREATE TABLE suppliers (
    shop_id    bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    id         text        NOT NULL,
    code       text        NOT NULL,
    name       text        NOT NULL,
    address    text,
    city       text,
    area       text,
    zip_code   text,
    phone      text,
    tax_number text,
    email      text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, id),
    CONSTRAINT suppliers_code UNIQUE (shop_id, code)
);

-- Goods that a shop announces to the warehouse, numbered within the shop. Its lines are read and written as a whole.
CREATE TABLE purchase_orders (
    shop_id       bigint      NOT NULL REFERENCES shops ON DELETE CASCADE,
    number        bigint      NOT NULL,
    supplier_id   text        NOT NULL,
    expected_date date        NOT NULL,
    created_at    timestamptz NOT NULL,
    received_at   timestamptz,
    lines         jsonb       NOT NULL,
    PRIMARY KEY (shop_id, number),
    CONSTRAINT purchase_orders_supplier FOREIGN KEY (shop_id, supplier_id) REFERENCES suppliers
);
