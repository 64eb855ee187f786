-- For how long what is stored is kept, by agency ('*': where an agency says nothing itself) and class of logs
-- ('all': where nothing is said of the class). What would keep less waits in the asked_ columns for a
-- second person.
CREATE TABLE retention_policies (
    agency       TEXT NOT NULL,
    class        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    days         INTEGER,              -- none: for ever
    hold         INTEGER NOT NULL,     -- nothing is deleted, whatever the days
    reason       TEXT NOT NULL,
    changed_by   TEXT NOT NULL,
    changed_ms   INTEGER NOT NULL,
    asked_days   INTEGER,
    asked_hold   INTEGER,              -- none: nothing is asked
    asked_reason TEXT,
    asked_by     TEXT,
    asked_ms     INTEGER,
    PRIMARY KEY (agency, class)
) STRICT, WITHOUT ROWID;
