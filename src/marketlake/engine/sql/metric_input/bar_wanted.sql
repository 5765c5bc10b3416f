-- bar_wanted: the bars that a metric of $wanted reads, with every rate, yield and consumer price.
-- Formula: bar, filtered to the requested instruments and to currencies, inflation and rates; two
--          filters, because with OR every file would be read
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar
SELECT b.instrument_id, b.session, b.close, b.dividend, b.split, b.known_at
FROM main.bar AS b
JOIN (SELECT DISTINCT unnest($wanted) AS instrument_id) AS w ON w.instrument_id = b.instrument_id
WHERE b.asset_class NOT IN ('currency', 'inflation', 'rate')
UNION ALL
SELECT r.instrument_id, r.session, r.close, r.dividend, r.split, r.known_at
FROM main.bar AS r
WHERE r.asset_class IN ('currency', 'inflation', 'rate')
