-- stored_row: the stored bars of the instruments from $first to $last, as rows to check.
-- Formula: bar, as traded, like served rows when they are checked; place is that of a row to judge
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, instrument
SELECT
    b.instrument_id, n.instrument_key AS subject, b.session, b.open, b.high, b.low, b.close, b.volume, b.dividend, b.split,
    b.source, b.observed_at, 0 AS place
FROM bar AS b
JOIN instrument AS n ON n.instrument_id = b.instrument_id
WHERE b.instrument_id BETWEEN $first AND $last
