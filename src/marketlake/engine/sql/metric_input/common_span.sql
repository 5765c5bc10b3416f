-- common_span: the window of the macro metrics: the days given, or those that all instruments have.
-- Formula: by default from the day after the latest first session to the earliest last session
-- Unit: date label
-- Grain: one row
-- Source: bar
SELECT coalesce($first_day, max(s.earliest) + 1) AS begins, coalesce($last_day, min(s.latest)) AS ends
FROM (
    SELECT b.instrument_id, min(b.session) AS earliest, max(b.session) AS latest
    FROM bar AS b
    WHERE list_contains($wanted, b.instrument_id)
    GROUP BY b.instrument_id
) AS s
