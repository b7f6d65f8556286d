"""The Jupyter Server extension: its options, and where its routes and its agents begin and end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import IOLoop
from traitlets import Bool, Unicode

from ...key_store import KeptKey
from ...sandbox.hosted import LENDER
from ...settings import TAKEN, Settings, load_settings, parsed, take_credentials
from ..borrowing import SERVER
from ..our_routes import ROOT
from .doors import ModelDoor
from .lending import LENDING, Budget, Lending
from .loading import Loading, LoadSettings
from .orders import OPTIONS
from .routes import handlers
from .service import SERVICE, Service
from .ticketing import ticketing

FILES = "https://events.jupyter.org/jupyter_server/contents_service/v1"
KERNELS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
FORGETTING = ("restart", "shutdown")  # actions after which a kernel knows nothing of what it ran
LOOPBACK = {
    **dict.fromkeys(("", "0.0.0.0", "127.0.0.1", "localhost"), "127.0.0.1"),
    **dict.fromkeys(("::", "::1"), "[::1]"),
}


class CodeActApp(ExtensionApp):
    """Hosts the agents of this server's notebooks."""

    name = "codeact_jupyter"
    extension_url = "/lab"
    load_other_extensions = True

    model = Unicode("", help="The model to ask, unless the panel names another.").tag(config=True)
    approve = Unicode("", help="What asks before it runs: ask, risky or never.").tag(config=True)
    max_steps = Unicode("", help='Steps that end a run, or "none".').tag(config=True)
    max_tokens = Unicode("", help='Tokens that end a run, or "none".').tag(config=True)
    max_cost = Unicode("", help='US dollars that end a run, or "none".').tag(config=True)
    max_seconds = Unicode("", help='Seconds that end a run, or "none".').tag(config=True)
    take_keys = Bool(
        True,
        help=f"""Take the variables of our keys ({", ".join(TAKEN)}) out of the server's environment
        when it starts, so that neither kernels nor terminals inherit them. Set it to False when
        another extension of yours, or your own code in notebooks, needs them.""",
    ).tag(config=True)
    lend_model = Bool(
        True, help="Let magics in this server's kernels ask its model; the key stays here."
    ).tag(config=True)
    kernel_max_cost = Unicode("20", help='US dollars for one kernel\'s magics, or "none".').tag(
        config=True
    )
    kernel_max_tokens = Unicode("50_000_000", help='Tokens for the same, or "none".').tag(
        config=True
    )
    open_panel = Bool(False, help="Open the panel when JupyterLab starts.").tag(config=True)

    def initialize_settings(self) -> None:
        """Make the agents; called when the server loads the extension."""
        server = self.serverapp
        assert server is not None
        self._key = KeptKey()
        loading = Loading(self.settings_for)
        service = Service(server.kernel_manager, server.contents_manager, loading)
        self.settings[SERVICE] = service
        if self.take_keys and (names := take_credentials()):
            self.log.info("codeact keeps to itself, from here on: %s", ", ".join(names))
        self._lend(server, loading)

        async def on_file(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("action") == "rename":
                service.renamed(data["source_path"].strip("/"), data["path"].strip("/"))
            elif data.get("action") == "delete":
                service.deleted(data["path"].strip("/"))

        async def on_kernel(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("action") in FORGETTING and data.get("status") == "success":
                service.restarted(str(data.get("kernel_id")))
            if data.get("action") == "shutdown" and data.get("status") == "success":
                self.settings[LENDING].forget(str(data.get("kernel_id")))
                service.shut_down(str(data.get("kernel_id")))

        connection = self.settings["kernel_websocket_connection_class"]
        self.settings["kernel_websocket_connection_class"] = service.sandboxes.filtering(connection)
        assert server.event_logger is not None
        server.event_logger.add_listener(schema_id=FILES, listener=on_file)
        server.event_logger.add_listener(schema_id=KERNELS, listener=on_kernel)
        IOLoop.current().add_callback(self._hand_out_tickets, server.web_app.settings, service)
        if self.open_panel:  # what JupyterLab's page is told, for our labextension to read
            page = server.web_app.settings.setdefault("page_config_data", {})
            page["codeactPanel"] = "open"

    def _hand_out_tickets(self, settings: dict[str, Any], service: Service) -> None:
        """Let pages answer for the person; once all extensions are there, whose hooks are kept."""
        hook = settings.get("page_config_hook")
        settings["page_config_hook"] = ticketing(service.pages, hook)

    def _lend(self, server: Any, load: LoadSettings) -> None:
        """Let the kernels that are started from now on ask this server's model."""
        budget = Budget(
            parsed("max_cost", self.kernel_max_cost, "CodeActApp.kernel_max_cost"),
            parsed("max_tokens", self.kernel_max_tokens, "CodeActApp.kernel_max_tokens"),
        )
        self.settings[LENDING] = Lending(server.kernel_manager, lambda: load({}), budget)

        def announce() -> None:
            """Tell kernels where this server is, which is known once it listens."""
            address = _address(server)
            if self.lend_model and address:
                os.environ[SERVER] = address

        if self.lend_model:
            self.settings[LENDER] = lambda kernel, path: ModelDoor(
                server.web_app.settings, ROOT, kernel, path
            )
        os.environ.pop(SERVER, None)  # of a server in whose terminal this one was started
        IOLoop.current().add_callback(announce)

    def initialize_handlers(self) -> None:
        """Add the routes; the server puts its base URL before them."""
        self.handlers.extend(handlers())

    async def stop_extension(self) -> None:
        """End all runs; called when the server stops."""
        await self.settings[SERVICE].close()
        await self.settings[LENDING].close()

    def settings_for(self, options: Mapping[str, Any]) -> Settings:
        """The settings of a run: the panel's options, else the server's, else the usual sources.

        Blocks while a keyring waits for the person. Raises SettingsError.
        """
        own = {name: getattr(self, name) or None for name in OPTIONS}
        return load_settings({**own, **options}, key=self._key)


def _address(server: Any) -> str:
    """Where this server is for processes on this machine; empty where it is not on loopback."""
    host = LOOPBACK.get(server.ip, "")
    scheme = "https" if server.certfile else "http"
    return f"{scheme}://{host}:{server.port}{server.base_url}" if host and not server.sock else ""
