-- dividend_repeated: a dividend a few days after the one before, where they are months apart.
-- Severity: warn (suspect)
-- Formula: since_dividend < 17 days and usual_interval >= 60 days
-- Why: vendors list a dividend twice: on the ex-date and on the day of payment, or on two sides of a
--      weekend. Total return then counts it twice. A special dividend next to an ordinary one looks
--      the same
-- Remedy: a correction of dividend in corrections.toml: 0 where it was paid once
-- Unit: days
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *, format('dividend {:.6g}, {} days after another; usually {:.0f} days apart', dividend, since_dividend, usual_interval)
    AS message
FROM checked
WHERE dividend > 0 AND since_dividend < 17 AND usual_interval >= 60
