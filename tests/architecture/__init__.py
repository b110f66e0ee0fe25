"""Tests of the whole: layers, migrations, templates, and who may call what."""
