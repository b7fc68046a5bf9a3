/** Whatever is printed, an answer has at most so many characters, is valid text, and holds no secret. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SandboxToolkit } from "../../src/ai/index.js"
import { beginningOf, costOf, endOf, joined, legible, linesWithin, oneLine, shortened } from "../../src/ai/text.js"
import { Process } from "../../src/daytona.js"
import { answered, call, lengthOf, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const jsonLength = (text: string): number => JSON.stringify(text).length - 2

const isValid = (text: string): boolean => !/\p{Surrogate}|(?![\n\t])\p{Cc}/u.test(text)

/** Text with everything that is cut badly: pairs, quotes, line breaks, escape sequences, halves of pairs. */
const anyText = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom(
      "😀",
      '"',
      "\\",
      "\n",
      "\r\n",
      "\r",
      "\t",
      "\u001b[31m",
      "\u001b]0;t\u0007",
      "\ud83d",
      "\udc00"
    ),
    FastCheck.constantFrom("\u001b", "\u001b]", "\0", "é", "漢", "a", " ", "\u2028", "\ufeff", "\u0085"),
    FastCheck.string({ maxLength: 20 })
  ),
  { maxLength: 200 }
).map((parts) => parts.join(""))

const limits = FastCheck.integer({ min: 100, max: 300 })

describe("text in answers", () => {
  it.prop("is legible, whatever it was", [anyText], ([text]) => {
    expect(isValid(legible(text))).toBe(true)
  })

  it.prop("costs what it has as JSON", [anyText], ([text]) => {
    expect(costOf(legible(text))).toBe(jsonLength(legible(text)))
  })

  it.prop("is cut within its bounds, and never within a character", [anyText, limits], ([text, limit]) => {
    const whole = legible(text)
    const pieces = [beginningOf(whole, limit), endOf(whole, limit), oneLine(whole, limit).replace(/\.\.\.$/, "")]
    for (const piece of [...pieces, joined(whole, whole, limit, "the middle"), shortened(whole, limit).text]) {
      expect(isValid(piece)).toBe(true)
      expect(jsonLength(piece)).toBeLessThanOrEqual(limit)
    }
    expect(whole.startsWith(pieces[0] ?? "?")).toBe(true)
    expect(whole.endsWith(pieces[1] ?? "?")).toBe(true)
  })

  it.prop("is whole where it fits", [anyText], ([text]) => {
    const whole = legible(text)
    expect(shortened(whole, jsonLength(whole))).toEqual({ text: whole, isCut: false })
  })

  it.prop("has as many lines as fit", [FastCheck.array(anyText, { maxLength: 10 }), limits], ([lines, limit]) => {
    const { shown, text } = linesWithin(lines.map(legible), limit)
    expect(jsonLength(text)).toBeLessThanOrEqual(limit)
    expect(text).toBe(lines.map(legible).slice(0, shown).join("\n"))
  })
})

/** Answers like the scripts of `run_command`, for a command that has printed these bytes. */
const printing = (bytes: Uint8Array) =>
  Layer.mock(Process, {
    execute: (command: string | ReadonlyArray<string>) => {
      const piece = Number(/head -c (\d+)/.exec(String(command))?.[1])
      const encode = (part: Uint8Array) => Encoding.encodeBase64(part).replace(/.{76}/g, "$&\n")
      const pieces =
        bytes.length <= 2 * piece
          ? encode(bytes)
          : `${encode(bytes.subarray(0, piece))}\n.\n${encode(bytes.subarray(-piece))}`
      const stdout = `0 ${bytes.length}\n/home/x/output\n${pieces}\n`
      return Effect.succeed({ exitCode: 0, stdout, stderr: "", truncated: false })
    },
    executeMerged: () => Effect.succeed({ exitCode: 0, output: "" })
  })

const secret = "s3cr3t-of-the-application"

const answerTo = (bytes: Uint8Array, maxAnswer: number) =>
  Effect.flatMap(SandboxToolkit.commands, ({ handle }) => handle("run_command", { command: "print" })).pipe(
    Effect.provide(SandboxToolkit.layerCommands({ maxAnswer, env: { SECRET: Redacted.make(secret) } })),
    Effect.provide(printing(bytes))
  )

