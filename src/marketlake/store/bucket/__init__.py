"""A lake in an S3 bucket: its objects, this machine's copy, and how a commit is published."""
