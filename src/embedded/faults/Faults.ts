/** Injects faults into the requests of an embedded server. */
import * as Effect from "effect/Effect"
import type { Fault } from "./Fault.js"

/** Which requests a fault applies to, and how many. */
export interface Injection {
  readonly fault: Fault
  /** Default: any. */
  readonly method?: string
  /** A path template (`/jobs/{id}`) or a concrete path (`/jobs/job-1`). Default: any. */
  readonly path?: string
  /** How many matching requests it applies to. Default 1; `Infinity` for all. */
  readonly times?: number
  /** How many matching requests to skip first. Default 0. */
  readonly skip?: number
}

/** Controls the faults of a server. */
export interface Faults {
  /** Of several that match a request, only the one injected first applies. */
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** Removes all faults that have not been applied yet. */
  readonly clear: Effect.Effect<void>
  /** The faults that have not been applied yet, with the remaining times; empty when all have been used. */
  readonly pending: Effect.Effect<ReadonlyArray<Injection>>
}

interface InjectedFault {
  readonly injection: Injection
  skip: number
  times: number
}

/** {@link Faults} and what the server needs of them. */
export interface FaultRegistry extends Faults {
  /** The fault that applies to this request, if any, which counts as used. */
  readonly take: (request: {
    readonly method: string
    readonly path: string
    readonly template: string | undefined
    /** The path inside a part of the server that has its own paths. */
    readonly innerPath?: string | undefined
  }) => Effect.Effect<Fault | undefined>
}

export const make: Effect.Effect<FaultRegistry> = Effect.sync(() => {
  let injected: ReadonlyArray<InjectedFault> = []
  return {
    inject: (injection) =>
      Effect.sync(() => {
        injected = [...injected, { injection, skip: injection.skip ?? 0, times: injection.times ?? 1 }]
      }),
    clear: Effect.sync(() => {
      injected = []
    }),
    pending: Effect.sync(() => injected.map(({ injection, skip, times }) => ({ ...injection, skip, times }))),
    take: (request) =>
      Effect.sync(() => {
        const matching = injected.filter(({ injection: { method, path } }) => {
          const methodMatches = method === undefined || method.toUpperCase() === request.method
          const paths = [undefined, request.path, request.template, request.innerPath]
          return methodMatches && paths.includes(path)
        })
        const found = matching.find((candidate) => candidate.skip === 0)
        for (const candidate of matching) candidate.skip = Math.max(0, candidate.skip - 1)
        if (found === undefined) return undefined
        found.times -= 1
        if (found.times <= 0) injected = injected.filter((candidate) => candidate !== found)
        return found.injection.fault
      })
  }
})
