"""What every behaviour is held to, and what runs before the first is installed."""
