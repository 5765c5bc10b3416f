-- claim_run: every stretch of a claim's length that a plan is put to, from the end of a month to the end of a month.
-- Formula: of the claim's own plan (place 0) every month's end with one of_years years earlier; of any other reading the
--          claim's own years (published) and the latest whole ones (rolled: the last December that is complete)
-- Unit: month counts from year 0; months: month ends from start to end that are complete
-- Grain: claim_id, place, end_month
-- Source: claim_month, claim_plan, claim
WITH latest AS (
    SELECT m.claim_id, max(m.month) AS month
    FROM claim_month AS m
    WHERE m.variant = 0 AND m.complete AND m.month % 12 = 11
    GROUP BY m.claim_id
),

ended AS (
    SELECT
        c.claim_id, c.of_years, p.place, p.variant, p.rebalance,
        s.month AS start_month, s.session AS start_session, e.month AS end_month, e.session AS end_session,
        e.month = c.last_year * 12 + 11 AS published, coalesce(e.month = t.month, FALSE) AS rolled
    FROM claim AS c
    JOIN claim_plan AS p ON p.claim_id = c.claim_id
    JOIN claim_month AS e ON e.claim_id = p.claim_id AND e.variant = p.variant
    JOIN claim_month AS s ON s.claim_id = p.claim_id AND s.variant = p.variant AND s.month = e.month - 12 * c.of_years
    LEFT JOIN latest AS t ON t.claim_id = c.claim_id
)

SELECT
    e.claim_id, e.place, e.variant, e.rebalance, e.of_years, e.start_session, e.end_session,
    e.start_month, e.end_month, e.published, e.rolled,
    count(CASE WHEN m.complete THEN 1 END) AS months,
    row_number() OVER (ORDER BY e.claim_id, e.place, e.end_month) AS run
FROM ended AS e
JOIN claim_month AS m
    ON m.claim_id = e.claim_id AND m.variant = e.variant AND m.month BETWEEN e.start_month AND e.end_month
WHERE e.place = 0 OR e.published OR e.rolled
GROUP BY
    e.claim_id, e.place, e.variant, e.rebalance, e.of_years, e.start_session, e.end_session,
    e.start_month, e.end_month, e.published, e.rolled
