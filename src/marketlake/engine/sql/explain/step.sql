-- step: the changed rows that can change a figure, in the order of replacement: by session, and
--     within a session the instrument's own row before the rates by name.
-- Formula: a row of the instrument counts if it has an event before or after the change, is the
--          first or last old row of its year, is new and outside these, or is in a December that is
--          averaged. On the basis vendor_adjusted every row counts, because an event depends on the
--          previous close. A rate counts if it is at most 7 days before a possible start or end of
--          the instrument's year (or in such a December). Other rows cannot change a figure,
--          whatever else is replaced. Neither can rows outside the years that had rows before: a
--          figure that had no value before has no parts
-- Unit: place counts from 1 per target; step 0 and the step after the last row are the figures
--       before and after
-- Grain: target, place
-- Source: held_row
WITH edge AS (
    SELECT
        target, year(session) AS year,
        min(CASE WHEN NOT is_new THEN session END) AS old_first,
        max(CASE WHEN NOT is_new THEN session END) AS old_last,
        min(session) AS new_first,
        max(session) AS new_last
    FROM held_row
    WHERE NOT rate
    GROUP BY target, year(session)
),

known AS (
    SELECT
        target, make_date(min(year), 1, 1) - 7 AS first_day, make_date(max(year), 12, 31) AS last_day
    FROM edge
    WHERE old_first IS NOT NULL
    GROUP BY target
),

moving AS (
    SELECT h.target, h.instrument_id, h.session, h.rate
    FROM held_row AS h
    LEFT JOIN edge AS e ON e.target = h.target AND e.year = year(h.session)
    WHERE
        h.changed AND NOT h.rate AND (
            $basis = 'vendor_adjusted'
            OR ($convention = 'december_average' AND month(h.session) = 12)
            OR coalesce(h.old_dividend, 0) <> 0 OR h.new_dividend <> 0
            OR coalesce(h.old_split, 1) <> 1 OR h.new_split <> 1
            OR e.old_first IS NULL OR h.session <= e.old_first OR h.session >= e.old_last
        )
    UNION
    SELECT h.target, h.instrument_id, h.session, h.rate
    FROM held_row AS h
    JOIN edge AS e
        ON e.target = h.target AND ((h.session BETWEEN coalesce(e.old_last, e.new_first) - 7 AND e.new_last)
            OR ($convention = 'first_to_last' AND h.session BETWEEN e.new_first - 7 AND coalesce(e.old_first, e.new_last))
            OR (
                $convention = 'december_average'
                AND h.session BETWEEN make_date(e.year, 11, 24) AND make_date(e.year, 12, 31)
            ))
    WHERE h.changed AND h.rate
)

SELECT
    m.target,
    CAST(row_number() OVER (PARTITION BY m.target ORDER BY m.session, m.rate, m.instrument_id) AS INTEGER) AS place,
    m.instrument_id, m.session, m.rate
FROM moving AS m
JOIN known AS k ON k.target = m.target AND m.session BETWEEN k.first_day AND k.last_day
