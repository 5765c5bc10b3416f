-- jump: a move that is too large for the asset class and that no split or dividend explains.
-- Severity: warn (suspect)
-- Formula: (close + dividend) x split / previous above the limit or below 1/limit. Limits: 2 for
--          crypto, 1.67 for equity, 1.5 for metal and fund, 1.35 for index, bond and currency, 1.2
--          for inflation. For the newest row also above 20 x sigma: until the next session shows
--          whether the move stays. Not judged: rates, instruments with negative_prices
-- Why: the largest real moves stay below: Bitcoin fell 37 % and Ether 42 % on 2020-03-12 (1.59,
--      1.73), silver 18 % in 2011, NVIDIA rose 24 % in 2023, the Dow fell 23 % in 1987 (1.29). In
--      41 currencies since 1999 the check finds four moves, all of them real: the lira in 2001 and
--      2021, and the Icelandic krona in 2008 and over its ten years without a rate
-- Remedy: `marketlake reconcile ID --from DAY --to DAY`: a jump counts as explained where the
--         sources agree on the session; a correction where the vendor is wrong
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('from {:.6g} to {:.6g}, dividend {:.6g}, split {:.6g}', previous, close, dividend, split) AS message
FROM checked
WHERE
    NOT signed AND previous > 0 AND close > 0 AND asset_class <> 'rate'
    AND abs(step) > CASE
        WHEN next_close IS NULL THEN least(20 * coalesce(sigma, 1), class_limit) ELSE class_limit
    END
