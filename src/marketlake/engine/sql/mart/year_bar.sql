-- year_bar: the bars of each member's year, after the close that the year's first return runs from.
-- Formula: stored rows of the member's instrument in its year; the carried close as a separate row
-- Unit: as bar
-- Grain: instrument_id (of member), session
-- Source: stored_bar, member
SELECT m.instrument_id, b.session, b.close, b.dividend, b.split, b.known_at
FROM stored_bar AS b
JOIN member AS m ON m.name = b.instrument_id AND m.year = year(b.session)
UNION ALL
SELECT
    m.instrument_id, m.carried_session AS session, m.carried_close AS close,
    CAST(0 AS DOUBLE) AS dividend, CAST(1 AS DOUBLE) AS split, m.carried_known_at AS known_at
FROM member AS m
WHERE m.carried_session IS NOT NULL
