-- Where indicators come from: lists that people keep, and collections of TAXII servers.
CREATE TABLE feeds (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    agency     TEXT NOT NULL,                -- '*': in everybody's events
    version    INTEGER NOT NULL,
    spec       TEXT NOT NULL,                -- JSON: name, where from, what is so unless it says otherwise
    changed_by TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0,
    batch      INTEGER NOT NULL DEFAULT 0,   -- of the last import
    place      TEXT NOT NULL DEFAULT '{}',   -- JSON: where the read of a collection goes on
    next_ms    INTEGER NOT NULL DEFAULT 0,   -- when it does
    read_ms    INTEGER,                      -- when it was read to its end
    fault      TEXT NOT NULL DEFAULT ''      -- why the last read failed
) STRICT;

CREATE TABLE indicators (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    feed         INTEGER NOT NULL REFERENCES feeds,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,              -- in the one form that all its spellings have
    reference    TEXT NOT NULL,              -- the feed's own id; empty where it gives none
    source       TEXT NOT NULL,              -- whom the feed has it from; empty: itself
    label        TEXT,
    confidence   INTEGER,
    tlp          TEXT,
    expires      INTEGER,                    -- seconds since the epoch
    batch        INTEGER NOT NULL,
    added_ms     INTEGER NOT NULL,
    added_by     TEXT NOT NULL,
    listed_ms    INTEGER NOT NULL,           -- when its feed last had it
    withdrawn_ms INTEGER,
    withdrawn_by TEXT,
    reason       TEXT,
    UNIQUE (feed, kind, value, reference)
) STRICT;
CREATE INDEX indicators_by_feed ON indicators (feed, id);
CREATE INDEX indicators_by_value ON indicators (value, id);
CREATE INDEX indicators_by_reference ON indicators (feed, reference) WHERE reference <> '';
CREATE INDEX indicators_withdrawn ON indicators (feed) WHERE withdrawn_ms IS NOT NULL;
