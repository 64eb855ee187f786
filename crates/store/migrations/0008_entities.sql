-- Hosts, users, addresses, hashes and domains: since when each is known, until when, and how often.
--
-- What an event observes beside the values that have columns of their own (observables of OCSF type
-- 1 hostname, 2 address, 4 user, 8 hash), as `<type>:<value>`, host names and hashes in lower case. Rows from
-- before have what the default reads from their document.
ALTER TABLE events ADD COLUMN IF NOT EXISTS observed Array(String) DEFAULT arrayDistinct(arrayMap(
    o -> concat(toString(o.1), ':', if(o.1 IN (1, 8), lower(o.2), o.2)),
    arrayFilter(
        o -> o.1 IN (1, 2, 4, 8) AND o.2 != '' AND NOT (o.1 = 1 AND o.2 = host) AND NOT (o.1 = 4 AND o.2 = user)
            AND NOT (o.1 = 2 AND toIPv6OrDefault(o.2) IN (src_ip, dst_ip)),
        JSONExtract(rest, 'observables', 'Array(Tuple(type_id UInt8, value String))')))) CODEC(ZSTD(1));
ALTER TABLE events ADD INDEX IF NOT EXISTS observed_bloom observed TYPE bloom_filter(0.01) GRANULARITY 1;

-- The figures of an entity stand inside the events' own parts, each sorted by its value: a lookup reads
-- one granule a part, and they are there or not there with their events (see 0006). Parts from
-- before are counted from their rows; ALTER TABLE events MATERIALIZE PROJECTION seen_hosts (and the other
-- three) makes them quick too.
ALTER TABLE events ADD PROJECTION IF NOT EXISTS seen_hosts (
    SELECT host, agency, toDate(time), count(), min(time), max(time) GROUP BY host, agency, toDate(time)
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS seen_users (
    SELECT user, agency, toDate(time), count(), min(time), max(time) GROUP BY user, agency, toDate(time)
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS seen_sources (
    SELECT src_ip, agency, toDate(time), count(), min(time), max(time) GROUP BY src_ip, agency, toDate(time)
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS seen_destinations (
    SELECT dst_ip, agency, toDate(time), count(), min(time), max(time) GROUP BY dst_ip, agency, toDate(time)
);

-- The entities of an alert: its own host, user and address, and what the events in its evidence observe.
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS entities Array(String) DEFAULT arrayFilter(e -> length(e) > 2, arrayDistinct(arrayConcat(
    [concat('1:', lower(host)), concat('2:', src_ip), concat('4:', user)],
    arrayFlatten(arrayMap(evidence -> arrayMap(
            o -> concat(toString(o.1), ':', if(o.1 IN (1, 8), lower(o.2), o.2)),
            arrayFilter(o -> o.1 IN (1, 2, 4, 8),
                JSONExtract(evidence, 'data', 'observables', 'Array(Tuple(type_id UInt8, value String))'))),
        JSONExtractArrayRaw(finding, 'evidences')))))) CODEC(ZSTD(1));
ALTER TABLE alerts ADD INDEX IF NOT EXISTS entities_bloom entities TYPE bloom_filter(0.01) GRANULARITY 1;
