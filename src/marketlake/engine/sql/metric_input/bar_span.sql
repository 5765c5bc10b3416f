-- bar_span: from when to when each instrument is stored.
-- Formula: first and last stored session
-- Unit: date label
-- Grain: instrument_id
-- Source: bar
SELECT instrument_id, min(session) AS earliest, max(session) AS latest
FROM bar
GROUP BY instrument_id
