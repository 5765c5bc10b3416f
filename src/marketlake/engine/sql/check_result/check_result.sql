-- check_result: the findings of all checks, with severity and remedy.
-- Formula: found, without the jumps, spikes and suspected splits of
--          sessions on which two or more sources agree
-- Unit: as bar
-- Grain: check, instrument_id, session, source
-- Source: found, quality_check, reconciled
SELECT q.severity, f."check", f.instrument_id, f.session, f.message, f.source, f.seen_at, q.remedy
FROM found AS f
JOIN quality_check AS q ON q."check" = f."check"
WHERE
    -- include: shared/undisputed
