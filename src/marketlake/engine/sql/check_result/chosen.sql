-- chosen: of what the checks have found, what was asked for, newest first.
-- Formula: check_result of $ids (all where none is named) and $severities, of sessions from $since on
-- Unit: as bar
-- Grain: check, instrument_id, session, source
-- Source: check_result
SELECT *
FROM check_result
WHERE
    (len($ids) = 0 OR list_contains($ids, instrument_id)) AND list_contains($severities, severity)
    AND session >= $since
ORDER BY session DESC, instrument_id, severity, "check", source
