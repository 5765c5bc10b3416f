-- stored_level: matrix_level from the marts, for current nominal figures in each instrument's own
--     currency.
-- Formula: level within the year x unit_value (its value on the path of all years), over that of
--          the first year; total where only that is stored; missing is 2 for a stored session
--          without a price, else 0
-- Unit: quote currency; day counts from 1970-01-01
-- Grain: place, day
-- Source: daily_return, metric_state, odd_session, matrix_member
WITH member AS (
    SELECT place, instrument_key, CASE WHEN return_basis = 'total' THEN 'total' ELSE $basis END AS basis FROM matrix_member
),

unit AS (
    SELECT
        m.place, m.instrument_key, m.basis, s.year,
        -- exactly 1 in the first year, so that its levels keep their last digit
        s.unit_value / first_value(s.unit_value) OVER (PARTITION BY m.place ORDER BY s.year) AS unit_value
    FROM member AS m
    JOIN internal.metric_state AS s ON s.instrument_key = m.instrument_key AND s.basis = m.basis
)

SELECT
    u.place, unix_date(d.session) AS day,
    CASE WHEN u.basis = 'price' THEN d.price_level ELSE d.total_level END * u.unit_value AS level,
    0 AS missing
FROM daily_return AS d
JOIN unit AS u ON u.instrument_key = d.instrument_key AND u.year = d.year
WHERE d.session <= $last_day
UNION ALL
SELECT m.place, unix_date(o.session) AS day, CAST('NaN' AS DOUBLE) AS level, 2 AS missing
FROM internal.odd_session AS o
JOIN member AS m ON m.instrument_key = o.instrument_key
WHERE NOT o.priced AND o.session <= $last_day
