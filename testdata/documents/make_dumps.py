"""Makes the backups and logs in this directory anew, each around the same key (ec/p-256.pkcs8.pem), by
the tools that people use. tests/dumps.rs says what must be found in them.

pip: cryptography, kafka-python, lz4, plyvel, python-snappy, rocksdict, zstandard.
Debian: binutils, mariadb-backup, mariadb-server, nodejs, postgresql, redis-server, sqlite3, systemd-journal-remote, wiredtiger.

python3 make_dumps.py [NAME ...]
"""

import base64, gzip, io, json, os, pathlib, subprocess, sys, tarfile, tempfile, time, zlib

import plyvel
import snappy
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from kafka.record.memory_records import MemoryRecordsBuilder
from rocksdict import DBCompressionType, Options, Rdict

HERE = pathlib.Path(__file__).parent
KEY = (HERE / "../keys/ec/p-256.pkcs8.pem").read_bytes()
FILLING = "".join(f"line {number} of many\n" for number in range(60)).encode()
# Repeats a part of the key, so that it stands nowhere as it is where it is packed.
VALUE = KEY[:150] + b"\n" + FILLING + KEY
QUIET = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def kafka(codec, value=VALUE):
    """Two batches, of which one has the key."""
    batches = b""
    for number, text in enumerate((FILLING, value)):
        batch = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 20)
        for _ in range(2):
            batch.append(timestamp=1700000000000 + number, key=b"key", value=text, headers=[])
            text = b"something else"
        batch.close()
        batches += bytes(batch.buffer())
    return batches + bytes(4096)


def rows(put, value=VALUE):
    for number in range(200):
        put(f"key {number:04}".encode(), f"some value {number} ".encode() * 4)
    put(b"pem", value)


def leveldb(value=VALUE):
    with tempfile.TemporaryDirectory() as folder:
        base = plyvel.DB(folder, create_if_missing=True)
        rows(base.put, value)
        base.compact_range()
        base.close()
        return next(pathlib.Path(folder).glob("*.ldb")).read_bytes()


def rocksdb(codec, version=5, value=VALUE):
    with tempfile.TemporaryDirectory() as folder:
        options = Options(raw_mode=True)
        options.set_compression_type(getattr(DBCompressionType, codec)())
        base = Rdict(f"{folder}/base", options)
        rows(base.__setitem__, value)
        base.flush()
        base.compact_range(None, None)
        base.close()
        return next(pathlib.Path(folder, "base").glob("*.sst")).read_bytes()


def wiredtiger(codec, value=VALUE):
    with tempfile.TemporaryDirectory() as folder:
        library = f",extensions=[/usr/lib/x86_64-linux-gnu/libwiredtiger_{codec}.so]" if codec else ""
        run = lambda *words: subprocess.run(["wt", "-h", folder, "-C", f"create{library}", *words], **QUIET)
        run("create", "-c", "key_format=S,value_format=S" + (f",block_compressor={codec}" if codec else ""), "table:t")
        words = []
        rows(lambda key, text: words.extend([key.decode(), text.decode()]), value)
        run("write", "table:t", *words)
        return pathlib.Path(folder, "t.wt").read_bytes()


def journal(codec, value=VALUE):
    """A field of several lines, as `systemd-cat` sends it."""
    boot = "_BOOT_ID=0123456789abcdef0123456789abcdef\n"
    at = lambda number: f"__REALTIME_TIMESTAMP={1700000000000000 + number}\n__MONOTONIC_TIMESTAMP={number + 1}\n{boot}"
    export = "".join(f"{at(number)}MESSAGE=line {number}\n\n" for number in range(20)).encode()
    export += f"{at(20)}MESSAGE\n".encode() + len(value).to_bytes(8, "little") + value + b"\n\n"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.journal")
        how = {"env": {**os.environ, "SYSTEMD_JOURNAL_COMPRESS": codec}}
        subprocess.run(["/lib/systemd/systemd-journal-remote", "-o", path, "-"], input=export, **QUIET, **how)
        return gzip.compress(path.read_bytes(), mtime=0)


