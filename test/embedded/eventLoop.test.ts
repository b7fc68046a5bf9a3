/** What a request contains never keeps the process that embeds a server from everything else. */
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as createRequest from "../../src/embedded/daytona/sandbox/createRequest.js"
import * as dockerfile from "../../src/embedded/daytona/snapshot/dockerfile.js"
import * as signature from "../../src/embedded/daytona/storage/signature.js"
import { compile } from "../../src/embedded/daytona/toolbox/computerUse/boundedPattern.js"
import { matcher } from "../../src/embedded/daytona/toolbox/files/goPattern.js"
import * as pty from "../../src/embedded/daytona/toolbox/pty/routes.js"
import { answer } from "../../src/embedded/stromboli/claude/demoAgent.js"
import { post } from "./daytona/support.js"
import { inMemory, sandbox } from "./daytona/toolbox/sandbox.js"
import { accepted, area } from "./daytona/toolbox/socketSupport.js"

/** How long this process computed, in milliseconds; others on this computer do not count. */
const cpuTimeOf = (work: () => unknown): number => {
  const before = process.cpuUsage()
  work()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / 1000
}

const size = 10_000
const factor = 8
const noise = 150

/** Eight times the input takes about eight times as long; quadratic work would take 64 times as long. */
const growsLinearly = (work: (length: number) => unknown) => {
  work(100)
  const small = Math.max(...[1, 2, 3].map(() => cpuTimeOf(() => work(size))))
  expect(cpuTimeOf(() => work(size * factor))).toBeLessThan(small * factor * 3 + noise)
}

describe("an embedded server takes no more than linear time", () => {
  it.each([
    ["a name of letters", (length: number) => createRequest.isUnsafeName("x".repeat(length))],
    ["a name of angle brackets", (length: number) => createRequest.isUnsafeName("<".repeat(length))],
    ["a name of broken schemes", (length: number) => createRequest.isUnsafeName(`${"a".repeat(length)}:/`)],
    ["a name of slashes", (length: number) => createRequest.isUnsafeName("1://".repeat(length / 4))],
    ["an entrypoint of spaces", (length: number) => dockerfile.entrypoint(`ENTRYPOINT${" ".repeat(length)}x`)],
    [
      "an entrypoint with spaces inside",
      (length: number) => dockerfile.entrypoint(`ENTRYPOINT a${" ".repeat(length)}b c`)
    ],
    ["a prompt of repeated words", (length: number) => answer("count what is ".repeat(length / 14), [])],
    ["a prompt of digits", (length: number) => answer("1".repeat(length), [])],
    ["a haiku about dots", (length: number) => answer(`haiku on ${"on .".repeat(length / 4)}`, [])]
  ])("for %s", (_, work) => growsLinearly(work))
})

describe("the embedded Daytona", () => {
  it("recognizes unsafe names as the expression of the real server does", () => {
    const schemes = "https?|ftps?|sftp|ssh|wss?|file|ldaps?"
    const unsafe = new RegExp(
      `<[a-z/]|(?:${schemes})://|(?:javascript|data|mailto|tel):|www\\.|(?![\\t\\n\\r])\\p{Cc}`,
      "iu"
    )
    const letters = FastCheck.constantFrom(
      ...["<", ">", ":", "/", "://", "a", "A", "1", ".", "w", "www", "\t", "\0", "é", "HTTP", "s", "tel"]
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(letters), (parts) => {
        const name = parts.join("")
        expect([name, createRequest.isUnsafeName(name)]).toEqual([name, unsafe.test(name)])
      }),
      { numRuns: 2000 }
    )
  })

  it("matches file names against any number of stars", () => {
    const name = "a".repeat(255)
    expect(cpuTimeOf(() => expect(matcher(`${"*a".repeat(100)}*b`)(name)).toBe(false))).toBeLessThan(1000)
    expect(matcher(`${"*a".repeat(100)}*`)(name)).toBe(true)
  })

  it("matches stars like a regular expression", () => {
    const letters = FastCheck.constantFrom("a", "b", "*", "?")
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(letters, { maxLength: 8 }),
        FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "/"), maxLength: 8 }),
        (pattern, name) => {
          const source = pattern.map((letter) => (letter === "*" ? "[^/]*" : letter === "?" ? "[^/]" : letter)).join("")
          expect([pattern, name, matcher(pattern.join(""))(name)]).toEqual([
            pattern,
            name,
            new RegExp(`^${source}$`).test(name)
          ])
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("gives up a regular expression of a client that takes too long", () => {
    const matches = compile("^(\\w+\\s?)+$").pipe((compiled) =>
      compiled._tag === "Right" ? compiled.right : () => true
    )
    expect(matches("some words")).toBe(true)
    expect(cpuTimeOf(() => expect(matches(`${"a".repeat(60)}!`)).toBe(false))).toBeLessThan(2000)
  })

  it("refuses a signature that repeats headers without end", () => {
    const header = (names: string) =>
      `AWS4-HMAC-SHA256 Credential=K/20260101/us/s3/aws4_request, SignedHeaders=${names}, Signature=${"0".repeat(64)}`
    expect(signature.parse(header("host;x-amz-date"))?.signedHeaders).toEqual(["host", "x-amz-date"])
    expect(signature.parse(header("host;host"))).toBeUndefined()
  })

  it.live("answers a request with a name of any length", () =>
    Effect.gen(function* () {
      const before = process.cpuUsage()
      expect((yield* post("/sandbox", { name: "x".repeat(200_000) })).status).toBe(200)
      expect((yield* post("/sandbox", { name: `${"<".repeat(200_000)}a` })).status).toBe(400)
      const { user } = process.cpuUsage(before)
      expect(user / 1000).toBeLessThan(5000)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("refuses a path that is longer than any file's", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const before = process.cpuUsage()
      const answer = yield* box.get("/files/info", { path: "a/".repeat(100_000) })
      expect(answer.status).toBe(400)
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("takes a paste of any size into a shell that echoes it, whether it reads or not", () =>
    Effect.gen(function* () {
      const toolbox = yield* area(pty.make)
      yield* toolbox.call("POST", "/process/pty", { id: "p", lazyStart: false })
      const socket = yield* accepted(toolbox.open("/process/pty/p/connect"))
      yield* socket.next
      const pasted = join(toolbox.machine.home, "pasted.txt")
      yield* Effect.promise(() => rm(pasted, { force: true }))
      const text = `${"x".repeat(99)}\n`.repeat(1000)
      const paste = `cat > ${pasted} <<'EOF'\n${text}EOF\necho lines $(wc -l < ${pasted}).\n`
      for (let at = 0; at < paste.length; at += 16_384) yield* socket.send(paste.slice(at, at + 16_384))
      yield* socket.until(/lines 1000\./)
      yield* Effect.promise(() => writeFile(pasted, ""))
    }).pipe(Effect.scoped)
  )
})
