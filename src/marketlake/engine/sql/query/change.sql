-- change: every session with different values at $until and at $since, with both values and the
--     reason.
-- Formula: compares the version observed last by $since with the one observed last by $until. A
--          session that is equal at both ends is no change, whatever happened in between. kind is
--          the first that applies:
--          arrived             not stored before, and no later session was observed earlier
--          gap_fill            not stored before, although sessions before and after it were
--          observed earlier
--          history             not stored before, and older than all that was observed earlier
--          correction          a manual correction took effect or was withdrawn
--          split, dividend     the event of the session differs
--          vendor_restatement  a price differs
--          volume              only the volume differs
--          rounding            the difference is within the tolerance of the store (prices 1e-6,
--          dividends 1e-3 or 0.00005, splits 1e-9, volumes 1e-4)
--          fields lists every field that differs, however little
-- Unit: as bar; a moment without a time zone is UTC
-- Grain: instrument_id, session
-- Source: bar_version, correction
WITH touched AS (
    SELECT DISTINCT t.instrument_id, t.session
    FROM bar_version AS t
    WHERE t.observed_at > make_timestamptz(epoch_us($since)) AND t.observed_at <= make_timestamptz(epoch_us($until))
),

version AS (
    SELECT v.*
    FROM bar_version AS v
    INNER JOIN touched AS t ON t.instrument_id = v.instrument_id AND t.session = v.session
    WHERE v.observed_at <= make_timestamptz(epoch_us($until))
),

before AS (
    SELECT v.*
    FROM version AS v
    WHERE v.observed_at <= make_timestamptz(epoch_us($since))
    QUALIFY row_number() OVER (
        PARTITION BY v.instrument_id, v.session ORDER BY v.observed_at DESC, v.superseded_at NULLS FIRST
    ) = 1
),

after AS (
    SELECT v.*, min(v.observed_at) OVER (PARTITION BY v.instrument_id, v.session) AS first_seen_at
    FROM version AS v
    QUALIFY row_number() OVER (
        PARTITION BY v.instrument_id, v.session ORDER BY v.observed_at DESC, v.superseded_at NULLS FIRST
    ) = 1
),

-- the first and the last session observed by $since, of instruments with new versions
reach AS (
    SELECT h.instrument_id, min(h.session) AS first_session, max(h.session) AS last_session
    FROM bar_version AS h
    WHERE
        h.observed_at <= make_timestamptz(epoch_us($since))
        AND h.instrument_id IN (SELECT t.instrument_id FROM touched AS t)
    GROUP BY h.instrument_id
),

-- of two sessions that both arrived in between, the one observed first counts as stored earlier
newcomer AS (
    SELECT
        a.instrument_id, a.session, r.first_session, r.last_session,
        min(a.first_seen_at) OVER (
            PARTITION BY a.instrument_id ORDER BY a.session ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) < a.first_seen_at AS follows,
        min(a.first_seen_at) OVER (
            PARTITION BY a.instrument_id ORDER BY a.session ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) < a.first_seen_at AS precedes
    FROM after AS a
    LEFT JOIN reach AS r ON r.instrument_id = a.instrument_id
    WHERE a.first_seen_at > make_timestamptz(epoch_us($since))
),

side AS (
    SELECT
        a.instrument_id, a.session, a.source, b.observed_at AS seen_before, a.observed_at AS seen,
        b.instrument_id IS NULL AS is_new,
        coalesce(n.last_session > n.session, FALSE) OR coalesce(n.precedes, FALSE) AS precedes,
        coalesce(n.first_session < n.session, FALSE) OR coalesce(n.follows, FALSE) AS follows,
        b.open AS old_open, a.open AS new_open, b.high AS old_high, a.high AS new_high,
        b.low AS old_low, a.low AS new_low, b.close AS old_close, a.close AS new_close,
        b.volume AS old_volume, a.volume AS new_volume,
        b.dividend AS old_dividend, a.dividend AS new_dividend, b.split AS old_split, a.split AS new_split
    FROM after AS a
    LEFT JOIN before AS b ON b.instrument_id = a.instrument_id AND b.session = a.session
    LEFT JOIN newcomer AS n ON n.instrument_id = a.instrument_id AND n.session = a.session
),

judged AS (
    SELECT
        s.*,
        -- a bar that a correction changed has the correction's time as observed_at
        EXISTS (
            SELECT 1 FROM correction AS k
            WHERE k.instrument_id = s.instrument_id AND k.session = s.session AND k.recorded_at = s.seen
        ) AS corrected,
        concat_ws(
            ',',
            CASE WHEN s.old_open IS DISTINCT FROM s.new_open THEN 'open' END,
            CASE WHEN s.old_high IS DISTINCT FROM s.new_high THEN 'high' END,
            CASE WHEN s.old_low IS DISTINCT FROM s.new_low THEN 'low' END,
            CASE WHEN s.old_close IS DISTINCT FROM s.new_close THEN 'close' END,
            CASE WHEN s.old_volume IS DISTINCT FROM s.new_volume THEN 'volume' END,
            CASE WHEN s.old_dividend IS DISTINCT FROM s.new_dividend THEN 'dividend' END,
            CASE WHEN s.old_split IS DISTINCT FROM s.new_split THEN 'split' END
        ) AS fields,
        -- both present and nearly equal, or both missing
        coalesce(
            abs(s.old_open - s.new_open) <= 1e-6 * greatest(abs(s.old_open), abs(s.new_open)),
            s.old_open IS NULL AND s.new_open IS NULL
        )
        AND coalesce(
            abs(s.old_high - s.new_high) <= 1e-6 * greatest(abs(s.old_high), abs(s.new_high)),
            s.old_high IS NULL AND s.new_high IS NULL
        )
        AND coalesce(
            abs(s.old_low - s.new_low) <= 1e-6 * greatest(abs(s.old_low), abs(s.new_low)),
            s.old_low IS NULL AND s.new_low IS NULL
        )
        AND abs(s.old_close - s.new_close) <= 1e-6 * greatest(abs(s.old_close), abs(s.new_close)) AS prices_stand,
        coalesce(
            abs(s.old_volume - s.new_volume) <= 1e-4 * greatest(abs(s.old_volume), abs(s.new_volume)),
            s.old_volume IS NULL AND s.new_volume IS NULL
        ) AS volume_stands,
        abs(s.old_dividend - s.new_dividend)
        <= greatest(1e-3 * greatest(abs(s.old_dividend), abs(s.new_dividend)), 5e-5) AS dividend_stands,
        abs(s.old_split - s.new_split) <= 1e-9 * greatest(abs(s.old_split), abs(s.new_split)) AS split_stands
    FROM side AS s
)

SELECT
    j.instrument_id, j.session,
    CASE
        WHEN j.is_new AND NOT j.precedes THEN 'arrived'
        WHEN j.is_new AND j.follows THEN 'gap_fill'
        WHEN j.is_new THEN 'history'
        WHEN j.corrected THEN 'correction'
        WHEN NOT j.split_stands THEN 'split'
        WHEN NOT j.dividend_stands THEN 'dividend'
        WHEN NOT j.prices_stand THEN 'vendor_restatement'
        WHEN NOT j.volume_stands THEN 'volume'
        ELSE 'rounding'
    END AS kind,
    j.fields,
    j.old_open, j.new_open, j.old_high, j.new_high, j.old_low, j.new_low, j.old_close, j.new_close,
    j.old_volume, j.new_volume, j.old_dividend, j.new_dividend, j.old_split, j.new_split,
    j.source, j.seen_before, j.seen
FROM judged AS j
WHERE j.is_new OR j.fields <> ''
