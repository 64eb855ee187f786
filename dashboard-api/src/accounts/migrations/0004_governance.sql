ALTER TABLE users ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';   -- or 'service'
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;    -- rises with each change
ALTER TABLE sessions ADD COLUMN address TEXT;                       -- from which it was begun

-- Keys of programs. The secret is kept as its SHA-256 only.
CREATE TABLE api_keys (
    id          TEXT PRIMARY KEY,
    hash        BLOB NOT NULL UNIQUE,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    name        TEXT NOT NULL,
    permissions TEXT NOT NULL,          -- JSON arrays
    agencies    TEXT NOT NULL,
    networks    TEXT NOT NULL,          -- empty: from anywhere
    created_ms  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    expires_ms  INTEGER NOT NULL,
    used_ms     INTEGER,
    revoked_ms  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_of_user ON api_keys (user_id);
