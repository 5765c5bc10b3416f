-- drawdown: every drawdown from a high to its recovery, the largest first.
-- Formula: depth = lowest level / high - 1, on the closes of the periods and the start of the
--          first; recovery is the first close at or above the high, null before that; rank 1 is the
--          largest
-- Unit: fraction
-- Grain: instrument_id, rank
-- Source: period_return
WITH path AS (
    SELECT instrument_id, session, level FROM period_return
    UNION ALL
    SELECT instrument_id, min(start_session) AS session, min_by(start_level, start_session) AS level
    FROM period_return
    GROUP BY instrument_id
),

running AS (
    SELECT instrument_id, session, level, max(level) OVER (PARTITION BY instrument_id ORDER BY session) AS high
    FROM path
),

numbered AS (
    SELECT
        instrument_id, session, level, high,
        sum(CASE WHEN level = high THEN 1 ELSE 0 END) OVER (PARTITION BY instrument_id ORDER BY session) AS episode
    FROM running
),

fall AS (
    SELECT
        instrument_id, episode, min(session) AS peak_session, min_by(session, level) AS trough_session,
        min(level) / max(high) - 1 AS depth, count(*) AS closes
    FROM numbered
    GROUP BY instrument_id, episode
),

followed AS (
    SELECT
        instrument_id, peak_session, trough_session, depth, closes,
        lead(peak_session) OVER (PARTITION BY instrument_id ORDER BY episode) AS recovery_session
    FROM fall
)

SELECT
    instrument_id,
    row_number() OVER (PARTITION BY instrument_id ORDER BY depth, peak_session) AS rank,
    depth, peak_session, trough_session, recovery_session
FROM followed
WHERE closes > 1
ORDER BY instrument_id, rank
