-- volume_settled: how many volumes were updated in place between two moments; they leave no
--     revision.
-- Formula: sum of volume_rows of the runs that started after $since and not after $until
-- Unit: count of sessions; a session that settled twice counts twice
-- Grain: instrument_id
-- Source: run
SELECT instrument_id, CAST(sum(volume_rows) AS INTEGER) AS sessions
FROM main.run
WHERE
    started_at > make_timestamptz(epoch_us($since)) AND started_at <= make_timestamptz(epoch_us($until))
    AND (len($ids) = 0 OR list_contains($ids, instrument_id))
GROUP BY instrument_id
HAVING sum(volume_rows) > 0
ORDER BY instrument_id
