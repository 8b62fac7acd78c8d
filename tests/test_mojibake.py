"""Garbled text is told from text that a person wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.text.mojibake import find_garbled

WORDS = {
    "french": "élève à Noël",
    "quote": "it’s – “new”…",
    "german": "Größe und Übermut",
    "euro": "only 5 €",
    "russian": "Привет",
    "chinese": "你好",
    "emoji": "thanks 😀",
    "capital": "À bientôt, Élodie",
}


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
def test_utf8_that_was_read_in_a_western_charset_is_found(text: str, charset: str) -> None:
    octets = text.encode()
    garbled = "".join(_read(octet, charset) for octet in octets)
    found = find_garbled(garbled)
    assert found
    mended = garbled
    for one in reversed(found):
        mended = mended[: one.start] + one.meant + mended[one.end :]
    assert mended == text


def _read(octet: int, charset: str) -> str:
    try:
        return bytes([octet]).decode(charset)
    except UnicodeDecodeError:
        return chr(octet)


WRITTEN = {
    "capitals": "CAFÉ… FÊTE” MAÇÃ» À “tout” NÃO…",
    "guillemets": "« cliché » «É» ÉTÉ»",
    "cliché": "cliché…”",
    "units": "20 °C ± 1 µm © ® ½",
    "vietnamese": "Tiếng Việt: Ăn, Âm, Đà Nẵng",
    "portuguese": "IRMÃ” MANHÃ… maçã…",
    "icelandic": "Ð og ð, Þór, Æðey",
    "french with no-break space": "VOILÀ\xa0! DÉJÀ\xa0: là\xa0»",
    "plain": "nothing",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_people_write_is_not_garbled(text: str) -> None:
    assert find_garbled(text) == []


@given(st.text(st.characters(max_codepoint=0x2122)))
def test_any_text_gives_no_exception(text: str) -> None:
    find_garbled(text)
