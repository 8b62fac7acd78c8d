"""What the RFCs themselves give as right is no error: examples of messages, obsolete forms too (those are warnings)."""

from __future__ import annotations

import pytest

from mailtemplates.linting.linter import Linter

EXAMPLES: dict[str, str] = {}  # ␠ is a space at the end of a line
EXAMPLES["5322 A.1.1"] = """From: John Doe <jdoe@machine.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.machine.example>

This is a message just to say hello.
So, "Hello".
"""
EXAMPLES["5322 A.1.1b"] = """From: John Doe <jdoe@machine.example>
Sender: Michael Jones <mjones@machine.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.machine.example>

This is a message just to say hello.
"""
EXAMPLES["2045 5.1, comments that touch a value"] = """From: a@acme-shop.com
To: b@acme-shop.com
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1@acme-shop.com>
Subject: x
MIME-Version: 1.0
Content-Type: text/plain; charset=(which?)us-ascii(Plain text)

x
"""
EXAMPLES["5322 A.1.2"] = """From: "Joe Q. Public" <john.q.public@example.com>
To: Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>
Cc: <boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>
Date: Tue, 1 Jul 2003 10:52:37 +0200
Message-ID: <5678.21-Nov-1997@example.com>
Subject: x

Hi everyone.
"""
EXAMPLES["5322 A.1.3"] = """From: Pete <pete@silly.example>
To: A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;
Cc: Undisclosed recipients:;
Date: Thu, 13 Feb 1969 23:32:54 -0330
Message-ID: <testabcd.1234@silly.example>
Subject: x

Testing.
"""
EXAMPLES["5322 A.2"] = """From: Mary Smith <mary@example.net>
To: John Doe <jdoe@machine.example>
Reply-To: "Mary Smith: Personal Account" <smith@home.example>
Subject: Re: Saying Hello
Date: Fri, 21 Nov 1997 10:01:10 -0600
Message-ID: <3456@example.net>
In-Reply-To: <1234@local.machine.example>
References: <1234@local.machine.example>

This is a reply to your hello.
"""
EXAMPLES["5322 A.3"] = """Resent-From: Mary Smith <mary@example.net>
Resent-To: Jane Brown <j-brown@other.example>
Resent-Date: Mon, 24 Nov 1997 14:22:01 -0800
Resent-Message-ID: <78910@example.net>
From: John Doe <jdoe@machine.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.machine.example>

This is a message just to say hello.
"""
EXAMPLES["5322 A.4"] = """Received: from x.y.test
   by example.net
   via TCP
   with ESMTP
   id ABC12345
   for <mary@example.net>;  21 Nov 1997 10:05:43 -0600
Received: from node.example by x.y.test; 21 Nov 1997 10:01:22 -0600
From: John Doe <jdoe@node.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.node.example>

This is a message just to say hello.
"""
EXAMPLES["5322 A.5"] = """From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>
To:A Group(Some people)
     :Chris Jones <c@(Chris's host.)public.example>,
         joe@example.org,
  John <jdoe@one.test> (my dear friend); (the end of the group)
Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;
Date: Thu,
      13
        Feb
          1969
      23:32
               -0330 (Newfoundland Time)
Message-ID:              <testabcd.1234@silly.test>
Subject: x

Testing.
"""
EXAMPLES["5322 A.6.1"] = """From: Joe Q. Public <john.q.public@example.com>
To: Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example
Date: Tue, 1 Jul 2003 10:52:37 +0200
Message-ID: <5678.21-Nov-1997@example.com>
Subject: x

Hi everyone.
"""
EXAMPLES["5322 A.6.2"] = """From: John Doe <jdoe@machine.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: 21 Nov 97 09:55:06 GMT
Message-ID: <1234@local.machine.example>

x
"""
EXAMPLES["5322 A.6.3"] = """From  : John Doe <jdoe@machine(comment).  example>
To    : Mary Smith
␠␠
          <mary@example.net>
Subject     : Saying Hello
Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600
Message-ID  : <1234   @   local(blah)  .machine .example>

This is a message just to say hello.
"""
EXAMPLES["2047 8"] = """From: =?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>
To: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>
CC: =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>
Subject: =?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=
 =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.machine.example>

x
"""
EXAMPLES["2047 8b"] = """From: Nathaniel Borenstein <nsb@thumper.bellcore.com>
      (=?iso-8859-8?b?7eXs+SDv4SDs6Pj08A==?=)
To: Greg Vaudreuil <gvaudre@NRI.Reston.VA.US>, Ned Freed
   <ned@innosoft.com>, Keith Moore <moore@cs.utk.edu>
Subject: Test of new header generator
MIME-Version: 1.0
Content-type: text/plain; charset=ISO-8859-1
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <1234@local.machine.example>

x
"""
HEAD = """From: Ann <ann@acme-shop.com>
To: Ben <ben@reader.example>
Subject: x
Date: Tue, 06 Oct 2026 09:15:00 +0200
Message-ID: <a1@acme-shop.com>
MIME-Version: 1.0
"""
EXAMPLES["2046 5.1.1"] = (
    HEAD
    + """Content-type: multipart/mixed; boundary="simple boundary"

This is the preamble.  It is to be ignored, though it
is a handy place for composition agents to include an
explanatory note to non-MIME conformant readers.

--simple boundary

This is implicitly typed plain US-ASCII text.
It does NOT end with a linebreak.
--simple boundary
Content-type: text/plain; charset=us-ascii

This is explicitly typed plain US-ASCII text.
It DOES end with a linebreak.

--simple boundary--

This is the epilogue.  It is also to be ignored.
"""
)
EXAMPLES["2049 A"] = (
    HEAD
    + """Content-Type: multipart/mixed;
              boundary=unique-boundary-1

This is the preamble area of a multipart message.
--unique-boundary-1

  ... Some text appears here ...
[Note that the blank between the boundary and the start
 of the text in this part means no header fields were
 given and this is text in the US-ASCII character set.]

--unique-boundary-1
Content-type: text/plain; charset=US-ASCII

This could have been part of the previous part, but
illustrates explicit versus implicit typing of body parts.

--unique-boundary-1
Content-Type: multipart/parallel; boundary=unique-boundary-2

--unique-boundary-2
Content-Type: audio/basic
Content-Transfer-Encoding: base64

Li5zbmQAAAAYAAAAAQ==

--unique-boundary-2
Content-Type: image/jpeg
Content-Transfer-Encoding: base64

/9j/4AAQSkZJRgABAQ==

--unique-boundary-2--

--unique-boundary-1
Content-type: text/enriched

This is <bold><italic>enriched.</italic></bold>
<smaller>as defined in RFC 1896</smaller>

Isn't it <bigger><bigger>cool?</bigger></bigger>

--unique-boundary-1
Content-Type: message/rfc822

From: a@acme-shop.com
To: b@acme-shop.com
Subject: (subject in US-ASCII)
Date: Tue, 06 Oct 2026 09:15:00 +0200
Message-ID: <x@acme-shop.com>
MIME-Version: 1.0
Content-Type: Text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: Quoted-printable

  ... Additional text in ISO-8859-1 goes here ...

--unique-boundary-1--
"""
)
EXAMPLES["digest"] = (
    HEAD
    + """Content-Type: multipart/digest; boundary="---- next message ----"

------ next message ----

From: someone-else@acme-shop.com
Date: Fri, 26 Mar 1993 11:13:32 +0200
Subject: my opinion
Message-ID: <o1@acme-shop.com>
To: b@acme-shop.com

...body goes here ...

------ next message ----

From: someone-else-again@acme-shop.com
Date: Fri, 26 Mar 1993 10:07:13 -0500
Subject: my different opinion
Message-ID: <o2@acme-shop.com>
To: b@acme-shop.com

... another body goes here ...

------ next message ------
"""
)
EXAMPLES["partial"] = (
    HEAD
    + """Content-type: message/partial; id="ABC@host.com";
              number=1; total=2

X-Weird-Header-1: Foo
X-Weird-Header-2: Hello
Message-ID: <anotherid@foo.com>
Subject: Audio mail
MIME-Version: 1.0
Content-type: audio/basic
Content-transfer-encoding: base64

  ... first half of encoded audio data goes here ...
"""
)
EXAMPLES["external-body"] = (
    HEAD
    + """Content-type: message/external-body;
              access-type=local-file;
              name="/u/nsb/Me.jpeg"

Content-type: image/jpeg
Content-ID: <id42@guppylake.bellcore.com>
Content-Transfer-Encoding: binary

THIS IS NOT REALLY THE BODY!
"""
)
EXAMPLES["alt external"] = (
    HEAD
    + """Content-Type: multipart/alternative; boundary=42

--42
Content-Type: message/external-body; name="BodyFormats.ps";
              site="thumper.bellcore.com"; mode="image";
              access-type=ANON-FTP; directory="pub";
              expiration="Fri, 14 Jun 1991 19:13:14 -0400 (EDT)"

Content-type: application/postscript
Content-ID: <id42@guppylake.bellcore.com>

--42
Content-Type: message/external-body; access-type=local-file;
              name="/u/nsb/writing/rfcs/RFC-MIME.ps";
              site="thumper.bellcore.com";
              expiration="Fri, 14 Jun 1991 19:13:14 -0400 (EDT)"

Content-type: application/postscript
Content-ID: <id42@guppylake.bellcore.com>

--42--
"""
)
EXAMPLES["2231"] = (
    HEAD
    + """Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

x
--b
Content-Type: message/external-body; access-type=URL;
  URL*0="ftp://";
  URL*1="cs.utk.edu/pub/moose/bare-bones-mime/mail.txt"

Content-type: text/plain
Content-ID: <q@acme-shop.com>

--b
Content-Type: application/x-stuff;
 title*0*=us-ascii'en'This%20is%20even%20more%20;
 title*1*=%2A%2A%2Afun%2A%2A%2A%20;
 title*2="isn't it!"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac%20rates.bin

AAEC
--b--
"""
)
EXAMPLES["2387"] = (
    HEAD
    + """Content-Type: Multipart/Related; boundary=example-1;
        start="<950120.aaCC@XIson.com>";
        type="Application/X-FixedRecord";
        start-info="-o ps"

--example-1
Content-Type: Application/X-FixedRecord
Content-ID: <950120.aaCC@XIson.com>

25
10
34
--example-1
Content-Type: Application/octet-stream
Content-Description: The fixed length records
Content-Transfer-Encoding: base64
Content-ID: <950120.aaCB@XIson.com>

T2xkIE1hY0RvbmFsZCBoYWQgYSBmYXJtCkUgSS
BFIEkgTwpBbmQgb24gaGlzIGZhcm0gaGUgaGFk
--example-1--
"""
)
EXAMPLES["3464 dsn"] = """Return-Path: <>
Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <owner-info-mime@cs.utk.edu>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status;
   boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400
from root@localhost

   ----- The following addresses had delivery problems -----
<louisl@larry.slip.umd.edu>  (unrecoverable error)

--RAA14128.773615765/CS.UTK.EDU
Content-Type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
Content-Type: message/rfc822

From: a@cs.utk.edu
To: louisl@larry.slip.umd.edu
Subject: original
Date: Sat, 2 Jul 1994 17:10:28 -0400
Message-Id: <1@cs.utk.edu>

x
--RAA14128.773615765/CS.UTK.EDU--
"""
EXAMPLES["dsn headers"] = EXAMPLES["3464 dsn"].replace(
    "Content-Type: message/rfc822", "Content-Type: text/rfc822-headers"
)
EXAMPLES["3798 mdn"] = (
    HEAD
    + """Content-Type: multipart/report; report-type=disposition-notification;
      boundary="RAA14128.773615765/example.com"

--RAA14128.773615765/example.com

The message sent on 1995 Sep 19 at 13:30:00 (EDT) -0400 to Tom
has been displayed.

--RAA14128.773615765/example.com
content-type: message/disposition-notification

Reporting-UA: joes-pc.cs.example.com; Foomail 97.1
Original-Recipient: rfc822;Joe_Recipient@example.com
Final-Recipient: rfc822;Joe_Recipient@example.com
Original-Message-ID: <199509192301.23456@example.org>
Disposition: manual-action/MDN-sent-manually; displayed

--RAA14128.773615765/example.com
content-type: message/rfc822

From: a@acme-shop.com
Subject: y
Date: Tue, 06 Oct 2026 09:15:00 +0200
To: b@acme-shop.com
Message-ID: <q@acme-shop.com>

[original message optionally goes here]

--RAA14128.773615765/example.com--
"""
)
EXAMPLES["5965 arf"] = (
    HEAD
    + """Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP
192.0.2.1 on Thu, 8 Mar 2005 14:00:00 EDT.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <somespammer@example.net>
Received: from mailserver.example.net (mailserver.example.net
        [192.0.2.1]) by example.com with ESMTP id M63d4137594e46;
        Thu, 08 Mar 2005 14:00:00 -0400
To: <Undisclosed Recipients>
Subject: Earn money
MIME-Version: 1.0
Content-type: text/plain
Message-ID: 8787KJKJ3K4J3K4J3K4J3.mail@example.net
X-Mailer: Pegasus Mail for Windows (v4.01)
Date: Thu, 02 Sep 2004 12:31:03 -0500

Spam Spam Spam
Spam Spam Spam
--part1_13d.2e68ed54_boundary--
"""
)
EXAMPLES["8058"] = (
    """Received: from mail.acme-shop.com by mx.reader.example; Tue, 06 Oct 2026 07:15:03 +0000
DKIM-Signature: v=1; a=rsa-sha256; d=acme-shop.com; s=s; c=relaxed/relaxed;
 h=from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=AAAA
"""
    + HEAD.replace(
        "MIME-V",
        "List-Unsubscribe: <mailto:listrequest@acme-shop.com?subject=unsubscribe>,\n    <https://acme-shop.com/unsubscribe.html?opaque=123456789>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nMIME-V",
    )
    + """
x
"""
)
EXAMPLES["8255"] = (
    HEAD
    + """Content-Type: multipart/multilingual;
 boundary="01189998819991197253"

--01189998819991197253
Content-Type: text/plain; charset="UTF-8"
Content-Disposition: inline
Content-Transfer-Encoding: 8bit

This is a message in multiple languages.  It says the
same thing in each language.  Ésta es otra línea.

--01189998819991197253
Content-Type: message/rfc822
Content-Language: en-GB
Content-Translation-Type: original
Content-Disposition: inline

From: John Smith <john@acme-shop.com>
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit
MIME-Version: 1.0
Subject: Great example of a message in Spanish and English

Hello, this message content is provided in your language.

--01189998819991197253
Content-Type: message/rfc822
Content-Language: es-ES
Content-Translation-Type: human
Content-Disposition: inline

From: John Smith <john@acme-shop.com>
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit
MIME-Version: 1.0
Subject: Estupendo

Hola, el contenido de este mensaje esta disponible en su idioma.

--01189998819991197253--
"""
)
EXAMPLES["smime signed"] = (
    HEAD
    + """Content-Type: multipart/signed; protocol="application/pkcs7-signature";
 micalg=sha-256; boundary=boundary42

--boundary42
Content-Type: text/plain

This is a clear-signed message.

--boundary42
Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=smime.p7s

MIIDdwYJKoZIhvcNAQcCoIIDaDCCA2QCAQExCTAHBgUrDgMCGjALBgkqhkiG9w0BBwGgggLg
MIIC
--boundary42--
"""
)
EXAMPLES["smime enveloped"] = (
    HEAD
    + """Content-Type: application/pkcs7-mime; smime-type=enveloped-data;
     name=smime.p7m
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=smime.p7m

MIIBHgYJKoZIhvcNAQcDoIIBDzCCAQsCAQAxgcAwgb0CAQAwJjASMRAwDgYDVQQDEwdDYXJs
UlNBAhBGNGvHgABWvBHTbi7NXXHQMA0GCSqGSIb3DQEBAQUABIGAC3EN5nGIiJi2lsGPcP2i
"""
)
EXAMPLES["pgp enc"] = (
    HEAD
    + """Content-Type: multipart/encrypted; boundary=foo;
   protocol="application/pgp-encrypted"

--foo
Content-Type: application/pgp-encrypted

Version: 1

--foo
Content-Type: application/octet-stream

-----BEGIN PGP MESSAGE-----
Version: 2.6.2

hIwDY32hYGCE8MkBA/wOu7d45aUxF4Q0RKJprD3v5Z9K1YcRJ2fve87lMlDlx4Oj
eW4GDdBfLbJE7VUpp13N19GL8e/AqbyyjHH4aS0YoTk10QQ9nnRvjY8nZL3MPXSZ
-----END PGP MESSAGE-----

--foo--
"""
)
EXAMPLES["pgp signed"] = (
    HEAD
    + """Content-Type: multipart/signed; boundary=bar; micalg=pgp-md5;
  protocol="application/pgp-signature"

--bar
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

=A1Hola!

Did you know that talking to yourself is a sign of senility?

It's generally a good idea to encode lines that begin with
From=20because some mail transport agents will insert a greater-
than (>) sign, thus invalidating the signature.

Also, in some cases it might be desirable to encode any  =20
trailing whitespace that occurs on lines in order to ensure  =20
that the message signature is not invalidated when passing =20
a gateway that modifies such whitespace (like BITNET). =20

me
--bar
Content-Type: application/pgp-signature

-----BEGIN PGP MESSAGE-----
Version: 2.6.2

iQCVAwUBMJrRF2N9oWBghPDJAQE9UQQAtl7LuRVndBjrk4EqYBIb3h5QXIX/LC//
=ndaj
-----END PGP MESSAGE-----

--bar--
"""
)
EXAMPLES["6047"] = (
    HEAD
    + """Content-Type:text/calendar; method=REQUEST; charset=US-ASCII
Content-Transfer-Encoding: 7bit

BEGIN:VCALENDAR
PRODID:-//Example/ExampleCalendarClient//EN
METHOD:REQUEST
VERSION:2.0
BEGIN:VEVENT
ORGANIZER:mailto:man@netscape.com
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:man@netscape.com
DTSTAMP:19970611T190000Z
DTSTART:19970701T210000Z
DTEND:19970701T230000Z
SUMMARY:Phone Conference
UID:calsvr.example.com-873970198738777
SEQUENCE:0
END:VEVENT
END:VCALENDAR
"""
)
EXAMPLES["flowed"] = (
    HEAD
    + """Content-Type: Text/Plain; Format=Flowed; DelSp=Yes; Charset=us-ascii

`Take some more tea,' the March Hare said to Alice,␠␠
very earnestly.

> I've had nothing yet,␠
> Alice replied in an offended tone.
--␠
Alice
"""
)
EXAMPLES["list footer"] = """Received: from lists.acme-shop.com by mx.reader.example; Tue, 06 Oct 2026 07:15:03 +0000
From: ann--- via Talk <talk@lists.acme-shop.com>
Reply-To: Ann <ann@acme-shop.com>
Sender: "Talk" <talk-bounces@lists.acme-shop.com>
Errors-To: talk-bounces@lists.acme-shop.com
Precedence: list
List-Id: Talk about things <talk.lists.acme-shop.com>
List-Unsubscribe: <https://lists.acme-shop.com/options/talk>,
 <mailto:talk-request@lists.acme-shop.com?subject=unsubscribe>
List-Archive: <https://lists.acme-shop.com/private/talk/>
List-Post: <mailto:talk@lists.acme-shop.com>
List-Help: <mailto:talk-request@lists.acme-shop.com?subject=help>
List-Owner: <mailto:listmom@host.com> (Contact Person for Help)
To: talk@lists.acme-shop.com
Subject: [Talk] things
Date: Tue, 06 Oct 2026 09:15:00 +0200
Message-ID: <a1@acme-shop.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="===============123456789=="

--===============123456789==
Content-Type: multipart/alternative; boundary="0000000000001"

--0000000000001
Content-Type: text/plain; charset="UTF-8"

hello

--0000000000001
Content-Type: text/html; charset="UTF-8"

<div dir="ltr">hello</div>

--0000000000001--

--===============123456789==
Content-Type: text/plain; charset="us-ascii"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Disposition: inline

_______________________________________________
Talk mailing list
--===============123456789==--
"""
EXAMPLES["obs"] = """From: ann@acme-shop.com
To: ben@reader.example (Ben)
Subject: obsolete but legal
Date: 6 Oct 26 09:15 EST
Message-ID: <a.1 @acme-shop.com>
Keywords: a , b
Comments: one
Comments: two

x
"""

