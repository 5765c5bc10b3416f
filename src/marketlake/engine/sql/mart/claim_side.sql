-- claim_side: both sides of every pair that a claim compares.
-- Formula: side is a or b; instrument_id is a separate name for the member within the pair, so that
--          the calendar-year marts can be computed per pair on shared sessions
-- Unit: -
-- Grain: pair, side
-- Source: claim_opponent, instrument
WITH pair AS (
    SELECT DISTINCT o.a || '/' || o.b AS pair, o.a, o.b FROM claim_opponent AS o
),

side AS (
    SELECT p.pair, 'a' AS side, p.a AS member FROM pair AS p
    UNION ALL
    SELECT p.pair, 'b' AS side, p.b AS member FROM pair AS p
)

SELECT
    s.pair, s.side, s.member, s.pair || '#' || s.side AS instrument_id,
    n.asset_class, n.calendar, n.quote_currency, n.return_basis, n.proxy_for, n.synthetic
FROM side AS s
JOIN main.instrument AS n ON n.instrument_id = s.member
