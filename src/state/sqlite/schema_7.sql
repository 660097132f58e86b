-- Stock that a person has switched: what is under way or has an end.
CREATE TABLE switches (
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    key      TEXT NOT NULL,
    until    TEXT,
    switch   TEXT NOT NULL,            -- JSON
    PRIMARY KEY (platform, outlet, key)
) STRICT;
-- What became of switches, in the order in which it was learnt.
CREATE TABLE switch_events (
    id       INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    at       TEXT NOT NULL,
    event    TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX switch_events_of_outlet ON switch_events (platform, outlet, id);
