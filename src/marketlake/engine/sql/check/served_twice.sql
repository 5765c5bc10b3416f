-- served_twice: a session that one answer contains twice with different prices.
-- Severity: fail
-- Formula: rows of one session in one answer that differ by more than a millionth in a price, the
--          split or the dividend
-- Why: it is unknown which row is right; rows that agree are merged
-- Remedy: the next run requests it again; `marketlake backfill ID --from DAY --to DAY` once the
--         vendor serves it only once
-- Unit: -
-- Grain: a served row
-- Source: conflict
SELECT *, format('close {:.6g}, another row differs', close) AS message
FROM conflict
