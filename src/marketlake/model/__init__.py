"""What an instrument, a setting, a calendar, a column, a question and an error are.

No I/O except reading the configuration and the clock.
"""
