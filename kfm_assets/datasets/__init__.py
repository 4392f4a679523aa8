"""What each dataset is and how its bytes become tables: one folder each, pure over bytes and frames. No files."""
