-- by_month: whether returns run from one month's end to another.
-- Formula: returns by month, quarter or year on each instrument's own sessions, of prices as traded
-- Unit: true or false
-- Grain: one value
-- Source: the terms of the question
-- include: shared/by_period
AND $basis <> 'vendor_adjusted'
