-- stale_repeat: a session that says what the four before it said, without volume.
-- Severity: warn
-- Formula: open, high, low and close equal those of each of the four sessions before, volume zero or missing; only where
--          the closes at hand move by more than 0.5 % in all and not more than half of the sessions repeat another, and
--          not of rates and inflation
-- Why: a vendor that has no news repeats what it has. Two equal days in a row are common in thin trading (19 in COMEX
--      gold and silver since 2000), five never happened there; a pegged currency and a bill near zero rest for weeks
-- Remedy: `marketlake reconcile` shows whether another source has moved on; a backfill once the vendor has
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('close {:.6g} as on the four sessions before, without volume', close) AS message
FROM checked
WHERE
    subject IN (
        SELECT subject
        FROM checked
        GROUP BY subject
        HAVING
            count_if(repeats) BETWEEN 4 AND 0.5 * count(*)
            AND max(close) - min(close) > 0.005 * abs(max(close))
    )
QUALIFY
    count_if(repeats) OVER (
        PARTITION BY subject ORDER BY session ROWS BETWEEN 3 PRECEDING AND CURRENT ROW
    ) = 4
