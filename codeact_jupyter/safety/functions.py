"""Tables of functions and modules whose very name says what they do, by kind of effect.

`kind_of` judges a dotted path alone; what is done with the answer is for calls.py.
"""

from __future__ import annotations

import re

from .kinds import EffectKind
from .tables import words

_FUNCTIONS: dict[EffectKind, str] = {
    "delete": """os.remove os.unlink os.rmdir os.removedirs shutil.rmtree send2trash.send2trash
        tensorflow.io.gfile.remove tensorflow.io.gfile.rmtree pathlib.Path.unlink pathlib.Path.rmdir
        shutil._rmtree_unsafe shutil._rmtree_safe_fd distutils.dir_util.remove_tree
        setuptools._distutils.dir_util.remove_tree test.support.os_helper.rmtree
        test.support.os_helper.unlink""",
    "process": """
        os.system os.popen os.popen2 os.popen3 os.fork os.forkpty os.kill os.killpg os.startfile
        os.posix_spawn os.posix_spawnp os.execl os.execle os.execlp os.execlpe os.execv os.execve
        os.execvp os.execvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve
        os.spawnvp os.spawnvpe asyncio.create_subprocess_exec asyncio.create_subprocess_shell
        signal.raise_signal signal.pthread_kill signal.pidfd_send_signal signal.alarm
        signal.setitimer get_ipython().system get_ipython().getoutput get_ipython().system_raw
        get_ipython().system_piped get_ipython().getoutput_piped
        multiprocessing.Pool multiprocessing.Process multiprocessing.Manager
        multiprocessing.pool.Pool multiprocessing.get_context().Pool
        multiprocessing.get_context().Process multiprocess.Pool multiprocess.Process
        concurrent.futures.ProcessPoolExecutor concurrent.futures.process.ProcessPoolExecutor
        psutil.Popen psutil.Process().kill psutil.Process().terminate psutil.Process().suspend
        psutil.Process().send_signal psutil.Process().nice psutil.Process().ionice
        psutil.Process().rlimit psutil.Process().cpu_affinity resource.prlimit os.setpriority
        os.sched_setaffinity os.sched_setscheduler os.sched_setparam
        papermill.execute_notebook nbclient.execute nbclient.NotebookClient distutils.spawn.spawn
        ray.init dask.distributed.Client distributed.Client torch.multiprocessing.spawn
        loky.get_reusable_executor anyio.run_process crontab.CronTab daemon.DaemonContext
        win32com.client.Dispatch pypandoc.convert_file pypandoc.convert_text
        multiprocessing.get_context().Manager
        setuptools.sandbox.run_setup git.Repo().git.push pydoc.pipepager pydoc.tempfilepager
        git.Repo git.Git git.cmd.Git git.Repo.clone_from git.Repo.init platform.popen venv.create
        venv.EnvBuilder setuptools.setup distutils.core.setup distutils.core.run_setup
        numpy.distutils.exec_command.exec_command nbconvert.preprocessors.ExecutePreprocessor""",
    "network": """
        torch.hub.load torch.hub.load_state_dict_from_url torch.hub.download_url_to_file
        seaborn.load_dataset nltk.download spacy.cli.download datasets.load_dataset
        asyncio.open_connection asyncio.start_server webbrowser.open webbrowser.open_new
        webbrowser.open_new_tab wandb.init wandb.login wandb.log fsspec.filesystem
        gradio.Interface().launch mlflow.set_tracking_uri statsmodels.api.datasets.get_rdataset
        statsmodels.datasets.get_rdataset IPython.display.IFrame pyarrow.fs.S3FileSystem
        pyarrow.fs.GcsFileSystem pyarrow.fs.AzureFileSystem pyarrow.fs.HadoopFileSystem
        pandas.read_gbq logging.handlers.HTTPHandler logging.handlers.SocketHandler
        logging.handlers.DatagramHandler logging.handlers.SMTPHandler
        logging.handlers.SysLogHandler multiprocessing.managers.BaseManager uvicorn.run
        flask.Flask().run dash.Dash().run dash.Dash().run_server pygit2.clone_repository
        transformers.pipeline sentence_transformers.SentenceTransformer whisper.load_model
        asyncio.start_unix_server asyncio.open_unix_connection pydoc.browse
        wsgiref.simple_server.make_server osmnx.graph_from_place contextily.add_basemap
        ee.Initialize gensim.downloader.load tiktoken.get_encoding tiktoken.encoding_for_model""",
    "install": "ensurepip.bootstrap micropip.install piplite.install",
    "environment": """
        dotenv.load_dotenv dotenv.dotenv_values google.colab.userdata.get google.auth.default
        netrc.netrc pandas.read_clipboard pyperclip.paste decouple.config decouple.AutoConfig
        tkinter.Tk().clipboard_get PIL.ImageGrab.grab""",
    "kernel": """
        exit quit sys.exit os._exit os.abort get_ipython().reset get_ipython().ask_exit
        get_ipython().reset_selective get_ipython().restart_kernel signal.signal
        signal.set_wakeup_fd signal.pthread_sigmask signal.siginterrupt _thread.interrupt_main
        resource.setrlimit os.nice os.setsid os.setpgid os.setpgrp os.setuid os.setgid os.seteuid
        os.setegid os.setreuid os.setregid os.setresuid os.setresgid os.setgroups os.initgroups
        os.chroot os.unshare os.setns sys.settrace sys.setprofile sys.addaudithook
        threading.settrace threading.setprofile threading.Timer atexit.register
        _thread.start_new_thread sys.monitoring.register_callback sys.monitoring.use_tool_id
        gc.callbacks.append faulthandler.dump_traceback_later codecs.register unittest.mock.patch
        unittest.mock.patch.object unittest.mock.patch.dict sys.modules.pop sys.modules.clear
        sys.modules.update sys.meta_path.insert sys.meta_path.append sys.meta_path.extend
        sys.path_hooks.append sys.path_hooks.insert site.addsitedir IPython.embed
        os.register_at_fork os.closerange os.dup2 faulthandler._sigsegv
        IPython.start_ipython traitlets.config.Application.instance""",
    "dynamic": """
        pickle.load pickle.loads pickle.Unpickler pickle._load pickle._loads pickle._Unpickler
        _pickle.load _pickle.loads _pickle.Unpickler dill.load dill.loads dill.load_session
        dill.load_module cloudpickle.load cloudpickle.loads marshal.load marshal.loads
        joblib.load sklearn.externals.joblib.load pandas.read_pickle pandas.io.pickle.read_pickle
        pandas.read_hdf numpy.lib.format.read_array yaml.unsafe_load yaml.unsafe_load_all
        yaml.full_load yaml.full_load_all shelve.open jsonpickle.decode runpy.run_path
        runpy.run_module code.interact code.InteractiveConsole code.InteractiveInterpreter
        codeop.compile_command codeop.CommandCompiler importlib.util.spec_from_file_location
        importlib.util.module_from_spec types.FunctionType types.CodeType pkgutil.resolve_name
        get_ipython().user_ns.update get_ipython().user_ns.clear globals().clear locals().clear
        vars().clear globals().popitem locals().popitem vars().popitem
        get_ipython().ev get_ipython().safe_execfile get_ipython().safe_execfile_ipy
        get_ipython().safe_run_module get_ipython().run_code get_ipython().run_ast_nodes
        get_ipython().run_cell_async cffi.FFI gc.get_objects gc.get_referrers gc.get_referents
        sys._getframe sys._current_frames inspect.currentframe inspect.stack inspect.trace
        sys._getframemodulename multiprocessing.connection.Client torch.jit.load
        multiprocessing.connection.Listener skops.io.load mlflow.pyfunc.load_model
        mlflow.sklearn.load_model statsmodels.iolib.smpickle.load_pickle statsmodels.api.load
        statsmodels.api.load_pickle nltk.data.load logging.config.dictConfig
        logging.config.fileConfig doctest.run_docstring_examples doctest.testmod
        Cython.inline cython.inline torch.utils.cpp_extension.load
        torch.utils.cpp_extension.load_inline torch.ops.load_library numpy.ctypeslib.load_library
        IPython.display.Javascript IPython.display.display_javascript
        string.Formatter().vformat string.Formatter().get_field numpy.testing.rundocs
        numpy.testing.runstring trace.Trace().run trace.Trace().runctx trace.Trace().runfunc
        pydoc.locate networkx.read_gpickle joblib.numpy_pickle.load hickle.load pickle5.load
        pickle5.loads pytest.main unittest.main imp.load_source js2py.eval_js diskcache.Cache
        mlflow.pytorch.load_model""",
}

