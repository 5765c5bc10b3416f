-- edge_sum: the sums over the part of a cut year in the window, as year_sum has them for whole
--     years.
-- Formula: powers of returns about zero, by which years are merged; x (x - |x|) / 2 is exactly x^2
--          below 0 and 0 above
-- Unit: fractions and their powers; levels in the quote currency
-- Grain: instrument_key, year
-- Source: edge_return
SELECT
    instrument_key, year,
    count(simple_return) AS returns,
    sum(simple_return) AS total,
    sum(simple_return * simple_return) AS squares,
    sum(simple_return * simple_return * simple_return) AS cubes,
    sum(simple_return * simple_return * simple_return * simple_return) AS fourths,
    sum(simple_return * (simple_return - abs(simple_return))) / 2 AS downside,
    sum(CAST(simple_return > 0 AS INTEGER)) AS positive,
    min(simple_return) AS worst_return,
    max(simple_return) AS best_return,
    count(simple_return - risk_free) AS excess_returns,
    sum(simple_return - risk_free) AS excess_total,
    sum((simple_return - risk_free) * (simple_return - risk_free)) AS excess_squares,
    sum((simple_return - risk_free) * (simple_return - risk_free - abs(simple_return - risk_free))) / 2 AS excess_downside,
    min(start_session) AS start_session,
    min(session) AS first_session,
    max(session) AS last_session,
    min_by(1 + coalesce(simple_return, 0), session) AS first_growth,
    min_by(level, session) AS first_level,
    max_by(level, session) AS last_level,
    min(level) AS low_level,
    max(level) AS high_level
FROM edge_return
GROUP BY instrument_key, year
