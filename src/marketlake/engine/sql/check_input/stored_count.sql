-- stored_count: how many bars are stored of each instrument.
-- Formula: rows of bar of $ids (all where none is named)
-- Unit: rows
-- Grain: instrument_id
-- Source: bar
SELECT instrument_id, count(*) AS bars
FROM bar
WHERE len($ids) = 0 OR list_contains($ids, instrument_id)
GROUP BY instrument_id
ORDER BY instrument_id
