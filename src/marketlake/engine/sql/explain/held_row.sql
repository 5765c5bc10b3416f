-- held_row: the values at two moments of each explained instrument and of the rates that convert
--     it.
-- Formula: of all versions observed by $since (old) and by $until (new) the latest; sessions from
--          first_day to last_day
-- Unit: as bar; rate marks an exchange rate, changed a difference in a value that returns depend on
-- Grain: target (the instrument explained), instrument_id, session
-- Source: bar_version, explain_scope
WITH version AS (
    SELECT s.target, s.rate, v.*
    FROM bar_version AS v
    JOIN explain_scope AS s ON s.instrument_id = v.instrument_id AND v.session BETWEEN s.first_day AND s.last_day
    WHERE v.observed_at <= make_timestamptz(epoch_us($until))
),

new_row AS (
    SELECT v.*
    FROM version AS v
    QUALIFY row_number() OVER (
        PARTITION BY v.target, v.instrument_id, v.session ORDER BY v.observed_at DESC, v.superseded_at NULLS FIRST
    ) = 1
),

old_row AS (
    SELECT v.*
    FROM version AS v
    WHERE v.observed_at <= make_timestamptz(epoch_us($since))
    QUALIFY row_number() OVER (
        PARTITION BY v.target, v.instrument_id, v.session ORDER BY v.observed_at DESC, v.superseded_at NULLS FIRST
    ) = 1
)

SELECT
    n.target, n.instrument_id, n.session, n.rate,
    o.instrument_id IS NULL AS is_new,
    o.close AS old_close, o.dividend AS old_dividend, o.split AS old_split,
    n.close AS new_close, n.dividend AS new_dividend, n.split AS new_split,
    o.close IS DISTINCT FROM n.close OR o.dividend IS DISTINCT FROM n.dividend
        OR o.split IS DISTINCT FROM n.split AS changed
FROM new_row AS n
LEFT JOIN old_row AS o
    ON o.target = n.target AND o.instrument_id = n.instrument_id AND o.session = n.session
