-- inflation: the change in consumer prices over a calendar year.
-- Formula: index of December / index of the previous December, of the instrument $cpi (no rows
--          without one)
-- Unit: ratio
-- Grain: year
-- Source: bar
WITH december AS (
    SELECT CAST(year(session) AS INTEGER) AS year, max_by(close, session) AS close
    FROM bar
    WHERE instrument_id = $cpi AND month(session) = 12 AND close > 0
    GROUP BY year(session)
)

SELECT t.year, t.close / p.close AS ratio
FROM december AS t
JOIN december AS p ON p.year = t.year - 1
