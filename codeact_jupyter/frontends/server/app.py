"""The Jupyter Server extension: its options, and where its routes and its agents begin and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Unicode

from ...settings import Settings, load_settings
from .routes import handlers
from .service import SERVICE, Service

FILES = "https://events.jupyter.org/jupyter_server/contents_service/v1"
KERNELS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
FORGETTING = ("restart", "shutdown")  # actions after which a kernel knows nothing of what it ran
OPTIONS = ("model", "approve", "max_steps", "max_tokens", "max_cost", "max_seconds")


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
    open_panel = Bool(False, help="Open the panel when JupyterLab starts.").tag(config=True)

    def initialize_settings(self) -> None:
        """Make the agents; called when the server loads the extension."""
        server = self.serverapp
        assert server is not None
        service = Service(server.kernel_manager, server.contents_manager, self.settings_for)
        self.settings[SERVICE] = service

        async def on_file(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("action") == "rename":
                service.renamed(data["source_path"].strip("/"), data["path"].strip("/"))

        async def on_kernel(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
            if data.get("action") in FORGETTING and data.get("status") == "success":
                service.restarted(str(data.get("kernel_id")))

        assert server.event_logger is not None
        server.event_logger.add_listener(schema_id=FILES, listener=on_file)
        server.event_logger.add_listener(schema_id=KERNELS, listener=on_kernel)
        if self.open_panel:  # what JupyterLab's page is told, for our labextension to read
            page = server.web_app.settings.setdefault("page_config_data", {})
            page["codeactPanel"] = "open"

    def initialize_handlers(self) -> None:
        """Add the routes; the server puts its base URL before them."""
        self.handlers.extend(handlers())

    async def stop_extension(self) -> None:
        """End all runs; called when the server stops."""
        await self.settings[SERVICE].close()

    def settings_for(self, options: Mapping[str, Any]) -> Settings:
        """The settings of a run: the panel's options, else the server's, else the usual sources."""
        own = {name: getattr(self, name) or None for name in OPTIONS}
        return load_settings({**own, **options})
