"""SQL and the engines that run it: DuckDB and Spark."""
