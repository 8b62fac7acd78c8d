"""Right messages of many shapes, their lines ending with LF: a text in four encodings, an alternative, everything that
mail has, a forwarded message, one that was received, one of a list."""

from __future__ import annotations

import base64

HEAD = """From: "Carla Ruiz" <carla@lumen-books.com>
To: Noor <noor@mailbox.example>
Subject: Parcel 4471 has left our store
Date: Tue, 06 Oct 2026 09:15:00 +0200
Message-ID: <p4471.c2@mail.lumen-books.com>
MIME-Version: 1.0
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YA\nAAAASUVORK5CYII="
PDF = (
    base64.encodebytes(b"%PDF-1.4\n1 0 obj\n<</Type /Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")
    .decode()
    .strip()
)
SIMPLE = (
    HEAD
    + """Content-Type: text/plain; charset=us-ascii

Dear Noor,

your parcel has left our store this morning.
It should be with you on Thursday.

Carla Ruiz
"""
)
UTF8 = (
    HEAD.replace("MIME-Version", "X-Mailer: Lumen 2\nMIME-Version")
    + """Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Querida Noor,

tu paquete salió de nuestro almacén esta mañana.
Debería llegar el jueves.

Carla
"""
)
QP = (
    HEAD
    + """Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Querida Noor,

tu paquete sali=C3=B3 de nuestro almac=C3=A9n esta ma=C3=B1ana. Deber=
=C3=ADa llegar el jueves.

Carla
"""
)
B64 = (
    HEAD
    + """Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

"""
    + base64.encodebytes(
        "Querida Noor,\r\n\r\ntu paquete salió de nuestro almacén esta mañana.\r\nDebería llegar el jueves, según el transportista; te avisaremos.\r\n".encode()
    ).decode()
)
HTMLPART = """Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<!DOCTYPE html>
<html lang=3D"es"><head><meta charset=3D"utf-8">
<title>Paquete</title></head>
<body><p>Querida Noor,</p>
<p>tu paquete sali=C3=B3 de nuestra tienda esta ma=C3=B1ana.</p>
</body></html>
"""
TEXTPART = """Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Querida Noor,

tu paquete sali=C3=B3 de nuestro almac=C3=A9n esta ma=C3=B1ana.
"""
ALT = (
    HEAD
    + """Content-Type: multipart/alternative; boundary="=_a.4471.lumen"

--=_a.4471.lumen
"""
    + TEXTPART
    + """
--=_a.4471.lumen
"""
    + HTMLPART
    + """
--=_a.4471.lumen--
"""
)
REL = (
    HEAD
    + """Content-Type: multipart/mixed;
 boundary="----=_Part_118_22.1790"

------=_Part_118_22.1790
Content-Type: multipart/alternative;
 boundary="----=_Part_119_23.1790"

------=_Part_119_23.1790
"""
    + TEXTPART
    + """
------=_Part_119_23.1790
Content-Type: multipart/related; type="text/html";
 boundary="----=_Part_120_24.1790"

------=_Part_120_24.1790
"""
    + HTMLPART.replace("</body>", '<img alt=3D"Lumen" src=3D"cid:seal@lumen"></body>')
    + """
------=_Part_120_24.1790
Content-Type: image/png; name="seal.png"
Content-Transfer-Encoding: base64
Content-ID: <seal@lumen>
Content-Disposition: inline; filename="seal.png"

"""
    + PNG
    + """
------=_Part_120_24.1790--

------=_Part_119_23.1790--

------=_Part_118_22.1790
Content-Type: application/pdf; name="invoice.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="invoice.pdf"

"""
    + PDF
    + """
------=_Part_118_22.1790--
"""
)
FWD = (
    HEAD
    + """Content-Type: multipart/mixed; boundary="Apple-Mail=_7C2A"

--Apple-Mail=_7C2A
Content-Type: text/plain; charset=us-ascii

Dear Noor,

this is what you asked us.

Carla Ruiz
--Apple-Mail=_7C2A
Content-Type: message/rfc822
Content-Disposition: attachment; filename="where.eml"

From: Noor <noor@mailbox.example>
To: help@lumen-books.com
Subject: Where is it?
Date: Mon, 05 Oct 2026 20:00:00 +0200
Message-ID: <9@mailbox.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Where is my parcel?
--Apple-Mail=_7C2A--
"""
)
RECEIVED = (
    """Return-Path: <bounce@lumen-books.com>
Delivered-To: noor@mailbox.example
Received: from mx.lumen-books.com (mx.lumen-books.com [192.0.2.9])
 by in.mailbox.example with ESMTPS id 77
 for <noor@mailbox.example>; Tue, 06 Oct 2026 07:15:03 +0000
Authentication-Results: in.mailbox.example; spf=pass
 smtp.mailfrom=lumen-books.com
"""
    + SIMPLE
)
BULK = (
    HEAD.replace(
        "MIME-Version",
        "List-Unsubscribe: <https://lumen-books.com/u/4471>, <mailto:u@lumen-books.com?subject=4471>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nList-Id: Lumen news <news.lumen-books.com>\nMIME-Version",
    )
    + ALT[len(HEAD) :]
)
CARRIERS = {
    "simple": SIMPLE,
    "utf8": UTF8,
    "qp": QP,
    "b64": B64,
    "alt": ALT,
    "rel": REL,
    "fwd": FWD,
    "received": RECEIVED,
    "bulk": BULK,
}
