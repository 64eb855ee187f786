-- What is folded into an alert after it was raised: a row each time the detector tells of it again,
-- under the alert's id. Rows are only added, and each is the record at its place, so that a replay
-- writes it once; readers take the one with the highest count.
CREATE TABLE IF NOT EXISTS alert_updates (
    agency LowCardinality(String),
    id String,
    kafka_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    event_count UInt32,
    last_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    message String CODEC(ZSTD(1)),
    message_bn String CODEC(ZSTD(1)),
    finding String CODEC(ZSTD(3)),
    topic LowCardinality(String),
    partition UInt16 CODEC(ZSTD(1)),
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(kafka_time)
ORDER BY (agency, id, event_count)
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- The last event's time; which alerts belong together; and how much depends on the alert, from 0 to
-- 100. An alert from before has the risk of its severity.
ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS last_time DateTime64(3, 'UTC') DEFAULT time CODEC(Delta(8), ZSTD(1)),
    ADD COLUMN IF NOT EXISTS group_id String DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS risk_score UInt8
        DEFAULT toUInt8(if(severity_id = 0, 50, least(severity_id, 5) * 20 - 10));
