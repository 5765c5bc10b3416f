-- matrix_level: the levels that correlations are computed from, with instruments and days as
--     numbers.
-- Formula: metric_level; NaN means no figure; missing is 1 for no_rate, 2 for no_price, 3 for
--          no_cpi, else 0
-- Unit: level in the requested currency; day counts from 1970-01-01
-- Grain: place, day
-- Source: metric_level, matrix_member
SELECT
    m.place, unix_date(l.session) AS day, coalesce(l.level, CAST('NaN' AS DOUBLE)) AS level,
    CASE l.missing WHEN 'no_rate' THEN 1 WHEN 'no_price' THEN 2 WHEN 'no_cpi' THEN 3 ELSE 0 END AS missing
FROM metric_level AS l
JOIN matrix_member AS m ON m.instrument_id = l.instrument_id
