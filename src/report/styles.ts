/** How a page looks: in light and dark, on a phone and on paper. It says where nothing is fetched from. */

/** The whole stylesheet. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --sunken: #f3f2ee; --line: #e2dfd7; --text: #1d1c1a; --quiet: #67645d;
  --accent: #a8481f; --accent-soft: #fbeee6; --blue: #2f5fb3; --bar: #7d9fd6;
  --good: #1f6f43; --good-soft: #e0f2e6; --bad: #ad2323; --bad-soft: #fdeaea; --open: #7a5300; --open-soft: #fbf0d6;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #161513; --card: #201f1c; --sunken: #191816; --line: #35332e; --text: #eae7e0; --quiet: #a5a097;
    --accent: #f0a27d; --accent-soft: #33241c; --blue: #93b8f5; --bar: #5b80bd;
    --good: #7fd3a0; --good-soft: #17301f; --bad: #ff9c96; --bad-soft: #3a1c1b; --open: #ecc573; --open-soft: #352a12;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 58rem;
  background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3, h4, h5, p, ul, ol, dl, dd, pre { margin: 0; }
h1 { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.15rem; letter-spacing: -.01em; }
h3, h4, h5 {
  font-size: .75rem; font-weight: 650; letter-spacing: .06em; text-transform: uppercase; color: var(--quiet);
}
h3 { margin: 2.25rem 0 .4rem; color: var(--accent); }
h5 { margin: .9rem 0 .3rem; }
small, .gap, time { color: var(--quiet); }
small, .gap { font-size: .85rem; }
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: .2em; }
code, pre { font-family: var(--mono); font-size: .84rem; line-height: 1.5; }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; border-radius: 4px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem 1rem; background: var(--card); border-radius: 8px; }
.skip:focus { top: .5rem; z-index: 1; }
.card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }

header { display: grid; gap: .75rem; }
.outcome span {
  display: inline-flex; align-items: center; gap: .5rem; padding: .2rem .75rem .2rem .6rem; border-radius: 99px;
  font-size: .85rem; font-weight: 650;
}
.outcome span::before { content: ""; width: .55rem; height: .55rem; border-radius: 99px; background: currentColor; }
.outcome.good span { color: var(--good); background: var(--good-soft); }
.outcome.bad span { color: var(--bad); background: var(--bad-soft); }
.outcome.open span { color: var(--open); background: var(--open-soft); }
.session { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; font-size: .85rem; }
.session div { display: flex; gap: .4rem; min-width: 0; }
.session dt { color: var(--quiet); white-space: nowrap; }
.session time { color: inherit; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.4rem, 1fr)); gap: .75rem; margin-top: 1.5rem; }
.tile { display: flex; flex-direction: column; padding: .8rem 1rem; min-height: 6.4rem; overflow: hidden; }
.tile dt { font-size: .8rem; color: var(--quiet); }
.tile dd { display: flex; flex: 1; flex-direction: column; }
.tile strong { font-size: 1.35rem; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.chart { display: block; width: calc(100% + 2rem); height: 1.6rem; margin: auto -1rem -.8rem; }
.chart polygon { fill: var(--bar); opacity: .22; }
.chart polyline { fill: none; stroke: var(--bar); stroke-width: 1.75; vector-effect: non-scaling-stroke; }

.lanes { padding: .9rem 1rem; }
.lane { display: grid; grid-template-columns: 6.5rem 1fr; gap: .75rem; align-items: center; padding: .12rem 0; }
.lane > span { font-size: .82rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lane svg { display: block; background: var(--sunken); border-radius: 4px; }
.lane rect { fill: var(--bar); }
.lane.of-turns rect { fill: var(--quiet); opacity: .45; }
.lane.of-claude rect { fill: var(--accent); opacity: .8; }
.lane rect.failed { fill: var(--bad); opacity: 1; }
.lane a:hover rect { opacity: 1; stroke: var(--text); }
.axis {
  display: flex; justify-content: space-between; margin: .35rem 0 0 7.25rem; font-size: .75rem; color: var(--quiet);
  font-variant-numeric: tabular-nums;
}
.lanes .gap { margin-top: .5rem; }

.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem; margin-top: .75rem; }
.tables > [open] { grid-column: 1 / -1; }
nav details.card { margin-top: .75rem; }
summary { cursor: pointer; }
details.card > summary { padding: .6rem 1rem; font-size: .9rem; font-weight: 600; }
details.card > :last-child:not(summary) { padding-bottom: .75rem; }
nav ol { margin: 0 1rem 0 2.5rem; padding: 0; }
.scroll { overflow-x: auto; padding: 0 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .9rem .35rem 0; text-align: left; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { border: 0; font-weight: 500; color: var(--quiet); }
tbody th { font-weight: 600; }

.list { padding: .5rem 1rem .5rem 2rem; font-size: .92rem; }
.list { border-left-width: 3px; }
.list.problems { border-left-color: var(--bad); }
.list.denials { border-left-color: var(--open); }
.list li { padding: .15rem 0; }

.controls { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; margin: .75rem 0 0; font-size: .9rem; }
.controls label { display: inline-flex; align-items: center; gap: .45rem; cursor: pointer; }
.controls input { width: 1.05rem; height: 1.05rem; accent-color: var(--blue); }
.unfold { display: none !important; }
@supports selector(::details-content) { .unfold { display: inline-flex !important; } }
body:has(#unfold:checked) .conversation details::details-content { content-visibility: visible; block-size: auto; }
body:has(#only-text:checked) :is(.tool, .thought, .note) { display: none; }

.conversation { display: flow-root; }
.conversation > * { scroll-margin-top: 1rem; }
.conversation > h3:first-child { margin-top: 1.25rem; }
.conversation :target { outline: 2px solid var(--accent); outline-offset: 4px; border-radius: 8px; }
.prompt, .claude { position: relative; padding-right: 3.25rem; }
.prompt { padding: .8rem 3.75rem .8rem 1rem; background: var(--accent-soft); border-radius: 12px; }
.claude { margin: 1rem 0; }
.prompt > time, .claude > time, .note > time, .end > time {
  position: absolute; right: 0; top: .15rem; font-size: .75rem; font-variant-numeric: tabular-nums;
}
.prompt > time { right: 1rem; top: .95rem; }
.note, .end { position: relative; padding-right: 3.25rem; margin: .6rem 0; font-size: .88rem; color: var(--quiet); }
.end { margin-top: 1rem; padding-top: .6rem; border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.end > time { top: .7rem; }
.problem {
  margin: .75rem 0; padding: .6rem .9rem; border-left: 3px solid var(--bad); border-radius: 4px 10px 10px 4px;
  background: var(--bad-soft); font-size: .92rem;
}
.gap.wide { margin: 2rem 0; text-align: center; border-block: 1px dashed var(--line); padding: .75rem; }

.tool, .thought { margin: .5rem 0; scroll-margin-top: 1rem; }
.tool { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tool > summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .6rem; padding: .5rem .8rem; list-style: none; }
.tool > summary::-webkit-details-marker { display: none; }
.tool > summary::before { content: "▸"; color: var(--quiet); font-size: .8rem; transition: rotate .12s; }
.tool[open] > summary::before { rotate: 90deg; }
.tool > summary b { font-size: .92rem; }
.tool > summary .about {
  flex: 1 1 8rem; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  font-family: var(--mono); font-size: .82rem; color: var(--quiet);
}
.facts { display: flex; gap: .75rem; margin-left: auto; font-size: .78rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.state { font-weight: 650; color: var(--open); }
.failed > summary .state, .trouble { color: var(--bad); }
.trouble { flex: 1 0 100%; padding-left: 1.3rem; font-size: .85rem; }
.tool.failed { border-color: color-mix(in srgb, var(--bad) 45%, var(--line)); }
.change ins, .change del { text-decoration: none; font-weight: 600; }
.change ins { color: var(--good); }
.change del { color: var(--bad); }
.inside { padding: 0 .8rem .8rem; }
.thought > summary { font-size: .88rem; color: var(--quiet); }
.thought .about { font-style: italic; }
.thought[open] .about { display: none; }
.thought > .prose { padding: .25rem 0 .25rem 1rem; border-left: 2px solid var(--line); margin: .4rem 0 .4rem .3rem; color: var(--quiet); font-size: .94rem; }
.sub { margin: .75rem 0; padding: .1rem 0 .1rem .9rem; border-left: 2px solid var(--accent); }
.sub > h4 { margin-top: .25rem; color: var(--accent); }

pre {
  max-height: 32rem; overflow: auto; padding: .7rem .85rem; background: var(--sunken); border-radius: 8px;
  white-space: pre-wrap; tab-size: 4; unicode-bidi: isolate;
}
pre + pre, pre + .gap, .gap + pre { margin-top: .4rem; }
.fields { display: grid; grid-template-columns: minmax(5rem, max-content) minmax(0, 1fr); gap: .3rem .9rem; font-size: .88rem; }
.fields dt { color: var(--quiet); }
.fields .long { grid-column: 1 / -1; }
pre + .fields { margin-top: .6rem; }
.diff { padding: .5rem 0; }
.diff > * { display: block; padding: 0 .85rem; text-decoration: none; }
.diff ins { background: var(--good-soft); color: var(--good); }
.diff del { background: var(--bad-soft); color: var(--bad); }
.diff .place { color: var(--quiet); }
.todos { padding: 0; list-style: none; font-size: .92rem; }
img { display: block; max-width: 100%; height: auto; margin: .4rem 0; border: 1px solid var(--line); border-radius: 8px; }

.prose { white-space: pre-wrap; unicode-bidi: isolate; }
.prose i { font-size: 0; }
.prose .blank { line-height: .7; }
.prose .heading { font-weight: 680; font-size: 1.06rem; }
.prose .item { padding-left: 1.3em; text-indent: -1.3em; }
.prose .d1 { margin-left: .6em; }
.prose .d2 { margin-left: 1.2em; }
.prose .d3 { margin-left: 1.8em; }
.prose .d4 { margin-left: 2.4em; }
.prose .quote { padding-left: .9em; border-left: 3px solid var(--line); color: var(--quiet); }
.prose .rule { color: var(--quiet); }
.prose .table, .prose .code, .prose .fence { font-family: var(--mono); font-size: .84rem; line-height: 1.5; }
.prose .table { overflow-x: auto; white-space: pre; }
.prose .code { padding: .5rem .85rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.prose .fence { font-size: .72rem; line-height: 1.3; color: var(--quiet); }
.prose code { padding: .1em .35em; background: color-mix(in srgb, var(--quiet) 14%, transparent); border-radius: 5px; }

@media (max-width: 34rem) {
  body { padding: 1rem .85rem 3rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .lane { grid-template-columns: 4.2rem 1fr; gap: .5rem; }
  .axis { margin-left: 4.7rem; }
  .tool > summary .about { flex-basis: 100%; order: 1; padding-left: 1.3rem; white-space: normal; }
  .trouble { order: 2; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } .tool > summary::before { transition: none; } }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --sunken: #f6f6f6; --line: #ccc; --text: #000; --quiet: #555;
    --accent: #8a3a17; --accent-soft: #f8f1ec; --blue: #2f5fb3; --bar: #7d9fd6;
    --good: #1f6f43; --good-soft: #eaf6ee; --bad: #ad2323; --bad-soft: #fdf0f0; --open: #7a5300; --open-soft: #fbf5e6;
  }
  body { max-width: none; padding: 0; font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .controls, .skip, nav { display: none; }
  pre { max-height: none; overflow: visible; }
  .tool > summary, .tile, .prompt, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`

/** What the policy of a page names the stylesheet by: its SHA-256. A test computes it again. */
export const stylesHash = "sha256-0tI5I8xfYRWxepGFWhLsCL62g90no1RKCB8MUG3Vr8I="
