"""A market-data lake: daily prices in Parquet, comparative returns in DuckDB, scheduled by Airflow."""
