-- The Merkle tree over the audit log, as far as it has been sealed. One row.
CREATE TABLE audit_tree (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    size  INTEGER NOT NULL,            -- entries in the tree: the first so many by seq
    seq   INTEGER NOT NULL,            -- of the last of them
    peaks BLOB NOT NULL
) STRICT;
INSERT INTO audit_tree VALUES (1, 0, 0, x'');

-- Signed notes, each of which holds all entries before it fast.
CREATE TABLE audit_checkpoints (
    size  INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    note  TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_checkpoints_are_not_changed BEFORE UPDATE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER audit_checkpoints_are_not_deleted BEFORE DELETE ON audit_checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
