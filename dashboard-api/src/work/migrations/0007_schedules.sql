-- Searches that run by themselves: how often, from how many events on somebody is told, and what they found.
CREATE TABLE schedules (
    search   TEXT PRIMARY KEY REFERENCES searches,
    minutes  INTEGER NOT NULL,
    at_least INTEGER NOT NULL,
    channel  INTEGER,                -- none: it is seen in the dashboard alone
    enabled  INTEGER NOT NULL,
    to_ms    INTEGER NOT NULL,       -- up to when what was stored has been looked through
    next_ms  INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL        -- up to when its owner has looked at what it found
) STRICT, WITHOUT ROWID;

CREATE TABLE search_runs (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    search  TEXT NOT NULL REFERENCES searches,
    at_ms   INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms   INTEGER NOT NULL,
    events  INTEGER NOT NULL,
    found   INTEGER NOT NULL,        -- whether they were enough to be told of
    fault   TEXT NOT NULL DEFAULT '' -- why nothing was counted
) STRICT;
CREATE INDEX search_runs_of ON search_runs (search, id);
