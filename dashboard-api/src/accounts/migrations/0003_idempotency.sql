-- Requests that were sent with an Idempotency-Key, for a day.
CREATE TABLE idempotency (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    key          TEXT NOT NULL,
    print        BLOB NOT NULL,         -- SHA-256 of what was asked
    at_ms        INTEGER NOT NULL,
    done         INTEGER NOT NULL,
    status       INTEGER,               -- of the answer; NULL: it cannot be given again
    content_type TEXT,
    etag         TEXT,
    location     TEXT,
    body         BLOB,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (at_ms);
