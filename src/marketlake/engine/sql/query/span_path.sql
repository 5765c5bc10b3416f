-- span_path: the path values of an instrument in a window, by blocks of whole years and in cut
--     years.
-- Formula: block_path; for cut years the levels of edge_sum times unit_value, with edge_fall
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: block_path, edge_sum, edge_fall, metric_state, instrument
WITH edge AS (
    SELECT
        e.instrument_key, e.year, f.drawdown,
        s.unit_value * e.first_level / e.first_growth AS start_value, s.unit_value * e.low_level AS low_value,
        s.unit_value * e.high_level AS high_value, s.unit_value * e.last_level AS end_value
    FROM edge_sum AS e
    JOIN internal.metric_state AS s ON s.instrument_key = e.instrument_key AND s.year = e.year
    JOIN instrument AS n ON n.instrument_key = e.instrument_key
    LEFT JOIN edge_fall AS f ON f.instrument_key = e.instrument_key AND f.year = e.year
    WHERE s.basis = CASE WHEN n.return_basis = 'total' THEN 'total' ELSE $basis END
)

SELECT instrument_key, year, start_value, low_value, high_value, end_value, drawdown
FROM block_path
UNION ALL
SELECT
    instrument_key, year, start_value, low_value, greatest(start_value, high_value) AS high_value, end_value,
    least(drawdown, low_value / start_value - 1) AS drawdown
FROM edge
