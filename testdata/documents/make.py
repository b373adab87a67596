"""Makes the documents in this directory anew, each around the same key (ec/p-256.pkcs8.pem), by
the tools that people use. tests/documents.rs says what must be found in them.

pip: aspose-email-for-python-via-net, bson, compressed-rtf, cramjam, cryptography, fastavro, lmdb, msoffcrypto-tool, pyarrow, pypdf, python-docx, reportlab, xlwt.
Debian: etcd-client, etcd-server, libgsf-bin, mariadb-server, postgresql, qpdf, redis-server.

python3 make.py [NAME ...]
"""

import base64, gzip, hashlib, io, json, mailbox, os, pathlib, sqlite3, struct, subprocess, sys, tempfile, time, uu, zipfile, zlib
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.policy import SMTP

import bson
import compressed_rtf
import fastavro
import lmdb
import msoffcrypto.format.ooxml
import pyarrow.parquet
import pypdf
import reportlab.rl_config
import xlwt
from cryptography.hazmat.primitives import serialization
from pypdf._codecs._codecs import LzwCodec
from reportlab.pdfgen.canvas import Canvas

HERE = pathlib.Path(__file__).parent
KEY = (HERE / "../keys/ec/p-256.pkcs8.pem").read_bytes()
RSA = (HERE / "../keys/rsa/rsa-2048.pkcs8.pem").read_bytes()


def zipped(name="key.pem"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), KEY, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def message(subject="keys", body="Here they are.\n", **how):
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Alice <alice@example.org>"
    mail["To"] = "Bob <bob@example.org>"
    mail["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    mail["Message-ID"] = f"<{subject}@example.org>"
    mail["Subject"] = subject
    mail.set_content(body, **how)
    return mail


def bounded(mail):
    """With boundaries that do not change from run to run."""
    for number, part in enumerate(mail.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"=={number}==boundary==")
    return mail


def attachment():
    mail = message()
    mail.add_attachment(KEY, maintype="application", subtype="x-pem-file", filename="schlüssel.pem")
    return bounded(mail).as_bytes()


def nested():
    inner = message("inner")
    inner.add_attachment(zipped(), maintype="application", subtype="zip", filename="keys.zip")
    outer = message("outer")
    outer.add_attachment(bounded(inner))
    outer.set_boundary("==outer==")
    return outer.as_bytes()


def uuencoded():
    out = io.BytesIO()
    uu.encode(io.BytesIO(KEY), out, "key.pem", 0o600)
    mail = Message()
    mail["From"], mail["To"] = "alice@example.org", "bob@example.org"
    mail["Content-Type"] = 'application/octet-stream; name="key.pem"'
    mail["Content-Transfer-Encoding"] = "x-uuencode"
    mail.set_payload(out.getvalue().decode())
    return mail.as_bytes()


def encrypted():
    mail = MIMEMultipart("encrypted", "==1==", protocol="application/pgp-encrypted")
    mail["From"], mail["To"] = "alice@example.org", "bob@example.org"
    mail.attach(MIMEApplication(b"Version: 1\n", "pgp-encrypted", lambda part: part.set_payload(part.get_payload(decode=False))))
    return mail.as_bytes()


def box():
    path = HERE / "box.tmp"
    path.unlink(missing_ok=True)
    file = mailbox.mbox(path)
    for mail in (
        message("one", "From here on there is nothing.\nFrom Mon Jan nothing.\n"),
        message("two"),
        message("three", KEY.decode(), cte="quoted-printable"),
    ):
        if mail["Subject"] == "two":
            mail.add_attachment(KEY, maintype="text", subtype="x-pem", filename="key.pem")
        mail = mailbox.mboxMessage(bounded(mail))
        mail.set_from("alice@example.org Mon Jan  1 10:00:00 2024")
        file.add(mail)
    file.close()
    data = path.read_bytes()
    path.unlink()
    return data


def table(path, encoding="UTF-8", page=512):
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA page_size = {page}")
    base.execute(f"PRAGMA encoding = '{encoding}'")
    base.execute("PRAGMA auto_vacuum = NONE")
    base.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body)")
    base.execute("CREATE INDEX titles ON notes (title)")
    for number in range(60):
        base.execute("INSERT INTO notes VALUES (?, ?, ?)", (number, f"note {number}", "text " * 8))
    return base


def database(fill, **how):
    path = HERE / "base.tmp"
    path.unlink(missing_ok=True)
    base = table(path, **how)
    fill(base)
    base.commit()
    base.close()
    data = path.read_bytes()
    path.unlink()
    return data


