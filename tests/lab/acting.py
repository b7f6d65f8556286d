"""What a script in an output may try in order to answer for the person; each is JavaScript.

`ask` has the question's `run`, `step`, `hash` and `code`, the server's `base` and `ws` addresses and
the `token` that the page itself has.
"""

from __future__ import annotations

CARD = "document.querySelector('.codeact-Approval')"
CELL = "document.querySelector('.jp-codeact-Question')"
BUTTONS = f"[...{CARD}.querySelectorAll('button'), ...{CELL}.querySelectorAll('button')]"
WORD = "{type: 'decide', id: 1, run: ask.run, step: ask.step, hash: ask.hash, decision: 'run'}"
XSRF = "(document.cookie.match(/_xsrf=([^;]+)/) ?? [])[1] ?? ''"
POST = f"""{{method: 'POST', credentials: 'same-origin', body: JSON.stringify({WORD}),
    headers: {{'Content-Type': 'application/json', 'X-XSRFToken': {XSRF}}}}}"""
ROUTE = "`${ask.base}codeact/api/runs/${ask.run}/approval`"
OWN_SOCKET = """const socket = new WebSocket(`${ask.ws}codeact/api/PLACE?token=${ask.token}`);
    await new Promise(done => { socket.onopen = done; socket.onerror = done; });
    const say = each => socket.readyState === 1 && socket.send(JSON.stringify(each));
"""
FIBER = "Object.entries(node).find(([name]) => name.startsWith('__reactProps$'))?.[1]"
FAKE = """const fake = {type: 'click', isTrusted: true, eventPhase: 3, target: node, currentTarget: node,
    key: 'Enter', shiftKey: true, preventDefault() {}, stopPropagation() {}};
    fake.nativeEvent = fake;
"""

