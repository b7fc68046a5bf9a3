/** The document. */
import { oneLine } from "./cut.js"
import type { Entry } from "./entries.js"
import type { Point, Turn } from "./figures.js"
import { empty, Html, html } from "./html.js"
import type { Concern, Listed, Run } from "./reader.js"
import { styles, stylesHash } from "./styles.js"
import { count, dollars, duration, moment, offset, plain, spaced } from "./words.js"

/** Nothing is requested and nothing runs: images are in the page, and styles are ours. */
const policy = `default-src 'none'; img-src data:; style-src '${stylesHash}'; base-uri 'none'; form-action 'none'`

const timeMarkup = (run: Run, at: number | undefined): Html =>
  at === undefined || run.from === undefined ? empty : html`<time>${offset(at - run.from)}</time>`

// The conversation.

interface Branch {
  readonly entry: Entry
  readonly children: Array<Branch>
}

/** Entries below the use of a tool that they belong to, if that is kept. */
const branchesOf = (run: Run, entries: ReadonlyArray<Entry>, known: Map<Entry, Branch>): ReadonlyArray<Branch> => {
  const top: Array<Branch> = []
  for (const entry of entries) {
    const branch: Branch = { entry, children: [] }
    known.set(entry, branch)
    const parent = entry.parent !== undefined && run.isKept(entry.parent) ? known.get(entry.parent) : undefined
    if (parent === undefined) top.push(branch)
    else parent.children.push(branch)
  }
  return top
}

const changeMarkup = ({ added, removed }: { readonly added: number; readonly removed: number }): Html =>
  html`<span class="change"><ins>+${added}</ins> <del>−${removed}</del></span>`

const toolMarkup = (run: Run, { children, entry }: Branch): Html => {
  const { at, id, tool } = entry
  if (tool === undefined) return empty
  const { duration: took, isDenied, name, problem, result, use } = tool
  const state = isDenied ? "denied" : problem !== undefined ? "failed" : result === undefined ? "no result" : ""
  const about = [
    state === "" ? empty : html`<span class="state">${state}</span>`,
    use.change === undefined ? empty : changeMarkup(use.change),
    took === undefined ? empty : html`<span>${duration(took)}</span>`,
    timeMarkup(run, at)
  ]
  const inside = children.map((child) => branchMarkup(run, child))
  const below = children.length === 0 ? empty : html`<div class="sub"><h4>Sub-agent</h4>${inside}</div>`
  const output = result === undefined || result.markup === "" ? empty : html`<h5>Output</h5>${result}`
  const trouble = problem === undefined ? empty : html`<span class="trouble">${problem}</span>`
  // Like the page of a change, an edit shows what it changes.
  const isOpen = use.change !== undefined && use.change.added + use.change.removed <= 30 && state === ""
  return html`<details class="tool ${state.replace(" ", "-")}" id="${id}"${isOpen ? html` open` : empty}><summary><b>${name}</b> <span class="about">${use.about}</span><span class="facts">${about}</span>${trouble}</summary><div class="inside">${use.input}${below}${output}</div></details>`
}

const branchMarkup = (run: Run, branch: Branch): Html => {
  const { children, entry } = branch
  const { at, id, kind, markup } = entry
  switch (kind) {
    case "tool":
      return toolMarkup(run, branch)
    case "thought":
      return html`<details class="thought" id="${id}">${markup}</details>`
    case "problem":
      return html`<div class="problem" id="${id}" role="note" aria-label="Problem">${markup}</div>`
    default:
      return html`<div class="${kind}" id="${id}">${timeMarkup(run, at)}${markup}</div>${children.map((child) => branchMarkup(run, child))}`
  }
}

/** The branches in the order in which they were read, with a heading for each prompt and wherever Claude begins. */
const conversationMarkup = (run: Run): Html => {
  const { after, before, leftOut } = run.entries
  const known = new Map<Entry, Branch>()
  const [first, last] = [branchesOf(run, before, known), branchesOf(run, after, known)]
  let prompts = 0
  let isClaude = false
  const one = (branch: Branch): Html => {
    const { kind } = branch.entry
    const begins = kind !== "prompt" && kind !== "end" && !isClaude
    if (kind === "prompt") prompts++
    isClaude = kind !== "prompt"
    const heading =
      kind === "prompt" ? html`<h3>Prompt ${prompts}</h3>` : begins ? html`<h4 class="hidden">Claude</h4>` : empty
    return html`${heading}${branchMarkup(run, branch)}`
  }
  const gap =
    leftOut === 0
      ? empty
      : html`<p class="gap wide">${count(leftOut, "entry", "entries")} left out here, to keep this page small</p>`
  const unfinished =
    run.unfinished === undefined
      ? empty
      : html`<div class="claude unfinished"><p class="gap">Being written when this ended:</p>${run.unfinished}</div>`
  return html`${first.map(one)}${gap}${last.map(one)}${unfinished}`
}

