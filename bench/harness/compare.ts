/** Runs a suite: every variant in a process of its own, by turns, in reverse order every other round. */
import { measure, withServer } from "./processes.js"
import type { Results } from "./Results.js"
import type { Figures, Setting, Suite, Table } from "./Suite.js"

export interface Options {
  readonly rounds: number
  readonly size: number
  /** Told of what goes on. */
  readonly progress: (message: string) => void
}

const compareTable = async (
  suite: string,
  table: Table,
  setting: Setting,
  { progress, rounds }: Options
): Promise<ReadonlyMap<string, ReadonlyArray<Figures>>> => {
  const names = Object.keys(table.variants)
  const figures = new Map<string, Array<Figures>>(names.map((name) => [name, []]))
  for (let round = 0; round < (table.once === true ? 1 : rounds); round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      try {
        figures.get(name)?.push(await measure(suite, table, name, setting))
      } catch (cause) {
        progress(`${suite}/${table.name}/${name}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
  }
  return figures
}

export const compare = async (name: string, suite: Suite, options: Options, results: Results): Promise<void> => {
  const run = async (server: Setting["server"]) => {
    for (const table of suite.tables) {
      results.add(name, table.name, await compareTable(name, table, { server, size: options.size }, options))
    }
  }
  await (suite.serve === undefined ? run({}) : withServer(name, suite, options, run))
}
