-- What is remembered of an outlet's last days: what came and left, which prices stood, what was changed elsewhere.

CREATE TABLE memories (
    outlet TEXT PRIMARY KEY,
    memory TEXT NOT NULL              -- JSON
) STRICT;

-- Marks of events that were taken, so that none counts twice.
CREATE TABLE events (
    mark     TEXT PRIMARY KEY,
    taken_at TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_age ON events (taken_at);

-- What events say of an outlet and its menu may not show.
CREATE TABLE alarms (
    outlet    TEXT PRIMARY KEY,
    raised_at TEXT NOT NULL,
    what      TEXT NOT NULL
) STRICT;
