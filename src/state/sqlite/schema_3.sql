-- Pushes are numbered per outlet, for people. `back_to`: the number that a rollback went back to.
ALTER TABLE pushes ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushes ADD COLUMN author TEXT;
ALTER TABLE pushes ADD COLUMN back_to INTEGER;
UPDATE pushes SET number = (
    SELECT count(*) FROM pushes AS earlier WHERE earlier.outlet = pushes.outlet AND earlier.id <= pushes.id
);
CREATE UNIQUE INDEX pushes_by_number ON pushes (outlet, number);

-- What a push sent: JSON, compressed with zlib.
CREATE TABLE records (
    push    INTEGER PRIMARY KEY,
    changes BLOB NOT NULL,
    record  BLOB NOT NULL
) STRICT;

-- What a rollback holds against the files.
CREATE TABLE pins (
    outlet TEXT PRIMARY KEY,
    pins   TEXT NOT NULL             -- JSON
) STRICT;

-- Outlets that are left alone for a while. `until`: NULL = until somebody says otherwise.
CREATE TABLE pauses (
    outlet TEXT PRIMARY KEY,
    since  TEXT NOT NULL,
    until  TEXT
) STRICT;

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

-- What people were told of outlets and still lasts. The outlet '' stands for the daily digest.
CREATE TABLE notices (
    outlet   TEXT PRIMARY KEY,
    occasion TEXT NOT NULL,
    since    TEXT NOT NULL,
    told_at  TEXT NOT NULL
) STRICT;