// What it came to.

/** A line that grows from left to right. It says nothing that the number beside it does not, but for how. */
const chart = (points: ReadonlyArray<Point>, value: (point: Point) => number): Html => {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || points.length < 2) return empty
  const inTime = first.at !== undefined && last.at !== undefined && last.at > first.at
  const x = (point: Point) => (inTime ? (point.at ?? 0) : point.step)
  const [start, length] = [x(first), x(last) - x(first)]
  const highest = Math.max(...points.map(value))
  if (!(length > 0 && highest > 0)) return empty
  const rounded = (number: number) => Math.round(number * 100) / 100
  const places = points.map(
    (point) => `${rounded(((x(point) - start) / length) * 100)},${rounded(29 - (value(point) / highest) * 28)}`
  )
  const line = places.join(" ")
  return html`<svg class="chart" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true"><polygon points="0,30 ${line} 100,30"/><polyline points="${line}"/></svg>`
}

const tile = (label: string, value: string, below: Html = empty): Html =>
  html`<div class="tile"><dt>${label}</dt><dd><strong>${value}</strong>${below}</dd></div>`

const small = (text: string): Html => html`<small>${text}</small>`

const tilesMarkup = (run: Run): Html => {
  const { figures, from, prompts, to, tools } = run
  const points = figures.points()
  const { cached, cost, read, written } = figures.totals()
  const uses = tools.reduce((sum, tool) => sum + tool.uses, 0)
  const failures = tools.reduce((sum, tool) => sum + tool.failures, 0)
  const { first } = figures.turns()
  const inTurns = first.reduce((sum, turn) => sum + (turn.duration ?? 0), 0)
  const took = from !== undefined && to !== undefined && to > from ? to - from : inTurns
  const asked = prompts.first.length + prompts.more
  const tiles = [
    took > 0 ? tile("Duration", duration(took)) : empty,
    cost === undefined
      ? empty
      : tile(
          "Cost",
          dollars(cost),
          chart(points, (point) => point.cost ?? 0)
        ),
    read > 0
      ? tile(
          "Tokens read",
          plain(read),
          html`${cached > 0 ? small(`${Math.round((cached / read) * 100)}% cached`) : empty}${chart(points, (point) => point.read)}`
        )
      : empty,
    written > 0
      ? tile(
          "Tokens written",
          plain(written),
          chart(points, (point) => point.written)
        )
      : empty,
    asked > 1 ? tile("Prompts", plain(asked)) : empty,
    uses > 0 ? tile("Tool calls", plain(uses), failures > 0 ? small(`${plain(failures)} failed`) : empty) : empty
  ]
  return html`<dl class="tiles">${tiles}</dl>`
}

const cell = (value: string | undefined): Html => html`<td>${value ?? "–"}</td>`

const table = (caption: string, columns: ReadonlyArray<string>, rows: ReadonlyArray<Html>, more = 0): Html => {
  if (rows.length === 0) return empty
  const note = more > 0 ? html`<p class="gap">${plain(more)} more</p>` : empty
  const head = columns.map((column) => html`<th scope="col">${column}</th>`)
  return html`<details class="card"><summary>${caption}</summary><div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>${note}</details>`
}

const turnRow = (
  { cost, duration: took, isError, read, steps, subtype, wasAsked, written }: Turn,
  index: number
): Html => {
  const end = isError || subtype !== "success" ? spaced(oneLine(subtype, 60)) : wasAsked ? "success" : "on its own"
  return html`<tr><th scope="row">${index + 1}</th>${[
    cell(end),
    cell(took === undefined ? undefined : duration(took)),
    cell(steps === undefined ? undefined : plain(steps)),
    cell(read === undefined ? undefined : plain(read)),
    cell(written === undefined ? undefined : plain(written)),
    cell(cost === undefined ? undefined : dollars(cost))
  ]}</tr>`
}

