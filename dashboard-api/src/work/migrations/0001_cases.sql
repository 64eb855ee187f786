-- Cases: the current view. Each row repeats what the steps of the case say, and is written in the
-- same transaction as the step.
CREATE TABLE cases (
    id          TEXT PRIMARY KEY,      -- '<agency>-<number>': short enough to say aloud
    agency      TEXT NOT NULL,         -- whose it is
    number      INTEGER NOT NULL,      -- counts up within the agency, so that it tells nobody else's
    version     INTEGER NOT NULL,      -- of its last step
    title       TEXT NOT NULL,
    summary     TEXT NOT NULL,
    state       TEXT NOT NULL,
    severity_id INTEGER NOT NULL,
    tlp         TEXT NOT NULL,
    assignee    TEXT NOT NULL,         -- '': nobody
    resolution  TEXT NOT NULL,         -- '' while it is open
    merged_into TEXT NOT NULL,         -- '': in none
    created_ms  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    updated_ms  INTEGER NOT NULL,
    updated_by  TEXT NOT NULL,
    UNIQUE (agency, number)
) STRICT;
CREATE INDEX cases_by_update ON cases (updated_ms DESC, id DESC);

-- With which other agencies a case is shared.
CREATE TABLE case_agencies (
    case_id TEXT NOT NULL REFERENCES cases (id),
    agency  TEXT NOT NULL,
    PRIMARY KEY (case_id, agency)
) STRICT, WITHOUT ROWID;

-- An alert as it stood when it came into the case: the case stays whole when retention takes the alert.
CREATE TABLE case_alerts (
    case_id     TEXT NOT NULL REFERENCES cases (id),
    alert_id    TEXT NOT NULL,
    agency      TEXT NOT NULL,
    title       TEXT NOT NULL,
    title_bn    TEXT NOT NULL,
    rule_id     TEXT NOT NULL,
    host        TEXT NOT NULL,
    severity_id INTEGER NOT NULL,
    time_ms     INTEGER NOT NULL,
    added_ms    INTEGER NOT NULL,
    added_by    TEXT NOT NULL,
    PRIMARY KEY (case_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_alerts_by_alert ON case_alerts (alert_id);

CREATE TABLE case_tasks (
    id         TEXT PRIMARY KEY,       -- '<case>.t<version of the step that made it>'
    case_id    TEXT NOT NULL REFERENCES cases (id),
    version    INTEGER NOT NULL,       -- counts up with every change of the task
    title      TEXT NOT NULL,
    state      TEXT NOT NULL,
    assignee   TEXT NOT NULL,
    due_ms     INTEGER,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX case_tasks_by_case ON case_tasks (case_id);

CREATE TABLE case_evidence (
    id         TEXT PRIMARY KEY,       -- '<case>.e<version of the step that made it>'
    case_id    TEXT NOT NULL REFERENCES cases (id),
    agency     TEXT NOT NULL,          -- whose it is: only its readers see it
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    source     TEXT NOT NULL,          -- id of the alert or event; '' of a file
    media_type TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    note       TEXT NOT NULL,
    added_ms   INTEGER NOT NULL,
    added_by   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX case_evidence_by_case ON case_evidence (case_id);

CREATE TABLE evidence_contents (
    sha256  TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

-- Chain of custody: who had a piece of evidence in hand, and when.
CREATE TABLE evidence_custody (
    evidence_id TEXT NOT NULL REFERENCES case_evidence (id),
    seq         INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    PRIMARY KEY (evidence_id, seq)
) STRICT, WITHOUT ROWID;

-- The truth: every step of every case. `hash` is the SHA-256 of the step before and this one, so that
-- a step cannot be changed without all later ones.
CREATE TABLE case_steps (
    case_id TEXT NOT NULL REFERENCES cases (id),
    version INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    agency  TEXT NOT NULL,             -- whose rows it names: only their readers see the detail; '': nobody's
    detail  TEXT NOT NULL,             -- JSON
    hash    TEXT NOT NULL,
    PRIMARY KEY (case_id, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER case_steps_are_not_changed BEFORE UPDATE ON case_steps
    BEGIN SELECT RAISE(ABORT, 'the history of cases is append-only'); END;
CREATE TRIGGER case_steps_are_not_deleted BEFORE DELETE ON case_steps
    BEGIN SELECT RAISE(ABORT, 'the history of cases is append-only'); END;
CREATE TRIGGER evidence_custody_is_not_changed BEFORE UPDATE ON evidence_custody
    BEGIN SELECT RAISE(ABORT, 'the chain of custody is append-only'); END;
CREATE TRIGGER evidence_custody_is_not_deleted BEFORE DELETE ON evidence_custody
    BEGIN SELECT RAISE(ABORT, 'the chain of custody is append-only'); END;
CREATE TRIGGER evidence_contents_are_not_changed BEFORE UPDATE ON evidence_contents
    BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER evidence_contents_are_not_deleted BEFORE DELETE ON evidence_contents
    BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
