"""Routes that the apps of one test process share the making of: it would be most of the time of each app."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.routing import Rule


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Keep what Werkzeug makes of a route: it parses each, and writes the source of what builds its addresses."""
    compiled: dict[tuple[Any, ...], Rule] = {}
    compile_anew = Rule.compile

    def compile_or_copy(rule: Rule) -> None:
        # All that it is made from, besides the converters of the map, which are the same in all our apps.
        key = (rule.host, rule.subdomain, rule.rule, rule.merge_slashes, repr(rule.defaults))
        if (made := compiled.get(key)) is None:
            compile_anew(rule)
            compiled[key] = rule
            return
        for name in ("_parts", "_trace", "_converters", "arguments"):
            setattr(rule, name, getattr(made, name))
        # These are methods of one rule.
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(made, name).__func__.__get__(rule))

    patch.setattr(Rule, "compile", compile_or_copy)
