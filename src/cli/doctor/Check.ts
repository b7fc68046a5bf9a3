/** One thing that `doctor` looks at, and what it found. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { exitCodeOf } from "../frame/exitCodes.js"
import type { Failure } from "../frame/failures.js"
import { bold, dim, green, red, type Text, yellow } from "../frame/text.js"

const fields = {
  system: Schema.Literal("stromboli", "daytona"),
  name: Schema.String,
  /** `limited`: it can be used, but not in every way. */
  status: Schema.Literal("ok", "limited", "failed"),
  detail: Schema.String,
  /** What `doctor` exits with because of it. */
  exitCode: Schema.optional(Schema.Number)
}

/** One thing that `doctor` looks at, and what it found. */
export interface Check extends Schema.Struct.Type<typeof fields> {}
export const Check = Schema.Struct(fields)

/** The address of a server, and what names it. */
export const foundAt = (system: Check["system"], url: string, from: string): Check => ({
  system,
  name: "address",
  status: "ok",
  detail: `${url} (from ${from})`
})

/** In place of an address: the server that `--embedded` starts for one command. */
export const inThisProcess = (system: Check["system"]): Check => ({
  system,
  name: "address",
  status: "ok",
  detail: "in this process, for as long as a command takes"
})

const marks = { ok: green("✓"), limited: yellow("!"), failed: red("✗") }

const titles = { stromboli: "Stromboli", daytona: "Daytona" }

/** The checks below the name of their system. */
export const checkText = (checks: ReadonlyArray<Check>): Text => {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const systems = (["stromboli", "daytona"] as const).filter((each) => checks.some(({ system }) => system === each))
  return systems.map((each, index) => [
    index === 0 ? "" : "\n",
    bold(titles[each]),
    "\n",
    checks
      .filter(({ system }) => system === each)
      .map(({ detail, name, status }) => [
        "  ",
        marks[status],
        " ",
        name.padEnd(width),
        "  ",
        status === "ok" ? dim(detail) : detail,
        "\n"
      ])
  ])
}

/** What came of a request: what its answer means, or a check that failed for its error. */
export const checked = <A, E extends Failure, R>(
  system: Check["system"],
  name: string,
  request: Effect.Effect<A, E, R>,
  judge: (answer: A) => Pick<Check, "status" | "detail">
): Effect.Effect<Check, never, R> =>
  Effect.map(
    Effect.either(request),
    Either.match({
      onLeft: (failure): Check => ({
        system,
        name,
        status: "failed",
        detail: failure.message,
        exitCode: exitCodeOf(failure)
      }),
      onRight: (answer): Check => ({ system, name, ...judge(answer) })
    })
  )

/** Whether the server has a part at all: one that it does not know limits what can be done. */
export const available = <A, E extends Failure, R>(
  system: Check["system"],
  name: string,
  request: Effect.Effect<A, E, R>,
  detail: (answer: A) => string
): Effect.Effect<Check, never, R> =>
  Effect.map(
    checked(system, name, request, (answer) => ({ status: "ok", detail: detail(answer) })),
    (check) => (check.status === "failed" ? { system, name, status: "limited", detail: check.detail } : check)
  )
