-- year_state: all that the metrics of whole years need of an instrument's year; the years of any span merge into it.
-- Formula: counts, sums and central moments of the year's returns, of those over the bill (excess) and of those below 0;
--          first, last, lowest and highest level. m_k = sum of (return - mean)^k, from the sums of powers
-- Unit: fractions and their powers; levels in the quote currency
-- Grain: instrument_id, year, basis
-- Source: basis_return
WITH summed AS (
    SELECT
        instrument_id, year, basis,
        count(simple_return) AS returns,
        avg(simple_return) AS mean_return,
        var_pop(simple_return) * count(simple_return) AS m2,
        sum(simple_return * simple_return * simple_return) AS cubes,
        sum(simple_return * simple_return * simple_return * simple_return) AS fourths,
        sum(CASE WHEN simple_return < 0 THEN simple_return * simple_return ELSE 0 END) AS downside,
        count(CASE WHEN simple_return > 0 THEN 1 END) AS positive,
        min(simple_return) AS worst_return,
        max(simple_return) AS best_return,
        count(simple_return - riskless) AS excess_returns,
        avg(simple_return - riskless) AS mean_excess,
        var_pop(simple_return - riskless) * count(simple_return - riskless) AS excess_m2,
        sum(CASE WHEN simple_return < riskless THEN power(simple_return - riskless, 2) ELSE 0 END) AS excess_downside,
        min(start_session) AS start_session,
        min(session) AS first_session,
        max(session) AS last_session,
        min_by(1 + coalesce(simple_return, 0), session) AS first_growth,
        min_by(level, session) AS first_level,
        max_by(level, session) AS last_level,
        min(level) AS low_level,
        max(high) AS high_level,
        min(level / high - 1) AS drawdown
    FROM basis_return
    GROUP BY instrument_id, year, basis
)

SELECT
    instrument_id, year, basis, returns, mean_return, m2,
    cubes - mean_return * (3 * m2 + returns * mean_return * mean_return) AS m3,
    fourths - mean_return * (4 * cubes - mean_return * (6 * m2 + 3 * returns * mean_return * mean_return)) AS m4,
    downside, positive, worst_return, best_return, excess_returns, mean_excess, excess_m2, excess_downside,
    start_session, first_session, last_session, first_growth, first_level, last_level, low_level, high_level, drawdown
FROM summed
