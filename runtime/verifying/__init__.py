"""What a verification finds, judged and told: the table of engines and files, gates, documents for CI and people."""
