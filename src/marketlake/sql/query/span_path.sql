-- span_path: the values that an instrument's path runs through in each year of a window, and its deepest fall within it.
-- Formula: metric_state of the years from $first_day to $last_day that are whole in it; for the others year_state of
--          edge_return, whose levels are worth unit_value each, with edge_fall. Apart from span_state, because a window
--          function carries along every column of what it reads
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: metric_state, year_state (of edge_return), edge_fall, instrument
WITH stored AS (
    SELECT m.* FROM metric_state AS m WHERE m.basis = $basis
    UNION ALL
    SELECT m.* FROM metric_state AS m
    WHERE
        m.basis <> $basis
        AND m.instrument_key IN (SELECT instrument_key FROM instrument WHERE return_basis = 'total')
)

SELECT s.instrument_key, s.year, s.start_value, s.low_value, s.high_value, s.end_value, s.drawdown
FROM stored AS s
WHERE
    s.year >= year($first_day) + CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN 1 ELSE 0 END
    AND s.year <= year($last_day) - CASE WHEN month($last_day) < 12 OR dayofmonth($last_day) < 31 THEN 1 ELSE 0 END
UNION ALL
SELECT
    s.instrument_key, e.year,
    s.unit_value * e.first_level / e.first_growth AS start_value, s.unit_value * e.low_level AS low_value,
    s.unit_value * e.high_level AS high_value, s.unit_value * e.last_level AS end_value,
    least(e.drawdown, coalesce(f.drawdown, 0)) AS drawdown
FROM year_state AS e
JOIN metric_state AS s ON s.instrument_key = e.instrument_id AND s.year = e.year
LEFT JOIN edge_fall AS f ON f.instrument_key = e.instrument_id AND f.year = e.year
WHERE s.basis = $basis OR s.instrument_key IN (SELECT instrument_key FROM instrument WHERE return_basis = 'total')
