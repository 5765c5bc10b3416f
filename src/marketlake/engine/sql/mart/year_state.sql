-- year_state: the statistics of an instrument's year that metrics of whole years are merged from.
-- Formula: counts, sums and central moments of the year's returns, of those over the bill (excess)
--          and of those below 0; first, last, lowest and highest level. m_k = sum of (return -
--          mean)^k, from the sums of powers; from the daily returns instead where these sums would
--          cancel, which is where returns hardly vary about their mean
-- Unit: fractions and their powers; levels in the quote currency
-- Grain: instrument_id, year, basis
-- Source: year_sum, year_end, daily_step
WITH summed AS (
    SELECT
        s.instrument_id, 'price' AS basis, e.start_session, e.first_session, e.last_session,
        price_returns AS returns, price_sum / nullif(price_returns, 0) AS mean_return,
        price_squares AS squares, price_cubes AS cubes, price_fourths AS fourths,
        price_downside AS downside, price_positive AS positive, price_worst AS worst_return, price_best AS best_return,
        price_excess_returns AS excess_returns, price_excess_sum / nullif(price_excess_returns, 0) AS mean_excess,
        price_excess_squares AS excess_squares, price_excess_downside AS excess_downside,
        price_first_growth AS first_growth, price_first_level AS first_level, price_last_level AS last_level,
        price_low_level AS low_level, price_high_level AS high_level, price_fall AS fall
    FROM year_sum AS s
    JOIN year_end AS e ON e.instrument_id = s.instrument_id
    WHERE e.price_first_level IS NOT NULL
    UNION ALL
    SELECT
        s.instrument_id, 'total' AS basis, e.start_session, e.first_session, e.last_session,
        total_returns AS returns, total_sum / nullif(total_returns, 0) AS mean_return,
        total_squares AS squares, total_cubes AS cubes, total_fourths AS fourths,
        total_downside AS downside, total_positive AS positive, total_worst AS worst_return, total_best AS best_return,
        total_excess_returns AS excess_returns, total_excess_sum / nullif(total_excess_returns, 0) AS mean_excess,
        total_excess_squares AS excess_squares, total_excess_downside AS excess_downside,
        total_first_growth AS first_growth, total_first_level AS first_level, total_last_level AS last_level,
        total_low_level AS low_level, total_high_level AS high_level, total_fall AS fall
    FROM year_sum AS s
    JOIN year_end AS e ON e.instrument_id = s.instrument_id
    WHERE e.total_first_level IS NOT NULL
),

-- hardly any variation, or levels that end before the year does (an event without a factor)
imprecise AS (
    SELECT instrument_id, basis, mean_return, mean_excess
    FROM summed
    WHERE
        squares - returns * mean_return * mean_return < squares / 16
        OR excess_squares - excess_returns * mean_excess * mean_excess < excess_squares / 16
        OR last_level IS NULL
),

deviation AS (
    SELECT
        c.instrument_id, c.basis, d.session,
        CASE WHEN c.basis = 'price' THEN d.price_level ELSE d.total_level END AS level,
        CASE WHEN c.basis = 'price' THEN d.price_return ELSE d.total_return END - c.mean_return AS off,
        CASE WHEN c.basis = 'price' THEN d.price_return ELSE d.total_return END - d.risk_free - c.mean_excess AS excess_off
    FROM daily_step AS d
    JOIN imprecise AS c ON c.instrument_id = d.instrument_id
),

recomputed AS (
    SELECT
        instrument_id, basis,
        sum(off * off) AS m2,
        sum(off * off * off) AS m3,
        sum(off * off * off * off) AS m4,
        sum(excess_off * excess_off) AS excess_m2,
        max(session) AS last_session,
        max_by(level, session) AS last_level,
        max(level) AS high_level
    FROM deviation
    WHERE level IS NOT NULL
    GROUP BY instrument_id, basis
)

SELECT
    s.instrument_id, CAST(year(s.first_session) AS INTEGER) AS year, s.basis, s.returns, s.mean_return,
    coalesce(a.m2, s.squares - s.returns * s.mean_return * s.mean_return) AS m2,
    coalesce(
        a.m3, s.cubes - s.mean_return * (3 * s.squares - 2 * s.returns * s.mean_return * s.mean_return)
    ) AS m3,
    coalesce(
        a.m4,
        s.fourths
            - s.mean_return * (4 * s.cubes - s.mean_return * (6 * s.squares - 3 * s.returns * s.mean_return * s.mean_return))
    ) AS m4,
    coalesce(s.downside, 0) AS downside, coalesce(s.positive, 0) AS positive, s.worst_return, s.best_return,
    s.excess_returns, s.mean_excess,
    coalesce(a.excess_m2, s.excess_squares - s.excess_returns * s.mean_excess * s.mean_excess) AS excess_m2,
    coalesce(s.excess_downside, 0) AS excess_downside,
    s.start_session, s.first_session, coalesce(a.last_session, s.last_session) AS last_session,
    s.last_session AS through_session,
    coalesce(s.first_growth, 1) AS first_growth, s.first_level, coalesce(a.last_level, s.last_level) AS last_level,
    s.low_level, coalesce(a.high_level, s.high_level) AS high_level, s.fall - 1 AS drawdown
FROM summed AS s
LEFT JOIN recomputed AS a ON a.instrument_id = s.instrument_id AND a.basis = s.basis
