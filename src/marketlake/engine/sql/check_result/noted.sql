-- noted: findings about rows that were stored, as recorded when they were served.
-- Formula: the latest row of finding per check, instrument and session; correction_not_needed only
--          while the correction is in force
-- Unit: as bar
-- Grain: check, instrument_id, session
-- Source: finding, correction
WITH latest AS (
    SELECT *
    FROM finding
    QUALIFY row_number() OVER (PARTITION BY "check", instrument_id, session ORDER BY observed_at DESC) = 1
),

standing AS (
    SELECT *
    FROM correction
    QUALIFY row_number() OVER (PARTITION BY instrument_id, session, field ORDER BY recorded_at DESC) = 1
)

SELECT f."check", f.instrument_id, f.session, f.message, f.source, f.observed_at AS seen_at
FROM latest AS f
WHERE
    f."check" <> 'correction_not_needed'
    OR EXISTS (
        FROM standing AS s
        WHERE s.instrument_id = f.instrument_id AND s.session = f.session AND s.state = 'in_force'
    )
