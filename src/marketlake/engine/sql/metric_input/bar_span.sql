-- bar_span: the first and the last stored session of each instrument.
-- Formula: first and last stored session
-- Unit: date label
-- Grain: instrument_id
-- Source: bar
SELECT instrument_id, min(session) AS earliest, max(session) AS latest
FROM bar
GROUP BY instrument_id
