-- span_moment: the moments of each instrument's returns in the window, its growth and maximum
--     drawdown.
-- Formula: merged from span_sum and span_path. Moments merge by the method of Chan, Golub and
--          LeVeque: m2 = sum of m2 + sum of n mean^2 - N MEAN^2, higher ones by the same expansion;
--          where nothing varies, the remainder is rounding and m2 is 0. max_drawdown is the worst
--          of each block's own and of its low against the highest earlier value
-- Unit: fractions and their powers; growth a ratio
-- Grain: instrument_key
-- Source: span_sum, span_path
WITH fallen AS (
    SELECT instrument_key, year, start_value, end_value, drawdown, low_value / max(high_value) OVER earlier - 1 AS depth
    FROM span_path
    WINDOW earlier AS (PARTITION BY instrument_key ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),

deepest AS (
    SELECT
        instrument_key,
        least(min(drawdown), min(depth), 0) AS max_drawdown,
        max_by(end_value, year) / min_by(start_value, year) AS growth
    FROM fallen
    GROUP BY instrument_key
),

summed AS (
    SELECT
        instrument_key,
        sum(returns) AS n,
        sum(total) AS total,
        sum(squares) AS squares,
        sum(cubes) AS cubes,
        sum(fourths) AS fourths,
        sum(downside) AS downside,
        sum(positive) AS positive,
        min(worst_return) AS worst_period,
        max(best_return) AS best_period,
        sum(excess_returns) AS excess_n,
        sum(excess_total) AS excess_total,
        sum(excess_squares) AS excess_squares,
        sum(excess_downside) AS excess_downside,
        min(first_session) AS first_session,
        max(last_session) AS last_session
    FROM span_sum
    GROUP BY instrument_key
    HAVING sum(returns) > 0
)

SELECT
    s.instrument_key, s.n, s.downside, s.positive, s.worst_period, s.best_period, s.excess_n, s.excess_downside,
    s.first_session, s.last_session, d.growth,
    s.total / s.n AS mean,
    CASE WHEN s.squares - s.total * s.total / s.n > 1e-13 * s.squares
        THEN s.squares - s.total * s.total / s.n ELSE 0 END AS m2,
    s.cubes - s.total / s.n * (3 * s.squares - 2 * s.total * s.total / s.n) AS m3,
    s.fourths - s.total / s.n
        * (4 * s.cubes - s.total / s.n * (6 * s.squares - 3 * s.total * s.total / s.n)) AS m4,
    s.excess_total / nullif(s.excess_n, 0) AS mean_excess,
    CASE WHEN s.excess_squares - s.excess_total * s.excess_total / nullif(s.excess_n, 0) > 1e-13 * s.excess_squares
        THEN s.excess_squares - s.excess_total * s.excess_total / nullif(s.excess_n, 0) ELSE 0 END AS excess_m2,
    d.max_drawdown
FROM summed AS s
JOIN deepest AS d ON d.instrument_key = s.instrument_key
