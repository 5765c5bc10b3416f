-- jump: a move that is too large for the asset class and that no split or dividend explains.
-- Severity: warn
-- Formula: (close + dividend) x split / previous above the limit or below 1/limit. Limits: 2 for
--          crypto, 1.67 for equity, 1.5 for metal and fund, 1.35 for index, bond and currency, 1.2
--          for inflation. Not judged: rates, instruments with negative_prices, moves over a gap
--          of more than 40 days
-- Why: the largest real moves stay below: Bitcoin fell 37 % and Ether 42 % on 2020-03-12 (1.59,
--      1.73), silver 18 % in 2011, NVIDIA rose 24 % in 2023, the Dow fell 23 % in 1987 (1.29). In
--      41 currencies since 1999 the check finds three moves, all of them real: the lira in 2001 and
--      2021 and the Icelandic krona in 2008
-- Remedy: `marketlake reconcile`: a jump counts as explained where the sources agree on the
--         session; a correction where the vendor is wrong
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('from {:.6g} to {:.6g}, dividend {:.6g}, split {:.6g}', previous, close, dividend, split) AS message
FROM checked
WHERE
    coalesce(days, 0) <= 40 AND NOT signed AND previous > 0 AND close > 0 AND asset_class <> 'rate'
    AND greatest((close + dividend) * split / previous, previous / ((close + dividend) * split)) > CASE asset_class
        WHEN 'crypto' THEN 2
        WHEN 'equity' THEN 1.67
        WHEN 'metal' THEN 1.5
        WHEN 'fund' THEN 1.5
        WHEN 'inflation' THEN 1.2
        ELSE 1.35
    END
