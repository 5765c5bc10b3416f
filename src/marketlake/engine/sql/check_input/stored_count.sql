-- stored_count: the number of stored bars of each instrument.
-- Formula: rows of bar of $ids (of all instruments if empty)
-- Unit: rows
-- Grain: instrument_id
-- Source: bar
SELECT instrument_id, count(*) AS bars
FROM bar
WHERE len($ids) = 0 OR list_contains($ids, instrument_id)
GROUP BY instrument_id
ORDER BY instrument_id
