-- Moments are RFC 3339 text in UTC. Columns that hold JSON belong to the program, not to SQL.

CREATE TABLE outlets (
    id              TEXT PRIMARY KEY,
    name            TEXT,
    file            TEXT,
    state           TEXT,             -- NULL until the first pass has ended
    since           TEXT,             -- when `state` became what it is
    error           TEXT,
    held            TEXT,             -- JSON
    drift           TEXT,             -- JSON
    last_verified   TEXT,
    revision        TEXT,
    base            TEXT,             -- JSON; NULL before the first verified push
    base_updated_at TEXT
) STRICT;

CREATE TABLE pushes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice
    outlet      TEXT NOT NULL,
    request_id  TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    digest      TEXT NOT NULL,
    revision    TEXT,
    tool        TEXT NOT NULL,
    prepared_at TEXT NOT NULL,
    sent_at     TEXT,
    answered_at TEXT,
    finished_at TEXT,
    outcome     TEXT,
    error       TEXT,
    plan        TEXT NOT NULL                       -- JSON
) STRICT;

CREATE INDEX pushes_of_outlet ON pushes (outlet, id);
