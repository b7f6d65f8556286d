"""What a run changed on disk, for the panel: each file with its difference, and the way back."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ...workspace.disk import Disk
from ...workspace.run_files import RunFiles
from .. import files_words
from .orders import mapping, texts
from .route import Route

MOST_FILES = 100


class Files(Route):
    """`POST runs/<run>/files`: what it changed on disk; those named in `restore` are put back."""

    @web.authenticated
    @authorized("execute")
    async def post(self, run: str) -> None:
        async def work() -> Any:
            fields = mapping(self.body(), "the body")
            path, paths = str(fields.get("path", "")), texts(fields, "restore")
            overwrite = fields.get("overwrite") is True
            await self.service.settled(path)
            said = await asyncio.to_thread(_restored, run, paths, overwrite=overwrite)
            if paths:
                self.service.note(path, files_words.told(paths))
            return {"said": said, **await asyncio.to_thread(_seen, run)}

        await self.answer(work)


def _restored(run: str, paths: list[str], *, overwrite: bool) -> list[str]:
    if not paths:
        return []
    return files_words.restored_lines(Disk(RunFiles(run)).restore(paths, overwrite=overwrite))


def _seen(run: str) -> dict[str, Any]:
    disk = Disk(RunFiles(run))
    seen = disk.look()
    return {
        "files": [
            {
                "path": each.path,
                "what": each.what,
                "folder": each.kind == "folder",
                "conflict": each.conflict,
                "restored": each.restored,
                "warning": files_words.warning(each),
                "difference": disk.difference(each.path) if each.kind == "file" else "",
            }
            for each in seen.changes[:MOST_FILES]
        ],
        "more": max(0, len(seen.changes) - MOST_FILES),
        "notes": [
            *(f"{path}: {files_words.HOOKS}" for path in seen.planted),
            *(f"{path}: {why}" for path, why in (seen.gaps or {}).items()),
        ],
    }
