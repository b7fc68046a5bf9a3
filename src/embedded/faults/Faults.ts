import * as Effect from "effect/Effect"
import type { Fault } from "./Fault.js"

/** Which requests a fault strikes, and how many of them. */
export interface Injection {
  readonly fault: Fault
  /** Default: any. */
  readonly method?: string
  /** A path template (`/jobs/{id}`) or a concrete path (`/jobs/job-1`). Default: any. */
  readonly path?: string
  /** How many matching requests it strikes. Default 1; `Infinity` for all. */
  readonly times?: number
  /** How many matching requests it lets pass first. Default 0. */
  readonly skip?: number
}

/** The faults that a server is told to have. */
export interface Faults {
  /** Of several that match a request, the one injected first strikes; a request is struck by one fault at most. */
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** Forgets all that have not struck yet. */
  readonly clear: Effect.Effect<void>
  /** What has not struck yet, with the strikes left; empty when every fault has been used up. */
  readonly pending: Effect.Effect<ReadonlyArray<Injection>>
}

interface InjectedFault {
  readonly injection: Injection
  skip: number
  times: number
}

/** {@link Faults} and the server's side of it. */
export interface FaultRegistry extends Faults {
  /** The fault that strikes this request, if any; it counts as used. */
  readonly take: (request: {
    readonly method: string
    readonly path: string
    readonly template: string | undefined
    /** What the path is in a part of the server that has paths of its own. */
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
        for (const candidate of matching) {
          candidate.skip = Math.max(0, candidate.skip - 1)
        }
        if (found === undefined) return undefined
        found.times -= 1
        if (found.times <= 0) injected = injected.filter((candidate) => candidate !== found)
        return found.injection.fault
      })
  }
})
