-- undisputed: whether a finding stands: a jump, a spike or a suspected split does not where two or more
--     sources agree on the session.
-- Formula: f is a row of found
-- Unit: true or false
-- Grain: found
-- Source: f, reconciled
(
    f."check" NOT IN ('jump', 'spike', 'split_suspected')
    OR NOT EXISTS (
        FROM reconciled AS r
        WHERE
            r.instrument_id = f.instrument_id AND r.session = f.session AND r.cause = 'agrees' AND r.compared >= 2
    )
)
