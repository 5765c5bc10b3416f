-- claim_check: a public claim put to the stored returns, as published and rolled forward to the latest whole years.
-- Formula: wins = years of the span in which a returned more than b (price basis, year_end, native currency);
--          published: the claim's own years; rolled: as many years ending with the last that is complete for both.
--          holds: wins >= at_least; holds no longer: rolled fails where published held; does not hold: neither;
--          cannot be said: a year of the span is missing, incomplete or simulated, or the currencies differ
-- Unit: counts of years
-- Grain: claim_id, span
-- Source: claim, calendar_year_return, instrument, lake
WITH figure AS (
    SELECT r.instrument_id, r.year, r.simple_return, r.complete, r.currency, r.quality LIKE '%simulated%' AS simulated
    FROM calendar_year_return AS r
    JOIN instrument AS n ON n.instrument_id = r.instrument_id AND n.return_basis = r.basis
    WHERE r.convention = 'year_end'
),

pair AS (
    SELECT
        c.claim_id, x.year,
        x.simple_return > y.simple_return AS won,
        x.complete AND y.complete AND x.simple_return IS NOT NULL AND y.simple_return IS NOT NULL AS complete,
        x.simulated OR y.simulated AS simulated,
        x.currency = y.currency AS same_currency
    FROM claim AS c
    JOIN figure AS x ON x.instrument_id = c.a
    JOIN figure AS y ON y.instrument_id = c.b AND y.year = x.year
),

span AS (
    SELECT c.claim_id, 'published' AS span, c.first_year, c.last_year FROM claim AS c
    UNION ALL
    SELECT c.claim_id, 'rolled' AS span, CAST(max(p.year) - max(c.of_years) + 1 AS INTEGER), max(p.year)
    FROM claim AS c
    LEFT JOIN pair AS p ON p.claim_id = c.claim_id AND p.complete
    GROUP BY c.claim_id
),

tally AS (
    SELECT
        s.claim_id, s.span, s.first_year, s.last_year,
        count(CASE WHEN p.complete AND p.won THEN 1 END) AS wins,
        count(CASE WHEN p.complete THEN 1 END) AS years,
        count(CASE WHEN p.simulated THEN 1 END) AS simulated,
        count(CASE WHEN NOT p.same_currency THEN 1 END) AS mixed
    FROM span AS s
    LEFT JOIN pair AS p ON p.claim_id = s.claim_id AND p.year BETWEEN s.first_year AND s.last_year
    GROUP BY s.claim_id, s.span, s.first_year, s.last_year
),

judged AS (
    SELECT
        t.claim_id, t.span, t.first_year, t.last_year, t.wins, t.years,
        CASE
            WHEN t.years < c.of_years THEN 'only ' || t.years || ' of ' || c.of_years || ' years are complete for both'
            WHEN t.simulated > 0 THEN 'figures are simulated'
            WHEN t.mixed > 0 THEN 'the two are quoted in different currencies'
        END AS obstacle,
        t.wins >= c.at_least AS met
    FROM tally AS t
    JOIN claim AS c ON c.claim_id = t.claim_id
)

SELECT
    c.claim_id, c.statement, c.source, c.published, c.a, c.b, j.span, j.first_year, j.last_year,
    CASE
        WHEN j.obstacle IS NOT NULL THEN 'cannot be said'
        WHEN j.met THEN 'holds'
        WHEN j.span = 'rolled' AND p.met AND p.obstacle IS NULL THEN 'holds no longer'
        ELSE 'does not hold'
    END AS verdict,
    coalesce(j.obstacle, c.a || ' ahead of ' || c.b || ' in ' || j.wins || ' of ' || j.years || ' years') AS reason,
    CAST(j.wins AS INTEGER) AS wins, CAST(j.years AS INTEGER) AS years, c.at_least, c.of_years, l.snapshot
FROM judged AS j
JOIN claim AS c ON c.claim_id = j.claim_id
JOIN judged AS p ON p.claim_id = j.claim_id AND p.span = 'published'
CROSS JOIN lake AS l
ORDER BY c.claim_id, j.span
