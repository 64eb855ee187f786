-- Long work that somebody asked for. Its result is kept for him until it is old.
CREATE TABLE jobs (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    owner      TEXT NOT NULL,          -- the user's name
    agencies   TEXT NOT NULL,          -- JSON: those whose rows it read; ["*"]: all
    asked      TEXT NOT NULL,          -- JSON
    state      TEXT NOT NULL,          -- running, done, failed, cancelled
    created_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    result     TEXT,                   -- JSON, of one that is done
    problem    TEXT                    -- of one that failed, in words
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_of_owner ON jobs (owner, created_ms);
