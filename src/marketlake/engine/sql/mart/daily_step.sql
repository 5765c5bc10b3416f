-- daily_step: everything about an instrument's step to a session that marts are made from.
-- Formula: price_return = price_index / price_index of the previous session - 1, total_return
--          likewise; null at the very first. Nothing is filled: across a missing session the return
--          spans to the next. Levels are relative to the session before the year's first, so that a
--          changed bar affects only its own year and the first return of the next. known_at is the
--          latest of the closes, splits and dividends that returns and levels are made of.
--          price_high is the highest level so far, price_low_ahead the lowest remaining level, both
--          with the session's own; price_fall = price_level / price_high, price_fall_ahead =
--          price_low_ahead / price_level. Only sessions with a close above 0. risk_free, over the d
--          days of the return: (1 - y x 91/360)^(-d/91) - 1, with the discount yield y of the
--          currency's 13-week bill known at the start of the return
-- Unit: fraction; levels in the quote currency
-- Grain: instrument_id, session
-- Source: return_index (of each member's year and of the last session before it), member, bill_day
WITH step AS (
    SELECT
        r.instrument_id, r.session, m.first_day, m.quote_currency, r.price_index, r.total_index,
        lag(r.session) OVER past AS start_session,
        greatest(r.known_at, lag(r.known_at) OVER past) AS known_at,
        unix_date(r.session) - unix_date(lag(r.session) OVER past) AS days,
        lead(r.session) OVER past IS NULL AS last_of_year,
        r.price_index / lag(r.price_index) OVER past - 1 AS price_return,
        r.total_index / lag(r.total_index) OVER past - 1 AS total_return,
        max(CASE WHEN r.session >= m.first_day THEN r.price_index END) OVER past AS price_high,
        max(CASE WHEN r.session >= m.first_day THEN r.total_index END) OVER past AS total_high,
        min(r.price_index) OVER ahead AS price_low_ahead,
        min(r.total_index) OVER ahead AS total_low_ahead
    FROM return_index AS r
    JOIN member AS m ON m.instrument_id = r.instrument_id
    WHERE r.close > 0
    WINDOW
        past AS (PARTITION BY r.instrument_id ORDER BY r.session),
        ahead AS (
            PARTITION BY r.instrument_id ORDER BY r.session ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
)

SELECT
    s.instrument_id, s.session, s.start_session, coalesce(s.start_session < s.first_day, TRUE) AS first_of_year,
    s.last_of_year, s.price_return, s.total_return,
    -- include: shared/bill_growth
    - 1 AS risk_free,
    s.price_index AS price_level, s.price_high, s.price_low_ahead,
    s.price_index / s.price_high AS price_fall, s.price_low_ahead / s.price_index AS price_fall_ahead,
    s.total_index AS total_level, s.total_high, s.total_low_ahead,
    s.total_index / s.total_high AS total_fall, s.total_low_ahead / s.total_index AS total_fall_ahead,
    greatest(s.known_at, y.known_at) AS known_at
FROM step AS s
LEFT JOIN bill_day AS y ON y.currency = s.quote_currency AND y.day = s.start_session
WHERE s.session >= s.first_day
