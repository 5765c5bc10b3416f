-- compare: two instruments side by side by calendar year.
-- Formula: the calendar-year returns of $a and $b under $convention, each on its basis; with $real each is
--          (1 + return) / (index of consumer prices, December over December) - 1, null with quality no_cpi without it
-- Unit: fraction
-- Grain: year
-- Source: calendar_year_return, inflation
WITH figure AS (
    SELECT
        r.instrument_id, r.year, r.start_session, r.end_session, r.complete,
        CASE WHEN $real THEN (1 + r.simple_return) / p.ratio - 1 ELSE r.simple_return END AS simple_return,
        concat_ws(',', nullif(r.quality, ''), CASE WHEN $real AND p.ratio IS NULL THEN 'no_cpi' END) AS quality
    FROM calendar_year_return AS r
    LEFT JOIN inflation AS p ON p.year = r.year
    WHERE
        r.convention = $convention
        AND r.basis = CASE r.instrument_id WHEN $a THEN $a_basis ELSE $b_basis END
)

SELECT
    coalesce(x.year, y.year) AS year,
    x.simple_return AS a_return, y.simple_return AS b_return,
    coalesce(x.complete AND y.complete, FALSE) AS complete,
    x.start_session AS a_from, x.end_session AS a_to, y.start_session AS b_from, y.end_session AS b_to,
    coalesce(x.quality, 'missing') AS a_quality, coalesce(y.quality, 'missing') AS b_quality
FROM (SELECT * FROM figure WHERE instrument_id = $a) AS x
FULL JOIN (SELECT * FROM figure WHERE instrument_id = $b) AS y ON y.year = x.year
ORDER BY year
