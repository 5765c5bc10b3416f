-- block_sum: power sums about zero, by which blocks of years are merged.
-- Formula: sum of r^2 = m2 + n mean^2; higher powers by the same expansion
-- Unit: fractions and their powers
-- Grain: instrument_key, first_year
-- Source: span_block
SELECT
    instrument_key, returns,
    returns * mean_return AS total,
    m2 + returns * mean_return * mean_return AS squares,
    m3 + mean_return * (3 * m2 + returns * mean_return * mean_return) AS cubes,
    m4 + mean_return * (4 * m3 + mean_return * (6 * m2 + returns * mean_return * mean_return)) AS fourths,
    downside, positive, worst_return, best_return, excess_returns,
    excess_returns * mean_excess AS excess_total,
    excess_m2 + excess_returns * mean_excess * mean_excess AS excess_squares,
    excess_downside, first_session, last_session
FROM span_block
