"""What the app keeps: rooms with their tables, seats and moves, and replies. SQLite or PostgreSQL."""
