package mirror.trust.shell;

/** The names of Python's library that matter. First word of a line in {@code CALLS} is the action. */
final class PythonNames {
    static final String CALLS = """
            open open io.open codecs.open
            delete os.remove os.unlink os.rmdir os.removedirs
            tree shutil.rmtree
            move os.rename os.replace os.renames shutil.move
            copy shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.copymode shutil.copystat
            write os.mkdir os.makedirs os.chmod os.chown os.utime os.truncate os.mknod os.mkfifo shutil.chown
            write1 os.symlink os.link
            read os.listdir os.scandir os.walk os.stat os.lstat os.readlink glob.glob glob.iglob linecache.getlines
            shell os.system os.popen subprocess.getoutput subprocess.getstatusoutput commands.getoutput
            argv subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen
            net urllib.request.urlopen urllib.request.Request urllib2.urlopen requests.get requests.post requests.put requests.patch requests.delete requests.head requests.options requests.Session httpx.get httpx.post httpx.put httpx.delete httpx.Client aiohttp.ClientSession
            netwrite urllib.request.urlretrieve
            write numpy.save numpy.savetxt numpy.savez numpy.savez_compressed logging.FileHandler
            read numpy.load numpy.loadtxt numpy.genfromtxt pandas.read_csv pandas.read_json pandas.read_excel pandas.read_parquet
            anynet socket.socket socket.create_connection http.client.HTTPConnection http.client.HTTPSConnection ftplib.FTP smtplib.SMTP telnetlib.Telnet paramiko.SSHClient requests.request socket.gethostbyname socket.getaddrinfo
            machine os.kill os.killpg os.reboot signal.pthread_kill
            database sqlite3.connect
            path pathlib.Path pathlib.PosixPath pathlib.PurePath
            library ctypes.CDLL ctypes.cdll.LoadLibrary
            """;

    static final String HARMLESS = """
            print len range str int float list dict set tuple sorted enumerate zip map filter sum min max abs any all isinstance
            issubclass type repr format input round reversed chr ord hex bin oct bytes bytearray memoryview next iter hash id bool
            divmod pow slice super callable hasattr frozenset complex object property staticmethod classmethod ascii help dir exit
            quit Exception ValueError TypeError KeyError IndexError RuntimeError SystemExit OSError IOError FileNotFoundError
            AssertionError NotImplementedError StopIteration KeyboardInterrupt AttributeError ImportError ModuleNotFoundError
            ZeroDivisionError UnicodeDecodeError
            json.* re.* math.* cmath.* datetime.* time.* random.* string.* collections.* itertools.* functools.* textwrap.* base64.*
            hashlib.* hmac.* platform.* typing.* uuid.* statistics.* decimal.* fractions.* pprint.* csv.* struct.* secrets.* html.*
            bisect.* heapq.* copy.* enum.* dataclasses.* unicodedata.* zlib.* binascii.* calendar.* locale.* difflib.* fnmatch.*
            traceback.* warnings.* keyword.* array.* numbers.* colorsys.* ipaddress.* zoneinfo.* graphlib.* shlex.* gettext.* abc.*
            urllib.parse.* os.path.* os.environ.* os.getcwd os.getenv os.environ os.sep os.linesep os.name os.getpid os.getppid
            os.cpu_count os.uname os.getuid os.geteuid os.getlogin os.get_terminal_size os.urandom os.pathsep os.curdir os.extsep
            os.path os.sched_getaffinity os.access os.isatty os.fspath os.fsdecode os.times os.getloadavg os.devnull
            sys.exit sys.argv sys.version sys.version_info sys.platform sys.path sys.stdin.* sys.stdout.* sys.stderr.* sys.stdin
            sys.stdout sys.stderr sys.executable sys.maxsize sys.byteorder sys.getsizeof sys.getdefaultencoding sys.implementation.*
            sys.prefix sys.base_prefix sys.getrecursionlimit sys.setrecursionlimit sys.float_info sys.int_info sys.builtin_module_names
            sys.flags sys.intern sys.exc_info sys.hexversion sys.getrefcount sys.getfilesystemencoding
            io.StringIO io.BytesIO ast.literal_eval ast.dump ast.walk ast.parse ast.unparse importlib.metadata.* importlib.util.find_spec
            sysconfig.* site.getsitepackages site.getusersitepackages shutil.which shutil.disk_usage shutil.get_terminal_size
            tomllib.* toml.loads toml.dumps yaml.safe_load yaml.dump yaml.safe_dump yaml.safe_load_all tempfile.gettempdir
            contextlib.* operator.add operator.mul operator.eq concurrent.futures.* threading.Lock logging.info logging.warning logging.debug logging.error logging.getLogger logging.INFO logging.DEBUG numpy.* timeit.default_timer
            subprocess.PIPE subprocess.DEVNULL subprocess.STDOUT subprocess.CalledProcessError subprocess.TimeoutExpired
            torch.cuda.* torch.tensor torch.backends.* django.get_version tensorflow.config.* pkg_resources.get_distribution
            distutils.sysconfig.* sklearn.show_versions pandas.DataFrame pandas.Series pandas.concat pandas.to_datetime
            """;

    private PythonNames() {}
}
