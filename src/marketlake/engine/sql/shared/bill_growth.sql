-- bill_growth: the value of one unit in a 13-week bill after some days.
-- Formula: (1 - y x 91/360)^(-d/91) with the discount yield y known at the start; an expression
--          over the rows y and s
-- Unit: ratio
-- Grain: the row of s
-- Source: y.discount_yield, s.days
power(1 - y.discount_yield * 91 / 360, -s.days / 91.0)
