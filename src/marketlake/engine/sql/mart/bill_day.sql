-- bill_day: the discount yield of each currency's bill known at the end of any day.
-- Formula: the last yield on or before the day and at most 7 days old; no row otherwise
-- Unit: fraction a year, on a discount basis of 360 days
-- Grain: currency, day
-- Source: bill_bar, bill
SELECT
    n.currency, b.session + age.days AS day, max_by(b.close, b.session) / 100 AS discount_yield,
    max_by(b.known_at, b.session) AS known_at
FROM bill_bar AS b
JOIN bill AS n ON n.instrument_id = b.instrument_id
CROSS JOIN (
    -- include: shared/known_for
) AS age
GROUP BY n.currency, b.session + age.days
