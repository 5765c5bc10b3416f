-- suspect_session: the sessions whose return a check doubts: a jump, a spike, a split or a dividend.
-- Formula: the findings of the checks marked suspect over the stored bars, run again at the build;
--          after a spike also the next two sessions; after a quarantined row whose own split or dividend
--          is the reason, the next stored session. Jumps, spikes and suspected splits of sessions on
--          which two or more sources agree are left out. of_price: whether price returns are in
--          doubt too, not only those with dividends. A figure whose return runs across such a
--          session has the quality suspect
-- Unit: -
-- Grain: instrument_id, session
-- Source: found, quarantined, bar, reconciled, instrument
WITH doubted AS (
    SELECT f.instrument_id, f.session, f."check"
    FROM found AS f
    WHERE
        -- include: shared/undisputed
),

after_it AS (
    SELECT d.instrument_id, d."check", b.session
    FROM (
        SELECT instrument_id, session, "check" FROM doubted WHERE "check" = 'spike'
        UNION ALL
        SELECT q.instrument_id, q.session, q."check"
        FROM quarantined AS q
        WHERE
            q."check" IN ('split_ratio', 'dividend_size')
            AND NOT EXISTS (FROM bar AS b WHERE b.instrument_id = q.instrument_id AND b.session = q.session)
    ) AS d
    JOIN bar AS b ON b.instrument_id = d.instrument_id AND b.session > d.session
    QUALIFY
        row_number() OVER (PARTITION BY d.instrument_id, d.session, d."check" ORDER BY b.session)
        <= CASE WHEN d."check" = 'spike' THEN 2 ELSE 1 END
),

every AS (
    SELECT instrument_id, session, "check" FROM doubted
    UNION ALL
    SELECT instrument_id, session, "check" FROM after_it
)

SELECT
    n.instrument_key, n.instrument_id, e.session,
    string_agg(DISTINCT e."check", ',' ORDER BY e."check") AS checks,
    max(CASE WHEN list_contains($dividends, e."check") THEN 0 ELSE 1 END) = 1 AS of_price
FROM every AS e
JOIN instrument AS n ON n.instrument_id = e.instrument_id
GROUP BY n.instrument_key, n.instrument_id, e.session
ORDER BY n.instrument_id, e.session
