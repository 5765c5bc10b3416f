-- report_bar: the bars of $wanted since $since for the page, as traded.
-- Formula: bar; day counts from 1970-01-01
-- Unit: quote currency
-- Grain: instrument_id, day
-- Source: bar
SELECT instrument_id, session - DATE '1970-01-01' AS day, close, dividend, split
FROM main.bar
WHERE list_contains($wanted, instrument_id) AND session >= $since
ORDER BY instrument_id, day
