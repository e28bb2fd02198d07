"""No models: Django sends `pre_migrate` and `post_migrate` only to apps that have this module."""
