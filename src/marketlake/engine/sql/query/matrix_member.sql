-- matrix_member: the instruments of a matrix, numbered.
-- Formula: place counts from 0 in the order of their ids
-- Unit: -
-- Grain: instrument_id
-- Source: instrument
SELECT
    instrument_id, instrument_key, return_basis, CAST(row_number() OVER (ORDER BY instrument_id) - 1 AS INTEGER) AS place
FROM main.instrument
WHERE instrument_id IN (SELECT unnest($wanted))
