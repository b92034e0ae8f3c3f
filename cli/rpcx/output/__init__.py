"""What the user sees: takes records and summaries, writes them; imports no grpc."""
