"""The whole site as files that nginx hands out without the site's server, in each variant and encoding.

`site` is what there is to publish, `folder` keeps it on disk and switches from one release to the next at once, `nginx`
writes the configuration that finds the right file.
"""
