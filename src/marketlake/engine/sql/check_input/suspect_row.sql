-- suspect_row: the stored bars in the years around findings that make figures suspect, as rows to
--     check.
-- Formula: bars of an instrument in the year of such a finding, the year before and the year after
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, instrument, finding
WITH around AS (
    SELECT DISTINCT f.instrument_id, year(f.session) + y.off AS year
    FROM finding AS f
    CROSS JOIN (VALUES (-1), (0), (1)) AS y (off)
    WHERE list_contains($suspect, f."check")
)

SELECT
    b.instrument_id, n.instrument_key AS subject, b.session, b.open, b.high, b.low, b.close, b.volume, b.dividend, b.split,
    b.source, b.observed_at, 0 AS place
FROM bar AS b
JOIN around AS a ON a.instrument_id = b.instrument_id AND a.year = b.year
JOIN instrument AS n ON n.instrument_id = b.instrument_id
