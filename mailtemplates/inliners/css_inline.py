"""The engine css-inline: html5ever's parser and Servo's selectors, compiled. The default."""

from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.inliners import answer


def inline(document: str, selectors: Sequence[str]) -> str:
    """See :mod:`mailtemplates.inliners`."""
    import css_inline

    css = "\n".join(f"{selector}{{{answer(number)}}}" for number, selector in enumerate(selectors))
    return css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        keep_link_tags=True,
        load_remote_stylesheets=False,
        extra_css=css,
    ).inline(document)
