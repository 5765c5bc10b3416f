-- claim_check: a public claim tested on the stored returns, for its own years and for the latest
--     whole years.
-- Formula: the headline of claim_grid: the claim as worded, native currency, nominal; for two
--          instruments the price basis, own sessions and year ends, for a sleeve the return per
--          daily volatility
-- Unit: counts of years; return per risk with the sleeve and without it
-- Grain: claim_id, span
-- Source: claim, claim_grid, lake
SELECT
    c.claim_id, c.kind, c.statement, c.source, c.published, c.a, c.b, g.span, g.first_year, g.last_year,
    g.verdict, g.reason, g.wins, g.years, g.with_sleeve, g.without_sleeve,
    c.at_least, c.share, c.rebalance, c.funded_by, c.of_years, l.snapshot
FROM claim AS c
JOIN claim_grid AS g ON g.claim_id = c.claim_id AND g.headline
CROSS JOIN lake AS l
ORDER BY c.claim_id, g.span
