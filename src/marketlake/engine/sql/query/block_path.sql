-- block_path: the path values and the maximum drawdown of each block of years.
-- Formula: as stored. Separate from block_sum, because a window function carries every column that
--          it reads
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: span_block
SELECT instrument_key, first_year AS year, start_value, low_value, high_value, end_value, drawdown
FROM span_block
