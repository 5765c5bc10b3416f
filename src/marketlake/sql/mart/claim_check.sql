-- claim_check: a public claim put to the stored returns, as published and rolled forward to the latest whole years.
-- Formula: the headline of claim_grid: the claim's own b, price basis, own sessions, year_end, native currency, nominal
-- Unit: counts of years
-- Grain: claim_id, span
-- Source: claim, claim_grid, lake
SELECT
    c.claim_id, c.statement, c.source, c.published, c.a, c.b, g.span, g.first_year, g.last_year,
    g.verdict, g.reason, g.wins, g.years, c.at_least, c.of_years, l.snapshot
FROM claim AS c
JOIN claim_grid AS g ON g.claim_id = c.claim_id AND g.headline
CROSS JOIN lake AS l
ORDER BY c.claim_id, g.span
