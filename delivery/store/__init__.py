"""The page store: public pages, made once and handed out without Django, until their content changes.

`listener` hears visitors, `front` stands before Django and answers; `question` is what a page depends on, `answer` the
page in each encoding, `shelf` keeps them in memory and `disk` for the next start; `watcher` learns of changes.
"""
