-- claim_bill: the discount yield of every bill, as known at the end of any day.
-- Formula: the last yield on or before the day and at most 7 days old; no row otherwise
-- Unit: fraction a year, on a discount basis of 360 days
-- Grain: bill, day
-- Source: bar, instrument
SELECT b.instrument_id AS bill, unix_date(b.session) + age.days AS day, max_by(b.close, b.session) / 100 AS discount_yield
FROM main.bar AS b
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS age (days)
WHERE b.asset_class = 'rate' AND b.instrument_id IN (SELECT bill FROM claim_plan)
GROUP BY b.instrument_id, unix_date(b.session) + age.days
