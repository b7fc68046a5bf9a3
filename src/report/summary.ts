/** What a run came to: its end, its figures, and what needs attention. */
import { oneLine } from "./cut.js"
import type { Point, Turn } from "./figures.js"
import { empty, type Html, html } from "./html.js"
import type { Concern, Listed } from "./listed.js"
import type { Run } from "./reader.js"
import { dollars, duration, moment, plain, spaced } from "./words.js"

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

export const tilesMarkup = (run: Run): Html => {
  const { figures, from, prompts, to, tools } = run
  const points = figures.points()
  const { cached, cost, read, written } = figures.totals()
  const { failures, uses } = tools
  const took = from !== undefined && to !== undefined && to > from ? to - from : figures.time()
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

export const tablesMarkup = ({ figures, tools }: Run): Html => {
  const { first, more } = figures.turns()
  const toolRows = tools.tools.map(
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

export const listMarkup = (
  title: string,
  kind: string,
  { first, more }: Listed<Concern>,
  ids: ReadonlySet<string>
): Html => {
  if (first.length === 0) return empty
  const rest = more > 0 ? html`<p class="gap">${plain(more)} more</p>` : empty
  const id = kind.replaceAll(" ", "-")
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><ul class="card list ${kind}">${first.map((concern) => linked(concern, ids))}</ul>${rest}</section>`
}

export const promptsMarkup = ({ first, more }: Listed<Concern>, ids: ReadonlySet<string>): Html => {
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

export const headerMarkup = (title: string, run: Run): Html => {
  const { details, mood, word } = run.outcome
  const more = details === "" ? empty : html`<p class="details">${oneLine(details, 400)}</p>`
  return html`<header><p class="outcome ${mood}"><span>${word}</span></p><h1 dir="auto">${title}</h1>${more}${sessionMarkup(run)}</header>`
}
