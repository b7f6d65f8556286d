"""What a hostile cell may try: each action, and where it is stopped.

An action's code defines `attack()`, which returns something true when the attacker succeeded.
It knows the names of `Host.known_to_attacks` and these modules.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

PREAMBLE = """\
import ctypes, glob, json, os, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True

def seize(process):
    # By a child, whose end lets go of the process again.
    child = os.fork()
    if child == 0:
        os._exit(0 if libc.ptrace(0x4206, process, None, None) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0

def connect(family, address):
    s = socket.socket(family); s.settimeout(3); s.connect(address); return s.recv(10)
"""
VERDICT = """
try:
    gained = attack()
except BaseException as error:
    print("REFUSED", type(error).__name__, error)
else:
    print("DONE" if gained else "REFUSED", repr(gained)[:200])
"""

Where = Literal["files", "secrets", "processes", "network", "system", "workspace"]


class Hostile(NamedTuple):
    """One action; `plain` says whether it is expected to succeed in a kernel without walls."""

    name: str
    where: Where
    says: str
    code: str
    plain: bool = True
    sandbox: bool = False


def _expression(code: str) -> str:
    return f"def attack():\n    return {code}\n"


def _body(code: str) -> str:
    return "def attack():\n" + "".join(f"    {line}\n" for line in code.strip().splitlines())


ACTIONS = (
    Hostile("ssh_key", "secrets", "read a private key in the home directory",
            _expression("open(HOME + '/.ssh/id_rsa').read()")),
    Hostile("credentials", "secrets", "read cloud credentials in the home directory",
            _expression("open(HOME + '/.aws/credentials').read()")),
    Hostile("list_home", "files", "list the home directory", _expression("os.listdir(HOME)")),
    Hostile("config_file", "secrets", "read the agent's config file, with its key",
            _expression("KEY in open(HOME + '/.config/codeact/config.toml').read()")),
    Hostile("own_environment", "secrets", "find a key or token in its own environment",
            _expression("[n for n, v in os.environ.items() if v == KEY]")),
    Hostile("server_environment", "secrets", "read the server's environment in /proc",
            _expression("KEY.encode() in open(f'/proc/{SERVER[\"pid\"]}/environ','rb').read()")),
    Hostile("any_environment", "secrets", "find the key in any process's environment", _body("""
for path in glob.glob('/proc/[0-9]*/environ'):
    try:
        if KEY.encode() in open(path, 'rb').read():
            return path
    except OSError:
        pass
""")),
    Hostile("command_lines", "processes", "see the command lines of the host's processes", _body("""
found = []
for path in glob.glob('/proc/[0-9]*/cmdline'):
    try:
        if b'victim.py' in open(path, 'rb').read():
            found.append(path)
    except OSError:
        pass
return found
""")),
    Hostile("server_token", "secrets", "read a Jupyter server's token in its runtime files",
            _expression("open(HOME + '/.local/share/jupyter/runtime/jpserver-1.json').read()")),
    Hostile("other_kernel", "processes", "run code in another kernel by its connection", _body("""
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient()
client.load_connection_file(NEIGHBOUR)
client.start_channels()
client.wait_for_ready(timeout=5)
client.execute("1", reply=True, timeout=5)
return True
""")),
    Hostile("server_memory", "secrets", "read the server's memory in /proc", _body("""
memory = open(f'/proc/{SERVER["pid"]}/mem', 'rb', 0)
memory.seek(SERVER['address'])
return b'decoy' in memory.read(40)
""")),
    Hostile("process_vm_readv", "secrets", "read the server's memory by a system call", _body("""
class Part(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
held = ctypes.create_string_buffer(40)
here, there = Part(ctypes.addressof(held), 40), Part(SERVER['address'], 40)
checked(libc.process_vm_readv(SERVER['pid'], ctypes.byref(here), 1, ctypes.byref(there), 1, 0))
return b'decoy' in held.raw
""")),
    Hostile("shared_memory", "secrets", "read memory that the server shares", _body("""
libc.shmat.restype = ctypes.c_void_p
address = libc.shmat(SERVER['segment'], None, 0o10000)
checked(-1 if address in (None, (1 << 64) - 1) else 0)
return b'decoy' in ctypes.string_at(address, 20)
""")),
    Hostile("limit_server", "processes", "set limits of the server that end it", _body("""
import resource
resource.prlimit(SERVER['pid'], resource.RLIMIT_CPU, (1 << 20, resource.RLIM_INFINITY))
return True
""")),
    Hostile("slow_server", "processes", "take the processor from the server",
            _expression("os.setpriority(os.PRIO_PROCESS, SERVER['pid'], 1) is None")),
    Hostile("ptrace_server", "processes", "attach to the server as a debugger",
            _expression("seize(SERVER['pid'])")),
    Hostile("ptrace_parent", "processes", "attach to its own parent as a debugger",
            _expression("seize(os.getppid())")),
    Hostile("signal_server", "processes", "signal the server",
            _expression("os.kill(SERVER['pid'], 0) is None")),
    Hostile("kill_first", "processes", "kill the sandbox's first process", _body("""
if os.getppid() == 1:
    os.kill(1, 9)
    time.sleep(0.2)
    return not os.path.exists('/proc/1/status')
os.kill(os.getppid(), 0)
return True
""")),
    Hostile("shadow", "files", "read /etc/shadow", _expression("open('/etc/shadow').read(1)")),
    Hostile("read_outside", "files", "read a file outside the workspace",
            _expression("open(OUTSIDE + '/secret.txt').read()")),
    Hostile("write_outside", "files", "write a file outside the workspace",
            _expression("open(OUTSIDE + '/planted', 'w').write('x')")),
    Hostile("change_rights", "files", "let everybody read a file outside", _body("""
path = OUTSIDE + '/secret.txt'
before = os.stat(path).st_mode
os.chmod(path, 0o604)
changed = os.stat(path).st_mode != before
os.chmod(path, before)
return changed
""")),
    Hostile("startup_file", "files", "append to the shell's startup file",
            _expression("open(HOME + '/.bashrc', 'a').write('# evil')")),
    Hostile("through_link", "files", "write through a link to a file outside", _body("""
link = WORK + '/link'
os.path.lexists(link) and os.unlink(link)
os.symlink(OUTSIDE + '/secret.txt', link)
return open(link, 'a').write(' ')
""")),
    Hostile("hard_link", "files", "make a hard link to a file outside", _body("""
os.link(OUTSIDE + '/secret.txt', WORK + '/hard')
os.unlink(WORK + '/hard')
return True
""")),
    Hostile("dot_dot", "files", "leave by .. and by /proc/*/root and cwd", _body("""
parent = os.getppid()
for path in (f'{WORK}/../outside/secret.txt', f'/proc/self/root{OUTSIDE}/secret.txt',
             f'/proc/{parent}/root{OUTSIDE}/secret.txt', '/proc/1/cwd/../outside/secret.txt'):
    try:
        return open(path).read()
    except OSError:
        pass
""")),
    Hostile("inherited", "files", "use a file of the host that it inherited", _body("""
found = []
for number in os.listdir('/proc/self/fd'):
    try:
        path = os.readlink('/proc/self/fd/' + number)
        own = ('/dev/', '/proc/', os.environ['HOME'])
        if path.startswith('/') and not path.startswith(own):
            found.append(path)
    except OSError:
        pass
return found
"""), plain=False),
    Hostile("plant_link", "workspace", "plant a link for the server to follow", _body("""
link = WORK + '/report.txt'
os.path.lexists(link) and os.unlink(link)
os.symlink(HOME + '/.ssh/id_rsa', link)
return True
""")),
    Hostile("move_link", "workspace", "plant a link inside a folder that it moves", _body("""
made = os.environ['HOME'] + '/made'
os.makedirs(made, exist_ok=True)
os.symlink(HOME + '/.ssh/id_rsa', made + '/notes.txt')
os.rename(made, WORK + '/made')
os.unlink(WORK + '/made/notes.txt')
os.rmdir(WORK + '/made')
return True
""")),
    Hostile("plant_fifo", "workspace", "plant a pipe that hangs whoever reads it", _body("""
path = WORK + '/notes.csv'
os.path.lexists(path) and os.unlink(path)
os.mkfifo(path)
os.unlink(path)
return True
""")),
    Hostile("git_hook", "workspace", "plant a git hook, run by the person's next commit",
            _expression("open(WORK + '/.git/hooks/post-commit', 'w').write('#!/bin/sh')")),
    Hostile("linked_git", "workspace", "plant a git hook where .git is a link to", _body("""
os.makedirs(WORK + '/store/hooks', exist_ok=True)
return open(WORK + '/store/hooks/post-commit', 'w').write('#!/bin/sh')
""")),
    Hostile("rename_git", "workspace", "move .git away and make another", _body("""
os.rename(WORK + '/.git', WORK + '/.git-old')
os.rename(WORK + '/.git-old', WORK + '/.git')
return True
""")),
    Hostile("rename_above_git", "workspace", "move a folder that holds a .git away", _body("""
os.rename(WORK + '/lib', WORK + '/old')
os.rename(WORK + '/old', WORK + '/lib')
return True
""")),
    Hostile("editor_settings", "workspace", "change the editor's settings in the workspace",
            _expression("open(WORK + '/.vscode/settings.json', 'w').write('{}')")),
    Hostile("site_packages", "files", "change an installed package", _body("""
import zmq
path = os.path.join(os.path.dirname(zmq.__file__), 'planted.py')
open(path, 'w').close()
os.unlink(path)
return True
""")),
    Hostile("host_tmp", "files", "see the host's /tmp", _body("""
shown = (OUTSIDE, sys.prefix, *sys.path)  # what is given to it may stand there
given = {path.split('/')[2] for path in shown if path.startswith('/tmp/')}
return [name for name in os.listdir('/tmp') if name not in given]
""")),
    Hostile("tcp", "network", "connect to the server's port",
            _expression("connect(socket.AF_INET, ('127.0.0.1', SERVER['tcp']))")),
    Hostile("udp", "network", "send a datagram, as to a DNS server", _body("""
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.sendto(b'exfiltrated', ('127.0.0.1', SERVER['udp']))
return HOST_HEARD
"""), plain=True),
    Hostile("dns", "network", "find a name server to ask", _body("""
return [line for line in open('/etc/resolv.conf') if line.startswith('nameserver')] or 'none set'
""")),
    Hostile("routes", "network", "find an interface that leads out", _body("""
return [name for _, name in socket.if_nameindex() if name != 'lo']
""")),
    Hostile("unix_socket", "network", "connect to a socket file of the host, such as Docker's",
            _expression("connect(socket.AF_UNIX, SERVER['unix'])")),
    Hostile("abstract_socket", "network", "connect to an abstract socket of the host",
            _expression("connect(socket.AF_UNIX, '\\0' + SERVER['abstract'])")),
    Hostile("vsock", "network", "make a socket to the hypervisor",
            _expression("socket.socket(40, socket.SOCK_STREAM)")),
    Hostile("raw_sockets", "network", "make raw, packet or crypto sockets", _body("""
made = []
for family, kind in ((17, 3), (38, 5), (15, 3), (44, 3), (31, 3), (2, 3)):
    try:
        socket.socket(family, kind).close()
        made.append(family)
    except OSError:
        pass
return made
""")),
    Hostile("mount", "system", "mount a file system", _body("""
target = (WORK + '/lib').encode()
checked(libc.mount(b'none', target, b'tmpfs', 0, None))
libc.umount2(target, 2)
return True
""")),
    Hostile("namespaces", "system", "make a user namespace, in which it is root", _body("""
child = os.fork()
if child == 0:
    os._exit(0 if libc.unshare(0x10020000) == 0 else 1)
return os.waitpid(child, 0)[1] == 0
""")),
    Hostile("setuid", "system", "gain rights by a setuid program", _body("""
status = open('/proc/self/status').read()
return 'NoNewPrivs:\\t0' in status
""")),
    Hostile("capabilities", "system", "hold any capability of root", _body("""
status = open('/proc/self/status').read()
return int(status.split('CapEff:')[1].split()[0], 16)
""")),
    Hostile("proc_sys", "system", "open the system's switches in /proc", _body("""
opened = []
for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sysrq-trigger'):
    try:
        os.close(os.open(path, os.O_WRONLY))
        opened.append(path)
    except OSError:
        pass
return opened
""")),
    Hostile("risky_calls", "system", "reach io_uring, bpf, perf or the key ring", _body("""
from platform import machine
if machine() != 'x86_64':
    return None
held = ctypes.create_string_buffer(256)
calls = ((425, 1, held), (321, 0, held, 72), (298, held, 0, -1, -1, 0), (323, 1), (250, 0, -3, 0),
         (248, b'user', b'x', b'y', 1, -3), (312, os.getpid(), os.getpid(), 0, 0, 0),
         (303, -100, b'/', held, held, 0), (304, -100, held, 0), (447, 0))
reached = []
for number, *rest in calls:
    ctypes.set_errno(0)
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in rest]
    result = libc.syscall(ctypes.c_long(number), *given)
    if result >= 0 or ctypes.get_errno() not in (1, 13, 38):
        reached.append(number)
return reached
""")),
    Hostile("memfd", "system", "hold memory that counts to no process",
            _expression("os.memfd_create('x')")),
    Hostile("fill_root", "system", "write to the root of files or to /dev", _body("""
for path in ('/planted', '/dev/planted', '/run/planted', '/etc/planted'):
    try:
        open(path, 'w').close()
        os.unlink(path)
        return path
    except OSError:
        pass
""")),
    Hostile("other_sources", "files", "read hidden files beside an editable install",
            _body("""
import codeact_jupyter
source = os.path.dirname(os.path.dirname(codeact_jupyter.__file__))
return open(os.path.join(source, '.gitignore')).read()
""")),
    Hostile("delete_work", "workspace", "delete the person's files in the workspace", _body("""
os.unlink(WORK + '/data.csv')
open(WORK + '/data.csv', 'w').write('a,b\\n1,2\\n')
return True
"""), sandbox=True),
    Hostile("patch_helpers", "workspace", "change functions of its own process", _body("""
import builtins
original = builtins.open
builtins.open = lambda *a, **k: original(*a, **k)
builtins.open = original
return True
"""), sandbox=True),
    Hostile("new_git", "workspace", "make a new .git in a folder that has none", _body("""
os.makedirs(WORK + '/fresh/.git/hooks', exist_ok=True)
import shutil
shutil.rmtree(WORK + '/fresh')
return True
"""), sandbox=True),
)  # fmt: skip
