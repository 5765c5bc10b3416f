-- block_merge: the states of blocks of $years years, each merged from its two halves.
-- Formula: moments merge as in span_moment; the maximum drawdown is that of one half, or from the
--          high of the earlier half to the low of the later one. A block starts in a year that is
--          divisible by $years
-- Unit: as block_state
-- Grain: basis, first_year, instrument_key
-- Source: block_state
WITH half AS (
    SELECT
        b.*, b.first_year - b.first_year % $years AS begin_year,
        b.first_year % $years = 0 AS earlier,
        b.returns * b.mean_return * b.mean_return AS mean_squares,
        b.excess_returns * b.mean_excess * b.mean_excess AS mean_excess_squares
    FROM internal.block_state AS b
    WHERE b.years = $years / 2
),

summed AS (
    SELECT
        basis, begin_year, instrument_key,
        sum(returns) AS returns,
        sum(returns * mean_return) / nullif(sum(returns), 0) AS mean_return,
        sum(m2 + mean_squares) AS squares,
        sum(m3 + mean_return * (3 * m2 + mean_squares)) AS cubes,
        sum(m4 + mean_return * (4 * m3 + mean_return * (6 * m2 + mean_squares))) AS fourths,
        sum(downside) AS downside,
        sum(positive) AS positive,
        min(worst_return) AS worst_return,
        max(best_return) AS best_return,
        sum(excess_returns) AS excess_returns,
        sum(excess_returns * mean_excess) / nullif(sum(excess_returns), 0) AS mean_excess,
        sum(excess_m2 + mean_excess_squares) AS excess_squares,
        sum(excess_downside) AS excess_downside,
        min(first_session) AS first_session,
        max(last_session) AS last_session,
        min_by(start_value, first_year) AS start_value,
        min(low_value) AS low_value,
        max(high_value) AS high_value,
        max_by(end_value, first_year) AS end_value,
        least(
            min(drawdown), min(CASE WHEN NOT earlier THEN low_value END) / max(CASE WHEN earlier THEN high_value END) - 1
        ) AS drawdown,
        min(start_stored) AS start_stored,
        max(end_stored) AS end_stored,
        min(start_place) AS start_place,
        max(end_place) AS end_place,
        sum(off_by) AS off_by,
        max(no_price) AS no_price
    FROM half
    GROUP BY basis, begin_year, instrument_key
)

SELECT
    basis, 10000 * $years + begin_year AS block, $years AS years, begin_year AS first_year, instrument_key, returns, mean_return,
    squares - returns * mean_return * mean_return AS m2,
    cubes - mean_return * (3 * squares - 2 * returns * mean_return * mean_return) AS m3,
    fourths - mean_return * (4 * cubes - mean_return * (6 * squares - 3 * returns * mean_return * mean_return)) AS m4,
    downside, positive, worst_return, best_return, excess_returns, mean_excess,
    excess_squares - excess_returns * mean_excess * mean_excess AS excess_m2, excess_downside,
    first_session, last_session, start_value, low_value, high_value, end_value, drawdown,
    start_stored, end_stored, start_place, end_place, off_by, no_price
FROM summed
ORDER BY basis, first_year, instrument_key
