-- unit_change: prices that continue at a hundred times or a hundredth of their level.
-- Severity: fail (the whole answer)
-- Formula: close x split / previous within 10 % of 100 or 1/100, while the two closes before it are
--          within a factor of 2 of each other, and so are this one and the next: neither side is a
--          single day. Not judged for rates, nor where negative_prices is declared
-- Why: a change from pounds to pence (or a share consolidation of 100:1 without a split): the two
--      parts of the history are on different scales. A single day is a unit_spike
-- Remedy: the next run requests the history again; if the vendor still serves it, correct the
--         sessions in corrections.toml where they are few, else list another source first
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('from {:.6g} to {:.6g} on {}, without a split', previous, close, session) AS message
FROM checked
WHERE
    NOT signed AND asset_class <> 'rate'
    AND (move BETWEEN 90 AND 110 OR move BETWEEN 1 / 110.0 AND 1 / 90.0)
    AND previous / before_previous BETWEEN 0.5 AND 2 AND move_back BETWEEN 0.5 AND 2 AND next_close IS NOT NULL
