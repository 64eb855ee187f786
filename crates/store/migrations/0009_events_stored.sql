-- Events by when they were stored, for those who watch them arrive: only granules that hold a new row
-- are read. Parts from before the index are of no interest to a live tail.
ALTER TABLE events ADD INDEX IF NOT EXISTS stored_range stored_time TYPE minmax GRANULARITY 1;
