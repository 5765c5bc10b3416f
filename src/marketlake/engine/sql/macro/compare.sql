-- compare(a, b): two instruments by calendar year, from the stored table, each in its own currency.
-- Formula: difference = a_return - b_return; the winner has the higher return, in years complete
--          for both, or tie where they are equal up to rounding; an instrument stored only as
--          total return uses that basis (see a_basis, b_basis)
-- Unit: fraction
-- Grain: year
-- Source: calendar_year_return
CREATE MACRO compare(a, b, first_year := NULL, last_year := NULL, basis := 'price', convention := 'year_end') AS TABLE
WITH named AS (
    SELECT n.instrument_id, CASE WHEN n.return_basis = 'total' THEN 'total' ELSE basis END AS basis
    FROM instrument AS n
    WHERE n.instrument_id IN ($a, $b)
)

SELECT
    x.year, x.instrument_id AS a, y.instrument_id AS b,
    x.simple_return AS a_return, y.simple_return AS b_return,
    x.simple_return - y.simple_return AS difference,
    CASE
        WHEN NOT (x.complete AND y.complete) OR x.currency <> y.currency
            OR x.quality LIKE '%simulated%' OR y.quality LIKE '%simulated%' THEN NULL
        ELSE
            CASE sign(
                -- include: shared/lead
            ) WHEN 1 THEN x.instrument_id WHEN -1 THEN y.instrument_id WHEN 0 THEN 'tie' END
    END AS winner,
    x.complete AND y.complete AS complete,
    x.basis AS a_basis, y.basis AS b_basis, x.currency AS a_currency, y.currency AS b_currency,
    x.start_session AS a_from, x.end_session AS a_to, y.start_session AS b_from, y.end_session AS b_to,
    x.quality AS a_quality, y.quality AS b_quality
FROM calendar_year_return AS x
JOIN named AS nx ON nx.instrument_id = x.instrument_id AND nx.basis = x.basis
JOIN calendar_year_return AS y ON y.year = x.year AND y.convention = x.convention
JOIN named AS ny ON ny.instrument_id = y.instrument_id AND ny.basis = y.basis
WHERE
    x.instrument_id = $a AND y.instrument_id = $b AND x.convention = convention
    AND CASE WHEN first_year IS NULL THEN x.complete AND y.complete ELSE x.year >= first_year END
    AND CASE WHEN last_year IS NULL THEN x.complete AND y.complete ELSE x.year <= last_year END
ORDER BY x.year
