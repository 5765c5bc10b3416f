-- served_twice: a session that was served twice with different prices.
-- Severity: fail
-- Formula: rows of one session in one answer that differ by more than a millionth in a price, the split or the
--          dividend
-- Why: nobody can tell which of them is right; rows that agree are one
-- Remedy: the next run asks again; a backfill of the session once the vendor serves it once
-- Unit: -
-- Grain: a served row
-- Source: conflict
SELECT *, format('close {:.6g}, beside another', close) AS message
FROM conflict
