"""What a lake costs as it grows: first load, daily run, backfill, correction, rebuild."""