_MODULES: dict[EffectKind, str] = {
    "process": """subprocess _posixsubprocess pty pexpect plumbum sh fabric invoke
        IPython.utils.process docker
        jupyter_client""",
    "install": "pip",
    "environment": """keyring browser_cookie3 jupyter_core.paths jupyter_server environs hvac spwd
        secretstorage kubernetes.config streamlit.secrets notebook.notebookapp""",
    "kernel": "ipykernel IPython.core.interactiveshell IPython.core.magics debugpy",
    "network": """
        requests httpx httpx2 urllib.request urllib3 http.client http.server socket socketserver ssl
        aiohttp ftplib smtplib imaplib poplib telnetlib nntplib xmlrpc websockets websocket
        paramiko boto3 botocore s3fs gcsfs google.cloud google.generativeai azure openai anthropic
        selenium playwright kaggle kagglehub huggingface_hub yfinance pandas_datareader gdown wget
        pycurl psycopg2 psycopg asyncpg pymysql MySQLdb mysql.connector pymongo redis
        snowflake.connector clickhouse_connect twilio slack_sdk praw tweepy grpc zmq dns
        tornado.httpclient telegram gspread pyodbc oracledb mcp smbclient _socket adlfs
        cloudpathlib dulwich.porcelain openml ucimlrepo elasticsearch kafka paho.mqtt wikipedia
        trafilatura yagmail github dropbox litellm cohere google.genai ollama langchain_openai
        Bio.Entrez ccxt fredapi wbgapi cdsapi trino pymssql cx_Oracle minio asyncssh pysftp
        qdrant_client scapy curl_cffi requests_html tensorflow_datasets pooch
        scipy.datasets""",
    "dynamic": "ctypes _ctypes zipimport importlib.machinery pdb bdb",
}

