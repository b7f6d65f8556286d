"""Calls that read or write a file named by one of their arguments: which argument, and how.

Knows the functions; where a path leads and whether that matters is for paths.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .kinds import Finding, Moved, Outcome, Reads, Searched
from .paths import Touch, Workspace, remote_address
from .site import CallSite
from .tables import words
from .values import FilePath, Known, Text

_PATH_KEYWORDS = (
    "path", "file", "filename", "fname", "filepath", "filepath_or_buffer", "path_or_buf",
    "path_or_buffer", "excel_writer", "buf", "fp", "io", "source", "name", "uri", "where",
    "base_dir", "root_path", "dir",
)  # fmt: skip


@dataclass(frozen=True)
class _PathArgument:
    """Where a function takes a path; `mode` is where it takes the mode that decides the touch."""

    position: int
    touch: Touch = "read"
    mode: int | None = None


_BY_KEYWORD = 99  # a position that no call has


def _each(names: str, *arguments: _PathArgument) -> dict[str, tuple[_PathArgument, ...]]:
    return dict.fromkeys(names.split(), arguments)


_FUNCTIONS = {
    **_each("""open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile h5py.File
            wave.open aiofiles.open fsspec.open smart_open.open os.fdopen""",
            _PathArgument(0, mode=1)),
    **_each("""io.FileIO _io.FileIO linecache.getline linecache.getlines fileinput.input
            fileinput.FileInput tokenize.open pathlib.Path.read_text pathlib.Path.read_bytes
            upath.UPath""", _PathArgument(0)),
    **_each("numpy.memmap", _PathArgument(0, mode=2)),
    **_each("os.mkdir os.makedirs os.mkfifo os.utime sqlite3.connect duckdb.connect pandas.HDFStore"
            " joblib.Memory IPython.utils.path.ensure_dir_exists", _PathArgument(0, "add")),
    **_each("logging.FileHandler", _PathArgument(0, "add", mode=1)),
    **_each("logging.basicConfig", _PathArgument(_BY_KEYWORD, "replace")),
    **_each("pandas.io.common.get_handle", _PathArgument(0, mode=1)),
    **_each("tempfile.NamedTemporaryFile tempfile.TemporaryDirectory tempfile.TemporaryFile"
            " tempfile.mkdtemp tempfile.mkstemp", _PathArgument(_BY_KEYWORD, "add")),
    **_each("dbm.open pathlib.Path.write_text pathlib.Path.write_bytes bokeh.plotting.output_file"
            " bokeh.io.output_file", _PathArgument(0, "replace")),
    **_each("os.truncate os.chmod os.chown shutil.chown pandas.ExcelWriter xlsxwriter.Workbook"
            " scipy.io.wavfile.write soundfile.write matplotlib.backends.backend_pdf.PdfPages",
            _PathArgument(0, "replace")),
    **_each("""joblib.dump torch.save pandas.to_pickle nbformat.write urllib.request.urlretrieve
            plotly.io.write_image plotly.io.write_html plotly.io.write_json""",
            _PathArgument(1, "replace")),
    **_each("os.symlink os.link", _PathArgument(0), _PathArgument(1, "add")),
    **_each("numpy.lib.format.open_memmap pyarrow.OSFile pyarrow.memory_map"
            " tensorflow.io.gfile.GFile", _PathArgument(0, mode=1)),
    **_each("""pyarrow.input_stream pyarrow.dataset.dataset pyarrow.parquet.ParquetFile
            pyarrow.parquet.ParquetDataset zipfile.ZipFile().write tarfile.open().add
            xml.etree.ElementTree.parse xml.etree.ElementTree.iterparse xml.dom.minidom.parse
            lxml.etree.parse lxml.etree.iterparse tensorflow.io.read_file
            tensorflow.io.gfile.listdir tensorflow.io.gfile.glob""", _PathArgument(0)),
    **_each("""pyarrow.output_stream pyarrow.create_memory_map pyarrow.parquet.ParquetWriter
            pyarrow.csv.CSVWriter pyarrow.ipc.new_file pyarrow.ipc.new_stream
            tensorflow.io.write_file""", _PathArgument(0, "replace")),
    **_each("""pyarrow.parquet.write_table pyarrow.parquet.write_metadata pyarrow.csv.write_csv
            pyarrow.feather.write_feather pyarrow.orc.write_table""", _PathArgument(1, "replace")),
    **_each("pyarrow.dataset.write_dataset pyarrow.parquet.write_to_dataset",
            _PathArgument(1, "add")),
    **_each("pyarrow.fs.copy_files tensorflow.io.gfile.copy",
            _PathArgument(0), _PathArgument(1, "replace")),
    **_each("os.listdir os.scandir os.walk glob.glob glob.iglob numpy.DataSource",
            _PathArgument(0)),
    **_each("shutil.unpack_archive", _PathArgument(0), _PathArgument(1, "add")),
    **_each("shutil.make_archive", _PathArgument(0, "add"), _PathArgument(2)),
}  # fmt: skip

_PATH_METHODS: dict[str, Touch] = {
    **dict.fromkeys(("read_text", "read_bytes", "iterdir", "glob", "rglob", "walk"), "read"),
    **dict.fromkeys(("touch", "mkdir", "symlink_to", "hardlink_to"), "add"),
    **dict.fromkeys(("write_text", "write_bytes", "chmod"), "replace"),
}

_READING = words(
    """open imread load loadtxt genfromtxt fromfile loadmat open_dataset open_mfdataset open_zarr
    load_dataset load_model load_workbook load_weights load_from_disk read from_file
    from_pretrained fromstring_file parse_file from_parquet from_csv_auto"""
)
_FETCHING = words(
    """get post put patch head options request send urlopen urlretrieve download fetch connect
    create_engine get_file load_state_dict_from_url parse iread from_uri Client init VideoCapture
    use rc_file"""
)
_WRITING = words(
    """to_csv to_parquet to_excel to_json to_pickle to_feather to_hdf to_html to_latex to_stata
    to_markdown to_xml to_orc to_netcdf to_zarr to_file to_string savefig save savez
    savez_compressed savetxt save_npz savemat tofile imwrite imsave save_model save_weights
    save_pretrained save_to_disk write_csv write_parquet write_json write_ndjson write_excel
    write_ipc write_avro write_delta write_html write_image write_videofile sink_csv sink_parquet
    sink_ipc sink_ndjson"""
)
_COPYING = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree"})
_SEARCH_PATH = frozenset({"sys.path.append", "sys.path.insert", "sys.path.extend"})
_SEEKING = frozenset({"glob", "rglob", "iglob"})
_MOVING = frozenset(
    {"os.rename", "os.renames", "os.replace", "shutil.move", "tensorflow.io.gfile.rename"}
)


def file_effects(site: CallSite, workspace: Workspace) -> Iterator[Outcome]:
    """Judge the files that a call plainly reads or writes, and say where it moves to."""
    if site.word in _SEEKING:
        finding = workspace.sought(site.known(0, "pathname", "pattern"))
        if finding:
            yield finding
    for known, touch in _touches(site, workspace):
        finding = workspace.touched(known, touch)
        if touch == "read" and known is not None:
            yield Reads()
        if finding:
            yield finding
    if _moves(site):
        yield Finding("delete", f"moves a file away: {site.source}")
    if _may_reach_out(site):
        for argument in site.arguments():
            address = remote_address(site.resolve(argument))
            if address:
                yield Finding("network", f"uses the network: {address}")
    if site.target in _SEARCH_PATH:
        yield _searched(site, workspace)
    if site.target in {"os.chdir", "contextlib.chdir"}:
        goal = site.known(0, "path")
        if isinstance(goal, Text | FilePath) and goal.complete:
            yield Moved(goal.value)


def _searched(site: CallSite, workspace: Workspace) -> Outcome:
    """Judge where modules are to be found: in the person's folder, or elsewhere."""
    folder = site.known(1 if site.word == "insert" else 0)
    if isinstance(folder, Text | FilePath) and folder.complete:
        path = workspace.resolved(folder)
        if path is not None and path.is_relative_to(workspace.root):
            return Searched(str(path))
    return Finding("dynamic", f"lets modules be imported from another folder: {site.source}")


