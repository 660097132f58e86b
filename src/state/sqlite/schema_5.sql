-- Promotions of ours: what was made for which name and dish, and how far it is.
CREATE TABLE promotions (
    platform  TEXT NOT NULL,
    outlet    TEXT NOT NULL,
    key       TEXT NOT NULL,
    promotion TEXT NOT NULL,          -- JSON
    PRIMARY KEY (platform, outlet, key)
) STRICT;
