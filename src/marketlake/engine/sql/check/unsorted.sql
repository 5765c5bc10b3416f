-- unsorted: an answer with sessions out of order.
-- Severity: warn
-- Formula: sessions of rows with a close both rise and fall from row to row; one finding per
--          answer, on the first session out of order
-- Why: rows are sorted before they are stored, but an answer in the wrong order may have other
--      errors. Newest first is a valid order
-- Remedy: none needed if the prices are right
-- Unit: -
-- Grain: instrument_id
-- Source: served
WITH step AS (
    SELECT place, instrument_id, session - lag(session) OVER (ORDER BY place) AS days
    FROM served
    WHERE close IS NOT NULL
),

-- rows are grouped by answer: the step to an answer's first row belongs to another answer
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
