-- Everything of an outlet belongs to one platform: the origin of the API's address. '' = not known; nobody uses that.
-- `root`: whose files defined the outlet last; NULL = not known.

CREATE TABLE outlets_4 (
    platform        TEXT NOT NULL,
    id              TEXT NOT NULL,
    root            TEXT,
    name            TEXT,
    file            TEXT,
    state           TEXT,
    since           TEXT,
    error           TEXT,
    held            TEXT,             -- JSON
    drift           TEXT,             -- JSON
    last_verified   TEXT,
    revision        TEXT,
    base            BLOB,             -- JSON, compressed with zlib
    base_updated_at TEXT,
    PRIMARY KEY (platform, id)
) STRICT;
INSERT INTO outlets_4
SELECT '', id, NULL, name, file, state, since, error, held, drift, last_verified, revision, packed(base), base_updated_at
FROM outlets;
DROP TABLE outlets;
ALTER TABLE outlets_4 RENAME TO outlets;

-- `verification`: how to tell whether it has arrived, as JSON compressed with zlib; what `plan` held before.
ALTER TABLE pushes ADD COLUMN verification BLOB;
ALTER TABLE pushes ADD COLUMN platform TEXT NOT NULL DEFAULT '';
DROP INDEX pushes_of_outlet;
DROP INDEX pushes_by_number;
CREATE INDEX pushes_of_outlet ON pushes (platform, outlet, id);
CREATE UNIQUE INDEX pushes_by_number ON pushes (platform, outlet, number);

CREATE TABLE pins_4 (
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    pins     TEXT NOT NULL,           -- JSON
    PRIMARY KEY (platform, outlet)
) STRICT;
INSERT INTO pins_4 SELECT '', outlet, pins FROM pins;
DROP TABLE pins;
ALTER TABLE pins_4 RENAME TO pins;

CREATE TABLE pauses_4 (
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    since    TEXT NOT NULL,
    until    TEXT,
    PRIMARY KEY (platform, outlet)
) STRICT;
INSERT INTO pauses_4 SELECT '', outlet, since, until FROM pauses;
DROP TABLE pauses;
ALTER TABLE pauses_4 RENAME TO pauses;

CREATE TABLE memories_4 (
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    memory   BLOB NOT NULL,           -- JSON, compressed with zlib
    notes    TEXT,                    -- of it: what is shown of all outlets at once
    PRIMARY KEY (platform, outlet)
) STRICT;
INSERT INTO memories_4
SELECT '', outlet, packed(memory), CASE WHEN json_valid(memory) THEN json_extract(memory, '$.notes') END FROM memories;
DROP TABLE memories;
ALTER TABLE memories_4 RENAME TO memories;

CREATE TABLE alarms_4 (
    platform  TEXT NOT NULL,
    outlet    TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    what      TEXT NOT NULL,
    PRIMARY KEY (platform, outlet)
) STRICT;
INSERT INTO alarms_4 SELECT '', outlet, raised_at, what FROM alarms;
DROP TABLE alarms;
ALTER TABLE alarms_4 RENAME TO alarms;

CREATE TABLE notices_4 (
    platform TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    occasion TEXT NOT NULL,
    since    TEXT NOT NULL,
    told_at  TEXT NOT NULL,
    PRIMARY KEY (platform, outlet)
) STRICT;
INSERT INTO notices_4 SELECT '', outlet, occasion, since, told_at FROM notices;
DROP TABLE notices;
ALTER TABLE notices_4 RENAME TO notices;

-- Written to find out whether anything can be.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at TEXT NOT NULL
) STRICT;
