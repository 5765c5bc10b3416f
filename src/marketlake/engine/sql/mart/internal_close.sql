-- internal_close: the close from which an instrument's next return runs.
-- Formula: the year's last close above 0, divided by the splits of later sessions;
--          known_at is the latest of these bars'
-- Unit: quote currency, per share at the year's end
-- Grain: instrument_id
-- Source: stored_bar (of one year)
WITH traded AS (
    SELECT instrument_id, max(session) AS session FROM stored_bar WHERE close > 0 GROUP BY instrument_id
)

SELECT
    t.instrument_id, t.session,
    max(CASE WHEN b.session = t.session THEN b.close END)
        / exp(sum(CASE WHEN b.session > t.session THEN ln(b.split) ELSE 0 END)) AS close,
    max(b.known_at) AS known_at
FROM traded AS t
JOIN stored_bar AS b ON b.instrument_id = t.instrument_id AND b.session >= t.session
GROUP BY t.instrument_id, t.session
ORDER BY t.instrument_id
