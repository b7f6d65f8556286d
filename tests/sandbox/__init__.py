"""The sandboxed kernel, as its walls stand on this machine."""
