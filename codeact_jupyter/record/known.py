"""What is known of functions by their names: which leave all as it was, and what others touch.

Names are of calls as code has them (`sum`, `head`), and paths of what modules have, by the module's
own name (`numpy.mean`). What is not listed here may change all that it is given.
"""

from __future__ import annotations

import ast
import re
import sys

WORDS = re.compile(r"[\w.]+").findall
# These do not even read an iterator.
LOOKING = frozenset(WORDS("print len repr str bool type id isinstance hasattr callable display"))
# What these give may be, or hold, what they were given, or are of.
SHARING = frozenset(
    WORDS(
        "list tuple set frozenset dict sorted filter map zip enumerate reversed iter min max "
        "getattr get values items first last reshape ravel transpose squeeze to_numpy asarray "
        "array split expand_dims swapaxes moveaxis broadcast_to array_split flip fliplr flipud "
        "rot90 diag"
    )
)
SHARING_MODULES = ("itertools.", "functools.", "copy.")
PURE_CALLS = frozenset(
    WORDS(
        "print len sum min max abs round sorted list tuple dict set frozenset str repr int float "
        "bool type isinstance issubclass enumerate zip range map filter any all display format "
        "hasattr id getattr open input chr ord divmod pow hash hex bin oct ascii callable slice "
        "bytes complex iter reversed dir super"
    )
)
PURE_METHODS = frozenset(
    WORDS(
        "head tail describe mean sum std var min max median mode count nunique unique "
        "value_counts groupby agg aggregate merge join copy astype reset_index set_index "
        "sort_values sort_index rename assign query isin isna notna fillna dropna drop_duplicates "
        "abs corr cov pivot pivot_table melt stack unstack to_frame to_list tolist to_dict "
        "to_numpy to_string to_csv to_markdown to_parquet to_json to_excel quantile cumsum diff "
        "pct_change shift rolling resample expanding keys values get items index lower upper "
        "strip split replace startswith endswith format reshape ravel flatten transpose dot "
        "argmax argmin argsort nlargest nsmallest select predict predict_proba score exists "
        "strftime total_seconds info memory_usage read_text read_bytes savefig to_period "
        "to_timestamp tz_localize tz_convert floor ceil day_name month_name contains match "
        "findall title zfill get_dummies clip sub mul div mod pow first last size rank cumcount "
        "cummax cummin cumprod ffill bfill interpolate between where mask duplicated explode "
        "squeeze xs set_axis add_prefix add_suffix idxmax idxmin sem skew prod to_records "
        "droplevel swaplevel reindex iterrows itertuples round any all isnull notnull lstrip "
        "rstrip splitlines most_common"
    )
)
# Methods that change their object, also where they are only named and handed on.
CHANGING = frozenset(
    WORDS(
        "append appendleft extend extendleft insert add update setdefault put put_nowait remove "
        "discard pop popleft popitem clear sort reverse rotate write writelines send __setitem__"
    )
)
# What calls a function that it is given: as the first argument, or by one of these words.
CALLING = frozenset(
    WORDS(
        "map filter apply applymap starmap imap imap_unordered map_async apply_async submit "
        "reduce partial"
    )
)
CALLED = frozenset(WORDS("key func function target callback"))
# Keywords whose value is changed, and beginnings of those that say that something is in place.
WRITTEN = frozenset(WORDS("out ax"))
IN_PLACE = ("inplace", "overwrite")
# These give iterators, as do calls with one of these words.
ITERATING = frozenset(WORDS("iter enumerate zip map filter reversed open iterrows itertuples"))
PIECEWISE = frozenset(WORDS("chunksize iterator"))
# Of the functions of these modules only those that shuffle change what they are given.
OF_RANDOM = ("random.", "numpy.random.")

