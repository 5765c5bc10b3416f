-- first_cut: the window's first year where it begins after 1 January, else null.
-- Formula: from $first_day
-- Unit: year
-- Grain: one value
-- Source: -
CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN year($first_day) END
