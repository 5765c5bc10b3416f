"""Ingestion: plan, fetch, store, reconcile, replay, and the status of what is stored."""
