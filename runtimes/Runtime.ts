/** Something that runs JavaScript. */
import type { Report, Servers } from "./program/demonstrate.js"

export interface Runtime {
  readonly name: string
  /** Its version, or why it cannot be used here. */
  readonly find: () => Promise<{ readonly version: string } | { readonly absent: string }>
  readonly run: (servers: Servers) => Promise<Report>
}

/** Time limit of a runtime, in seconds. */
export const limit = 60

/** Fails when `task` takes longer than the limit. */
export const withinLimit = <A>(task: Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no report after ${limit} seconds`)), limit * 1000)
    task.then(resolve, reject).finally(() => clearTimeout(timer))
  })
