-- chosen: the requested findings, severe ones first, each newest first.
-- Formula: check_result of $ids (of all instruments if empty) and $severities, for sessions from
--          $since on
-- Unit: as bar
-- Grain: check, instrument_id, session, source
-- Source: check_result
SELECT *
FROM check_result
WHERE
    (len($ids) = 0 OR list_contains($ids, instrument_id)) AND list_contains($severities, severity)
    AND session >= $since
-- fail comes before warn
ORDER BY severity, session DESC, instrument_id, "check", source
