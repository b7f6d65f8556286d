"""Tables of what reads, writes, copies and moves files: which argument is the path, and how.

Knows names only; calls are judged by files.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import Touch
from .tables import words

PATH_KEYWORDS = (
    "path", "file", "filename", "fname", "filepath", "filepath_or_buffer", "path_or_buf",
    "path_or_buffer", "excel_writer", "buf", "fp", "io", "source", "name", "uri", "where",
    "base_dir", "root_path", "dir", "f", "store", "database", "dest", "output_file", "workbook",
    "file_name", "filename_or_obj", "top", "pathname",
)  # fmt: skip


@dataclass(frozen=True)
class PathArgument:
    """Where a function takes a path; `mode` is where it takes the mode that decides the touch."""

    position: int
    touch: Touch = "read"
    mode: int | None = None
    keywords: tuple[str, ...] = PATH_KEYWORDS


BY_KEYWORD = 99  # a position that no call has
_LOCAL_FILES = ("pyarrow.fs.LocalFileSystem", "pyarrow._fs.LocalFileSystem")


def _each(names: str, *arguments: PathArgument) -> dict[str, tuple[PathArgument, ...]]:
    return dict.fromkeys(names.split(), arguments)


def _of_local_files(methods: str, *arguments: PathArgument) -> dict[str, tuple[PathArgument, ...]]:
    """The methods of pyarrow's own files, by its public name and by that of the type."""
    names = (f"{owner}().{each}" for owner in _LOCAL_FILES for each in methods.split())
    return dict.fromkeys(names, arguments)


BY_FUNCTION = {
    **_each("""open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile h5py.File
            h5netcdf.File netCDF4.Dataset tables.open_file wave.open aiofiles.open fsspec.open
            smart_open.open os.fdopen io.FileIO _io.FileIO""",
            PathArgument(0, mode=1)),
    **_each("""linecache.getline linecache.getlines fileinput.input
            fileinput.FileInput tokenize.open pathlib.Path.read_text pathlib.Path.read_bytes
            upath.UPath""", PathArgument(0)),
    **_each("numpy.memmap", PathArgument(0, "replace", mode=2)),
    **_each("os.mkdir os.makedirs os.mkfifo os.utime sqlite3.connect duckdb.connect"
            " joblib.Memory IPython.utils.path.ensure_dir_exists", PathArgument(0, "add")),
    **_each("logging.FileHandler pandas.HDFStore", PathArgument(0, "add", mode=1)),
    **_each("logging.basicConfig", PathArgument(BY_KEYWORD, "add")),
    **_each("pandas.io.common.get_handle", PathArgument(0, mode=1)),
    **_each("tempfile.NamedTemporaryFile tempfile.TemporaryDirectory tempfile.TemporaryFile"
            " tempfile.mkdtemp tempfile.mkstemp", PathArgument(BY_KEYWORD, "add")),
    **_each("dbm.open pathlib.Path.write_text pathlib.Path.write_bytes bokeh.plotting.output_file"
            " bokeh.io.output_file", PathArgument(0, "replace")),
    **_each("os.truncate os.chmod os.chown shutil.chown pandas.ExcelWriter xlsxwriter.Workbook"
            " scipy.io.wavfile.write soundfile.write matplotlib.backends.backend_pdf.PdfPages",
            PathArgument(0, "replace")),
    **_each("""joblib.dump torch.save pandas.to_pickle nbformat.write urllib.request.urlretrieve
            plotly.io.write_image plotly.io.write_html plotly.io.write_json""",
            PathArgument(1, "replace")),
    **_each("os.symlink os.link", PathArgument(0, keywords=("src",)),
            PathArgument(1, "add", keywords=("dst",))),
    **_each("numpy.lib.format.open_memmap pyarrow.OSFile pyarrow.memory_map"
            " tensorflow.io.gfile.GFile", PathArgument(0, mode=1)),
    **_each("""pyarrow.input_stream pyarrow.dataset.dataset pyarrow.parquet.ParquetFile
            pyarrow.parquet.ParquetDataset zipfile.ZipFile().write tarfile.open().add
            xml.etree.ElementTree.parse xml.etree.ElementTree.iterparse xml.dom.minidom.parse
            lxml.etree.parse lxml.etree.iterparse tensorflow.io.read_file
            tensorflow.io.gfile.listdir tensorflow.io.gfile.glob""", PathArgument(0)),
    **_each("""pyarrow.output_stream pyarrow.create_memory_map pyarrow.parquet.ParquetWriter
            pyarrow.csv.CSVWriter pyarrow.ipc.new_file pyarrow.ipc.new_stream
            tensorflow.io.write_file""", PathArgument(0, "replace")),
    **_each("""pyarrow.parquet.write_table pyarrow.parquet.write_metadata pyarrow.csv.write_csv
            pyarrow.feather.write_feather pyarrow.orc.write_table""", PathArgument(1, "replace")),
    **_each("pyarrow.dataset.write_dataset pyarrow.parquet.write_to_dataset",
            PathArgument(1, "add")),
    **_each("fastparquet.write", PathArgument(0, "replace")),
    **_of_local_files("open_output_stream", PathArgument(0, "replace")),
    **_of_local_files("open_append_stream create_dir", PathArgument(0, "add")),
    **_of_local_files("open_input_stream open_input_file get_file_info", PathArgument(0)),
    **_of_local_files("copy_file", PathArgument(0), PathArgument(1, "replace")),
    **_each("pyarrow.fs.copy_files tensorflow.io.gfile.copy",
            PathArgument(0), PathArgument(1, "replace")),
    **_each("os.listdir os.scandir os.walk os.fwalk numpy.DataSource", PathArgument(0)),
    **_each("glob.glob glob.iglob", PathArgument(0),
            PathArgument(BY_KEYWORD, keywords=("root_dir",))),
    **_each("shutil.unpack_archive", PathArgument(0),
            PathArgument(1, "add", keywords=("extract_dir",))),
    **_each("shutil.make_archive", PathArgument(0, "add", keywords=("base_name",)),
            PathArgument(2, keywords=("root_dir", "base_dir"))),
    **_each("onnx.save nibabel.save bokeh.io.save bokeh.plotting.save holoviews.save"
            " safetensors.torch.save_file safetensors.numpy.save_file Bio.SeqIO.write"
            " networkx.write_gml networkx.write_graphml networkx.write_edgelist"
            " networkx.write_adjlist faiss.write_index pyreadstat.write_sav pyreadstat.write_dta"
            " tensorflow.saved_model.save", PathArgument(1, "replace")),
    **_each("torch.onnx.export sklearn.datasets.dump_svmlight_file", PathArgument(2, "replace")),
    **_each("scipy.io.mmwrite imageio.mimsave cv2.VideoWriter astropy.io.fits.writeto",
            PathArgument(0, "replace")),
    **_each("deltalake.write_deltalake loguru.logger.add", PathArgument(0, "add", mode=2)),
    **_each("logging.handlers.RotatingFileHandler logging.handlers.TimedRotatingFileHandler",
            PathArgument(0, "add", mode=1)),
    **_each("plotly.offline.plot", PathArgument(BY_KEYWORD, "replace")),
    **_each("py_compile.compile", PathArgument(0), PathArgument(1, "replace", keywords=("cfile",))),
    **_each("distutils.dir_util.copy_tree", PathArgument(0), PathArgument(1, "replace")),
}  # fmt: skip

