-- What became of promotions of ours, in the order in which it was learnt.
CREATE TABLE promotion_events (
    id       INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    at       TEXT NOT NULL,
    event    TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX promotion_events_of_outlet ON promotion_events (platform, outlet, id);
