"""What people really write: where semuq says the same of what differs, and differs of what is the same."""
