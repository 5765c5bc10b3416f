-- claim_wins_window: a claim about years won in every span of its length, with 12-month years
--     ending in any month.
-- Formula: a 12-month return is the last close of a month over that of the same month a year before
--          (price basis, or total where only that is stored; own sessions; native currency). A
--          window has of_years consecutive such years. A month is complete when the calendar's last
--          session of it is stored. Windows that overlap share years and are not independent
-- Unit: counts of years
-- Grain: claim_id, end_year, end_month
-- Source: level, calendar_session, claim, instrument, suspect_session
WITH calendar_month AS (
    SELECT calendar, year(session) AS year, month(session) AS month, max(session) AS last_session
    FROM calendar_session
    GROUP BY calendar, year(session), month(session)
),

month_end AS (
    SELECT
        l.instrument_id, l.calendar, year(l.session) AS year, month(l.session) AS month,
        max(c.session) AS last_session, max(l.session) AS stored_session,
        max_by(CASE WHEN n.return_basis = 'total' THEN l.total ELSE l.price END, l.session) AS level
    FROM level AS l
    JOIN instrument AS n ON n.instrument_id = l.instrument_id
    LEFT JOIN calendar_session AS c ON c.calendar = l.calendar AND c.session = l.session
    GROUP BY l.instrument_id, l.calendar, year(l.session), month(l.session)
),

twelve_months AS (
    SELECT
        t.instrument_id, t.year, t.month, p.stored_session AS start_session, t.stored_session AS end_session,
        t.level / p.level - 1 AS simple_return,
        coalesce(t.last_session = ct.last_session AND p.last_session = cp.last_session, FALSE)
            AND NOT isnan(t.level) AND NOT isnan(p.level) AS complete
    FROM month_end AS t
    JOIN month_end AS p ON p.instrument_id = t.instrument_id AND p.year = t.year - 1 AND p.month = t.month
    LEFT JOIN calendar_month AS ct ON ct.calendar = t.calendar AND ct.year = t.year AND ct.month = t.month
    LEFT JOIN calendar_month AS cp ON cp.calendar = p.calendar AND cp.year = p.year AND cp.month = p.month
),

doubted AS (
    SELECT t.instrument_id, t.year, t.month
    FROM twelve_months AS t
    JOIN instrument AS n ON n.instrument_id = t.instrument_id
    JOIN suspect_session AS d
        ON d.instrument_id = t.instrument_id AND d.session > t.start_session AND d.session <= t.end_session
    WHERE d.of_price OR n.return_basis = 'total'
    GROUP BY t.instrument_id, t.year, t.month
),

pair AS (
    SELECT
        c.claim_id, c.at_least, c.of_years, x.year, x.month,
        x.complete AND y.complete AS complete,
        -- include: shared/lead
        > 0 AS won,
        -- month-end closes are published figures where only the days between them are simulated
        nx.synthetic = 'all' OR ny.synthetic = 'all' AS simulated,
        nx.quote_currency = ny.quote_currency AS same_currency,
        dx.instrument_id IS NOT NULL OR dy.instrument_id IS NOT NULL AS suspect
    FROM claim AS c
    JOIN instrument AS nx ON nx.instrument_id = c.a
    JOIN instrument AS ny ON ny.instrument_id = c.b
    JOIN twelve_months AS x ON x.instrument_id = c.a
    JOIN twelve_months AS y ON y.instrument_id = c.b AND y.year = x.year AND y.month = x.month
    LEFT JOIN doubted AS dx ON dx.instrument_id = c.a AND dx.year = x.year AND dx.month = x.month
    LEFT JOIN doubted AS dy ON dy.instrument_id = c.b AND dy.year = x.year AND dy.month = x.month
),

tally AS (
    SELECT
        e.claim_id, e.at_least, e.of_years, e.year AS end_year, e.month AS end_month,
        count(CASE WHEN p.complete AND p.won THEN 1 END) AS wins,
        count(CASE WHEN p.complete THEN 1 END) AS years,
        count(CASE WHEN p.simulated THEN 1 END) AS simulated,
        count(CASE WHEN p.complete AND p.suspect THEN 1 END) AS suspect,
        count(CASE WHEN NOT p.same_currency THEN 1 END) AS mixed
    FROM pair AS e
    JOIN pair AS p
        ON p.claim_id = e.claim_id AND p.month = e.month AND p.year BETWEEN e.year - e.of_years + 1 AND e.year
    GROUP BY e.claim_id, e.at_least, e.of_years, e.year, e.month
    HAVING count(*) = e.of_years
)

SELECT
    claim_id, CAST(end_year AS INTEGER) AS end_year, CAST(end_month AS INTEGER) AS end_month,
    CASE
        WHEN years < of_years OR simulated > 0 OR mixed > 0 THEN 'inconclusive'
        WHEN wins >= at_least THEN 'holds'
        ELSE 'does not hold'
    END AS verdict,
    CASE
        WHEN years < of_years THEN 'only ' || years || ' of ' || of_years || ' years are complete for both'
        WHEN simulated > 0 THEN 'figures are simulated'
        WHEN mixed > 0 THEN 'the two are quoted in different currencies'
        ELSE wins || ' of ' || years || ' years' || CASE WHEN suspect > 0 THEN '; figures of ' || suspect || ' are suspect' ELSE '' END
    END AS reason,
    CAST(wins AS INTEGER) AS wins, CAST(years AS INTEGER) AS years
FROM tally
