"""What a tagged PDF says, element by element, as assistive technology reads it.

Follows the tree of structure elements from its root and gives each the text of its
marked content, decoded by the fonts' own tables of characters. Only what typst writes
is understood: fonts of two-byte codes with a ToUnicode table.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

_CODE = re.compile(rb"<([0-9a-fA-F]+)>")
_CHARS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_RANGE = re.compile(rb"<(\w+)>\s*<(\w+)>\s*(?:<(\w+)>|\[(.*?)\])", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A structure element of a PDF.

    Attributes
    ----------
    role
        Its type, such as ``"H1"``, ``"Table"`` or ``"TD"``.
    text
        Its own text, in reading order, without that of its parts.
    alt
        What stands for it, if it is a picture.
    parts
        The elements in it.
    """

    role: str
    text: str
    alt: str
    parts: tuple["Element", ...]

    def whole(self) -> str:
        """Return its text with that of its parts."""
        return self.text + "".join(part.whole() for part in self.parts)

    def every(self, role: str) -> "Iterator[Element]":
        """Yield itself and all elements in it that have a role."""
        if self.role == role:
            yield self
        for part in self.parts:
            yield from part.every(role)


def read_pdf(content: bytes) -> Element:
    """Read a tagged PDF; return the root of its elements."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        texts = {page.obj.objgen: _marked_texts(page) for page in pdf.pages}
        root = pdf.Root.StructTreeRoot
        return _element(root, "Root", None, texts)


def _element(node: Any, role: str, page: Any, texts: dict[Any, Any]) -> Element:
    """Read an element and the ones in it."""
    page = node.get("/Pg", page)
    own, parts = [], []
    for kid in _kids(node):
        if isinstance(kid, int):
            own.append(texts[page.objgen].get(kid, ""))
        elif "/MCID" in kid:
            place = kid.get("/Pg", page)
            own.append(texts[place.objgen].get(int(kid["/MCID"]), ""))
        elif "/S" in kid:
            parts.append(_element(kid, str(kid["/S"])[1:], page, texts))
    alt = str(node.get("/Alt", ""))
    return Element(role=role, text="".join(own), alt=alt, parts=tuple(parts))


def _kids(node: Any) -> list[Any]:
    """Return what an element holds, as a list."""
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def page_texts(content: bytes) -> list[str]:
    """Return the words of each page as they are drawn, headers and all."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return ["".join(said for _, said in _drawn(page)) for page in pdf.pages]


def _marked_texts(page: pikepdf.Page) -> dict[int, str]:
    """Return the text of each piece of marked content of a page."""
    texts: dict[int, str] = {}
    for number, said in _drawn(page):
        if number is not None:
            texts[number] = texts.get(number, "") + said
    return texts


def _drawn(page: pikepdf.Page) -> Iterator[tuple[int | None, str]]:
    """Yield what a page draws, with the number of its piece of marked content."""
    fonts = {name: _characters(font) for name, font in _fonts(page)}
    inside: list[int | None] = []
    font: dict[int, str] = {}
    for step in pikepdf.parse_content_stream(page):
        word, operands = str(step.operator), step.operands
        if word in ("BDC", "BMC"):
            inside.append(_number(operands, inside))
        elif word == "EMC":
            inside.pop()
        elif word == "Tf":
            font = fonts[str(operands[0])]
        elif word in ("Tj", "TJ"):
            yield inside[-1] if inside else None, _decoded(operands[0], font)


def _number(operands: Any, inside: list[int | None]) -> int | None:
    """Return the number of a piece of marked content, or that of the one around it."""
    if len(operands) == 2 and "/MCID" in operands[1]:
        return int(operands[1]["/MCID"])
    return inside[-1] if inside else None


def _decoded(shown: Any, font: dict[int, str]) -> str:
    """Return what an operator writes."""
    strings = shown if isinstance(shown, pikepdf.Array) else [shown]
    codes = b"".join(
        bytes(part) for part in strings if isinstance(part, pikepdf.String)
    )
    pairs = (codes[i : i + 2] for i in range(0, len(codes), 2))
    return "".join(font.get(int.from_bytes(pair), "\ufffd") for pair in pairs)


def _fonts(page: pikepdf.Page) -> Iterator[tuple[str, Any]]:
    """Yield the fonts of a page by name."""
    resources: Any = page.obj.get("/Resources", {})
    yield from resources.get("/Font", {}).items()


def _characters(font: Any) -> dict[int, str]:
    """Return the characters of a font by code."""
    table = font.ToUnicode.read_bytes()
    found: dict[int, str] = {}
    for block in _CHARS.findall(table):
        codes = _CODE.findall(block)
        for code, text in zip(codes[::2], codes[1::2], strict=True):
            found[int(code, 16)] = _text(text)
    for block in _RANGES.findall(table):
        for first, last, start, texts in _RANGE.findall(block):
            every = range(int(first, 16), int(last, 16) + 1)
            listed = [_text(text) for text in _CODE.findall(texts)]
            after = listed or [_after(start, step) for step in range(len(every))]
            found.update(zip(every, after, strict=True))
    return found


def _text(code: bytes) -> str:
    """Return the characters of a UTF-16 code in hexadecimal."""
    return bytes.fromhex(code.decode()).decode("utf-16-be")


def _after(start: bytes, step: int) -> str:
    """Return the characters so many codes after a first."""
    text = _text(start)
    return text[:-1] + chr(ord(text[-1]) + step)
