-- year_figure: the return of each of $wanted in every calendar year, nominal or real.
-- Formula: the calendar-year return under $convention on $basis (total where only that is stored);
--          with $real it is (1 + return) / (index of consumer prices, December over December) - 1,
--          null with quality no_cpi where the index is missing
-- Unit: fraction
-- Grain: instrument_id, year
-- Source: calendar_year_return, instrument, inflation
SELECT
    r.instrument_id, r.year, r.start_session, r.end_session, r.complete,
    CASE WHEN $real THEN (1 + r.simple_return) / p.ratio - 1 ELSE r.simple_return END AS simple_return,
    concat_ws(',', nullif(r.quality, ''), CASE WHEN $real AND p.ratio IS NULL THEN 'no_cpi' END) AS quality
FROM calendar_year_return AS r
JOIN instrument AS n ON n.instrument_id = r.instrument_id
LEFT JOIN inflation AS p ON p.year = r.year
WHERE
    r.convention = $convention AND r.instrument_id IN (SELECT unnest($wanted))
    AND r.basis = CASE WHEN n.return_basis = 'total' THEN 'total' ELSE $basis END
ORDER BY r.year, r.instrument_id
