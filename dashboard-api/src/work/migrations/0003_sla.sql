-- How soon alerts are to be acknowledged and closed, by agency; '*': where an agency has none of its own.
-- Who deletes a policy marks it, so that its version never comes again.
CREATE TABLE sla_policies (
    agency     TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    calendar   TEXT NOT NULL,
    holidays   TEXT NOT NULL,          -- JSON: dates
    targets    TEXT NOT NULL,          -- JSON: minutes by severity
    changed_by TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
