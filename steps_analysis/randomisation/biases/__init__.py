"""What guessed or drifting allocation does to a test: error and power under bias."""