def put(value, number=77):
    return lambda base: base.execute("INSERT INTO notes VALUES (?, 'key', ?)", (number, value))


def freed(base):
    base.execute("PRAGMA secure_delete = OFF")
    put("x" * 1400 + KEY.decode() + "x" * 600)(base)
    base.commit()
    base.execute("DELETE FROM notes WHERE id = 77")


def deleted(base):
    base.execute("PRAGMA secure_delete = OFF")
    put("x" * 1400 + KEY.decode() + "x" * 600)(base)
    base.commit()
    base.execute("DELETE FROM notes WHERE id < 60")
    base.execute("DELETE FROM notes WHERE id = 77")


def log():
    path = HERE / "wal.tmp"
    path.unlink(missing_ok=True)
    base = table(path)
    base.commit()
    base.execute("PRAGMA journal_mode = WAL")
    put("x" * 200 + KEY.decode() + "x" * 900)(base)
    base.commit()
    data = pathlib.Path(f"{path}-wal").read_bytes()
    base.close()
    path.unlink()
    return data


def page(compress=1, encode85=1, lines=None):
    reportlab.rl_config.useA85 = encode85
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=compress)
    text = canvas.beginText(50, 700)
    for line in KEY.decode().splitlines() if lines is None else lines:
        text.textLine(line)
    canvas.drawText(text)
    canvas.save()
    return out.getvalue()


