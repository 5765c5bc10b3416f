-- health: the result of the recent fetches of each instrument, for monitoring.
-- Formula: the latest fetch (comparisons of sources and manual corrections excluded); good_at is
--          the start of the latest one that ended ok or no_new_data, failures the number of fetches
--          after it
-- Unit: times in UTC; duration_s in seconds
-- Grain: instrument_id
-- Source: instrument, run
WITH fetched AS (
    SELECT * FROM run WHERE mode NOT IN ('reconcile', 'correction')
),

good AS (
    SELECT
        instrument_id,
        max(batch_id) AS batch_id,
        max(started_at) AS started_at,
        max(last_session) AS last_session
    FROM fetched
    WHERE outcome IN ('ok', 'no_new_data')
    GROUP BY instrument_id
)

SELECT
    n.instrument_id,
    n.asset_class,
    max_by(f.outcome, f.batch_id) AS outcome,
    max_by(f.message, f.batch_id) AS message,
    max_by(f.source, f.batch_id) AS source,
    max_by(f.duration_s, f.batch_id) AS duration_s,
    max(f.started_at) AS started_at,
    max(g.started_at) AS good_at,
    max(g.last_session) AS last_session,
    count(*) FILTER (WHERE f.batch_id > coalesce(g.batch_id, '')) AS failures
FROM instrument AS n
LEFT JOIN fetched AS f ON f.instrument_id = n.instrument_id
LEFT JOIN good AS g ON g.instrument_id = n.instrument_id
GROUP BY n.instrument_id, n.asset_class
