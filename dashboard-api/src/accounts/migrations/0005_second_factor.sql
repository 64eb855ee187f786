-- An authenticator app's secret is worked out from a key file and the salt; it is not kept here.
CREATE TABLE second_factors (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id),
    salt         BLOB NOT NULL,
    confirmed_ms INTEGER,               -- NULL: begun, no code of it was shown yet
    last_step    INTEGER NOT NULL       -- of the newest code that was taken
) STRICT;

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id),
    hash    BLOB NOT NULL,              -- SHA-256; 80 random bits cannot be guessed
    used_ms INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;
