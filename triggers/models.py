"""Empty. Django sends `pre_migrate` and `post_migrate` only to apps with this module."""
