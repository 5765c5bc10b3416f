-- lead: by how much x returned more than y; 0 where the returns are equal up to rounding.
-- Formula: x.simple_return - y.simple_return, or 0 where they differ by no more than 1e-12, or by
--          1e-12 of the larger one. Winners, ties and claims are decided by its sign
-- Unit: fraction
-- Grain: pair of returns x and y
-- Source: x, y
CASE
    WHEN abs(x.simple_return - y.simple_return) <= 1e-12 * greatest(1e0, abs(x.simple_return), abs(y.simple_return)) THEN 0e0
    ELSE x.simple_return - y.simple_return
END
