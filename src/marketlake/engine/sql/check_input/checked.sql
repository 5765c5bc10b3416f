-- checked: the rows to check, each with values of its neighbours.
-- Formula: previous is the close of the previous session, for the first row the last stored one
--          before it (subject.before); move = close x split / previous; move_back = close / next
--          close / next split, for the newest row its move from the close before the previous one;
--          days is the distance to the previous session, null for the first row; repeats is true
--          where the prices equal those of the previous session
-- Unit: as bar; moves are ratios
-- Grain: subject, session
-- Source: unchecked, subject
WITH neighbour AS (
    SELECT
        u.*, s.asset_class, s.calendar, s.signed,
        coalesce(lag(u.close) OVER own, s.before) AS previous,
        CASE WHEN lag(u.close) OVER own IS NOT NULL THEN coalesce(lag(u.close, 2) OVER own, s.before) END
        AS before_previous,
        u.session - lag(u.session) OVER own AS days,
        lag(u.split) OVER own AS previous_split,
        lead(u.close) OVER own AS next_close,
        lead(u.split) OVER own AS next_split,
        lag(u.open) OVER own AS previous_open,
        lag(u.high) OVER own AS previous_high,
        lag(u.low) OVER own AS previous_low
    FROM unchecked AS u
    JOIN subject AS s ON s.subject = u.subject
    WINDOW own AS (PARTITION BY u.subject ORDER BY u.session)
)

SELECT
    * EXCLUDE (previous_split, next_split, previous_open, previous_high, previous_low),
    CASE WHEN previous <> 0 THEN close * split / previous END AS move,
    CASE
        WHEN next_close IS NULL AND before_previous <> 0 THEN close * split * previous_split / before_previous
        WHEN next_close * next_split <> 0 THEN close / next_close / next_split
    END AS move_back,
    close = previous AND coalesce(volume, 0) = 0
    AND open IS NOT DISTINCT FROM previous_open
    AND high IS NOT DISTINCT FROM previous_high
    AND low IS NOT DISTINCT FROM previous_low
    AND asset_class NOT IN ('rate', 'inflation') AS repeats
FROM neighbour
