-- bar_wanted: the bars that a metric of $wanted reads, with every rate, yield and consumer price.
-- Formula: bar, filtered to the requested instruments and to currencies, inflation and rates
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar
SELECT instrument_id, session, close, dividend, split, known_at
FROM main.bar
WHERE list_contains($wanted, instrument_id) OR asset_class IN ('currency', 'inflation', 'rate')
