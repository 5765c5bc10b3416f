-- bill_day: the discount yield of the 13-week bill $bill known at the end of any day.
-- Formula: the last yield on or before the day and at most 7 days old; no row otherwise, none where
--          $bill is empty
-- Unit: fraction a year, on a discount basis of 360 days
-- Grain: day
-- Source: bar
SELECT unix_date(b.session) + age.days AS day, max_by(b.close, b.session) / 100 AS discount_yield
FROM bar AS b
CROSS JOIN (
    -- include: shared/known_for
) AS age
WHERE b.instrument_id = $bill
GROUP BY unix_date(b.session) + age.days
