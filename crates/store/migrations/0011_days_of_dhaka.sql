-- Days are those of the office, from midnight in Dhaka (model::day): an event at two at night there
-- belongs to the day that its reader calls today. The projections of 0008 count by that day.
ALTER TABLE events DROP PROJECTION IF EXISTS seen_hosts;
ALTER TABLE events DROP PROJECTION IF EXISTS seen_users;
ALTER TABLE events DROP PROJECTION IF EXISTS seen_sources;
ALTER TABLE events DROP PROJECTION IF EXISTS seen_destinations;
ALTER TABLE events ADD PROJECTION IF NOT EXISTS days_of_hosts (
    SELECT host, agency, toDate(addHours(time, 6)), count(), min(time), max(time)
    GROUP BY host, agency, toDate(addHours(time, 6))
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS days_of_users (
    SELECT user, agency, toDate(addHours(time, 6)), count(), min(time), max(time)
    GROUP BY user, agency, toDate(addHours(time, 6))
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS days_of_sources (
    SELECT src_ip, agency, toDate(addHours(time, 6)), count(), min(time), max(time)
    GROUP BY src_ip, agency, toDate(addHours(time, 6))
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS days_of_destinations (
    SELECT dst_ip, agency, toDate(addHours(time, 6)), count(), min(time), max(time)
    GROUP BY dst_ip, agency, toDate(addHours(time, 6))
);
