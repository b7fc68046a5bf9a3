/** What to install for terminals of an embedded Daytona. */
import * as Effect from "effect/Effect"
import type { PtyNotStarted } from "../../../daytona.js"
import { Unsuccessful } from "../../frame/failures.js"

const isMissing = ({ message }: PtyNotStarted): boolean =>
  /Cannot find (package|module) '@lydell\/node-pty'/.test(message)

const advice =
  "The embedded Daytona needs a native module for terminals. Install it beside effect-sandboxes: " +
  "npm install @lydell/node-pty. Without a project: " +
  "npx -p effect-sandboxes -p @lydell/node-pty effect-sandboxes serve daytona"

/** Says what to install, when that is why a terminal could not be opened. */
export const advised = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E | PtyNotStarted, R>
): Effect.Effect<A, E | PtyNotStarted | Unsuccessful, R> =>
  Effect.catchIf(
    effect,
    (failure): failure is PtyNotStarted =>
      failure._tag === "PtyNotStarted" && "message" in failure && isMissing(failure),
    () => Effect.fail(new Unsuccessful({ message: advice }))
  )
