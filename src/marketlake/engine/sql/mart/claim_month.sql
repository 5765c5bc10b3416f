-- claim_month: the months of a plan, each with its last session and whether that is the calendars' own.
-- Formula: complete: the last session of the month that the calendars of all holdings share is stored for all of them
-- Unit: month counts from year 0
-- Grain: claim_id, variant, month
-- Source: claim_holding, claim_weight, calendar_session, instrument
WITH plan_calendar AS (
    SELECT DISTINCT w.claim_id, w.variant, n.calendar
    FROM claim_weight AS w
    JOIN main.instrument AS n ON n.instrument_id = w.instrument_id
),

plan AS (
    SELECT claim_id, variant, count(*) AS calendars FROM plan_calendar GROUP BY claim_id, variant
),

expected AS (
    SELECT c.claim_id, c.variant, s.session
    FROM plan_calendar AS c
    JOIN plan AS p ON p.claim_id = c.claim_id AND p.variant = c.variant
    JOIN main.calendar_session AS s ON s.calendar = c.calendar
    GROUP BY c.claim_id, c.variant, s.session, p.calendars
    HAVING count(*) = p.calendars
),

expected_month AS (
    SELECT claim_id, variant, year(session) * 12 + month(session) - 1 AS month, max(session) AS last_session
    FROM expected
    GROUP BY claim_id, variant, year(session) * 12 + month(session) - 1
),

stored_month AS (
    SELECT claim_id, variant, month, max(session) AS session
    FROM claim_holding
    GROUP BY claim_id, variant, month
)

SELECT t.claim_id, t.variant, t.month, t.session, coalesce(t.session = e.last_session, FALSE) AS complete
FROM stored_month AS t
LEFT JOIN expected_month AS e ON e.claim_id = t.claim_id AND e.variant = t.variant AND e.month = t.month
