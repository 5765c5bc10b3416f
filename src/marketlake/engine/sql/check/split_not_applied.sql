-- split_not_applied: a split that the prices before it were not adjusted for, or were adjusted for twice.
-- Severity: fail (the whole answer)
-- Formula: split >= 1.8 or <= 1/1.8, and close x split / previous within a factor of exp(0.25) = 1.284 of 1/split
--          (applied twice says split): as traded, a true split leaves it near 1
-- Why: a split that is rightly told makes no jump; one that is not makes a jump of its very ratio, and then the whole
--      history before it is on another scale. Smaller ratios are not told apart from a bad day
-- Remedy: the next run asks again; if the vendor stays with it, list another source before it in instruments.toml
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format(
        'the split of {:.6g} on {} was {} to the prices before it', split, session,
        CASE WHEN move BETWEEN exp(-0.25) / split AND exp(0.25) / split THEN 'not applied' ELSE 'applied twice' END
    ) AS message
FROM checked
WHERE
    (split >= 1.8 OR (split > 0 AND split <= 1 / 1.8))
    AND (
        move BETWEEN exp(-0.25) / split AND exp(0.25) / split
        OR move BETWEEN exp(-0.25) * split AND exp(0.25) * split
    )