INTERNATIONAL = """From: =?utf-8?b?5a+/5Y+4?= <a@xn--r8jz45g.jp>
To: 寿司 <寿司@例え.テスト>
Subject: 寿司の件
Date: Tue, 06 Oct 2026 09:15:00 +0200
Message-ID: <a1@acme-shop.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

寿司
"""


def octets(text: str) -> bytes:
    return text.replace("␠", " ").encode()


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_of_an_rfc_is_no_error(text: str, line_end: bytes) -> None:
    found = Linter().lint(octets(text).replace(b"\n", line_end))
    assert [one for one in found if one.severity == "error"] == []


@pytest.mark.parametrize("number", ["5322 A.1.1", "5322 A.1.1b", "5322 A.1.2", "5322 A.1.3", "5322 A.2", "5322 A.3"])
def test_what_nothing_is_wrong_with_is_told_nothing_but_its_reserved_domain(number: str) -> None:
    assert {one.name for one in Linter().lint(octets(EXAMPLES[number]))} == {"foreign-or-reserved-from"}


def test_a_message_that_only_smtputf8_can_carry_is_told_so_once_and_its_other_fields_are_let_be() -> None:
    """RFC 6532 §3.2: a local part outside ASCII stands for UTF-8 in the whole header."""
    found = Linter().lint(INTERNATIONAL.encode().replace(b"\n", b"\r\n"))
    assert {one.name for one in found} == {"non-ascii-address", "eight-bit-on-wire"}
