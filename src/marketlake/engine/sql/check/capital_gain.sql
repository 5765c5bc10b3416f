-- capital_gain: a dividend that contains a distributed capital gain, as the vendor names it.
-- Severity: warn
-- Formula: capital_gain > 0
-- Why: it is information. The dividend contains the gain, so it is never added; Yahoo's own
--      adjusted close subtracts it twice
-- Remedy: none needed; do not compare with the vendor's adjusted close of this fund
-- Unit: currency per share, as served
-- Grain: a served row
-- Source: served
SELECT
    *,
    format('{:.6g} of the dividend of {:.6g} is a capital gain, counted once', capital_gain, dividend) AS message
FROM served
WHERE capital_gain > 0
