-- claim_grid: a claim under every reading, for its own years (published) and the latest whole years
--     (rolled).
-- Formula: the rows of claim_wins_grid and claim_sleeve_grid; columns that a kind of check does not
--          use are null. headline: the reading of the claim as worded. no longer holds: rolled
--          fails where published held under the same reading; does not hold: neither holds;
--          inconclusive: see reason
-- Unit: counts of years; return per risk with the sleeve and without it
-- Grain: claim_id, span, a, b, basis, sessions, convention, worth, rebalance, funded_by, risk
-- Source: claim_wins_grid, claim_sleeve_grid (computed by `portfolio`)
WITH cell AS (
    SELECT
        claim_id, span, first_year, last_year, place, a, b, basis, sessions, convention, worth,
        CAST(NULL AS VARCHAR) AS rebalance, CAST(NULL AS VARCHAR) AS funded_by, CAST(NULL AS VARCHAR) AS risk,
        headline, verdict, reason, wins, years, CAST(NULL AS DOUBLE) AS with_sleeve, CAST(NULL AS DOUBLE) AS without_sleeve
    FROM claim_wins_grid
    UNION ALL
    SELECT
        claim_id, span, first_year, last_year, place, a, b, 'total' AS basis, 'shared' AS sessions,
        CAST(NULL AS VARCHAR) AS convention, worth, rebalance, funded_by, risk,
        headline, verdict, reason, CAST(NULL AS INTEGER) AS wins, years, with_sleeve, without_sleeve
    FROM claim_sleeve_grid
)

SELECT
    claim_id, span, first_year, last_year, a, b, basis, sessions, convention, worth, rebalance, funded_by, risk,
    headline, verdict, reason, wins, years, with_sleeve, without_sleeve
FROM cell
ORDER BY claim_id, span, place, basis, sessions, convention DESC, risk, worth
