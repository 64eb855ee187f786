-- One row an alert: what the detector found, and the present state of its triage, which is the
-- last row of alert_history written again by a lightweight UPDATE (it needs the two block columns).
-- `created` is the Kafka time of the alert's record: the queue is sorted by arrival, so that an alert
-- on a late event stands on top.
CREATE TABLE IF NOT EXISTS alerts (
    agency LowCardinality(String),
    id String,
    created DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    rule_id LowCardinality(String),
    title LowCardinality(String),
    severity_id UInt8,
    host LowCardinality(String),
    user String CODEC(ZSTD(1)),
    src_ip String CODEC(ZSTD(1)),
    event_count UInt32,
    message String CODEC(ZSTD(1)),
    folded String CODEC(ZSTD(1)),
    finding String CODEC(ZSTD(3)),
    partition UInt16 CODEC(ZSTD(1)),
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    state LowCardinality(String) DEFAULT 'new',
    verdict LowCardinality(String) DEFAULT '',
    reason String DEFAULT '' CODEC(ZSTD(1)),
    assignee LowCardinality(String) DEFAULT '',
    version UInt32 DEFAULT 1,
    changed_by LowCardinality(String) DEFAULT '',
    changed_at DateTime64(3, 'UTC') DEFAULT created CODEC(Delta(8), ZSTD(1)),
    INDEX id_bloom id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(created)
ORDER BY (agency, created, id)
SETTINGS
    index_granularity = 1024,
    enable_block_number_column = 1,
    enable_block_offset_column = 1,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- Every step of every triage, never changed: the truth that the columns above repeat. A row holds
-- the whole state after the step. The insert's deduplication token is alert and version, so of two
-- who change the same version one writes nothing.
CREATE TABLE IF NOT EXISTS alert_history (
    agency LowCardinality(String),
    alert_id String,
    version UInt32,
    at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    change_id UInt64,
    actor LowCardinality(String),
    kind LowCardinality(String),
    from_state LowCardinality(String),
    to_state LowCardinality(String),
    verdict LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    assignee LowCardinality(String),
    comment String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (agency, alert_id, version)
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
