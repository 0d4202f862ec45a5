/** The style of the HTML report: light and dark by the reader's choice, readable on a phone, plain on paper. */
export const htmlStyle = `
:root { color-scheme: light dark; --text: #1f2328; --quiet: #57606a; --page: #ffffff; --raised: #f6f8fa; --line: #d0d7de; --link: #0550ae; --critical: #a40e26; --high: #b35900; --medium: #7a6000; --low: #1a6b3c; --review: #6639ba; --plain: #33658a; --mark: #fff3c4; }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e6edf3; --quiet: #9da7b1; --page: #0d1117; --raised: #161b22; --line: #3d444d; --link: #79b8ff; --critical: #ff7b72; --high: #ffa657; --medium: #e3c455; --low: #6bd68d; --review: #c4a7ff; --plain: #79b8ff; --mark: #3b3411; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main, header { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 2rem 0 .5rem; }
h2 { font-size: 1.4rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
p, li, h1, h2, h3, h4, summary { overflow-wrap: break-word; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem; }
p code, li code, summary code { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; position: relative; max-width: 100%; }
pre { margin: .75rem 0; padding: .5rem 0; background: var(--raised); border: 1px solid var(--line); border-radius: 4px; }
pre span { display: block; padding: 0 .75rem 0 5.25em; text-indent: -4.5em; white-space: pre-wrap; overflow-wrap: anywhere; }
pre span.marked { background: var(--mark); font-weight: 600; box-shadow: inset 3px 0 var(--high); }
pre i { color: var(--quiet); font-style: normal; display: inline-block; min-width: 3.5em; text-align: right; padding-right: 1em; text-indent: 0; user-select: none; }
pre.diff span { padding-left: 3.25em; text-indent: -2.5em; }
pre.diff i { min-width: 1.5em; }
pre span.out { box-shadow: inset 3px 0 var(--critical); }
pre span.in { box-shadow: inset 3px 0 var(--low); background: var(--page); font-weight: 600; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
table { border-collapse: collapse; width: 100%; min-width: 42rem; margin: .75rem 0; }
table.narrow { width: auto; min-width: 0; }
table.narrow caption { white-space: nowrap; }
td { overflow-wrap: anywhere; min-width: 6rem; }
td.n { min-width: 0; }
td code { white-space: nowrap; }
caption { text-align: left; color: var(--quiet); padding: .25rem 0; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
figcaption { color: var(--quiet); }
svg.chart { width: 100%; max-width: 40rem; height: auto; display: block; }
svg.wide { min-width: 30rem; }
svg.bars { max-width: 30rem; }
svg.tree { display: block; height: auto; }
svg text { fill: var(--text); font: 14px system-ui, sans-serif; }
svg .note { fill: var(--quiet); }
svg .axis { fill: none; stroke: var(--quiet); }
svg .critical { fill: var(--critical); } svg .high { fill: var(--high); } svg .medium { fill: var(--medium); } svg .low { fill: var(--low); } svg .review { fill: var(--review); } svg .plain { fill: var(--plain); }
details.entry { margin: .75rem 0; border: 1px solid var(--line); border-left: 4px solid var(--quiet); border-radius: 4px; padding: 0 1rem; }
details.entry[open] { padding-bottom: .75rem; }
details.critical { border-left-color: var(--critical); } details.high { border-left-color: var(--high); } details.medium { border-left-color: var(--medium); } details.low { border-left-color: var(--low); } details.review { border-left-color: var(--review); }
summary { cursor: pointer; padding: .6rem 0; font-weight: 600; }
@media (max-width: 40rem) { td code { white-space: normal; overflow-wrap: break-word; } }
@media (forced-colors: active) { svg rect, svg circle { fill: CanvasText; } pre span.marked { border: 1px solid CanvasText; } }
@media print { :root { color-scheme: light; --text: #000; --page: #fff; --raised: #fff; --line: #999; --link: #000; --mark: #eee; } body { font-size: 10.5pt; } nav { display: none; } details.entry, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } table { min-width: 0; } td { min-width: 4rem; } td.n { min-width: 0; } td code { white-space: normal; overflow-wrap: break-word; } .scroll { overflow: visible; } svg.wide { min-width: 0; } svg.wide, svg.tree { max-width: 100%; } figure details { display: none; } }
`;
