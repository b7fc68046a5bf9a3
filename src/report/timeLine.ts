/** When what happened: a lane for the turns, one for Claude, and one for each tool. */
import { empty, type Html, html } from "./html.js"
import { duration } from "./words.js"

/** A time, and the place in what was read. */
export interface Moment {
  /** Milliseconds since 1970; `undefined` if not known. */
  readonly at: number | undefined
  /** Counted in what was read. */
  readonly step: number
}

/** Something that took time. */
export interface Span {
  readonly lane: string
  /** What it was, in a few words. */
  readonly label: string
  /** The element that it leads to. */
  readonly id: string
  readonly isFailed: boolean
  readonly from: Moment
  readonly to: Moment
}

export interface TimeLine {
  readonly add: (span: Span) => void
  readonly markup: (from: number | undefined, to: Moment) => Html
}

const mostSpans = 4000
const mostShown = 300
const mostLanes = 8

const stepsOf = ({ from, to }: Span): number => to.step - from.step
const timeOf = ({ from, to }: Span): number => (from.at === undefined || to.at === undefined ? 0 : to.at - from.at)
const longestFirst = (one: Span, other: Span): number => timeOf(other) - timeOf(one) || stepsOf(other) - stepsOf(one)

/** A share of the width, in percent. */
const share = (part: number, whole: number): string => String(Math.round((part / whole) * 10_000) / 100)

export const make = (): TimeLine => {
  let spans: Array<Span> = []
  let count = 0

  const laneMarkup = (name: string, ofLane: ReadonlyArray<Span>, place: (span: Span) => readonly [number, number]) => {
    const bars = ofLane.map((span) => {
      const [start, end] = place(span)
      const took = timeOf(span) > 0 ? `, ${duration(timeOf(span))}` : ""
      return html`<a href="#${span.id}" tabindex="-1"><rect x="${share(start, 1)}%" width="${share(Math.max(0.003, end - start), 1)}%" y="1" height="12" rx="2"${span.isFailed ? html` class="failed"` : empty}><title>${span.label}${took}</title></rect></a>`
    })
    const kind = name === "Turns" || name === "Claude" ? `of-${name.toLowerCase()}` : "of-tool"
    return html`<div class="lane ${kind}"><span>${name}</span><svg width="100%" height="14">${bars}</svg></div>`
  }

  return {
    add: (span) => {
      count++
      spans.push(span)
      if (spans.length > mostSpans) spans = spans.sort(longestFirst).slice(0, mostSpans / 2)
    },
    markup: (from, to) => {
      if (spans.length === 0) return empty
      const length = from === undefined || to.at === undefined ? 0 : to.at - from
      const inTime = length > 0
      const place = (span: Span): readonly [number, number] =>
        inTime
          ? [((span.from.at ?? 0) - (from ?? 0)) / length, ((span.to.at ?? 0) - (from ?? 0)) / length]
          : [span.from.step / (to.step + 1), (span.to.step + 1) / (to.step + 1)]
      const placed = spans.filter((span) => !inTime || (span.from.at !== undefined && span.to.at !== undefined))
      const shown = [...placed].sort(longestFirst).slice(0, mostShown)
      const totals = new Map<string, number>()
      for (const span of shown) {
        const { lane } = span
        totals.set(lane, (totals.get(lane) ?? 0) + timeOf(span) + stepsOf(span) / 1000)
      }
      const first = ["Turns", "Claude"].filter((lane) => totals.has(lane))
      const tools = [...totals.keys()].filter((lane) => !first.includes(lane))
      const busiest = tools.sort((one, other) => (totals.get(other) ?? 0) - (totals.get(one) ?? 0))
      const named = [...first, ...busiest].slice(0, mostLanes)
      const others = busiest.filter((lane) => !named.includes(lane))
      const lanes = [
        ...named.map((lane) =>
          laneMarkup(
            lane,
            shown.filter((span) => span.lane === lane),
            place
          )
        ),
        ...(others.length === 0
          ? []
          : [
              laneMarkup(
                "other tools",
                shown.filter((span) => others.includes(span.lane)),
                place
              )
            ])
      ]
      const axis = inTime
        ? html`<span>0</span><span>${duration(length / 2)}</span><span>${duration(length)}</span>`
        : html`<span>first message</span><span>last message</span>`
      const note = inTime ? empty : html`<p class="gap">The messages have no times, so this shows only their order.</p>`
      const cut = count > shown.length ? html`<p class="gap">The longest ${shown.length} of ${count}.</p>` : empty
      return html`<section aria-labelledby="time-line"><h2 id="time-line">Time line</h2><div class="card lanes"><div aria-hidden="true">${lanes}<div class="axis">${axis}</div></div>${note}${cut}</div></section>`
    }
  }
}