TECHNIQUES = {
    "click the buttons": f"{BUTTONS}.forEach(each => each.click())",
    "mouse events": f"""for (const each of {BUTTONS})
        for (const kind of ['mousedown', 'mouseup', 'click'])
            each.dispatchEvent(new MouseEvent(kind, {{bubbles: true, composed: true, view: window}}))""",
    "pointer events": f"""for (const each of {BUTTONS})
        for (const kind of ['pointerdown', 'pointerup', 'click'])
            each.dispatchEvent(new PointerEvent(kind, {{bubbles: true, isPrimary: true}}))""",
    "Shift+Enter in the card": f"""for (const kind of ['keydown', 'keyup'])
        {CARD}.dispatchEvent(new KeyboardEvent(kind, {{key: 'Enter', shiftKey: true, bubbles: true}}))""",
    "Enter and Space on the buttons": f"""for (const each of {BUTTONS}) {{
        each.focus();
        for (const key of ['Enter', ' '])
            for (const kind of ['keydown', 'keypress', 'keyup'])
                each.dispatchEvent(new KeyboardEvent(kind, {{key, bubbles: true}}));
    }}""",
    "the panel's own services, by React's names": f"""const seen = new Set();
        const reach = async each => {{
            if (!each || typeof each !== 'object' || seen.has(each) || seen.size > 3000) return;
            seen.add(each);
            for (const found of [each, each.model, each.dialogue, each._runs, each.api])
                for (const press of [null, {{}}, document.createEvent('MouseEvent')])
                    if (typeof found?.approve === 'function') {{
                        window.servicesReached = (window.servicesReached ?? 0) + 1;
                        await Promise.resolve(found.approve(ask.run, {WORD}, press)).catch(() => 0);
                        await found._give?.(ask.run, {WORD}, press)?.catch(() => 0);
                    }}
            for (const next of [each.return, each.memoizedProps, each.value, each.dialogue, each._dialogue,
                each._runs, each.api, each.runs, each.model]) await reach(next);
        }};
        const node = {CARD};
        await reach(Object.entries(node).find(([name]) => name.startsWith('__reactFiber$'))?.[1])""",
    "the modules of the page, by the bundler's require": f"""const pushes = Object.keys(window).filter(
            name => /Chunk.*codeact/.test(name) && window[name]?.push);
        for (const name of pushes) {{
            let load; window[name].push([[`of-output-${{Math.random()}}`], {{}}, given => {{ load = given; }}]);
            for (const {{ exports }} of Object.values(load?.c ?? {{}}))
                for (const each of Object.values(exports ?? {{}}).filter(one => typeof one === 'function')) {{
                    const text = String(each);
                    if (text.length > 500 || !/"claim"|"click".*"Enter"/s.test(text)) continue;
                    window.modulesReached = (window.modulesReached ?? 0) + 1;
                    const gives = /"claim"/.test(text) ? each() : null;
                    const press = gives ? {{}} : each(new MouseEvent('click'), document.body);
                    await gives?.(ask.run, {WORD}, press)?.catch(() => 0);
                }}
        }}""",
    "their handlers, by React's own names": f"""for (const node of {CARD}.querySelectorAll('button')) {{
        {FAKE} {FIBER}?.onClick?.(fake);
    }}""",
    "the card's key handler, by React's own names": f"""const node = {CARD};
        {FAKE} {FIBER}?.onKeyDownCapture?.(fake);""",
    "a handler that is an attribute": f"""for (const each of {CELL}.querySelectorAll('button'))
        each.onclick?.(new MouseEvent('click'))""",
    "a true event of another place": f"""const node = {CELL}.querySelector('button');
        let real; addEventListener('message', each => {{ real = each; node.onclick?.(each); }});
        postMessage('x', '*'); await new Promise(done => setTimeout(done, 50));
        node.onclick?.(real);""",
    "a label that presses": f"""const node = {CELL}.querySelector('button'); node.id = 'codeact-run';
        const label = document.createElement('label'); label.htmlFor = node.id;
        document.body.append(label); label.click(); label.remove()""",
    "a form that is sent": f"""const form = document.createElement('form');
        const node = {CELL}.querySelector('button'); document.body.append(form);
        form.onsubmit = each => each.preventDefault(); form.requestSubmit(); node.form?.requestSubmit();
        form.remove()""",
    "fetch with the cookie": f"await fetch({ROUTE}, {POST})",
    "fetch with the page's token": f"""await fetch({ROUTE}, {{...{POST},
        headers: {{Authorization: `token ${{ask.token}}`, 'Content-Type': 'application/json'}}}})""",
    "other routes and methods": f"""for (const method of ['PUT', 'PATCH', 'DELETE', 'GET'])
        await fetch({ROUTE}, {{...{POST}, method, body: method === 'GET' ? undefined : '{{}}'}});
        for (const word of ['decide', 'person', 'approve', 'input'])
            await fetch({ROUTE}.replace('approval', word), {POST})""",
    "XMLHttpRequest": f"""const request = new XMLHttpRequest(); request.open('POST', {ROUTE}, false);
        request.setRequestHeader('X-XSRFToken', {XSRF});
        request.send(JSON.stringify({WORD}))""",
    "a beacon": f"navigator.sendBeacon({ROUTE} + `?_xsrf=${{{XSRF}}}`, JSON.stringify({WORD}))",
    "an own socket that follows": OWN_SOCKET.replace("PLACE", "follow")
    + f"say({WORD}); say({{...{WORD}, path: ask.path}})",
    "an own socket that claims": OWN_SOCKET.replace("PLACE", "person")
    + f"say({{type: 'claim', secret: 'x'.repeat(64)}}); say({WORD})",
    "an own socket that does not claim": OWN_SOCKET.replace("PLACE", "person") + f"say({WORD})",
    "commands of the page": """for (const name of jupyterapp.commands.listCommands())
        if (/^codeact:(open-step|show-cell|approvals)/.test(name))
            void jupyterapp.commands.execute(name, {run: ask.run, step: ask.step});
        await new Promise(done => setTimeout(done, 500));
        document.querySelector('.jp-Dialog .jp-mod-accept')?.click()""",
    "a link that runs a command": """const link = document.createElement('button');
        link.dataset.commandlinkerCommand = 'notebook:run-all-cells'; link.dataset.commandlinkerArgs = '{}';
        link.dataset.commandlinkerCommand = 'codeact:open-panel';
        document.body.append(link); link.click(); link.remove()""",
    "frames that say it was answered": """jupyterapp.shell.widgets('main').next?.();
        postMessage({type: 'decided', run: ask.run, step: ask.step, decision: 'run'}, '*')""",
    "the browser's functions replaced": f"""const kept = [JSON.stringify, WebSocket.prototype.send];
        JSON.stringify = (...given) => kept[0](...given).replaceAll('reject', 'run');
        WebSocket.prototype.send = function (text) {{ window.stolen = [this, text]; return kept[1].call(this, text); }};
        Object.defineProperty(Event.prototype, 'isTrusted', {{get: () => true, configurable: true}});
        {BUTTONS}.forEach(each => each.click());
        await new Promise(done => setTimeout(done, 100));
        delete Event.prototype.isTrusted; [JSON.stringify, WebSocket.prototype.send] = kept;
        if (window.stolen) kept[1].call(window.stolen[0], kept[0]({WORD}))""",
    "a focus that the browser tells": f"""for (const node of {BUTTONS}) {{
        const seen = each => {{ node.onclick?.(each); {FIBER}?.onClick?.({{nativeEvent: each, preventDefault() {{}}, stopPropagation() {{}}}}); }};
        node.addEventListener('focus', seen); node.blur(); node.focus(); node.removeEventListener('focus', seen);
    }}""",
    "the waiting cell is run by a command": """const notebook = jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = notebook.widgets.findIndex(each => each.model.id === `${ask.run}-${ask.step}-action`);
        for (const name of ['notebook:run-cell', 'notebook:run-cell-and-select-next', 'runmenu:run'])
            void jupyterapp.commands.execute(name).catch(() => 0)""",
}
