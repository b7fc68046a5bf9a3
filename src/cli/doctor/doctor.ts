/** `doctor`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { exitCodes } from "../frame/exitCodes.js"
import { Unsuccessful, UsageError } from "../frame/failures.js"
import * as Output from "../frame/Output.js"
import type { ConfiguredValues } from "../frame/options.js"
import { during } from "../frame/Progress.js"
import { count } from "../frame/words.js"
import { Check, checkText } from "./Check.js"
import * as daytona from "./daytona.js"
import * as stromboli from "./stromboli.js"

export const run = (values: ConfiguredValues) =>
  Effect.gen(function* () {
    const everywhere = { ...values, url: Option.none(), tokenFile: Option.none(), keyFile: Option.none() }
    const look = (options: { readonly alone: boolean }) =>
      Effect.all([stromboli.checks(everywhere, options), daytona.checks(everywhere, options)], {
        concurrency: "unbounded"
      }).pipe(
        during("Checking the servers"),
        Effect.map((found) => found.flat())
      )
    const existing = yield* look({ alone: false })
    // Any other command would use a server in its own process.
    const checks = existing.length === 0 && values.embedded ? yield* look({ alone: true }) : existing
    if (checks.length === 0) {
      return yield* new UsageError({
        message:
          "No server is configured. Set STROMBOLI_URL or DAYTONA_API_KEY, or run one on this machine: effect-sandboxes serve stromboli"
      })
    }
    yield* Output.show(Schema.Array(Check), checks, checkText)
    const failed = checks.filter(({ status }) => status === "failed")
    const [first] = failed
    if (first === undefined) return
    return yield* new Unsuccessful({
      message: `${count(failed.length, "check")} failed`,
      exitCode: first.exitCode ?? exitCodes.failure
    })
  })
