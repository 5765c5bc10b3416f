-- check_result: what the checks have found, with its severity and the remedy.
-- Formula: found; a jump that further sources confirm is explained and left out
-- Unit: as bar
-- Grain: check, instrument_id, session, source
-- Source: found, quality_check, reconciled
SELECT q.severity, f."check", f.instrument_id, f.session, f.message, f.source, f.seen_at, q.remedy
FROM found AS f
JOIN quality_check AS q ON q."check" = f."check"
WHERE
    f."check" <> 'jump'
    OR NOT EXISTS (
        FROM reconciled AS r
        WHERE
            r.instrument_id = f.instrument_id AND r.session = f.session AND r.cause = 'agrees' AND r.compared >= 2
    )
