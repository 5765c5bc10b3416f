-- claim_wins_grid: a claim about years won under every reading, for its own years and the latest
--     whole years.
-- Formula: readings: b and its alternatives x price, total x own, shared sessions x three year
--          conventions x nominal, real. The headline is the claim's own b, price, own, year_end,
--          nominal. rolled: the same number of years, ending with the last that is complete for
--          both in the headline. wins = years of the span in which a returned more than b. holds:
--          wins >= at_least; no longer holds: rolled fails where published held under the same
--          reading; does not hold: neither holds; inconclusive: see reason, which
--          also counts the years with a suspect return
-- Unit: counts of years
-- Grain: claim_id, span, b, basis, sessions, convention, worth
-- Source: claim_year, claim, claim_opponent, instrument
WITH cell AS (
    SELECT
        c.claim_id, c.a, c.at_least, c.of_years, o.place, o.b,
        basis.basis, sessions.sessions, convention.convention, worth.worth,
        o.place = 0 AND basis.basis = 'price' AND sessions.sessions = 'own'
            AND convention.convention = 'year_end' AND worth.worth = 'nominal' AS headline,
        CASE
            WHEN x.instrument_id IS NULL THEN 'no instrument ' || o.a || ' in this lake'
            WHEN y.instrument_id IS NULL THEN 'no instrument ' || o.b || ' in this lake'
            WHEN x.quote_currency <> y.quote_currency THEN 'the two are quoted in different currencies'
            WHEN basis.basis = 'total' AND x.asset_class = 'index' AND x.return_basis = 'price'
                THEN o.a || ' is a price index: there is no total return of it'
            WHEN basis.basis = 'total' AND y.asset_class = 'index' AND y.return_basis = 'price'
                THEN o.b || ' is a price index: there is no total return of it'
            WHEN worth.worth = 'real' AND o.cpi IS NULL
                THEN 'no consumer prices for ' || x.quote_currency || ' in this lake'
        END AS obstacle,
        CASE
            WHEN basis.basis = 'price' AND x.return_basis <> y.return_basis
                THEN '; a mixture: ' || CASE WHEN x.return_basis = 'total' THEN o.a ELSE o.b END || ' is total return'
            ELSE ''
        END AS mixture
    FROM claim AS c
    JOIN claim_opponent AS o ON o.claim_id = c.claim_id
    LEFT JOIN main.instrument AS x ON x.instrument_id = o.a
    LEFT JOIN main.instrument AS y ON y.instrument_id = o.b
    CROSS JOIN (VALUES ('price'), ('total')) AS basis (basis)
    CROSS JOIN (VALUES ('own'), ('shared')) AS sessions (sessions)
    CROSS JOIN (VALUES ('year_end'), ('first_to_last'), ('december_average')) AS convention (convention)
    CROSS JOIN (VALUES ('nominal'), ('real')) AS worth (worth)
),

span AS (
    SELECT c.claim_id, 'published' AS span, c.first_year, c.last_year FROM claim AS c
    UNION ALL
    SELECT c.claim_id, 'rolled' AS span, CAST(max(p.year) - max(c.of_years) + 1 AS INTEGER), max(p.year)
    FROM claim AS c
    JOIN cell AS h ON h.claim_id = c.claim_id AND h.headline
    LEFT JOIN claim_year AS p
        ON p.claim_id = h.claim_id AND p.b = h.b AND p.basis = h.basis AND p.sessions = h.sessions
        AND p.convention = h.convention AND p.worth = h.worth AND p.complete
    GROUP BY c.claim_id
),

tally AS (
    SELECT
        h.claim_id, s.span, s.first_year, s.last_year, h.b, h.basis, h.sessions, h.convention, h.worth,
        count(CASE WHEN p.complete AND p.won THEN 1 END) AS wins,
        count(CASE WHEN p.complete THEN 1 END) AS years,
        count(CASE WHEN p.simulated THEN 1 END) AS simulated,
        count(CASE WHEN p.complete AND p.suspect THEN 1 END) AS suspect,
        count(CASE WHEN NOT p.priced THEN 1 END) AS unpriced
    FROM cell AS h
    JOIN span AS s ON s.claim_id = h.claim_id
    LEFT JOIN claim_year AS p
        ON p.claim_id = h.claim_id AND p.b = h.b AND p.basis = h.basis AND p.sessions = h.sessions
        AND p.convention = h.convention AND p.worth = h.worth AND p.year BETWEEN s.first_year AND s.last_year
    GROUP BY h.claim_id, s.span, s.first_year, s.last_year, h.b, h.basis, h.sessions, h.convention, h.worth
),

judged AS (
    SELECT
        h.claim_id, t.span, t.first_year, t.last_year, h.place, h.headline, h.a, h.b,
        h.basis, h.sessions, h.convention, h.worth, h.mixture, t.suspect, t.wins, t.years, t.wins >= h.at_least AS met,
        CASE
            WHEN h.obstacle IS NOT NULL THEN h.obstacle
            WHEN t.years < h.of_years THEN 'only ' || t.years || ' of ' || h.of_years || ' years are complete for both'
            WHEN t.simulated > 0 THEN 'figures are simulated'
            WHEN t.unpriced > 0 THEN 'no consumer prices for ' || t.unpriced || ' of ' || h.of_years || ' years'
        END AS obstacle
    FROM cell AS h
    JOIN tally AS t
        ON t.claim_id = h.claim_id AND t.b = h.b AND t.basis = h.basis AND t.sessions = h.sessions
        AND t.convention = h.convention AND t.worth = h.worth
)

SELECT
    j.claim_id, j.span, j.first_year, j.last_year, j.place, j.a, j.b, j.basis, j.sessions, j.convention, j.worth, j.headline,
    CASE
        WHEN j.obstacle IS NOT NULL THEN 'inconclusive'
        WHEN j.met THEN 'holds'
        WHEN j.span = 'rolled' AND p.met AND p.obstacle IS NULL THEN 'no longer holds'
        ELSE 'does not hold'
    END AS verdict,
    coalesce(j.obstacle, j.a || ' ahead of ' || j.b || ' in ' || j.wins || ' of ' || j.years || ' years' || j.mixture
        || CASE WHEN j.suspect > 0 THEN '; figures of ' || j.suspect || ' are suspect' ELSE '' END) AS reason,
    CAST(j.wins AS INTEGER) AS wins, CAST(j.years AS INTEGER) AS years
FROM judged AS j
JOIN judged AS p
    ON p.span = 'published' AND p.claim_id = j.claim_id AND p.b = j.b AND p.basis = j.basis
    AND p.sessions = j.sessions AND p.convention = j.convention AND p.worth = j.worth
