-- span_state: the moments of a window's years: of its whole ones as they are stored, of cut ones from their days.
-- Formula: metric_state of the years from $first_day to $last_day that are whole in it; year_state of edge_return for the
--          others. Each basis is read by itself, so that only its part of the table is
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: metric_state, year_state (of edge_return), instrument
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
    coalesce(s.start_session, s.first_session) AS start_session, s.last_session
FROM stored AS s
WHERE
    s.year >= year($first_day) + CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN 1 ELSE 0 END
    AND s.year <= year($last_day) - CASE WHEN month($last_day) < 12 OR dayofmonth($last_day) < 31 THEN 1 ELSE 0 END
UNION ALL
SELECT
    e.instrument_id AS instrument_key, e.year, e.returns, e.mean_return, e.m2, e.m3, e.m4, e.downside, e.positive,
    e.worst_return, e.best_return, e.excess_returns, e.mean_excess, e.excess_m2, e.excess_downside,
    coalesce(e.start_session, e.first_session) AS start_session, e.last_session
FROM year_state AS e
