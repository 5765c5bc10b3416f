-- span_state: the states that make up a window: of its whole years as they are stored, of cut ones from their days.
-- Formula: metric_state of the years from $first_day to $last_day that are whole in it; year_state of edge_return for the
--          others, whose levels are worth unit_value each
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: metric_state, year_state (of edge_return), edge_fall, instrument
-- each basis by itself: then only its part of the table is read
WITH stored AS (
    SELECT m.* FROM metric_state AS m WHERE m.basis = $basis
    UNION ALL
    SELECT m.* FROM metric_state AS m
    WHERE
        m.basis <> $basis
        AND m.instrument_key IN (SELECT instrument_key FROM instrument WHERE return_basis = 'total')
)

SELECT
    s.instrument_key, s.year, s.returns, s.mean_return, s.m2, s.m3, s.m4, s.downside, s.positive,
    s.worst_return, s.best_return, s.excess_returns, s.mean_excess, s.excess_m2, s.excess_downside,
    coalesce(s.start_session, s.first_session) AS start_session, s.last_session,
    s.start_value, s.low_value, s.high_value, s.end_value, s.drawdown
FROM stored AS s
WHERE
    s.year >= year($first_day) + CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN 1 ELSE 0 END
    AND s.year <= year($last_day) - CASE WHEN month($last_day) < 12 OR dayofmonth($last_day) < 31 THEN 1 ELSE 0 END
UNION ALL
SELECT
    s.instrument_key, e.year, e.returns, e.mean_return, e.m2, e.m3, e.m4, e.downside, e.positive,
    e.worst_return, e.best_return, e.excess_returns, e.mean_excess, e.excess_m2, e.excess_downside,
    coalesce(e.start_session, e.first_session) AS start_session, e.last_session,
    s.unit_value * e.first_level / e.first_growth AS start_value, s.unit_value * e.low_level AS low_value,
    s.unit_value * e.high_level AS high_value, s.unit_value * e.last_level AS end_value,
    least(e.drawdown, coalesce(f.drawdown, 0)) AS drawdown
FROM year_state AS e
JOIN metric_state AS s ON s.instrument_key = e.instrument_id AND s.year = e.year
LEFT JOIN edge_fall AS f ON f.instrument_key = e.instrument_id AND f.year = e.year
WHERE s.basis = $basis OR s.instrument_key IN (SELECT instrument_key FROM instrument WHERE return_basis = 'total')
