"""What is changed or read outside of the workspace: who else reads it, and what lies there."""

from pathlib import Path

import pytest

from codeact_jupyter.safety.effects import effects_of

WORKSPACE = Path("/srv/data")


def kinds(code: str) -> set[str]:
    found = effects_of(code, workspace=WORKSPACE, exists=lambda path: False)
    return {effect.kind for effect in found}


@pytest.mark.parametrize(
    "code",
    [
        "(Path.home() / '.ipython/profile_default/startup/0.py').write_text('x')",
        "open(np.__file__, 'a').write('x')",
        "Path('/etc/cron.d/x').write_text('* * * * * root id')",
        "open('/home/me/x/sitecustomize.py', 'w')",
        "open('/opt/conda/lib/python3.12/site-packages/x.py', 'w')",
        "%%writefile /usr/lib/python3/x.py\nx = 1",
        "df.to_csv('/Library/LaunchAgents/x.plist')",
        "os.chdir('/home/me')\nopen('.bashrc', 'a')",
        "os.chdir('/')\nos.chdir('/srv/data')\nopen('/home/me/.bashrc', 'a')",
    ],
)
def test_what_other_programs_obey_asks_for_that_too_where_it_lies_outside(code: str) -> None:
    assert kinds(code) == {"write-outside", "startup-file"}


@pytest.mark.parametrize("code", ["open('etc/x', 'w')", "open('usr/bin/x', 'w')", "open('x', 'w')"])
def test_a_folder_of_the_workspace_that_is_named_as_one_of_the_system_is_none(code: str) -> None:
    assert kinds(code) == set()


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/.local/share/jupyter/codeact/approvals.json",
        "/home/me/.config/codeact/config.toml",
        "/srv/jupyter/codeact/approvals.json",
        "/tmp/codeact-me/journal.sqlite3-wal",
        "/Users/me/Library/Application Support/codeact/config.toml",
        "/home/me/.local/share/jupyter/codeact/anything",
    ],
)
def test_the_agents_own_files_are_locked_and_secret(path: str) -> None:
    assert "locked" in kinds(f"open({path!r}, 'w')")
    assert "locked" in kinds(f"os.remove({path!r})")
    assert kinds(f"open({path!r}).read()") == {"environment"}


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("shutil.rmtree(os.path.expanduser('~'))", "write-outside"),
        ("Path('/home/me/thesis.docx').unlink()", "write-outside"),
        ("os.rename('/home/me/a', 'b')", "write-outside"),
        ("%rm -rf /home/me", "write-outside"),
        ("os.remove('.git/config')", "startup-file"),
        ("%rm -f .git/hooks/pre-commit", "startup-file"),
        ("tf.io.gfile.rmtree('s3://bucket/x')", "network"),
    ],
)
def test_deleting_asks_for_the_place_as_well(code: str, more: str) -> None:
    assert {"delete", more} <= kinds(f"import tensorflow as tf\n{code}")


@pytest.mark.parametrize("code", ["os.remove('x.csv')", "shutil.rmtree('out')", "%rm -rf out"])
def test_deleting_in_the_workspace_asks_for_that_alone(code: str) -> None:
    assert kinds(code) == {"delete"}


def test_naming_what_is_secret_and_handing_it_on_asks() -> None:
    assert kinds("f('/home/me/.config/codeact/config.toml')") == {"environment"}
    assert kinds("f('/proc/1/environ')") == {"environment"}


@pytest.mark.parametrize(
    "code",
    [
        "open(f'/home/me/.ssh/{n}').read()",
        "[open('/home/me/.ssh/' + n).read() for n in names]",
        "open('/proc/1/environ', 'rb')",
        "open(f'/proc/{pid}/environ', 'rb')",
        "glob.glob('/proc/*/environ')",
        "shutil.copytree('/home/me', 'copy')",
        "open(f'/home/me/{name}')",
        "list(Path.home().iterdir())",
    ],
)
def test_a_path_that_may_be_of_a_secret_asks_for_that(code: str) -> None:
    assert "environment" in kinds(code)
    assert "read-outside" not in kinds(code)


@pytest.mark.parametrize("code", ["open('/proc/meminfo')", "open(f'/home/me/data/{name}')"])
def test_a_path_outside_that_is_of_none_asks_for_being_outside(code: str) -> None:
    assert kinds(code) == {"read-outside"}


@pytest.mark.parametrize("code", ["open(f'secrets/{name}.csv')", "open(f'credentials/{n}', 'w')"])
def test_a_folder_is_not_secret_by_a_name_that_a_file_would_be_by(code: str) -> None:
    assert kinds(code) == set()


@pytest.mark.parametrize(
    ("code", "beside"),
    [
        ("places = {'a': '.git/hooks/pre-commit'}\nos.unlink(places['a'])", "startup-file"),
        ("places = ['/srv/none.csv', 'b']\nos.remove(pick(places))", "write-outside"),
        ("def clear(place='.git/hooks'):\n    shutil.rmtree(place)\nclear()", "startup-file"),
    ],
)
def test_deleting_at_a_path_that_is_not_known_is_judged_by_the_places_that_the_code_names(
    code: str, beside: str
) -> None:
    assert kinds(code) >= {"delete", beside}
