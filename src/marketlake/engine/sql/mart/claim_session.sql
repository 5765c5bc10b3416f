-- claim_session: the sessions that both calendars of a pair have, as a calendar named after the
--     pair.
-- Formula: sessions of a's calendar that are also sessions of b's
-- Unit: date label
-- Grain: calendar, session
-- Source: calendar_session, claim_side
SELECT x.pair AS calendar, c.session
FROM claim_side AS x
JOIN claim_side AS y ON y.pair = x.pair AND y.side = 'b'
JOIN main.calendar_session AS c ON c.calendar = x.calendar
JOIN main.calendar_session AS d ON d.calendar = y.calendar AND d.session = c.session
WHERE x.side = 'a'
