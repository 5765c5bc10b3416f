-- split_suspected: a jump by the ratio of a split that was not served, or a split that the price
--     contradicts.
-- Severity: warn (suspect)
-- Formula: exp(abs(step)) is a plain ratio: 2 to 10, 12, 15, 20, 25, 30, 40, 50 or 100 to 1 within
--          3 sigma, at most 10 %, or 3:2 within 1 sigma, at most 3 %; the step is beyond 8 sigma;
--          the daily variation of the 20 sessions after is at most 2.5 times that of those before;
--          the mean volume, where there is one, does not move against a ratio of 3 or more (by more
--          than a half). Or a split is served and the step is beyond 8 sigma and 0.1. Not judged:
--          rates, instruments with negative_prices; without 10 sessions on a side only the latter
-- Why: after a real crash prices vary more than before. After a split that nobody served they vary
--      as before, and more shares are traded. Ratios of 4:3 and 5:4 are as large as the reaction to
--      a company's results
-- Remedy: a correction of split in corrections.toml, if another source has the ratio
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
WITH judged AS (
    SELECT
        *,
        -- the shares that one share would have become
        CASE WHEN step < 0 THEN exp(-step) ELSE 1 / exp(step) END AS shares,
        (
            -- in units of what is allowed
            SELECT
                min(
                    abs(abs(c.step) - ln(r.ratio))
                    / CASE WHEN r.ratio < 2 THEN least(c.sigma, 0.03) ELSE least(3 * c.sigma, 0.1) END
                )
            FROM (
                SELECT unnest([1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 100]) AS ratio
            ) AS r
        ) AS off
    FROM checked AS c
    WHERE NOT signed AND asset_class <> 'rate' AND abs(step) > 8 * sigma
)

SELECT
    * EXCLUDE (shares, off),
    CASE
        WHEN abs(ln(split)) > 1e-9 THEN format('split {:.6g}, but the price moved from {:.6g} to {:.6g}', split, previous, close)
        ELSE format('from {:.6g} to {:.6g}, as a split of {:.4g} would', previous, close, shares)
    END AS message
FROM judged
WHERE
    (abs(ln(split)) > 1e-9 AND abs(step) > 0.1)
    OR (
        abs(ln(split)) <= 1e-9 AND off < 1 AND sigma_after <= 2.5 * sigma_before
        AND NOT coalesce(shares >= 3 AND volume_after < 0.5 * volume_before, FALSE)
        AND NOT coalesce(shares <= 1.0 / 3 AND volume_after > 2 * volume_before, FALSE)
    )
