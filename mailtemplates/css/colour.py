"""Colours of css and html, and the contrast of two.

Solid colours only (CSS Color 4 §5, §6; HTML §2.3.6): what is transparent, computed or unknown is no colour
here. Contrast as WCAG 2.2 defines it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailtemplates.pattern import pattern

Colour = tuple[int, int, int]

_HEX = pattern(r"#(?:([0-9a-f]{3})([0-9a-f])?|([0-9a-f]{6})([0-9a-f]{2})?)")
_FUNCTION = pattern(r"(rgba?|hsla?)\(\s*([^()]*?)\s*\)")
_BARE_HEX = pattern(r"[0-9a-f]{6}|[0-9a-f]{3}")
_NUMBER = pattern(r"([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))(%|deg)?")

_NAMES = {
    "aliceblue": "f0f8ff", "antiquewhite": "faebd7", "aqua": "00ffff", "aquamarine": "7fffd4", "azure": "f0ffff",
    "beige": "f5f5dc", "bisque": "ffe4c4", "black": "000000", "blanchedalmond": "ffebcd", "blue": "0000ff",
    "blueviolet": "8a2be2", "brown": "a52a2a", "burlywood": "deb887", "cadetblue": "5f9ea0", "chartreuse": "7fff00",
    "chocolate": "d2691e", "coral": "ff7f50", "cornflowerblue": "6495ed", "cornsilk": "fff8dc", "crimson": "dc143c",
    "cyan": "00ffff", "darkblue": "00008b", "darkcyan": "008b8b", "darkgoldenrod": "b8860b", "darkgray": "a9a9a9",
    "darkgreen": "006400", "darkgrey": "a9a9a9", "darkkhaki": "bdb76b", "darkmagenta": "8b008b",
    "darkolivegreen": "556b2f", "darkorange": "ff8c00", "darkorchid": "9932cc", "darkred": "8b0000",
    "darksalmon": "e9967a", "darkseagreen": "8fbc8f", "darkslateblue": "483d8b", "darkslategray": "2f4f4f",
    "darkslategrey": "2f4f4f", "darkturquoise": "00ced1", "darkviolet": "9400d3", "deeppink": "ff1493",
    "deepskyblue": "00bfff", "dimgray": "696969", "dimgrey": "696969", "dodgerblue": "1e90ff", "firebrick": "b22222",
    "floralwhite": "fffaf0", "forestgreen": "228b22", "fuchsia": "ff00ff", "gainsboro": "dcdcdc",
    "ghostwhite": "f8f8ff", "gold": "ffd700", "goldenrod": "daa520", "gray": "808080", "green": "008000",
    "greenyellow": "adff2f", "grey": "808080", "honeydew": "f0fff0", "hotpink": "ff69b4", "indianred": "cd5c5c",
    "indigo": "4b0082", "ivory": "fffff0", "khaki": "f0e68c", "lavender": "e6e6fa", "lavenderblush": "fff0f5",
    "lawngreen": "7cfc00", "lemonchiffon": "fffacd", "lightblue": "add8e6", "lightcoral": "f08080",
    "lightcyan": "e0ffff", "lightgoldenrodyellow": "fafad2", "lightgray": "d3d3d3", "lightgreen": "90ee90",
    "lightgrey": "d3d3d3", "lightpink": "ffb6c1", "lightsalmon": "ffa07a", "lightseagreen": "20b2aa",
    "lightskyblue": "87cefa", "lightslategray": "778899", "lightslategrey": "778899", "lightsteelblue": "b0c4de",
    "lightyellow": "ffffe0", "lime": "00ff00", "limegreen": "32cd32", "linen": "faf0e6", "magenta": "ff00ff",
    "maroon": "800000", "mediumaquamarine": "66cdaa", "mediumblue": "0000cd", "mediumorchid": "ba55d3",
    "mediumpurple": "9370db", "mediumseagreen": "3cb371", "mediumslateblue": "7b68ee", "mediumspringgreen": "00fa9a",
    "mediumturquoise": "48d1cc", "mediumvioletred": "c71585", "midnightblue": "191970", "mintcream": "f5fffa",
    "mistyrose": "ffe4e1", "moccasin": "ffe4b5", "navajowhite": "ffdead", "navy": "000080", "oldlace": "fdf5e6",
    "olive": "808000", "olivedrab": "6b8e23", "orange": "ffa500", "orangered": "ff4500", "orchid": "da70d6",
    "palegoldenrod": "eee8aa", "palegreen": "98fb98", "paleturquoise": "afeeee", "palevioletred": "db7093",
    "papayawhip": "ffefd5", "peachpuff": "ffdab9", "peru": "cd853f", "pink": "ffc0cb", "plum": "dda0dd",
    "powderblue": "b0e0e6", "purple": "800080", "rebeccapurple": "663399", "red": "ff0000", "rosybrown": "bc8f8f",
    "royalblue": "4169e1", "saddlebrown": "8b4513", "salmon": "fa8072", "sandybrown": "f4a460", "seagreen": "2e8b57",
    "seashell": "fff5ee", "sienna": "a0522d", "silver": "c0c0c0", "skyblue": "87ceeb", "slateblue": "6a5acd",
    "slategray": "708090", "slategrey": "708090", "snow": "fffafa", "springgreen": "00ff7f", "steelblue": "4682b4",
    "tan": "d2b48c", "teal": "008080", "thistle": "d8bfd8", "tomato": "ff6347", "turquoise": "40e0d0",
    "violet": "ee82ee", "wheat": "f5deb3", "white": "ffffff", "whitesmoke": "f5f5f5", "yellow": "ffff00",
    "yellowgreen": "9acd32",
}  # fmt: skip


@lru_cache(maxsize=512)
def read_colour(text: str, *, attribute: bool = False) -> Colour | None:
    """The colour that a css value is; None when it is none, or not solid.

    :param attribute: read it as the html attributes ``bgcolor`` and ``color`` are: the ``#`` may be missing.
    """
    text = text.strip().lower()
    if text in _NAMES:
        return _of_hex(_NAMES[text])
    match = _HEX.fullmatch(text)
    if match:
        short, short_alpha, long, alpha = match.groups()
        return _of_hex(short or long) if (short_alpha or alpha or "f").strip("f") == "" else None
    if attribute and _BARE_HEX.fullmatch(text):
        return _of_hex(text)
    match = _FUNCTION.fullmatch(text)
    return _of_function(match) if match else None


def _of_hex(digits: str) -> Colour:
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _of_function(match: re.Match[str]) -> Colour | None:
    """``rgb(…)`` and ``hsl(…)``, with commas or without, when opaque."""
    words = match[2].replace(",", " ").replace("/", " ").split()
    numbers = [_NUMBER.fullmatch(word) for word in words]
    if len(words) not in (3, 4) or not all(numbers):
        return None
    values = [(float(one[1]), one[2]) for one in numbers if one]
    if len(values) == 4 and values[3][0] < (100 if values[3][1] == "%" else 1):
        return None
    if match[1].startswith("hsl"):
        return _of_hsl(values[0][0], values[1][0] / 100, values[2][0] / 100)
    red, green, blue = (round(value * 2.55 if unit == "%" else value) for value, unit in values[:3])
    return _clamp(red), _clamp(green), _clamp(blue)


def _of_hsl(hue: float, saturation: float, lightness: float) -> Colour:
    """CSS Color 4 §7.1."""
    saturation, lightness = min(max(saturation, 0), 1), min(max(lightness, 0), 1)
    reach = saturation * min(lightness, 1 - lightness)

    def channel(offset: int) -> int:
        turn = (offset + hue / 30) % 12
        return _clamp(round(255 * (lightness - reach * max(-1, min(turn - 3, 9 - turn, 1)))))

    return channel(0), channel(8), channel(4)


def _clamp(value: int) -> int:
    return min(max(value, 0), 255)


def show_colour(colour: Colour) -> str:
    """A colour as authors write it: ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


@lru_cache(maxsize=512)
def contrast(first: Colour, second: Colour) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    one, two = sorted((_luminance(first), _luminance(second)))
    return (two + 0.05) / (one + 0.05)


def _luminance(colour: Colour) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (
        value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