PATH_METHODS: dict[str, Touch] = {
    **dict.fromkeys(("read_text", "read_bytes", "iterdir", "glob", "rglob", "walk"), "read"),
    **dict.fromkeys(("touch", "mkdir", "symlink_to", "hardlink_to"), "add"),
    **dict.fromkeys(("write_text", "write_bytes", "chmod"), "replace"),
}

READING = words(
    """open imread load loadtxt genfromtxt fromfile loadmat open_dataset open_mfdataset open_zarr
    load_dataset load_model load_workbook load_weights load_from_disk read from_file
    from_pretrained fromstring_file parse_file from_parquet from_csv_auto"""
)
FETCHING = words(
    """get post put patch head options request send urlopen urlretrieve download fetch connect
    create_engine get_file load_state_dict_from_url parse iread from_uri Client init VideoCapture
    use rc_file parquet csv json orc textFile TextLineDataset retrieve get_mapper open_rasterio
    open_dataarray open_catalog JSON Code fetch_url"""
)
WRITING = words(
    """to_csv to_parquet to_excel to_json to_pickle to_feather to_hdf to_html to_latex to_stata
    to_markdown to_xml to_orc to_netcdf to_zarr to_file to_string savefig save savez
    savez_compressed savetxt save_npz savemat tofile imwrite imsave save_model save_weights
    save_pretrained save_to_disk write_csv write_parquet write_json write_ndjson write_excel
    write_ipc write_avro write_delta write_html write_image write_videofile sink_csv sink_parquet
    sink_ipc sink_ndjson writeto write_h5ad to_disk dump_model dump_stats save_word2vec_format"""
)
COPYING = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree"})
MOVING = words(
    """os.rename os.renames os.replace shutil.move tensorflow.io.gfile.rename
    pyarrow.fs.LocalFileSystem().move pyarrow._fs.LocalFileSystem().move"""
)
FUNCTIONS = frozenset().union(BY_FUNCTION, COPYING, MOVING, {"os.open", "os.chdir"})