def android(is_packed, value=KEY):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("apps/org.example/f/key.pem")
        entry.size = len(value)
        tar.addfile(entry, io.BytesIO(value))
    body = zlib.compress(out.getvalue()) if is_packed else out.getvalue()
    return b"ANDROID BACKUP\n5\n%d\nnone\n" % is_packed + body


def redis(value=VALUE):
    """A stream with a group of readers, a table after it, and its dump."""
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""], stdout=subprocess.DEVNULL)
        client = ["redis-cli", "-s", socket]
        while subprocess.run([*client, "PING"], capture_output=True).stdout != b"PONG\n":
            time.sleep(0.1)
        run = lambda *words, **how: subprocess.run([*client, *words], **QUIET, **how)
        for number in range(5):
            run("XADD", "a stream", f"{number + 1}-1", "field", f"value {number}")
        run("XGROUP", "CREATE", "a stream", "group", "0")
        run("XREADGROUP", "GROUP", "group", "me", "COUNT", "3", "STREAMS", "a stream", ">")
        run("-x", "XADD", "a stream", "9-1", "pem", input=value)
        run("-x", "SET", "z", input=value)
        run("SAVE")
        server.terminate()
        server.wait()
        return pathlib.Path(folder, "dump.rdb").read_bytes()


def wal():
    """A segment of the log of a database into which rows were added, of which one is the key. What is at
    the edge of a page is the key: its rows come again and again."""
    tools = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        run = lambda *words, **how: subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", *map(str, words)], check=True, stdout=subprocess.PIPE, cwd=folder, **how)
        run(tools / "initdb", "-D", "base", "-U", "keylint", "--no-sync", "--wal-segsize=1")
        run(tools / "pg_ctl", "-D", "base", "-w", "-l", "log", "-o", f"-k {folder} -h ''", "start")
        try:
            psql = ("psql", "-q", "-At", "-h", folder, "-U", "keylint", "postgres", "-c")
            run(*psql, "CREATE TABLE k (id int, p text)")
            run(*psql, "CHECKPOINT")
            run(*psql, "SELECT pg_switch_wal()")
            name = run(*psql, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())").stdout.decode().strip()
            # As much before it as brings it to the end of a page.
            run(*psql, "INSERT INTO k SELECT n, repeat('x', 1900) FROM generate_series(1, 3) n")
            at = int(run(*psql, "SELECT pg_current_wal_insert_lsn() - '0/0'").stdout) % 8192
            run(*psql, f"INSERT INTO k VALUES (4, repeat('x', {8192 - 200 - at - 150}))")
            run(*psql, f"INSERT INTO k VALUES (5, '{KEY.decode()}')")
            run(*psql, "SELECT pg_switch_wal()")
            return gzip.compress(pathlib.Path(folder, "base/pg_wal", name).read_bytes(), mtime=0)
        finally:
            run(tools / "pg_ctl", "-D", "base", "-w", "-m", "immediate", "stop")