const tablesMarkup = ({ figures, tools }: Run): Html => {
  const { first, more } = figures.turns()
  const toolRows = tools.map(
    ({ failures, name, time, uses }) =>
      html`<tr><th scope="row">${name}</th>${cell(plain(uses))}${cell(failures === 0 ? "" : plain(failures))}${cell(time > 0 ? duration(time) : undefined)}</tr>`
  )
  const modelRows = figures
    .models()
    .map(
      ({ cost, name, read, written }) =>
        html`<tr><th scope="row">${oneLine(name, 80)}</th>${cell(plain(read))}${cell(plain(written))}${cell(cost === undefined ? undefined : dollars(cost))}</tr>`
    )
  const turnColumns = ["Turn", "End", "Duration", "Steps", "Tokens read", "Tokens written", "Cost"]
  return html`<div class="tables">${table("Turns", turnColumns, first.map(turnRow), more)}${table("Tools", ["Tool", "Calls", "Failed", "Time"], toolRows)}${table("Models", ["Model", "Tokens read", "Tokens written", "Cost"], modelRows)}</div>`
}

const linked = ({ id, text }: Concern, ids: ReadonlySet<string>): Html =>
  ids.has(id) ? html`<li><a href="#${id}">${text}</a></li>` : html`<li>${text}</li>`

const listMarkup = (title: string, kind: string, { first, more }: Listed<Concern>, ids: ReadonlySet<string>): Html => {
  if (first.length === 0) return empty
  const rest = more > 0 ? html`<p class="gap">${plain(more)} more</p>` : empty
  const id = kind.replaceAll(" ", "-")
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><ul class="card list ${kind}">${first.map((concern) => linked(concern, ids))}</ul>${rest}</section>`
}

const promptsMarkup = ({ first, more }: Listed<Concern>, ids: ReadonlySet<string>): Html => {
  if (first.length < 2) return empty
  const rest = more > 0 ? html`<p class="gap">${plain(more)} more</p>` : empty
  return html`<nav aria-label="Prompts"><details class="card"><summary>Prompts</summary><ol>${first.map((concern) => linked(concern, ids))}</ol>${rest}</details></nav>`
}

const sessionMarkup = ({ from, session }: Run): Html => {
  const { cwd, failedServers, id, models, permissionMode, version } = session
  const started = from === undefined ? undefined : moment(from)
  const pairs = [
    ["Model", models.join(", ")],
    ["Session", id],
    ["Folder", cwd],
    ["Permissions", permissionMode],
    ["Claude Code", version],
    ["MCP servers not connected", failedServers.join(", ")]
  ] as const
  const rows = pairs.flatMap(([name, value]) => (value ? [html`<div><dt>${name}</dt><dd>${value}</dd></div>`] : []))
  const time =
    started === undefined
      ? empty
      : html`<div><dt>Started</dt><dd><time datetime="${started.machine}">${started.people}</time></dd></div>`
  return html`<dl class="session">${time}${rows}</dl>`
}

const headerMarkup = (title: string, run: Run): Html => {
  const { details, mood, word } = run.outcome
  const more = details === "" ? empty : html`<p class="details">${oneLine(details, 400)}</p>`
  return html`<header><p class="outcome ${mood}"><span>${word}</span></p><h1 dir="auto">${title}</h1>${more}${sessionMarkup(run)}</header>`
}

const controls = html`<div class="controls" role="group" aria-label="What the conversation shows"><label><input type="checkbox" id="only-text"> Only what was said</label><label class="unfold"><input type="checkbox" id="unfold"> Unfold everything</label></div>`

/** The title of a run that has none: what it was asked first. */
const titleOf = (given: string | undefined, run: Run): string =>
  oneLine(given ?? "", 200) ||
  oneLine((run.prompts.first[0]?.text ?? "").replace(/`|\*\*/g, ""), 100) ||
  "A run of Claude Code"

/** The page of a run. */
export const page = (title: string | undefined, run: Run): Html => {
  const shownTitle = titleOf(title, run)
  const { after, before } = run.entries
  const ids = new Set([...before, ...after].map(({ id }) => id))
  const isEmpty = ids.size === 0 && run.unfinished === undefined
  const conversation = isEmpty
    ? html`<p class="gap">There are no messages</p>`
    : html`${controls}<div class="conversation">${conversationMarkup(run)}</div>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${shownTitle}</title>
<link rel="icon" href="data:,">
<style>${new Html(styles)}</style>
</head>
<body>
<a class="skip" href="#conversation">Skip to the conversation</a>
${headerMarkup(shownTitle, run)}
<main>
${tilesMarkup(run)}
${run.timeLine}
${tablesMarkup(run)}
${listMarkup("Denied", "denials", run.denials, ids)}
${listMarkup("Problems", "problems", run.problems, ids)}
<section aria-labelledby="conversation"><h2 id="conversation">Conversation</h2>
${promptsMarkup(run.prompts, ids)}
${conversation}
</section>
</main>
</body>
</html>
`
}
