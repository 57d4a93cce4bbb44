-- People who sign in to the desk. A person belongs to one shop; an operator to none, and may enter all. An operator's role
-- is the only one without a shop. No primary key with the shop: whoever signs in has said only an e-mail address.
CREATE TABLE people (
    person_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id       bigint      REFERENCES shops ON DELETE CASCADE,
    role          text        NOT NULL CHECK (role IN ('owner', 'packer', 'operator')),
    email         text        NOT NULL,
    name          text        NOT NULL,
    password_hash text        NOT NULL,
    language      text,
    created_at    timestamptz NOT NULL,
    CHECK ((role = 'operator') = (shop_id IS NULL))
);
CREATE UNIQUE INDEX people_email ON people (lower(email));
CREATE INDEX people_shop ON people (shop_id, person_id);

-- Who is signed in. Only the hash of a session's secret is kept.
CREATE TABLE desk_sessions (
    secret_hash bytea       NOT NULL PRIMARY KEY,
    person_id   bigint      NOT NULL REFERENCES people ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX desk_sessions_person ON desk_sessions (person_id);
CREATE INDEX desk_sessions_expiry ON desk_sessions (expires_at);

-- Who did it, where it was done at the desk: somebody who has left is a number without a name.
ALTER TABLE order_events ADD COLUMN person_id bigint;
