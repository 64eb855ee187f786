-- People who sign in at an identity provider: who they are there, and which session of theirs ours came from.
ALTER TABLE users ADD COLUMN issuer TEXT;
ALTER TABLE users ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX users_by_subject ON users (issuer, subject) WHERE subject IS NOT NULL;
ALTER TABLE sessions ADD COLUMN provider_sid TEXT;

-- Sign-ins that have begun there and not come back.
CREATE TABLE provider_sign_ins (
    state      BLOB PRIMARY KEY,      -- SHA-256 of what comes back with the code
    browser    BLOB NOT NULL,         -- SHA-256 of a cookie: only the browser that began it ends it
    nonce      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    back       TEXT NOT NULL,         -- where the person wanted to go
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Logout tokens that were taken: each is taken once.
CREATE TABLE logout_tokens (
    jti        TEXT PRIMARY KEY,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
