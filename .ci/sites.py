"""Made-up sites for measurements, each in a private PostgreSQL with its durable settings.

TAGBEAT_BENCH_TAGS      tags of the large site (default 1000000; the small one has 10000)
TAGBEAT_BENCH_CHANGES   its changes (default 20 a tag)
TAGBEAT_BENCH_FOLDER    where the databases are, some 12 GB for the default sizes (default /tmp)
TAGBEAT_BENCH_SITES     instead: where .ci/bench-web finds its databases, or leaves them for .ci/bench-store
TAGBEAT_BENCH_PROGRAM   the program to measure (default: a release build, made first)
"""
import os, random, shutil, subprocess, tempfile, time, urllib.request

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(root)
tagbeat = os.environ.get("TAGBEAT_BENCH_PROGRAM") or os.path.join(root, ".build/release/tagbeat")
if "TAGBEAT_BENCH_PROGRAM" not in os.environ:
    subprocess.run(["make", "--no-print-directory", "build", "CONFIGURATION=release"], check=True)
large = int(os.environ.get("TAGBEAT_BENCH_TAGS", 1_000_000))
changes = int(os.environ.get("TAGBEAT_BENCH_CHANGES", large * 20))
sizes = {"small": (min(10_000, large), min(10_000, large) * changes // large), "large": (large, changes)}
# What one measurement made is there for the next.
kept = os.environ.get("TAGBEAT_BENCH_SITES")
folder = kept or tempfile.mkdtemp(prefix="tagbeat-bench-", dir=os.environ.get("TAGBEAT_BENCH_FOLDER", "/tmp"))
os.chmod(folder, 0o755)


def day():
    """The night before the sites were made. They are watched until then, as a site in use is: a page of what nobody looked
    at for months says other things."""
    path = os.path.join(folder, "until")
    if not os.listdir(folder):
        with open(path, "w") as file:
            file.write(time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime()))
    with open(path) as file:
        return file.read()


until = day()


def clean():
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A web process; its first byte came so many milliseconds after its start."""

    def __init__(self, environment, *arguments):
        start = time.monotonic()
        self.process = subprocess.Popen([tagbeat, *(arguments or ["serve"])], env=environment, text=True,
                                        stdout=subprocess.PIPE)
        try:
            line = next((line for line in self.process.stdout if "http://" in line), None)
            if line is None:
                raise SystemExit("bench: the web process did not start")
            self.port = int(line.split("http://")[1].split("/")[0].rsplit(":", 1)[1])
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/").read(1)
        except BaseException:
            self.__exit__()
            raise
        self.first_byte = (time.monotonic() - start) * 1_000

    def peak_megabytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Site:
    """A made-up site in a private cluster that a web process keeps running, as it would in life."""

    def __init__(self, name):
        self.folder = f"{folder}/{name}"
        self.environment = {k: v for k, v in os.environ.items()
                            if not k.startswith("TAGBEAT_") and not k.startswith("PG") and k != "DATABASE_URL"}
        self.environment |= {"TAGBEAT_DATA_DIR": self.folder, "TAGBEAT_STARTER": "off",
                             "TAGBEAT_LISTEN": "127.0.0.1:0", "TAGBEAT_LOG_LEVEL": "warning"}
        self.keeper = Server(self.environment)
        tags, changes = sizes.get(name, (0, 0))
        if tags and not self.sql("SELECT count(*) FROM (SELECT FROM tags LIMIT 1) t")[0]:
            start = time.monotonic()
            print(self.run("generate", "--tags", str(tags), "--changes", str(changes), "--until", until).strip(),
                  f"({time.monotonic() - start:.0f} s)", flush=True)
        self.warm()

    def warm(self):
        """As a site in use has it: what nobody read for a while the system may have dropped."""
        subprocess.run(f"find '{self.folder}' -type f -path '*/base/*' -exec cat {{}} + >/dev/null", shell=True, check=True)
        # And as PostgreSQL has what checks and pages use all day long: all but the histories, which it has no room for.
        self.lines("SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS pg_prewarm; "
                   "SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i') "
                   "AND relnamespace = 'public'::regnamespace AND relname !~ '^changes'")

    def run(self, *arguments):
        return subprocess.run([tagbeat, *arguments], env=self.environment, check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def lines(self, text):
        # As the user who may enter the folder.
        output = subprocess.run(["psql", "-XqAt", "-h", f"{self.folder}/socket", "-U", "tagbeat", "tagbeat"], input=text,
                                check=True, text=True, stdout=subprocess.PIPE).stdout
        return output.strip().split("\n")

    def sql(self, text):
        """The last statement's row, of numbers."""
        return [float(value) for value in self.lines(text)[-1].split("|")]

    def references(self, count, seed):
        """Tags at random, every seed its own."""
        highest = int(self.sql("SELECT max(id) FROM tags")[0])
        chosen = random.Random(seed)
        ids = ",".join(str(chosen.randint(1, highest)) for _ in range(count * 11 // 10))
        found = self.lines(f"SELECT r.prefix || t.tag FROM tags t JOIN repositories r ON r.id = t.repository_id "
                           f"WHERE t.id IN ({ids})")
        chosen.shuffle(found)
        return [found[i % len(found)] for i in range(count)]

    def server(self):
        """Another web process, without the cares of a private cluster."""
        return Server(self.environment | {"DATABASE_URL": f"host={self.folder}/socket dbname=tagbeat user=tagbeat"})

    def end(self, keep=False):
        self.keeper.__exit__()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