def rewritten(change, data=None):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data or page(lines=["nothing"])))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def predicted(writer, predictor):
    """An attachment whose bytes are differences, in rows of each kind; its name is escaped."""
    columns, rows = 16, []
    text = KEY + b" " * (-len(KEY) % columns)
    above = bytes(columns)
    for number, at in enumerate(range(0, len(text), columns)):
        row = text[at : at + columns]
        left, corner = b"\0" + row[:-1], b"\0" + above[:-1]
        def paeth(a, b, c):
            return min((abs(a + b - c - x), at, x) for at, x in enumerate((a, b, c)))[2]
        guess = [bytes(columns), left, above, [(a + b) // 2 for a, b in zip(left, above)], [paeth(*x) for x in zip(left, above, corner)]]
        kind = number % 5 if predictor >= 10 else 1
        change = bytes((byte - old) % 256 for byte, old in zip(row, guess[kind]))
        rows.append(bytes([kind]) * (predictor >= 10) + change)
        above = row
    name = pypdf.generic.NameObject
    writer.add_attachment("key.pem", b"")
    for held in writer._objects:
        if isinstance(held, pypdf.generic.StreamObject) and held.get("/Type") == "/EmbeddedFile":
            held._data = zlib.compress(b"".join(rows))
            held[name("/Filter")] = name("/FlateDecode")
            number = pypdf.generic.NumberObject
            held[name("/DecodeParms")] = pypdf.generic.DictionaryObject({name("/Predictor"): number(predictor), name("/Columns"): number(columns)})
            read = pypdf.filters.decode_stream_data(held)
            assert read == text, "another program reads it"


def in_objects(data):
    """As qpdf writes it, with what names the attachment packed."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in").write_bytes(data)
        subprocess.run(["qpdf", "--object-streams=generate", "--deterministic-id", folder / "in", folder / "out"], check=True)
        return (folder / "out").read_bytes()


def lzw(writer):
    """The text of the page in LZW, with a long beginning that needs codes of all lengths."""
    contents = writer.pages[0]["/Contents"].get_object()
    noise = "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(60))
    data = f"% {noise}\n".encode() + contents.get_data()
    stream = pypdf.generic.StreamObject()
    stream[pypdf.generic.NameObject("/Filter")] = pypdf.generic.NameObject("/LZWDecode")
    stream._data = LzwCodec().encode(data)
    writer._replace_object(contents.indirect_reference.idnum, stream)


def compound(**streams):
    with tempfile.TemporaryDirectory() as folder:
        for name, data in streams.items():
            (pathlib.Path(folder) / name).write_bytes(data)
        out = pathlib.Path(folder) / "out.ole"
        subprocess.run(["gsf", "createole", out, *streams], check=True, cwd=folder)
        return out.read_bytes()


def rich():
    """The body of a message of Outlook, in rich text and packed."""
    lines = "".join(f"{line}\\par\r\n" for line in KEY.decode().splitlines())
    text = "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0 Arial;}}\r\n\\uc1\\pard\\plain\\f0\\fs20\r\n" + lines + "}"
    return compound(**{"__substg1.0_10090102": compressed_rtf.compress(text.encode(), compressed=True)})


def fragmented():
    """The second and the ninth sector of a stream change places."""
    size = 512
    body = b"x" * 900 + KEY + b"x" * 8000
    data = bytearray(compound(large=body))
    start = data.index(body) // size - 1
    table = (struct.unpack_from("<I", data, 76)[0] + 1) * size
    one, other = start + 1, start + 8
    at = lambda sector: slice((sector + 1) * size, (sector + 2) * size)
    data[at(one)], data[at(other)] = data[at(other)], data[at(one)]
    for sector, after in ((start, other), (other, one + 1), (other - 1, one), (one, other + 1)):
        struct.pack_into("<I", data, table + 4 * sector, after)
    return bytes(data)


def sheet():
    book = xlwt.Workbook()
    book.add_sheet("keys").write(0, 0, KEY.decode())
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def protected():
    plain, out = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(plain, "w") as file:
        space = "http://schemas.openxmlformats.org/package/2006/content-types"
        file.writestr("[Content_Types].xml", f'<Types xmlns="{space}"/>')
        file.writestr("word/document.xml", KEY + bytes(8000))
    msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("x", out)
    return out.getvalue()


def redis(*commands):
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        client = ["redis-cli", "-s", socket]
        while subprocess.run([*client, "PING"], capture_output=True).stdout != b"PONG\n":
            pass
        for command in (*commands, ["SAVE"]):
            # The last argument comes from the input, which may be any bytes.
            last = command[-1] if isinstance(command[-1], bytes) else None
            words = command[:-1] if last else command
            subprocess.run([*client, *(["-x"] if last else []), *words], input=last, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*client, "SHUTDOWN", "NOSAVE"], check=True)
        server.wait()
        return (pathlib.Path(folder) / "dump.rdb").read_bytes()


OTHERS = [["RPUSH", "list", "a", "b"], ["SADD", "set", "1", "2"], ["SADD", "words", "x" * 80],
          ["ZADD", "scores", "1.5", "a"], ["HSET", "table", "k", "x" * 80], ["SET", "number", "12345"],
          ["SET", "passing", "x", "EX", "1000"]]


def postgres(*options, key=KEY, rows=200, table=None):
    """Runs a server of its own, as nobody, who may. Of a table, what lies in its data directory: SQL
    that fills table r from expression k, and whether its TOAST table is meant."""
    tools = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        base = f"{folder}/base"
        run = lambda *command, **how: subprocess.run(
            ["setpriv", "--reuid=nobody", "--clear-groups", *map(str, command)],
            check=True, stdout=subprocess.PIPE, cwd=folder, **how)
        run(tools / "initdb", "-D", base, "-U", "keylint", "--no-sync")
        run(tools / "pg_ctl", "-D", base, "-w", "-l", f"{folder}/log", "-o", f"-k {folder} -h ''", "start")
        try:
            there = ("-h", folder, "-U", "keylint", "postgres")
            hexed = key.hex()
            run("psql", *there, input=f"""
                CREATE TABLE keys (id integer, body text);
                INSERT INTO keys SELECT n, md5(n::text) FROM generate_series(1, {rows}) n;
                INSERT INTO keys VALUES (0, convert_from(decode('{hexed}', 'hex'), 'UTF8'));
                SELECT lo_from_bytea(4711, decode('{hexed}', 'hex'));""".encode())
            if table:
                sql, column = table
                run("psql", *there, input=sql.replace(":k", f"convert_from(decode('{hexed}', 'hex'), 'UTF8')").encode() + b"; CHECKPOINT;")
                where = run("psql", "-At", *there, "-c", f"SELECT pg_relation_filepath({column}) FROM pg_class WHERE relname = 'r'").stdout
                return gzip.compress(pathlib.Path(base, where.decode().strip()).read_bytes(), mtime=0)
            return run("pg_dump", "-Fc", *options, *there).stdout
        finally:
            run(tools / "pg_ctl", "-D", base, "-w", "-m", "immediate", "stop")


def row(method, value, column="reltoastrelid"):
    how = "STORAGE EXTERNAL" if method == "external" else f"COMPRESSION {method}"
    change = f"ALTER TABLE r ALTER p SET {how}"
    return postgres(table=(f"CREATE TABLE r (id integer, p text); {change}; INSERT INTO r SELECT 1, {value}", column))


# The key where a row of 1996 bytes ends, or packed; and so much that rows of their own are needed.
LONG = "repeat('x', 1900) || E'\\n' || :k || (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) n)"
SHORT = "repeat('a line of text ', 200) || E'\\n' || :k"


def avro(codec):
    out = io.BytesIO()
    schema = {"type": "record", "name": "row", "fields": [{"name": "k", "type": "string"}]}
    rows = [{"k": f"note {number}"} for number in range(50)] + [{"k": "x" * 99 + "\n" + KEY.decode()}]
    fastavro.writer(out, schema, rows, codec, sync_marker=b"sixteen bytes it")
    return out.getvalue()


def parquet(codec="NONE", **how):
    """A key among values that pack, in a column of a column, in two groups of rows."""
    out = io.BytesIO()
    values = [f"value {number}" for number in range(300)]
    rows = pyarrow.table({"id": range(301), "k": [{"pem": value} for value in [*values, KEY.decode()]]})
    how = {"use_dictionary": False, "write_statistics": False} | how
    pyarrow.parquet.write_table(rows, out, compression=codec, row_group_size=200, **how)
    return out.getvalue()


def columns(form, codec):
    """A key among values that pack, in a column."""
    import pyarrow.feather, pyarrow.orc

    out = io.BytesIO()
    rows = pyarrow.table({"id": range(50), "pem": ["x" * 20] * 49 + [KEY.decode()]})
    if form == "arrow":
        pyarrow.feather.write_feather(rows, out, compression=codec)
    else:
        pyarrow.orc.write_table(rows, out, compression=codec)
    return out.getvalue()


def letter():
    """A key whose lines are paragraphs of a letter, one of them in several runs."""
    import docx

    out = io.BytesIO()
    made = docx.Document()
    for number, line in enumerate(KEY.decode().splitlines()):
        paragraph = made.add_paragraph(line[:20])
        paragraph.add_run(line[20:]).bold = number == 1
    made.save(out)
    return out.getvalue()


def pages():
    """A value of several pages in LMDB."""
    with tempfile.TemporaryDirectory() as folder:
        with lmdb.open(folder, map_size=1 << 20) as base, base.begin(write=True) as change:
            change.put(b"key", b"x" * 3900 + KEY + b"x" * 3900)
        return (pathlib.Path(folder) / "data.mdb").read_bytes()


def etcd():
    """A snapshot of etcd, whose pages bbolt makes: a Secret of several pages, and a key as it is."""
    secret = {"kind": "Secret", "data": {"tls.key": base64.b64encode(KEY).decode()}, "pad": "x" * 6000}
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(["etcd", "--data-dir", f"{folder}/data", "--log-level", "fatal"])
        try:
            for key, value in (("tls", json.dumps(secret).encode()), ("raw", b"x" * 5000 + b"\n" + KEY + b"x" * 5000)):
                subprocess.run(["etcdctl", "put", f"/registry/secrets/default/{key}"], input=value, check=True, stdout=subprocess.DEVNULL)
            subprocess.run(["etcdctl", "snapshot", "save", f"{folder}/snapshot"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finally:
            server.kill()
        return pathlib.Path(folder, "snapshot").read_bytes()


def mariadb(what):
    """A table with the key as text, and as DER; a long value has it where a page ends."""
    der = base64.b64decode(b"".join(KEY.split(b"\n")[1:-2]))
    other = serialization.load_pem_private_key(KEY, None).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    filling = "".join(f"line {number}\n" for number in range(3000))
    # A part of a value has 16330 bytes; the key begins 100 before the end of the first.
    long = filling[:16229] + "\n" + KEY.decode() + filling
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        socket = f"--socket={folder}/socket"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["mariadb-install-db", "--user=root", f"--datadir={folder}/data", "--auth-root-authentication-method=normal"], **quiet)
        server = subprocess.Popen(["mariadbd", "--user=root", f"--datadir={folder}/data", socket, "--skip-networking", "--secure-file-priv=", "--log-error=/dev/null"])
        try:
            while subprocess.run(["mariadb-admin", socket, "ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                time.sleep(0.2)
            sql = f"""create database d; use d; create table t(id int primary key, pem longtext, der longblob);
                insert into t values (1, '{KEY.decode()}', x'{der.hex()}');
                create table s(id int primary key, der longblob); insert into s values (1, x'{other.hex()}');
                create table l(id int primary key, pem longtext); insert into l values (1, '{long}');
                create table p(id int primary key, pem longtext) page_compressed=1; insert into p values (1, '{long}');"""
            subprocess.run(["mariadb", socket], input=sql.encode(), check=True)
            if what == "tab":
                subprocess.run(["mariadb-dump", socket, f"--tab={folder}", "d", "t"], check=True)
                return (folder / "t.txt").read_bytes()
            if what.startswith("dump"):
                options = ["--hex-blob"] if what == "dump hex" else []
                name = "s" if what == "dump sec1" else "t"
                return subprocess.run(["mariadb-dump", socket, "--skip-dump-date", *options, "d", name], check=True, stdout=subprocess.PIPE).stdout
            subprocess.run(["mariadb-admin", socket, "shutdown"], check=True)
            server.wait()
            return gzip.compress((folder / f"data/d/{what}.ibd").read_bytes(), mtime=0)
        finally:
            server.kill()


def folders():
    """A store of Outlook in its usual encoding, by the evaluation version of Aspose.Email: the key in
    bodies, attached and in archives."""
    from aspose.email.mapi import MapiMessage
    from aspose.email.storage.pst import FileFormatVersion, PersonalStorage

    noise = bytes(hashlib.sha256(str(number).encode()).digest()[0] for number in range(12000))
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("noise", noise)
        file.writestr("key.pem", KEY)
    filling = "filling line that is not a key\n"
    messages = [
        ("body", "see the key\n" + KEY.decode(), None),
        ("long body", filling * 400 + KEY.decode() + "filling\n" * 100, None),
        ("attached", "nothing here", ("key.pem", KEY)),
        ("zip", "nothing here", ("keys.zip", zipped())),
        ("big zip", "nothing here", ("big.zip", large.getvalue())),
    ]
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "folders.pst"
        store = PersonalStorage.create(str(path), FileFormatVersion.UNICODE)
        folder = store.root_folder.add_sub_folder("Inbox")
        for subject, body, attachment in messages:
            mail = MapiMessage("a@example.org", "b@example.org", subject, body)
            if attachment:
                mail.attachments.add(*attachment)
            folder.add_message(mail)
        store.dispose() if hasattr(store, "dispose") else None
        return gzip.compress(path.read_bytes(), mtime=0)


def jwk():
    """A JSON Web Key as MongoDB has it: a document."""
    key = serialization.load_pem_private_key(KEY, None).private_numbers()
    number = lambda value: base64.urlsafe_b64encode(value.to_bytes(32)).rstrip(b"=").decode()
    x, y, d = number(key.public_numbers.x), number(key.public_numbers.y), number(key.private_value)
    return bson.dumps({"_id": 1, "jwk": {"alg": "ES256", "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d}})


def twice(value):
    return json.dumps({"a": json.dumps({"b": json.dumps({"c": value})})}).encode()


def notebook():
    source = ['key = """\n', *KEY.decode().splitlines(True), '"""\n']
    return json.dumps({"cells": [{"cell_type": "code", "source": source}]}, indent=1).encode()


def traffic():
    text = base64.b64encode(json.dumps({"k": KEY.decode()}).encode()).decode()
    content = {"mimeType": "application/json", "encoding": "base64", "text": text}
    return json.dumps({"log": {"entries": [{"response": {"content": content}}]}}).encode()


MAKERS = {
    "attachment.eml": attachment,
    "body.eml": lambda: message(body=KEY.decode()).as_bytes(),
    "quoted.eml": lambda: message(body="ü\n" + KEY.decode(), cte="quoted-printable").as_bytes().replace(b"BEGIN", b"=42EGIN"),
    "nested.eml": nested,
    "uuencoded.eml": uuencoded,
    "encrypted.eml": encrypted,
    "box.mbox": box,
    "small.sqlite": lambda: database(put(KEY.decode())),
    "large.sqlite": lambda: database(put("x" * 300 + KEY.decode() + "x" * 2000)),
    "zip.sqlite": lambda: database(put(zipped()), page=4096),
    "wide.sqlite": lambda: database(put("x" * 300 + KEY.decode() + "x" * 100), encoding="UTF-16le"),
    "deleted.sqlite": lambda: database(deleted),
    "freed.sqlite": lambda: database(freed),
    "log.sqlite-wal": log,
    "empty.sqlite": lambda: database(lambda base: None),
    "page.pdf": page,
    "escaped.pdf": lambda: page(compress=0).replace(b"-----BEGIN", rb"\055----BEGIN"),
    "flate.pdf": lambda: page(encode85=0),
    "attached.pdf": lambda: rewritten(lambda writer: writer.add_attachment("keys.zip", zipped())),
    "objects.pdf": lambda: in_objects(rewritten(lambda writer: writer.add_attachment("schlüssel.pem", KEY + b"\n" * 99))),
    "png.pdf": lambda: rewritten(lambda writer: predicted(writer, 12)),
    "tiff.pdf": lambda: rewritten(lambda writer: predicted(writer, 2)),
    "lzw.pdf": lambda: rewritten(lzw, page()),
    "encrypted.pdf": lambda: rewritten(lambda writer: writer.encrypt("x", algorithm="AES-256"), page()),
    "empty.pdf": lambda: page(lines=[]),
    "small.ole": lambda: compound(archive=zipped(), text=b"nothing"),
    "large.ole": lambda: compound(archive=b"x" * 5000, zip=zipped() + bytes(5000)),
    "rich.ole": rich,
    "fragmented.ole": fragmented,
    "sheet.xls": sheet,
    "protected.docx": protected,
    "empty.ole": lambda: compound(text=b"nothing"),
    "plain.rdb": lambda: redis(["CONFIG", "SET", "rdbcompression", "no"], *OTHERS, ["SET", "key", KEY]),
    "packed.rdb": lambda: redis(*OTHERS, ["SET", "key", b"x" * 500 + b"\n" + KEY]),
    "table.rdb": lambda: redis(*OTHERS, ["HSET", "keys", "tls", KEY + b"x" * 500]),
    "zip.rdb": lambda: redis(*OTHERS, ["SET", "key", zipped()]),
    "empty.rdb": lambda: redis(*OTHERS),
    "packed.pgdump": postgres,
    "plain.pgdump": lambda: postgres("-Z0", rows=1),
    "external.heap.gz": lambda: row("external", LONG),
    "pglz.heap.gz": lambda: row("pglz", f"repeat('a line of text ', 400) || {LONG}"),
    "lz4.heap.gz": lambda: row("lz4", LONG),
    "pglz-row.heap.gz": lambda: row("pglz", SHORT, "oid"),
    "lz4-row.heap.gz": lambda: row("lz4", SHORT, "oid"),
    **{f"{codec}.avro": lambda codec=codec: avro(codec) for codec in ("null", "deflate", "snappy", "bzip2")},
    "none.parquet": parquet,
    "snappy.parquet": lambda: parquet("SNAPPY"),
    "dictionary.parquet": lambda: parquet("SNAPPY", use_dictionary=True),
    "gzip.parquet": lambda: parquet("GZIP", data_page_version="2.0"),
    "brotli.parquet": lambda: parquet("BROTLI"),
    "zstd.parquet": lambda: parquet("ZSTD", data_page_version="2.0", column_encoding={"k.pem": "DELTA_LENGTH_BYTE_ARRAY", "id": "PLAIN"}),
    "lz4.parquet": lambda: parquet("LZ4"),
    "shared.parquet": lambda: parquet("ZSTD", column_encoding={"k.pem": "DELTA_BYTE_ARRAY", "id": "PLAIN"}),
    "plain.arrow": lambda: columns("arrow", "uncompressed"),
    "lz4.arrow": lambda: columns("arrow", "lz4"),
    "plain.orc": lambda: columns("orc", "uncompressed"),
    "zlib.orc": lambda: columns("orc", "zlib"),
    "letter.docx": letter,
    "pages.mdb": pages,
    "snapshot.etcd": etcd,
    "row.bson": lambda: bson.dumps({"key": KEY.decode()}),
    "folders.pst.gz": folders,
    "jwk.bson": jwk,
    "blob.sql": lambda: mariadb("dump"),
    "sec1.sql": lambda: mariadb("dump sec1"),
    "hex.sql": lambda: mariadb("dump hex"),
    "table.tsv": lambda: mariadb("tab"),
    "long.ibd.gz": lambda: mariadb("l"),
    "packed.ibd.gz": lambda: mariadb("p"),
    "twice.json": lambda: twice(KEY.decode()),
    "notebook.ipynb": notebook,
    "traffic.har": traffic,
    # Reads as a message at first, and is none.
    "prose.txt": lambda: b"From: the office\nTo: whom it concerns\n\nContent-Transfer-Encoding: base64\n\n" + KEY,
}

if __name__ == "__main__":
    for name, make in MAKERS.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            (HERE / name).write_bytes(make())
