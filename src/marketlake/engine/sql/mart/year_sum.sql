-- year_sum: the sums over an instrument's year that its states are computed from, for both bases.
-- Formula: powers of returns about zero; x (x - |x|) / 2 is exactly x^2 below 0 and 0 above
-- Unit: fractions and their powers
-- Grain: instrument_id (of one year)
-- Source: daily_step
SELECT
    instrument_id,
    count(price_return) AS price_returns,
    sum(price_return) AS price_sum,
    sum(price_return * price_return) AS price_squares,
    sum(price_return * price_return * price_return) AS price_cubes,
    sum(price_return * price_return * price_return * price_return) AS price_fourths,
    sum(price_return * (price_return - abs(price_return))) / 2 AS price_downside,
    sum(CAST(price_return > 0 AS INTEGER)) AS price_positive,
    min(price_return) AS price_worst,
    max(price_return) AS price_best,
    count(price_return - risk_free) AS price_excess_returns,
    sum(price_return - risk_free) AS price_excess_sum,
    sum((price_return - risk_free) * (price_return - risk_free)) AS price_excess_squares,
    sum((price_return - risk_free) * (price_return - risk_free - abs(price_return - risk_free))) / 2 AS price_excess_downside,
    min(price_fall) AS price_fall,
    count(total_return) AS total_returns,
    sum(total_return) AS total_sum,
    sum(total_return * total_return) AS total_squares,
    sum(total_return * total_return * total_return) AS total_cubes,
    sum(total_return * total_return * total_return * total_return) AS total_fourths,
    sum(total_return * (total_return - abs(total_return))) / 2 AS total_downside,
    sum(CAST(total_return > 0 AS INTEGER)) AS total_positive,
    min(total_return) AS total_worst,
    max(total_return) AS total_best,
    count(total_return - risk_free) AS total_excess_returns,
    sum(total_return - risk_free) AS total_excess_sum,
    sum((total_return - risk_free) * (total_return - risk_free)) AS total_excess_squares,
    sum((total_return - risk_free) * (total_return - risk_free - abs(total_return - risk_free))) / 2 AS total_excess_downside,
    min(total_fall) AS total_fall
FROM daily_step
GROUP BY instrument_id
