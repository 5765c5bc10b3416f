-- step: the changed rows that can move a figure, in the order in which they are replaced: by session, and of one session
--       the instrument's own before the rates by name.
-- Formula: a row of the instrument can, if it has an event before or after, is the first or the last old one of its year,
--          is new and beyond those, or stands in a December that is averaged; on the basis vendor_adjusted any can, because
--          an event looks at the close before it. A rate can, if it stands at most 7 days before where an instrument's
--          year may begin or end (or in such a December). The others can not, whatever else has been replaced
-- Unit: place counts from 1 for each target; the steps 0 and one beyond the last row are the figures before and after
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
    target,
    CAST(row_number() OVER (PARTITION BY target ORDER BY session, rate, instrument_id) AS INTEGER) AS place,
    instrument_id, session, rate
FROM moving
