-- unsorted: an answer whose sessions come in no order.
-- Severity: warn
-- Formula: sessions of rows with a close both rise and fall from row to row; one finding an answer, on the first
--          session out of order
-- Why: the rows are put in order; but an answer that was put together wrongly deserves a look. Newest first is an
--      order
-- Remedy: none needed where the prices are right
-- Unit: -
-- Grain: instrument_id
-- Source: served
WITH step AS (
    SELECT place, instrument_id, session - lag(session) OVER (ORDER BY place) AS days
    FROM served
    WHERE close IS NOT NULL
),

-- the rows of an answer stand together: the step to its first row is another's
own_step AS (
    SELECT place, instrument_id, days
    FROM step
    QUALIFY instrument_id = lag(instrument_id) OVER (ORDER BY place)
),

disordered AS (
    SELECT instrument_id, min(place) FILTER (days < 0) AS place
    FROM own_step
    GROUP BY instrument_id
    HAVING count_if(days < 0) > 0 AND count_if(days > 0) > 0
)

SELECT s.*, 'out of order in the answer' AS message
FROM served AS s
JOIN disordered AS d ON d.place = s.place
