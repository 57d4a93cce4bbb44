-- Clients that gave wrong credentials, by address (IPv6 by /64): how often since when and, where it was too
-- often, until when whatever they ask is refused. They are forgotten after a day.
CREATE TABLE strangers (
    address       text        NOT NULL PRIMARY KEY,
    failures      integer     NOT NULL,
    since         timestamptz NOT NULL,
    blocked_until timestamptz
);
