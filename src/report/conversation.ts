/** The conversation: entries in the order in which they were read, those of sub-agents inside of their tools. */
import type { Entry } from "./entries.js"
import { empty, type Html, html } from "./html.js"
import type { Run } from "./reader.js"
import { count, duration, offset } from "./words.js"

const timeMarkup = (run: Run, at: number | undefined): Html =>
  at === undefined || run.from === undefined ? empty : html`<time>${offset(at - run.from)}</time>`

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
const entriesMarkup = (run: Run): Html => {
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

const controls = html`<div class="controls" role="group" aria-label="What the conversation shows"><label><input type="checkbox" id="only-text"> Only what was said</label><label class="unfold"><input type="checkbox" id="unfold"> Unfold everything</label></div>`

/** The section of the conversation. */
export const conversation = (run: Run, prompts: Html): Html => {
  const { after, before } = run.entries
  const isEmpty = before.length === 0 && after.length === 0 && run.unfinished === undefined
  const content = isEmpty
    ? html`<p class="gap">There are no messages</p>`
    : html`${controls}<div class="conversation">${entriesMarkup(run)}</div>`
  return html`<section aria-labelledby="conversation"><h2 id="conversation">Conversation</h2>${prompts}${content}</section>`
}