def _touches(site: CallSite, workspace: Workspace) -> Iterator[tuple[Known | None, Touch]]:
    if isinstance(site.receiver, FilePath):
        yield from _path_method(site, site.receiver)
    elif site.target == "os.open":
        yield site.known(0, "path"), _opened(site.argument(1, "flags"))
    elif site.target in _FUNCTIONS:
        for argument in _FUNCTIONS[site.target]:
            known = _path(site, argument.position)
            yield known, _touch(site, argument.touch, argument.mode)
    elif site.target in _COPYING | _MOVING:
        source, target = site.known(0, "src"), site.known(1, "dst")
        yield source, "read"
        yield workspace.landing(source, target), "replace"
    elif site.word == "extractall":
        yield site.known(0, "path"), "add"
    elif site.word in _WRITING:
        yield _path(site, 0), _touch(site, "replace", None)
    elif site.word in _READING or site.word.startswith(("read_", "scan_")):
        yield (
            _path(site, 0),
            _touch(site, "read", 1 if site.word == "open" else None),
        )


def _path(site: CallSite, position: int) -> Known | None:
    """What is given at a position; by a keyword only where nothing is: one may mean another thing,
    as `uri=True` does."""
    by_place = site.argument(position)
    return site.resolve(by_place) if by_place else site.known(None, *_PATH_KEYWORDS)


