-- Events counted by five minutes of their own time. `month` is that of arrival: a partition key made
-- of `time` would let one bad clock open a partition a row.
CREATE TABLE IF NOT EXISTS events_5m (
    agency LowCardinality(String),
    time DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    class_uid UInt32 CODEC(ZSTD(1)),
    source LowCardinality(String),
    severity_id UInt8 CODEC(ZSTD(1)),
    month Date CODEC(ZSTD(1)),
    events UInt64 CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree(events)
PARTITION BY month
ORDER BY (agency, time, class_uid, source, severity_id, month)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_5m_of_events TO events_5m AS
SELECT
    agency,
    toStartOfFiveMinutes(toDateTime(time, 'UTC')) AS time,
    class_uid,
    source,
    severity_id,
    toStartOfMonth(toDate(kafka_time)) AS month,
    count() AS events
FROM events
GROUP BY agency, time, class_uid, source, severity_id, month;
