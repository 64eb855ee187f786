-- The queue in Bangla: what the finding says in that language, as columns, so that a page of the
-- queue need not read whole findings. Filled by the server from the finding that is inserted.
ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS title_bn LowCardinality(String)
        DEFAULT JSONExtractString(finding, 'unmapped', 'rule', 'title_bn'),
    ADD COLUMN IF NOT EXISTS message_bn String
        DEFAULT JSONExtractString(finding, 'unmapped', 'message_bn') CODEC(ZSTD(1));
