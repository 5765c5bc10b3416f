-- stale_repeat: a session with the same prices as the four before it, without volume.
-- Severity: warn
-- Formula: open, high, low and close equal those of each of the four previous sessions, and volume
--          is zero or missing. Judged only where the checked closes move by more than 0.5 % in
--          total and at most half of the sessions repeat the previous one; never for rates and
--          inflation
-- Why: a vendor without new data repeats the old data. Two equal consecutive days are common in
--      thin trading (19 in COMEX gold and silver since 2000); five never occurred there. A pegged
--      currency or a bill near zero can stay unchanged for weeks
-- Remedy: `marketlake reconcile ID --from DAY` shows whether another source has new prices;
--         `marketlake backfill ID --from DAY` once the vendor has them
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
