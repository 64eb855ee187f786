-- What retention deletes, so that the ledger still adds up: two rows for each day of each class of logs of an
-- agency, one before its rows go and one after. An insert's token names the day, the counts and the
-- phase, so that a deletion that was broken off is counted once.
CREATE TABLE IF NOT EXISTS expired (
    agency LowCardinality(String),
    class LowCardinality(String),
    day Date CODEC(ZSTD(1)),
    rows UInt64 CODEC(ZSTD(1)),
    raw_records UInt64 CODEC(ZSTD(1)),
    phase LowCardinality(String),
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (agency, class, day)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
