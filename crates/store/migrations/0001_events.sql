-- One row an event. Agency first, so that a caller's scope prunes; partitioned by arrival (the raw
-- record's Kafka time), so that no host's clock can scatter or poison an insert.
--
-- The event's JSON stands once: `rest` is the document without the members that are columns of
-- their own and would not compress twice (raw_data, message, time, metadata.uid, metadata.logged_time,
-- metadata.processed_time); rows/document.rs cuts and joins. Measured on 300,000 events of 1,759
-- bytes: 194 bytes a row this way, 233 with only raw_data and uid cut, 246 with the document whole,
-- and the JSON type cost seven times the processor time of a String.
--
-- The n-gram filter finds any substring of four characters or more in any script (8.6 bytes a row,
-- 11 us); a text index over the same bytes took 87 bytes a row.
CREATE TABLE IF NOT EXISTS events (
    agency LowCardinality(String),
    time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    kafka_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    logged_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    processed_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    uid FixedString(16) CODEC(NONE),
    class_uid UInt32 CODEC(ZSTD(1)),
    activity_id UInt8 CODEC(ZSTD(1)),
    severity_id UInt8 CODEC(ZSTD(1)),
    status_id UInt8 CODEC(ZSTD(1)),
    source LowCardinality(String),
    log_name LowCardinality(String),
    event_code LowCardinality(String),
    host LowCardinality(String),
    user String CODEC(ZSTD(1)),
    src_ip IPv6 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(ZSTD(1)),
    dst_ip IPv6 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    process String CODEC(ZSTD(1)),
    message String CODEC(ZSTD(1)),
    raw String CODEC(ZSTD(3)),
    folded String CODEC(ZSTD(1)),
    rest String CODEC(ZSTD(3)),
    raw_offset UInt64 CODEC(Delta(8), ZSTD(1)),
    raw_index UInt32 CODEC(ZSTD(1)),
    partition UInt16 CODEC(ZSTD(1)),
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX time_range time TYPE minmax GRANULARITY 1,
    INDEX offset_range offset TYPE minmax GRANULARITY 1,
    INDEX uid_bloom uid TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX src_bloom src_ip TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX dst_bloom dst_ip TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX text_grams lower(concat(message, '\n', raw, '\n', folded)) TYPE ngrambf_v1(4, 65536, 3, 0) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(kafka_time)
ORDER BY (agency, toStartOfHour(time), class_uid, time)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