def xbstream():
    """One table of a server, as `mariadb-backup` streams it, without the files of the system."""
    with tempfile.TemporaryDirectory() as folder:
        socket = f"--socket={folder}/socket"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={folder}/data", "--auth-root-authentication-method=normal", "--skip-test-db"], **QUIET)
        server = subprocess.Popen(["mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/data", socket, "--skip-networking", "--innodb-log-file-size=4M", "--log-error=/dev/null"])
        try:
            while subprocess.run(["mariadb-admin", socket, "ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                time.sleep(0.2)
            sql = f"create database d; use d; create table t(id int primary key, p longtext); insert into t values (1, '{KEY.decode()}'); flush tables t for export; unlock tables;"
            subprocess.run(["mariadb", socket], input=sql.encode(), check=True)
            os.mkdir(f"{folder}/target")
            backup = ["mariadb-backup", "--no-defaults", "--backup", "--stream=xbstream", socket, "--user=root", f"--datadir={folder}/data", f"--target-dir={folder}/target", "--databases=d"]
            stream = subprocess.run(backup, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            files = pathlib.Path(folder, "files")
            files.mkdir()
            subprocess.run(["mbstream", "-x", "-C", files], input=stream, check=True)
            some = sorted(str(path.relative_to(files)) for path in files.glob("d/*"))
            made = subprocess.run(["mbstream", "-c", *some], cwd=files, check=True, stdout=subprocess.PIPE).stdout
            return gzip.compress(made, mtime=0)
        finally:
            server.kill()


def framed(value=VALUE):
    return snappy.StreamCompressor().compress(value)


def firmware(form, key=KEY):
    """The key as DER amid other bytes."""
    with tempfile.TemporaryDirectory() as folder:
        raw, made = pathlib.Path(folder, "raw"), pathlib.Path(folder, "made")
        raw.write_bytes(FILLING + base64.b64decode(b"".join(key.split(b"\n")[1:-2])) + FILLING)
        subprocess.run(["objcopy", "-I", "binary", "-O", form, raw, made], check=True, cwd=folder)
        # The first line of S-records has the name of the file.
        lines = made.read_bytes().splitlines(keepends=True)
        return b"".join(line for line in lines if not line.startswith(b"S0"))


def numbered():
    script = "console.log(JSON.stringify({id: 7, key: new Uint8Array(require('fs').readFileSync(0))}, null, 1))"
    return subprocess.run(["node", "-e", script], input=KEY, check=True, stdout=subprocess.PIPE).stdout


def table():
    """A table with the key as a JSON Web Key, as sqlite3 writes CSV."""
    key = load_pem_private_key(KEY, None).private_numbers()
    spelled = lambda number: base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
    jwk = {"kty": "EC", "crv": "P-256", "x": spelled(key.public_numbers.x), "y": spelled(key.public_numbers.y), "d": spelled(key.private_value)}
    sql = f"SELECT 1 AS id, 'a \"quoted\" word' AS note, '{json.dumps(jwk)}' AS key UNION SELECT 2, 'b', 'none'"
    return subprocess.run(["sqlite3", "-csv", "-header", ":memory:", sql], check=True, stdout=subprocess.PIPE).stdout


MAKERS = {
    "firmware.hex": lambda: firmware("ihex"),
    "firmware.srec": lambda: firmware("srec"),
    "numbered.json": numbered,
    "jwk.csv": table,
    **{f"{name}.kafka": lambda codec=codec: kafka(codec) for codec, name in enumerate(("none", "gzip", "snappy", "lz4", "zstd"))},
    "nothing.kafka": lambda: kafka(2, FILLING),
    "snappy.ldb": leveldb,
    "nothing.ldb": lambda: leveldb(FILLING),
    **{f"{codec}.sst": lambda codec=codec: rocksdb(codec) for codec in ("none", "snappy", "lz4", "zstd", "bz2")},
    **{f"{codec}.wt": lambda codec=codec: wiredtiger(codec) for codec in ("snappy", "zlib")},
    "none.wt": lambda: wiredtiger(""),
    "nothing.wt": lambda: wiredtiger("snappy", FILLING),
    "zstd.journal.gz": lambda: journal("zstd"),
    "nothing.journal.gz": lambda: journal("zstd", FILLING),
    "packed.ab": lambda: android(True),
    "plain.ab": lambda: android(False),
    "nothing.ab": lambda: android(True, FILLING),
    "stream.rdb": redis,
    "nothing.rdb": lambda: redis(FILLING),
    "segment.wal.gz": wal,
    "table.xbstream.gz": xbstream,
    "frames.sz": framed,
    "nothing.sz": lambda: framed(FILLING),
}

if __name__ == "__main__":
    for name, make in MAKERS.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            (HERE / name).write_bytes(make())
