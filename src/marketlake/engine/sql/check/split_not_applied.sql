-- split_not_applied: a split that the earlier prices were not adjusted for, or were adjusted for
--     twice.
-- Severity: fail (the whole answer)
-- Formula: split >= 1.8 or <= 1/1.8, and close x split / previous within a factor of exp(0.25) =
--          1.284 of 1/split (of split where it was applied twice). In as-traded prices a correct
--          split leaves it near 1. Not where the dividend of the session explains the move: (close
--          + dividend) x split or close x split + dividend is within the same factor of previous
-- Why: a correct split causes no jump. A split that is not applied causes a jump of exactly its
--      ratio, and the whole earlier history is on another scale. Smaller ratios cannot be
--      distinguished from a bad day. A company that returns capital consolidates its shares on the
--      same day, so that the price stays where it was; vendors give the dividend per share after
--      or before the split
-- Remedy: the next run requests the history again; if the vendor still serves it, a correction of
--         split in corrections.toml, or another source first in instruments.toml
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
    AND NOT (close + dividend) * split / previous BETWEEN exp(-0.25) AND exp(0.25)
    AND NOT move + dividend / previous BETWEEN exp(-0.25) AND exp(0.25)
