-- What is remembered of an outlet's last days: what came and left, which prices stood, what was changed elsewhere.

CREATE TABLE memories (
    outlet TEXT PRIMARY KEY,
    memory TEXT NOT NULL              -- JSON
) STRICT;
