"""Texts handed to translators as files, and taken back: XLIFF 2.1 and PO, read and written by translate-toolkit.

units.py says what both formats carry, xliff.py and po.py how; models.py and interface.py say what the site has to
translate, and plan.py what a file would change.
"""