# Modules whose functions all leave what they are given, and the modules themselves, as they were.
PURE_MODULES = frozenset(
    WORDS(
        "math cmath statistics re string textwrap fractions datetime copy pprint hashlib base64 "
        "html itertools functools collections pathlib glob difflib json os.path urllib.parse "
        "numpy.linalg numpy.fft numpy.char scipy.stats scipy.special scipy.linalg scipy.signal "
        "scipy.optimize scipy.interpolate scipy.spatial sklearn.metrics sklearn.datasets "
        "sklearn.model_selection plotly.express"
    )
)
# Functions of numpy, by the place from which on what they are given is what they write to.
OUT = {
    1: "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "abs absolute fabs sign floor ceil trunc rint square reciprocal negative isnan isfinite isinf "
    "logical_not deg2rad rad2deg conjugate",
    2: "add subtract multiply divide true_divide floor_divide mod remainder power float_power "
    "maximum minimum fmax fmin hypot arctan2 logaddexp greater greater_equal less less_equal "
    "equal not_equal logical_and logical_or logical_xor dot matmul max min amax amin argmax "
    "argmin any all median round around concatenate stack choose outer",
    3: "sum prod mean std var cumsum cumprod nansum nanmean nanstd nanvar clip take compress "
    "percentile quantile",
    99: "array asarray zeros ones full empty zeros_like ones_like full_like empty_like arange "
    "linspace logspace geomspace eye identity diag tril triu meshgrid where argsort sort argwhere "
    "nonzero flatnonzero count_nonzero unique isin in1d intersect1d union1d setdiff1d "
    "searchsorted digitize histogram histogram2d bincount diff gradient interp convolve correlate "
    "corrcoef cov polyfit polyval reshape ravel transpose squeeze expand_dims swapaxes moveaxis "
    "broadcast_to vstack hstack column_stack split array_split tile repeat roll flip fliplr "
    "flipud rot90 pad average nanmedian nanmin nanmax nanpercentile nanquantile ptp trapz "
    "trapezoid cross inner einsum kron trace isclose allclose array_equal shape size ndim load "
    "loadtxt genfromtxt float32 float64 int8 int16 int32 int64 uint8 bool_ datetime64 timedelta64",
}
NUMPY_OUT = {name: place for place, names in OUT.items() for name in WORDS(names)}
PURE_FUNCTIONS = {
    package: frozenset(WORDS(names))
    for package, names in {
        "pandas": "concat merge merge_asof merge_ordered to_datetime to_numeric to_timedelta "
        "date_range period_range timedelta_range bdate_range isna isnull notna notnull unique cut "
        "qcut crosstab pivot pivot_table melt get_dummies factorize json_normalize wide_to_long "
        "array read_csv read_table read_excel read_json read_parquet read_feather read_html "
        "read_pickle read_sql read_sql_query read_sql_table read_xml read_hdf",
        "polars": "col lit when concat element all struct read_csv read_parquet read_json "
        "read_excel scan_csv scan_parquet from_pandas from_dict from_dicts len count",
        "matplotlib": "plot bar barh hist hist2d scatter step stem pie boxplot violinplot imshow "
        "matshow contour contourf fill_between errorbar axhline axvline hlines vlines text "
        "annotate show figure subplots subplot title suptitle xlabel ylabel xlim ylim xticks "
        "yticks legend grid axis tight_layout savefig close gcf gca semilogx semilogy loglog",
        "seaborn": "barplot boxplot boxenplot violinplot stripplot swarmplot countplot pointplot "
        "histplot kdeplot ecdfplot rugplot displot catplot relplot lineplot scatterplot regplot "
        "lmplot residplot jointplot pairplot heatmap clustermap despine color_palette "
        "load_dataset",
        "statsmodels": "add_constant qqplot ols logit",
        "os": "listdir getcwd stat scandir walk getenv cpu_count fspath getpid",
        "sys": "getsizeof getrecursionlimit exit intern",
        "warnings": "warn catch_warnings",
        "tqdm": "tqdm trange tqdm_notebook",
        "IPython": "display clear_output",
        "logging": "debug info warning error getLogger",
        "pickle": "dump dumps load loads",
        "csv": "reader writer",
        "calendar": "monthrange isleap month",
        "time": "time sleep perf_counter monotonic process_time strftime localtime gmtime",
    }.items()
}
# By these names modules are known that no code imports.
ALIASES = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "sns": "seaborn"}
# Packages of which importing reads none of the person's own files, beside Python's.
PACKAGES = sys.stdlib_module_names | frozenset(
    WORDS(
        "numpy pandas matplotlib mpl_toolkits seaborn scipy sklearn statsmodels plotly polars "
        "pyarrow duckdb sympy networkx PIL cv2 skimage torch tensorflow xgboost lightgbm IPython "
        "ipywidgets tqdm requests httpx bs4 yaml openpyxl sqlalchemy codeact_jupyter"
    )
)
SETTING = re.compile(
    r"set|seed|option|use|config|register|style|rc|environ|update|reset|patch|enable|disable"
    r"|filter|templates|pandas$"
)
OF_CHANCE = re.compile(
    r"random|rand|sample|shuffle|permutation|train_test_split|seed|rng|fit"
    r"|(^|\.)(choices?|uniform|normal|gauss|bootstrap)$"
)
# What of these is not known to leave all alone may read and write files, or change where they are.
OF_FILES = frozenset(WORDS("os shutil subprocess sys site importlib tempfile"))
READS = re.compile(
    r"read|^(open|load\w*|i?glob|rglob|listdir|iterdir|scandir|walk|stat|exists|is_?file|is_?dir"
    r"|getcwd|cwd|connect|execute|reload|import_module|__import__|run_(path|module))$"
)
WRITES = re.compile(
    r"^(to_(csv|parquet|excel|json|pickle|feather|hdf|sql|html)|save|write|dump|unlink|remove|mkdir"
    r"|makedirs|move|rmtree|rmdir|touch|open|f?chdir|connect|execute|commit"
    r"|urlretrieve|extractall|copyfile|copytree)"
)
OPAQUE = frozenset(WORDS("exec eval globals locals vars setattr delattr run_cell run_line_magic"))


def is_pure(path: str) -> bool:
    """Whether this function of a module leaves what it is given, and its module, as they were."""
    module, _, name = path.rpartition(".")
    package = path.partition(".")[0]
    if name[:1].isupper() or any(f"{path}.".startswith(f"{each}.") for each in PURE_MODULES):
        return True
    if package == "numpy":
        return module == "numpy" and name in NUMPY_OUT
    return name in PURE_FUNCTIONS.get(package, ())


def outputs_of(path: str, call: ast.Call) -> list[ast.expr]:
    """The arguments that a function of numpy writes its result to, given by their place."""
    return call.args[NUMPY_OUT.get(path.removeprefix("numpy."), len(call.args)) :]


def reads_files(words: str) -> bool:
    """Whether a call by these names reads files, or where they are looked for."""
    return bool(READS.search(words.rpartition(".")[2]))


def writes_files(words: str, call: ast.Call) -> bool:
    """Whether a call by these names may write files, or change where they are looked for."""
    owner, _, name = words.rpartition(".")
    if name == "open":
        modes = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "mode")]
        said = [mode.value if isinstance(mode, ast.Constant) else None for mode in modes]
        return not all(isinstance(mode, str) and not set(mode) & set("wax+") for mode in said)
    if name in ("close", "flush"):
        return not owner.startswith("matplotlib")
    return bool(WRITES.match(name)) or (name in ("rename", "replace") and len(call.args) == 1)