HARMLESS = words(
    """socket.gethostname subprocess.list2cmdline ssl.create_default_context
    urllib.request.pathname2url urllib.request.url2pathname ctypes.sizeof pip.__version__
    ipykernel.__version__ jupyter_client.__version__ jupyter_server.__version__
    requests.utils.quote requests.utils.unquote requests.utils.urlparse urllib3.disable_warnings
    httpx.URL httpx.URL().host socket.inet_aton socket.inet_ntoa socket.inet_pton socket.inet_ntop
    socket.htonl socket.ntohl socket.htons socket.ntohs"""
)

BY_FUNCTION: dict[str, EffectKind] = {
    name: kind for kind, names in _FUNCTIONS.items() for name in names.split()
}
_BY_MODULE: dict[str, EffectKind] = {
    name: kind for kind, names in _MODULES.items() for name in names.split()
}
BY_METHOD: dict[str, EffectKind] = {
    "unlink": "delete",
    "rmdir": "delete",
    "rm": "delete",
    "rm_file": "delete",
    "rmtree": "delete",
    "create_connection": "network",
    "create_unix_connection": "network",
    "create_datagram_endpoint": "network",
    "create_server": "network",
    "sock_connect": "network",
    "push_to_hub": "network",
    "subprocess_shell": "process",
    "subprocess_exec": "process",
    "delete_file": "delete",
    "delete_dir": "delete",
    "delete_dir_contents": "delete",
    "terminate": "process",
    "kill": "process",
    "send_signal": "process",
    "do_shutdown": "kernel",
    "shutdown_kernel": "kernel",
    "restart_kernel": "kernel",
    "add_signal_handler": "kernel",
    "call_later": "kernel",
    "call_at": "kernel",
    "exec_module": "dynamic",
    "load_from_checkpoint": "dynamic",
    "load_module": "dynamic",
    "enable_load_extension": "dynamic",
    "load_extension": "dynamic",
    "install_extension": "dynamic",
    "from_pretrained": "network",
    "get_credentials": "environment",
    "from_service_account_file": "environment",
}
_STAYS_WITH_ITS_OBJECTS = frozenset({"kernel", "dynamic", "environment", "install"})
_NO_TRAFFIC = re.compile(r"(Error|Exception|Warning|Timeout|Limits|Headers)$")
_CLIENT = re.compile(
    r"\.([A-Z]\w*|client|resource|connect|connection|create_connection|socket|build_opener)"
    r"\(\)\.(\w+)$"
)
_QUIET_METHODS = frozenset({"close", "mount", "cursor", "settimeout"})
_DOWNLOADS = re.compile(r"^sklearn\.(\w+\.)*fetch_\w+$|\bdatasets\.\w+\.load_data$")
# What code commonly asks the shell, and what has a rule of its own.
_SHELL = re.compile(
    r"^get_ipython\(\)\.(?!(run_line_magic|run_cell_magic|magic|run_cell|ex|config|colors"
    r"|execution_count|enable_matplotlib|enable_pylab|enable_gui|__class__|user_ns_hidden"
    r"|history_manager\.get_range|display_formatter)\b)\w+"
)


def kind_of(dotted: str) -> EffectKind | None:
    """Say what calling this would do, judged by its dotted path alone."""
    found = BY_FUNCTION.get(dotted)
    if found or dotted in HARMLESS or "." not in dotted:
        return found
    if _SHELL.match(dotted):
        return "kernel"
    before, opened, _ = dotted.partition("()")
    parts = before.split(".")
    for length in range(1, len(parts) + 1):
        kind = _BY_MODULE.get(".".join(parts[:length])) if length < len(parts) or opened else None
        if kind and opened and kind not in _STAYS_WITH_ITS_OBJECTS:
            client = _CLIENT.search(dotted) if kind == "network" else None
            return kind if client and client[2] not in _QUIET_METHODS else None
        if kind:
            return None if _NO_TRAFFIC.search(dotted) else kind
    return "network" if _DOWNLOADS.search(dotted) else None


def module_kind(module: str) -> EffectKind | None:
    """Say what the functions of a module do, when they all do the same."""
    return _BY_MODULE.get(module)
