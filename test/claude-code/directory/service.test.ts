/** The methods of `WorkDirectory`, whatever they are given. */
import { expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Machine, Script } from "../../../src/claude-code/directory/Machine.js"
import { make } from "../../../src/claude-code/directory/make.js"
import { withSpans } from "../../support/embedded.js"

/** A place where nothing changes. */
const still = (ran: Array<Script> = []): Machine => ({
  place: "sandbox",
  run: (script) =>
    Effect.sync(() => {
      ran.push(script)
      const isComparison = script.args.length > 5
      return { exitCode: 0, stdout: isComparison ? "0 0 0\n--\n--\n--\n--\n--\n" : "tree\n", stderr: "" }
    }),
  write: () => Effect.void,
  hold: () => Effect.void
})

it.scoped("every method has one span, named after it", () =>
  Effect.gen(function* () {
    const directory = make(still(), undefined)
    const { spans } = yield* withSpans(
      Effect.gen(function* () {
        yield* directory.put({ a: "a" })
        yield* directory.clone({ url: "https://example.test/a.git" })
        const snapshot = yield* directory.snapshot()
        yield* snapshot.changes()
        yield* directory.changesOf(Effect.void)
      })
    )
    expect(spans.map(({ name }) => name)).toEqual([
      "ClaudeCode.WorkDirectory.put",
      "ClaudeCode.WorkDirectory.clone",
      "ClaudeCode.WorkDirectory.snapshot",
      "ClaudeCode.Snapshot.changes",
      "ClaudeCode.WorkDirectory.changesOf",
      "ClaudeCode.Snapshot.changes"
    ])
  })
)

const odd: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  Number.NaN,
  "",
  "text",
  true,
  Symbol("odd"),
  () => undefined,
  [],
  [null],
  new Map(),
  Redacted.make("secret"),
  { a: null },
  { url: 1 },
  { url: "x", ref: {} },
  { url: "x", token: "plain" },
  { url: "x", depth: -1 },
  { workingDirectory: 1 },
  { workingDirectory: "nul\0" },
  { paths: [1] },
  { paths: [""] },
  { maxFiles: "many" },
  { maxPatchBytes: 1.5 }
]

const isScoped = (value: unknown): value is Effect.Effect<unknown, unknown, Scope.Scope> => Effect.isEffect(value)

it.scoped.each(["put", "clone", "snapshot", "changesOf"] as const)(
  "%s refuses odd arguments by their names, and does nothing",
  (method) =>
    Effect.gen(function* () {
      for (const first of odd) {
        for (const second of [undefined, ...odd]) {
          const ran: Array<Script> = []
          const directory = make(still(ran), undefined)
          const returned: unknown = Reflect.apply(directory[method], directory, [first, second])
          const exit = yield* isScoped(returned)
            ? Effect.exit(Effect.scoped(returned))
            : Effect.succeed(Exit.die(method))
          if (Exit.isSuccess(exit)) continue
          expect(Cause.isDie(exit.cause)).toBe(false)
          expect(Cause.squash(exit.cause)).toMatchObject({ _tag: "InvalidRequest", admitted: "no" })
          expect(ran).toEqual([])
        }
      }
    })
)

it.scoped("what a place prints that is no comparison is a failure of the place", () =>
  Effect.gen(function* () {
    for (const stdout of ["", "--", "nonsense\n--\n--\n--\n--\n--\n", "1 1 1\n--\n:odd\n--\n--\n--\n--\n!!!\n"]) {
      const machine: Machine = { ...still(), run: () => Effect.succeed({ exitCode: 0, stdout, stderr: "" }) }
      const exit = yield* Effect.exit(make(machine, undefined).changesOf(Effect.void))
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({ _tag: "ClaudePlaceFailed" })
    }
  })
)
