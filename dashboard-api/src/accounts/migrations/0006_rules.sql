-- Every text that a rule file ever had. The file is named by the id of its main document.
CREATE TABLE rule_versions (
    rule     TEXT NOT NULL,
    version  INTEGER NOT NULL,         -- from 1
    file     TEXT NOT NULL,            -- its name in the set
    text     TEXT NOT NULL,
    matching TEXT NOT NULL,            -- lines on which it must fire
    missing  TEXT NOT NULL,            -- lines on which it must not
    origin   TEXT NOT NULL,            -- 'folder' or 'dashboard'
    author   TEXT NOT NULL,
    note     TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (rule, version)
) STRICT;
CREATE TRIGGER rule_versions_are_not_changed BEFORE UPDATE ON rule_versions
    BEGIN SELECT RAISE(ABORT, 'versions of rules are append-only'); END;
CREATE TRIGGER rule_versions_are_not_deleted BEFORE DELETE ON rule_versions
    BEGIN SELECT RAISE(ABORT, 'versions of rules are append-only'); END;

-- What was done with rules: the history, of which `rules` is the current view.
CREATE TABLE rule_steps (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    rule     TEXT NOT NULL,
    revision INTEGER NOT NULL,         -- of the rule since this step
    at_ms    INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,            -- save, import, propose, approve, reject, ship
    version  INTEGER NOT NULL,
    stage    TEXT NOT NULL,
    agencies TEXT NOT NULL,            -- JSON, of a canary
    note     TEXT NOT NULL
) STRICT;
CREATE INDEX rule_steps_of_rule ON rule_steps (rule, seq);
CREATE TRIGGER rule_steps_are_not_changed BEFORE UPDATE ON rule_steps
    BEGIN SELECT RAISE(ABORT, 'the history of rules is append-only'); END;
CREATE TRIGGER rule_steps_are_not_deleted BEFORE DELETE ON rule_steps
    BEGIN SELECT RAISE(ABORT, 'the history of rules is append-only'); END;

CREATE TABLE rules (
    rule     TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,         -- counts every step
    newest   INTEGER NOT NULL,         -- the newest version
    live     INTEGER,                  -- the version in force; NULL: none was yet
    folder   INTEGER,                  -- the version that its file in the folder had last
    stage    TEXT NOT NULL,
    agencies TEXT NOT NULL,            -- JSON, of a canary
    quality  INTEGER,                  -- percent
    sheet    TEXT NOT NULL,            -- JSON: what the newest version says of itself
    proposal TEXT                      -- JSON: a stage that waits for approval
) STRICT, WITHOUT ROWID;

-- Which file each document's id is of; an id never moves to another file.
CREATE TABLE rule_ids (
    id   TEXT PRIMARY KEY,
    rule TEXT NOT NULL
) STRICT, WITHOUT ROWID;
