"""The templates of a process."""

from pages.shell.jinja import compile_templates, environment


def test_all_templates_are_compiled_before_they_are_asked_for() -> None:
    compile_templates()
    cache = environment().cache
    assert cache is not None
    compiled = {name for _, name in cache}
    assert compiled == set(environment().list_templates())
    # Otherwise the first page would push out the last template.
    assert len(compiled) < cache.capacity
