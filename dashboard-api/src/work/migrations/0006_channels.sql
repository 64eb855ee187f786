-- Who is told of new alerts and of troubles of the platform, and what waits to be told.
CREATE TABLE channels (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    agency     TEXT NOT NULL,            -- '*': of every agency
    version    INTEGER NOT NULL,
    spec       TEXT NOT NULL,            -- JSON: name, where to, what
    secret     BLOB NOT NULL,            -- signs webhooks
    changed_by TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What is to be said: each thing once to each channel.
CREATE TABLE notices (
    seq        INTEGER PRIMARY KEY,
    channel    INTEGER NOT NULL REFERENCES channels,
    key        TEXT NOT NULL,            -- an alert's id, or what is wrong and since when
    made_ms    INTEGER NOT NULL,
    subject    TEXT NOT NULL,            -- JSON
    message    INTEGER,                  -- none: it waits
    UNIQUE (channel, key)
) STRICT;
CREATE INDEX notices_waiting ON notices (channel, seq) WHERE message IS NULL;

-- What was made of it.
CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    channel    INTEGER NOT NULL REFERENCES channels,
    made_ms    INTEGER NOT NULL,
    body       TEXT NOT NULL,            -- JSON
    headline   TEXT NOT NULL,
    notices    INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    next_ms    INTEGER NOT NULL,
    sent_ms    INTEGER,
    gave_up_ms INTEGER,
    fault      TEXT NOT NULL DEFAULT ''  -- why the last try failed
) STRICT;
CREATE INDEX messages_due ON messages (channel, id) WHERE sent_ms IS NULL AND gave_up_ms IS NULL;
CREATE INDEX messages_of ON messages (channel, made_ms);

-- How far alerts were read, and which troubles were told.
CREATE TABLE notified (
    what  TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
