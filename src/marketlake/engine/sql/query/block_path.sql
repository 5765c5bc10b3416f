-- block_path: the values that an instrument's path runs through in each block of years, and its maximum drawdown within it.
-- Formula: as stored. Apart from block_sum, because a window function carries along every column of what it reads
-- Unit: as metric_state
-- Grain: instrument_key, year
-- Source: span_block
SELECT instrument_key, first_year AS year, start_value, low_value, high_value, end_value, drawdown
FROM span_block
