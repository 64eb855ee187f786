CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    password_hash TEXT,                -- PHC string of argon2id; NULL: only one-time logins
    language      TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    disabled_ms   INTEGER              -- off-boarded: no sign-in, no session
) STRICT;

CREATE TABLE grants (
    user_id INTEGER NOT NULL REFERENCES users (id),
    role    TEXT NOT NULL,
    agency  TEXT NOT NULL,             -- '*': all agencies
    PRIMARY KEY (user_id, role, agency)
) STRICT, WITHOUT ROWID;

-- Secrets are kept as their SHA-256 only: who reads this file cannot sign in with it.
CREATE TABLE sessions (
    hash       BLOB PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    created_ms INTEGER NOT NULL,
    seen_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE login_tokens (
    hash       BLOB PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms    INTEGER
) STRICT, WITHOUT ROWID;

-- Keyed by name as typed (existing or not, so that nothing can be learnt from it) or by address.
CREATE TABLE login_failures (
    subject         TEXT PRIMARY KEY,
    failures        INTEGER NOT NULL,
    last_ms         INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms    INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    target   TEXT NOT NULL,
    detail   TEXT NOT NULL,            -- JSON
    trace_id TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
