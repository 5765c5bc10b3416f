-- correction_not_applied: a correction in corrections.toml that the stored session does not have.
-- Severity: fail
-- Formula: the field's value differs from new by more than a millionth; only entries in force are
--          compared
-- Why: the stored value is not the old value of the entry, so the entry changed nothing
-- Remedy: set old in corrections.toml to the stored value, or remove the entry
-- Unit: as bar
-- Grain: instrument_id, session, field
-- Source: correction, bar
WITH standing AS (
    SELECT *
    FROM correction
    QUALIFY row_number() OVER (PARTITION BY instrument_id, session, field ORDER BY recorded_at DESC) = 1
),

held AS (
    SELECT
        s.*,
        CASE s.field
            WHEN 'open' THEN b.open
            WHEN 'high' THEN b.high
            WHEN 'low' THEN b.low
            WHEN 'close' THEN b.close
            WHEN 'volume' THEN b.volume
            WHEN 'dividend' THEN b.dividend
            WHEN 'split' THEN b.split
        END AS value
    FROM standing AS s
    JOIN bar AS b ON b.instrument_id = s.instrument_id AND b.session = s.session
    WHERE s.state = 'in_force'
)

SELECT
    instrument_id, session,
    format(
        '{} is {}, not {} as corrected from {}',
        field, coalesce(value::VARCHAR, 'none'), coalesce(new::VARCHAR, 'none'), coalesce(old::VARCHAR, 'none')
    ) AS message
FROM held
WHERE
    (value IS NULL) <> (new IS NULL)
    OR abs(value - new) > 1e-6 * greatest(abs(value), abs(new))
