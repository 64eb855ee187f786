-- One row a raw record that became no event, or an event record that could not be read; `topic` says
-- which. `raw` holds the bytes untouched, text or not.
CREATE TABLE IF NOT EXISTS dead_letters (
    agency LowCardinality(String),
    kafka_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    code LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    parser LowCardinality(String),
    origin String CODEC(ZSTD(1)),
    raw String CODEC(ZSTD(3)),
    raw_topic LowCardinality(String),
    raw_partition UInt16 CODEC(ZSTD(1)),
    raw_offset UInt64 CODEC(Delta(8), ZSTD(1)),
    raw_index UInt32 CODEC(ZSTD(1)),
    topic LowCardinality(String),
    partition UInt16 CODEC(ZSTD(1)),
    offset UInt64 CODEC(Delta(8), ZSTD(1)),
    stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    INDEX offset_range offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(kafka_time)
ORDER BY (agency, kafka_time, topic, partition, offset)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
