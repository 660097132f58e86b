-- How images looked when they were last fetched, so that their servers can be asked whether that still holds.

CREATE TABLE images (
    url           TEXT PRIMARY KEY,
    etag          TEXT,
    last_modified TEXT,
    checked_at    TEXT NOT NULL,
    judgement     INTEGER NOT NULL,  -- by which version of the checks
    findings      TEXT NOT NULL      -- JSON
) STRICT;
