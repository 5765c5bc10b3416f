-- last_cut: the window's last year where it ends before 31 December, else null; null too where it is
--     the first year that first_cut names.
-- Formula: from $first_day and $last_day
-- Unit: year
-- Grain: one value
-- Source: -
CASE
    WHEN (month($last_day) < 12 OR dayofmonth($last_day) < 31)
        AND (year($last_day) > year($first_day) OR (month($first_day) = 1 AND dayofmonth($first_day) = 1))
        THEN year($last_day)
END
