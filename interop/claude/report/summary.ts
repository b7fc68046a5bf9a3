/** What came of all areas, for people. */
import type { Trial } from "../trial.js"
import { table } from "./table.js"

export const areaTable = (trials: ReadonlyArray<Trial>): string =>
  table([
    ["area", "processes", "lines", "seconds", "result"],
    ...trials.map(({ area, lines, problems, processes, seconds }) => [
      area.name,
      String(processes),
      String(lines.length),
      seconds.toFixed(1),
      problems.length === 0 ? "ok" : "FAIL"
    ])
  ])

/** How many of the lines our schema knows. */
export const verdictOf = (trials: ReadonlyArray<Trial>): string => {
  const lines = trials.flatMap(({ lines }) => lines)
  return `${lines.length} lines, ${lines.filter(({ unknown }) => unknown.length > 0).length} of them not known`
}

/** How many lines there were of each kind. */
export const lineTable = (trials: ReadonlyArray<Trial>): string => {
  const counts = new Map<string, number>()
  for (const { kind } of trials.flatMap(({ lines }) => lines)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const rows = [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => [kind, String(count)])
  return table([["line", "count"], ...rows])
}

/** How many of the behaviours each place has, as `passed of all`: the areas that are named after a place. */
export const placeTable = (trials: ReadonlyArray<Trial>, version: string): string => {
  const counts = new Map<string, readonly [passed: number, all: number]>()
  for (const { area, problems } of trials) {
    const place = /^(\w+): /.exec(area.name)?.[1]
    if (place === undefined) continue
    const [passed, all] = counts.get(place) ?? [0, 0]
    counts.set(place, [passed + (problems.length === 0 ? 1 : 0), all + 1])
  }
  return table([
    ["place", `Claude Code ${version}`],
    ...[...counts].map(([place, [passed, all]]) => [place, `${passed} of ${all}`])
  ])
}

export const problemList = (trials: ReadonlyArray<Trial>): ReadonlyArray<string> =>
  trials
    .filter(({ problems }) => problems.length > 0)
    .map(({ area, problems }) => [`${area.name}:`, ...problems.map((problem) => `  ${problem}`)].join("\n"))
