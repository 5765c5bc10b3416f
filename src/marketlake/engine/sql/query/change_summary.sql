-- change_summary: the changes of each instrument and kind in one row.
-- Formula: for the kinds $kinds: number of sessions, first and last session, time of the first and
--          the last observation, and the largest move of a close (new over old, less one)
-- Unit: counts, dates, fraction
-- Grain: instrument_id, kind
-- Source: change
WITH move AS (
    SELECT instrument_id, kind, session, seen, new_close / nullif(old_close, 0) - 1 AS move
    FROM change
)

SELECT
    instrument_id, kind,
    CAST(count(*) AS INTEGER) AS sessions,
    min(session) AS first_session, max(session) AS last_session,
    min(seen) AS first_seen, max(seen) AS last_seen,
    CASE WHEN max(move) >= -min(move) THEN max(move) ELSE min(move) END AS largest_move
FROM move
WHERE list_contains($kinds, kind)
GROUP BY instrument_id, kind
ORDER BY instrument_id, first_session, kind