def _path_method(site: CallSite, path: FilePath) -> Iterator[tuple[Known | None, Touch]]:
    if site.word == "open":
        yield path, _touch(site, "read", 0)
    elif site.word in {"rename", "replace"}:
        yield path, "add"
        yield site.known(0, "target"), "replace"
    elif site.word in _PATH_METHODS:
        yield path, _PATH_METHODS[site.word]
        if site.word in {"symlink_to", "hardlink_to"}:
            yield site.known(0, "target"), "read"


def _touch(site: CallSite, usual: Touch, position: int | None) -> Touch:
    """Let a mode such as "w" or "a" decide; a mode that cannot be read may replace."""
    if site.argument(None, "inplace") and usual == "read":
        return "replace"
    if usual == "read" and position is None:
        return usual
    argument, mode = site.argument(position, "mode"), site.text(position, "mode")
    if argument is None or mode is None:
        return usual if argument is None or isinstance(argument, ast.Constant) else "replace"
    if "w" in mode or "+" in mode:
        return "replace"
    return "add" if set(mode) & {"a", "x"} else usual


def _opened(flags: ast.expr | None) -> Touch:
    """Let the names of the flags decide; flags that cannot be read may replace."""
    parts = ast.walk(flags) if flags is not None else ()
    names = {getattr(part, "attr", getattr(part, "id", "")) for part in parts}
    if not names & {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT"} or "O_TRUNC" in names:
        return "replace"
    if names & {"O_WRONLY", "O_RDWR"}:
        return "add" if names & {"O_APPEND", "O_EXCL"} else "replace"
    return "add" if "O_CREAT" in names else "read"


def _moves(site: CallSite) -> bool:
    if isinstance(site.receiver, FilePath):
        return site.word in {"rename", "replace"}
    return site.target in _MOVING


def _may_reach_out(site: CallSite) -> bool:
    if isinstance(site.receiver, FilePath):
        return False
    return site.word in _READING | _FETCHING or site.word.startswith(("read_", "scan_", "load_"))
