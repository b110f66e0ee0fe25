"""Running the portal: health, metrics, logs, stopping without a lost request, backups."""
