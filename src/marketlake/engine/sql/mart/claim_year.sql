-- claim_year: both sides of a pair in a calendar year, under every definition of return.
-- Formula: own sessions from the stored calendar_year_return, shared ones from the same marts over
--          the pair's sessions; an instrument stored only as total return uses that; won: a has the
--          higher return. Real returns, (1 + return) / ratio - 1, rank like nominal ones and are
--          compared as well
-- Unit: counts of years; priced: consumer prices exist for both ends; suspect: a return of either
--       is
-- Grain: claim_id, b, basis, sessions, convention, worth, year
-- Source: calendar_year_return, claim_side, claim_opponent, claim_inflation
WITH figure AS (
    SELECT s.pair, s.side, 'own' AS sessions, s.return_basis, r.year, r.basis, r.convention,
        r.simple_return, r.complete, r.currency, r.quality
    FROM main.calendar_year_return AS r
    JOIN claim_side AS s ON s.member = r.instrument_id
    UNION ALL
    SELECT s.pair, s.side, 'shared' AS sessions, s.return_basis, r.year, r.basis, r.convention,
        r.simple_return, r.complete, r.currency, r.quality
    FROM calendar_year_return AS r
    JOIN claim_side AS s ON s.instrument_id = r.instrument_id
),

side_return AS (
    SELECT
        f.pair, f.side, f.sessions, f.convention, f.year, k.basis, f.currency,
        f.simple_return, f.complete AND f.simple_return IS NOT NULL AS complete,
        f.quality LIKE '%simulated%' AS simulated,
        f.quality LIKE '%suspect%' AS suspect
    FROM figure AS f
    CROSS JOIN (VALUES ('price'), ('total')) AS k (basis)
    WHERE f.basis = CASE WHEN f.return_basis = 'total' THEN 'total' ELSE k.basis END
)

SELECT
    o.claim_id, o.b, x.basis, x.sessions, x.convention, w.worth, x.year,
    -- consumer prices are the same for both, so who is ahead stays ahead
    CASE
        WHEN w.worth = 'nominal' OR p.ratio IS NOT NULL
            THEN
                -- include: shared/lead
                > 0
    END AS won,
    x.complete AND y.complete AS complete,
    x.simulated OR y.simulated OR (w.worth = 'real' AND coalesce(p.simulated, FALSE)) AS simulated,
    x.suspect OR y.suspect AS suspect,
    x.currency = y.currency AS same_currency,
    w.worth = 'nominal' OR p.ratio IS NOT NULL AS priced
FROM claim_opponent AS o
JOIN side_return AS x ON x.pair = o.a || '/' || o.b AND x.side = 'a'
JOIN side_return AS y
    ON y.pair = x.pair AND y.side = 'b' AND y.sessions = x.sessions AND y.convention = x.convention
    AND y.basis = x.basis AND y.year = x.year
CROSS JOIN (VALUES ('nominal'), ('real')) AS w (worth)
LEFT JOIN claim_inflation AS p ON p.instrument_id = o.cpi AND p.year = x.year
