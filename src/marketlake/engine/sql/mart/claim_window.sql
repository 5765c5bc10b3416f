-- claim_window: a claim in every span of its length in the history, with 12-month years ending in
--     any month.
-- Formula: the rows of claim_wins_window and claim_sleeve_window; columns that a kind of check does
--          not use are null
-- Unit: counts of years; return per risk with the sleeve and without it
-- Grain: claim_id, end_year, end_month
-- Source: claim_wins_window, claim_sleeve_window
SELECT
    claim_id, end_year, end_month, verdict, reason, wins, years,
    CAST(NULL AS DOUBLE) AS with_sleeve, CAST(NULL AS DOUBLE) AS without_sleeve
FROM claim_wins_window
UNION ALL
SELECT claim_id, end_year, end_month, verdict, reason, CAST(NULL AS INTEGER) AS wins, years, with_sleeve, without_sleeve
FROM claim_sleeve_window
ORDER BY claim_id, end_year, end_month
