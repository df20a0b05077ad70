"""Workbooks as spreadsheets write them, made by hand: the few parts of an .xlsx that a reader looks at."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

TOP = (
    f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{KINDS}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
# Style 1 is a day, style 2 a moment.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/>'
    "</cellXfs></styleSheet>"
)
DAY, MOMENT = 1, 2
ODF_NAMES = ("office", "table", "text", "manifest")

# Excel's format of 1997, too long to write by hand: ORDER_ROWS, packed.
OLD_FORMAT = (
    "c-rk)O=uHA6#izDZGLF;Q&XW8N~l=1wqWg{UedLK_M)-YgCc^qCI_iWWT}UG&}z+55IiYfD)r!{>ct<bpf?Xf#U2DfY4qqxQ1H-Z"
    "ee-q})2PsZ7OL}w`R2`=H*a2cX5Rk1nu{+?-ES$O3VraQ?1WHPp%YX>ULywTcN{5tb&!gqv8E6T(n8jmm~D6&kZUN{y95LG{LhJj"
    "4^)of4AO;sHo1z}%`prM8AFO#;3jDzXy&LInNKpWW4_ClPndVH<_dF)Y!}2)%vtG<ooW{!G1|B<0_pc5k9o_QZZzSA+{G8J3fI;|"
    "zkO=>^cw4E_19w>w4ejoeAbrjC~hMRj1#(YxvorR0SQ{{X?%5(z!&dSKTB%;>gokZ|82QG@Ed)Q7O`4?&F}*ga8B?cDN=$C_}#s5"
    "Xb~GJi-U^^9I!K4o6dKCu5dO#Mw=tOuX}q>Z*N$pbxs4ZWoe*+k4HUm22qydd`Myx$KsvOulJ7(TE|&4!KvT9L2Q!oz`;d1f(A#p"
    "heKl94(4slm)PqDmRpz;6e!j0gH1}<JIOYexwoC>>0!)Un=9lkBo{v&eAHU}Xl*5VW}tK~G4sZnLK|I=42_q+Npy-%apStgW6P_B"
    "N+$1^n}13yK_jMOchp@liY0lJ2yte&C9jT9_Tm@zg6*Zp^G2BCiDNe9+8b5&PgP8D4Be8vgZ)cOUzMfw<>Q3-e%^p-1gYgl(q}Z{"
    "fpkLY@CU-s(9qD((9qD(_^%<<W4TW~q?_vDKcK$rEKw=z&m{jWhESm27`;^PL7r+G<2CJ{^)Q9!ORR8=_q|Z!FwJgb6eAqRXwCbV"
    "UX(=T|5@?C*q=K>wa#CzCC<M*|986P)LZ"
)
ORDER_ROWS = [["Order", "Amount"], ["NL10377", "39.5"], ["10388", "12"], ["2026-11-01", "TRUE"]]


class Raw(str):
    """A cell as it is in the file."""

    __slots__ = ()


def number(written: object, style: int = 0) -> Raw:
    """A number as the file has it: with all the digits of the machine, or of a day in some style."""
    return Raw(f'<c r="{{}}" s="{style}"><v>{written}</v></c>')


def xlsx(*sheets: Iterable[Iterable[Any]], hidden: Iterable[int] = ()) -> bytes:
    """A workbook of these sheets; None is a cell that was left out."""
    return xlsx_of(map(sheet_of, sheets), hidden)


def xlsx_of(sheets: Iterable[str], hidden: Iterable[int] = (), before: str = "") -> bytes:
    """A workbook of sheets that are XML already: what is in `<sheetData>`, and before it all."""
    written = list(sheets)
    states = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name="S{at}" sheetId="{at}" r:id="rId{at}"{states.get(at, "")}/>' for at in range(1, len(written) + 1)
    )
    related = "".join(
        f'<Relationship Id="rId{at}" Type="{KINDS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(written) + 1)
    )
    parts = {
        "_rels/.rels": TOP,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{related}</Relationships>',
        "xl/styles.xml": STYLES,
    }
    for at, sheet in enumerate(written, 1):
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'{before}<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
        )
    return archive(parts)


def xls() -> bytes:
    """ORDER_ROWS in the old format."""
    return zlib.decompress(base64.b85decode(OLD_FORMAT))


def ods(content: str = "", manifest: str = "") -> bytes:
    """An OpenDocument sheet of some table rows, as XML."""
    names = "".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" ' for name in ODF_NAMES)
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f"<manifest:manifest {names}>{manifest}</manifest:manifest>",
            "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{content}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def sheet_of(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as the XML of a sheet."""
    return "".join(f'<row r="{at}">{_row(at, row)}</row>' for at, row in enumerate(rows, 1))


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def _row(at: int, cells: Iterable[Any]) -> str:
    return "".join(_cell(f"{_column(place)}{at}", cell) for place, cell in enumerate(cells) if cell is not None)


def _column(place: int) -> str:
    return (_column(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _cell(where: str, cell: Any) -> str:
    if isinstance(cell, Raw):
        return cell.format(where)
    if isinstance(cell, bool):
        return f'<c r="{where}" t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{where}"><v>{cell!r}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