const anyBytes = FastCheck.oneof(
  FastCheck.uint8Array({ maxLength: 20_000 }),
  FastCheck.array(FastCheck.oneof(anyText, FastCheck.constant(secret)), { maxLength: 60 }).map((parts) =>
    new TextEncoder().encode(parts.join(""))
  ),
  // Nothing but secrets, shifted, so that every cut goes through one at every place.
  FastCheck.tuple(FastCheck.nat(secret.length), FastCheck.integer({ min: 1, max: 2000 })).map(([shift, count]) =>
    new TextEncoder().encode(`${"x".repeat(shift)}${secret.repeat(count)}`)
  ),
  FastCheck.tuple(anyText, FastCheck.integer({ min: 1, max: 3000 })).map(([text, count]) =>
    new TextEncoder().encode(text.repeat(count).slice(0, 200_000))
  )
)

describe("an answer of run_command", () => {
  it.effect.prop(
    "has at most so many characters and no secret, whatever was printed",
    [anyBytes, FastCheck.constantFrom(2000, 5000, 16_000)],
    ([bytes, maxAnswer]) =>
      Effect.gen(function* () {
        const answer = yield* answerTo(bytes, maxAnswer)
        expect(answer.isFailure).toBe(false)
        expect(lengthOf(answer)).toBeLessThanOrEqual(maxAnswer)
        const { output } = answer.result as { readonly output: string }
        expect(isValid(output)).toBe(true)
        // No part of it either, at the edges of what was cut.
        for (const part of [secret, secret.slice(0, 12), secret.slice(-12)]) expect(output).not.toContain(part)
      }),
    { fastCheck: { numRuns: 150 } }
  )
})

/** What a real shell prints, and how. */
const printers: ReadonlyArray<readonly [name: string, command: string]> = [
  ["one line of 10 MB", "head -c 10000000 /dev/zero | tr '\\0' x"],
  ["10 million lines", "yes '' | head -n 10000000"],
  ["10 million quotation marks", "yes '\"' | head -n 5000000 | tr -d '\\n'"],
  ["bytes that are nothing", "head -c 3000000 /dev/urandom"],
  ["NUL", "head -c 1000000 /dev/zero"],
  ["text of three bytes a character", "yes 漢字 | head -c 3000001"],
  ["pairs, cut anywhere", "yes 😀 | tr -d '\\n' | head -c 3000001"],
  ["colors", "yes \"$(printf '\\033[31mred\\033[0m')\" | head -n 300000"],
  ["progress", "yes \"$(printf '50%%\\r')\" | head -n 300000 | tr -d '\\n'"],
  ["an escape sequence without an end", "printf '\\033]0;'; yes | head -n 100000"]
]

describeWithLayer(
  "an answer of a real sandbox",
  tools({ maxAnswer: 6000 }),
  "1 minute"
)((it) => {
  for (const [name, command] of printers) {
    it.effect(`is within its bounds for ${name}`, () =>
      Effect.gen(function* () {
        const answer = yield* call("run_command", { command })
        expect(lengthOf(answer)).toBeLessThanOrEqual(6000)
        expect(answer.encodedResult).toMatchObject({ exitCode: expect.any(Number), note: expect.any(String) })
      })
    )
  }

  // It takes seconds, and more on a busy machine.

  const everyOther = () =>
    Effect.gen(function* () {
      yield* answered("run_command", {
        command:
          "git init -q r; cd r; seq 1 100000 > a; git add .; seq 2 100000 > a; " +
          'mkdir many; cd many; for i in $(seq 1 2000); do : > "file with a long name number $i"; done'
      })
      const calls = [
        call("run_python", { code: "print('\"' * 300000); print('y' * 300000); raise ValueError('z' * 100000)" }),
        call("read_file", { path: "r/a", lines: 1_000_000 }),
        call("list_directory", { path: "r/many" }),
        call("find_files", { pattern: "*" }),
        call("search_files", { path: "r", text: "1" }),
        call("git_diff", { repository: "r", from: "HEAD" }),
        call("git_diff", { repository: "r" }),
        call("git_status", { repository: "r" }),
        call("edit_file", { path: "r/a", find: "1", replacement: "2", everywhere: true }),
        call("edit_file", { path: "r/a", find: "2", replacement: "2\n".repeat(20_000) }),
        call("edit_file", { path: "r/a", find: "nothing\n".repeat(10_000), replacement: "" }),
        call("run_command", { command: "x".repeat(100_000) }),
        call("read_file", { path: "x".repeat(100_000) }),
        call("stop_server", { server: '"'.repeat(100_000) })
      ]
      for (const each of calls) expect(lengthOf(yield* each)).toBeLessThanOrEqual(6000)
    })

  it.effect("is within its bounds for Python, files, lists and patches", everyOther)
})
