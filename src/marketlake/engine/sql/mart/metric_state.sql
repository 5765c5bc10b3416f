-- metric_state: the states of all years, with levels chained into one path from the first stored
--     session.
-- Formula: start_value = product of the growth of the earlier years; the path value of a level is
--          level x start_value x first_growth / first_level
-- Unit: as year_state; values in units of the first stored close
-- Grain: instrument_key, year, basis
-- Source: year_state
WITH grown AS (
    SELECT
        s.instrument_key, s.year, s.basis,
        coalesce(exp(sum(ln(s.first_growth * s.last_level / s.first_level)) OVER earlier), 1) AS start_value
    FROM year_state AS s
    WINDOW earlier AS (
        PARTITION BY s.instrument_key, s.basis ORDER BY s.year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)

SELECT
    s.instrument_id, s.instrument_key, s.year, s.basis, s.returns, s.mean_return, s.m2, s.m3, s.m4, s.downside, s.positive,
    s.worst_return, s.best_return, s.excess_returns, s.mean_excess, s.excess_m2, s.excess_downside,
    s.start_session, s.first_session, s.last_session, s.drawdown,
    g.start_value * s.first_growth / s.first_level AS unit_value,
    g.start_value,
    g.start_value * s.first_growth / s.first_level * s.low_level AS low_value,
    g.start_value * s.first_growth / s.first_level * s.high_level AS high_value,
    g.start_value * s.first_growth / s.first_level * s.last_level AS end_value
FROM year_state AS s
JOIN grown AS g ON g.instrument_key = s.instrument_key AND g.year = s.year AND g.basis = s.basis
ORDER BY s.basis, s.instrument_key, s.year
