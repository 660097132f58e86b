-- How far the change of files goes out in waves that a root has begun last.
CREATE TABLE rollouts (
    platform     TEXT NOT NULL,
    root         TEXT NOT NULL,
    files        TEXT NOT NULL,            -- digest of the files that go out
    revision     TEXT,
    began        TEXT NOT NULL,
    wave         INTEGER NOT NULL,         -- 0: none is open
    waves        INTEGER NOT NULL,         -- 0: not known yet
    baking_until TEXT,
    stopped      TEXT,
    why          TEXT,
    ended        TEXT,
    PRIMARY KEY (platform, root)
) STRICT;
CREATE TABLE rollout_members (
    platform TEXT NOT NULL,
    root     TEXT NOT NULL,
    outlet   TEXT NOT NULL,
    named    INTEGER,                      -- the first wave of the settings that names it
    wants    TEXT NOT NULL,                -- digest of what its files say
    wave     INTEGER,
    state    TEXT NOT NULL,
    known    INTEGER NOT NULL,
    PRIMARY KEY (platform, root, outlet)
) STRICT;
CREATE INDEX rollout_members_by_state ON rollout_members (platform, root, state, wave);
-- In which wave of how many a push went out; NULL: in none.
ALTER TABLE pushes ADD COLUMN wave INTEGER;
ALTER TABLE pushes ADD COLUMN waves INTEGER;
