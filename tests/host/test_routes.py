"""Route templates: what matches, with which parameters, and which route wins."""

from __future__ import annotations

import pytest

from local.host.routes import InvalidRoute, match_route, parse_route


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/hubs", "/api/hubs", {}),
        ("api/hubs", "/api/Hubs/", {}),
        ("api/hubs/{name}", "/api/hubs/weu", {"name": "weu"}),
        ("api/hubs/{name}", "/api/hubs", None),
        ("api/hubs/{name}", "/api/hubs/a/b", None),
        ("api/{a}-{b}", "/api/x-y", {"a": "x", "b": "y"}),
        ("api/v{version:int}/hubs", "/api/v2/hubs", {"version": "2"}),
        ("api/{id:int}", "/api/-3", {"id": "-3"}),
        ("api/{id:int}", "/api/3a", None),
        ("api/{id:guid}", "/api/3f2504e0-4f89-11d3-9a0c-0305e82c3301", {"id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}),
        ("api/{id:guid}", "/api/nothing", None),
        ("api/{flag:bool}", "/api/True", {"flag": "True"}),
        ("api/{word:alpha:length(3,5)}", "/api/four", {"word": "four"}),
        ("api/{word:alpha:length(3,5)}", "/api/longer", None),
        ("api/{word:maxlength(2)}", "/api/abc", None),
        ("api/{word:minlength(2)}", "/api/abc", {"word": "abc"}),
        ("api/{n:range(1,9)}", "/api/9", {"n": "9"}),
        ("api/{n:min(5)}", "/api/4", None),
        ("api/{n:max(5)}", "/api/x", None),
        ("api/{x:double}", "/api/1.5", {"x": "1.5"}),
        ("api/{name?}", "/api", {}),
        ("api/{name?}", "/api/x", {"name": "x"}),
        ("api/{*rest}", "/api/a/b", {"rest": "a/b"}),
        ("api.x", "/apiyx", None),
    ],
)
def test_match(template: str, path: str, values: dict[str, str] | None) -> None:
    """A template matches a path as ASP.NET matches it."""
    assert parse_route(template, ["GET"]).match("GET", path) == values


def test_the_most_specific_route_wins() -> None:
    """Literals win over constraints, constraints over plain parameters, these over catch-alls."""
    templates = ["{*all}", "hubs/{name}", "hubs/{name:int}", "hubs/weu", "{kind:alpha}/{name}/plan"]
    routes = {template: parse_route(template, ["GET"]) for template in templates}
    chosen = {
        path: match_route(routes, "GET", path)[0] for path in ("hubs/weu", "hubs/7", "hubs/x", "a/b", "hubs/x/plan")
    }
    assert chosen == {
        "hubs/weu": "hubs/weu",
        "hubs/7": "hubs/{name:int}",
        "hubs/x": "hubs/{name}",
        "a/b": "{*all}",
        "hubs/x/plan": "{kind:alpha}/{name}/plan",
    }


def test_methods_choose_between_routes_of_one_template() -> None:
    """Two functions may share a template with different methods."""
    routes = {"read": parse_route("hubs/{name}", ["GET"]), "write": parse_route("hubs/{name}", ["put"])}
    assert match_route(routes, "PUT", "/hubs/weu") == ("write", {"name": "weu"})
    assert match_route(routes, "DELETE", "/hubs/weu") == (None, {})


@pytest.mark.parametrize(
    "template", ["{a=5}", "{a:unknown}", "{a:range(1)}", "{a:length(x)}", "{", "{a:regex(^b{{2}}$)}"]
)
def test_what_is_not_understood_is_refused(template: str) -> None:
    """A template that this host would match otherwise than Azure is refused at the start."""
    with pytest.raises(InvalidRoute):
        parse_route(template, ["GET"])
