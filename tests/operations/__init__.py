"""Running the portal: health, metrics, logs, stopping, backups, and what deploy/ says of it."""
