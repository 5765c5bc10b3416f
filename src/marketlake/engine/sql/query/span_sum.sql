-- span_sum: the sums of a window: whole years from stored blocks, cut years from their daily
--     returns.
-- Formula: the rows of block_sum and edge_sum
-- Unit: fractions and their powers
-- Grain: instrument_key, block of years
-- Source: block_sum, edge_sum
SELECT
    instrument_key, returns, total, squares, cubes, fourths, downside, positive, worst_return, best_return,
    excess_returns, excess_total, excess_squares, excess_downside, first_session, last_session
FROM block_sum
UNION ALL
SELECT
    instrument_key, returns, total, squares, cubes, fourths, downside, positive, worst_return, best_return,
    excess_returns, excess_total, excess_squares, excess_downside,
    coalesce(start_session, first_session) AS first_session, last_session
FROM edge_sum
