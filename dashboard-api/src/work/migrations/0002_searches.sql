-- Searches that analysts keep, for themselves or for an agency. Rows are never deleted: who deletes a
-- search marks it, so that its address says what it was.
CREATE TABLE searches (
    id         TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    owner      TEXT NOT NULL,
    agency     TEXT NOT NULL,          -- whose readers see it; '': the owner's alone
    name       TEXT NOT NULL,
    q          TEXT NOT NULL,
    time_range TEXT NOT NULL,          -- as the dashboard writes it: '-24h', or two times
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX searches_by_owner ON searches (owner);
CREATE INDEX searches_by_agency ON searches (agency);
