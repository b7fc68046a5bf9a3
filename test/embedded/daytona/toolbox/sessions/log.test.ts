import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import {
  lineMarker,
  markerRemover,
  stderrMarker,
  stdoutMarker,
  streamOf,
  withoutMarkers
} from "../../../../../src/embedded/daytona/toolbox/sessions/logMarkers.js"
import { accepted, eventually, isSocket, version } from "../socketSupport.js"
import { begin, ended, exec, executed, input, log, start } from "./support.js"

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (messages: ReadonlyArray<string | Uint8Array>) =>
  Buffer.concat(messages.filter((message) => typeof message !== "string")).toString()

const cut = (whole: Uint8Array, cuts: ReadonlyArray<number>) => {
  const places = [...new Set([0, ...cuts.map((place) => place % (whole.length + 1)), whole.length])].sort(
    (a, b) => a - b
  )
  return places.slice(1).map((place, index) => whole.slice(places[index], place))
}

const output = FastCheck.uint8Array({ maxLength: 60 }).map((raw) =>
  raw.map((byte) => [10, 0, 65, 66, 200][byte % 5] ?? 0)
)
const cuts = FastCheck.array(FastCheck.nat(), { maxLength: 8 })

describe("The log of a command", () => {
  it("has the same lines however the output is split", () =>
    FastCheck.assert(
      FastCheck.property(output, cuts, (whole, places) => {
        const { end, push } = lineMarker(stdoutMarker)
        const markLines = Buffer.concat([...cut(whole, places).map(push), end()])
        const text = Buffer.from(whole.filter((byte) => byte !== 0))
        const complete = text.length === 0 || text.at(-1) === 10 ? text : Buffer.concat([text, bytes("\n")])
        const lines = complete.toString("latin1").split("\n").slice(0, -1)
        assert.strictEqual(markLines.toString("latin1"), lines.map((line) => `\x01\x01\x01${line}\n`).join(""))
        assert.deepStrictEqual(Buffer.from(streamOf("stdout", markLines)), complete)
        assert.strictEqual(streamOf("stderr", markLines).length, 0)
      })
    ))

  it("loses its markers in one piece as in many", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ max: 3, maxLength: 40 }), cuts, (whole, places) => {
        const remove = markerRemover()
        const pieces = [...cut(whole, places).map((piece) => remove(piece)), remove(undefined)]
        assert.deepStrictEqual(Buffer.concat(pieces), Buffer.from(withoutMarkers(whole)))
      })
    ))

  it("has a single marker for a line that is too long to be held back", () => {
    const { end, push } = lineMarker(stderrMarker)
    const long = new Uint8Array(1_100_000).fill(97)
    const all = Buffer.concat([push(long), push(long), push(bytes("b\nc")), end()])
    assert.strictEqual(all.toString(), `\x02\x02\x02${"a".repeat(2_200_000)}b\n\x02\x02\x02c\n`)
  })

  it.live("is returned in the form for the client's version", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const { cmdId } = executed((yield* exec(sandbox, "echo out; echo err >&2")).json)
      const path = `/process/session/s/command/${cmdId}/logs`
      const answers = yield* Effect.forEach(
        [
          {},
          { "x-daytona-split-output": "true" },
          { "x-daytona-sdk-version": "0.26.9" },
          { "x-daytona-sdk-version": "0.27.0" },
          { "x-daytona-sdk-version": "0.167.0" },
          { "x-daytona-sdk-version": "v0.0.0-dev" }
        ],
        (headers) => sandbox.call("GET", path, undefined, headers)
      )
      const plain = /^(out\nerr\n|err\nout\n)$/
      const types = answers.map(({ contentType }) => contentType?.split(";")[0])
      assert.deepStrictEqual(types, [...Array(4).fill("text/plain"), "application/json", "application/json"])
      for (const index of [0, 2]) assert.match(answers[index]?.text ?? "", plain)
      for (const index of [1, 3]) assert.include(answers[index]?.text ?? "", "\x01\x01\x01out\n")
      for (const index of [4, 5]) {
        const { output, stderr, stdout } = log(answers[index]?.json)
        assert.deepStrictEqual([stdout, stderr], ["out\n", "err\n"])
        assert.include(output ?? "", "\x02\x02\x02err\n")
      }
      const none = yield* sandbox.call("POST", "/process/session/s/exec", { command: "echo hi" }, {})
      assert.deepInclude(executed(none.json), { output: "hi\n", stdout: null, stderr: null, exitCode: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("is followed from its beginning until the command ends, in short binary messages", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const id = yield* start(sandbox, "echo begun; read go; seq 1 2000; echo problem >&2", { suppressInputEcho: true })
      const protocols = ["other", `X-Daytona-SDK-Version~${version}`]
      const socket = yield* accepted(
        sandbox.open(`/process/session/s/command/${id}/logs?follow=true`, { protocols, headers: {} })
      )
      assert.strictEqual(socket.protocol, "other")
      yield* socket.until(/begun/)
      yield* eventually(input(sandbox, id, "go"), ({ status }) => status === 204)
      const { end, messages } = yield* socket.rest
      assert.deepStrictEqual(end, { code: 1000, reason: "" })
      assert.isTrue(messages.every((message) => typeof message !== "string" && message.length <= 1024))
      assert.isTrue(messages.length > 10)
      assert.include(textOf(messages), "\x01\x01\x012000\n")
      assert.include(textOf(messages), "\x02\x02\x02problem\n")
      assert.strictEqual(yield* ended(sandbox, id), 0)

      const combined = yield* accepted(sandbox.open(`/process/session/s/command/${id}/logs`, { headers: {} }))
      const whole = textOf((yield* combined.rest).messages)
      assert.notInclude(whole, "\x01")
      assert.notInclude(whole, "\x02")
      assert.include(whole, "begun\n1\n")
    }).pipe(Effect.scoped)
  )

  it.live("is returned immediately unless it is followed, over either kind of connection", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin({ generation: "0.190" })
      const id = yield* start(sandbox, "echo so far; read never")
      const path = `/process/session/s/command/${id}/logs`
      const plain = yield* eventually(sandbox.call("GET", `${path}?follow=true`), ({ json }) => log(json).output !== "")
      assert.strictEqual(log(plain.json).stdout, "so far\n")
      const socket = yield* accepted(sandbox.open(`${path}?follow=yes`, { protocols: ["other"] }))
      assert.strictEqual(socket.protocol, undefined)
      const { end, messages } = yield* socket.rest
      assert.strictEqual(end.code, 1000)
      assert.strictEqual(textOf(messages), "\x01\x01\x01so far\n")
    }).pipe(Effect.scoped)
  )

  it.live("ends when the session is deleted", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const id = yield* start(sandbox, "echo so far; read never")
      const socket = yield* accepted(sandbox.open(`/process/session/s/command/${id}/logs?follow=true`))
      yield* socket.until(/so far/)
      yield* sandbox.call("DELETE", "/process/session/s")
      assert.deepStrictEqual((yield* socket.rest).end, { code: 1000, reason: "" })
      const missing = yield* sandbox.open(`/process/session/s/command/${id}/logs?follow=true`)
      assert.isFalse(isSocket(missing))
    }).pipe(Effect.scoped)
  )
})
