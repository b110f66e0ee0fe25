"""Routes that the apps of one test process share the making of: it would be most of the time of each app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Keep the functions that build a route's addresses: Werkzeug writes their source for each app anew."""
    compiled: dict[tuple[Any, ...], Builder] = {}
    compile_anew = Rule._compile_builder

    def kept(rule: Rule, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002 (Werkzeug's signature)
        # All that the source is made from; the function itself is bound to each app's rule, with its converters.
        key = (rule.host, rule.subdomain, rule.rule, rule.merge_slashes, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_anew(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", kept)
