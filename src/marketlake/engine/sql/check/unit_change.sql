-- unit_change: prices that go on at a hundred times what they were, or a hundredth.
-- Severity: fail (the whole answer)
-- Formula: close x split / previous within 10 % of 100 or 1/100, while the two closes before it are within a factor of 2
--          of each other, and so are this one and the next: neither side is a lone day. Not judged of rates, nor where
--          negative_prices is declared
-- Why: pounds turned into pence (or a share consolidation of 100:1 that nobody told): one of the two parts of the
--      history is on another scale. A lone day is a unit_spike
-- Remedy: the next run asks again; if the vendor stays with it, list another source before it, or the series under a
--         new id
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('from {:.6g} to {:.6g} on {}, with no split to say why', previous, close, session) AS message
FROM checked
WHERE
    NOT signed AND asset_class <> 'rate'
    AND (move BETWEEN 90 AND 110 OR move BETWEEN 1 / 110.0 AND 1 / 90.0)
    AND previous / before_previous BETWEEN 0.5 AND 2 AND move_back BETWEEN 0.5 AND 2 AND next_close IS NOT NULL
