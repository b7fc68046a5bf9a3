/**
 * Requests and what the open-source daemon of v0.190.0 answers to them, as it was seen when it was run. Each row is one
 * where this server used to answer something else.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { localRuntime, type Options } from "../../../../src/embedded/daytona/index.js"
import type { Answer } from "../support.js"
import { inMemory, onPort, type Sandbox, sandbox, sandboxOnPort } from "./sandbox.js"

type Row = readonly [
  method: HttpMethod,
  path: string,
  body: Parameters<Sandbox["request"]>[2],
  status: number,
  /** Parts of the headers. A header that must be absent is `undefined`. */
  headers: Readonly<Record<string, string | undefined>>,
  /** The text or what it has, or parts of the JSON. */
  content?: string | RegExp | object
]

const options: Options = { generation: "0.190", runtime: localRuntime({ generation: "0.190", paths: "anywhere" }) }

const envelope = { "content-type": "application/json" }
const json = { "content-type": "application/json; charset=utf-8" }
const empty = { "content-length": "0", "content-type": undefined }
const plain = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }
const html = { "content-type": "text/html; charset=utf-8" }

const form = HttpBody.text(
  `--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${"x".repeat(200_000)}\r\n--b--\r\n`,
  "multipart/form-data; boundary=b"
)

/** Leaves the socket `s` in the directory. */
const listen = `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'`

const table: Readonly<Record<string, ReadonlyArray<Row>>> = {
  "an error in the envelope has no charset, and other JSON has one": [
    [
      "POST",
      "/process/execute",
      { command: " " },
      400,
      envelope,
      { code: "BAD_REQUEST", message: "bad request: command cannot be empty or whitespace-only" }
    ],
    ["POST", "/process/session/unknown/exec", { command: "x" }, 500, envelope, { path: "" }],
    ["GET", "/process/session/unknown", undefined, 404, envelope, { code: "NOT_FOUND" }],
    ["GET", "/version", undefined, 200, json, { version: "v0.190.0" }]
  ],
  "an empty response has the length 0": [
    ["POST", "/process/session", { sessionId: "s" }, 201, empty, ""],
    ["POST", "/files/folder?path=repository&mode=755", undefined, 201, empty, ""],
    ["POST", "/process/execute", { command: "git init -q repository; touch repository/a" }, 200, json],
    ["POST", "/git/add", { path: "repository", files: ["a"] }, 200, empty, ""],
    ["DELETE", "/process/session/s", undefined, 204, { "content-length": undefined }, ""]
  ],
  "an upload without a path is refused": [
    ["POST", "/files/upload", undefined, 400, empty, ""],
    ["POST", "/files/upload", form, 400, empty, ""]
  ],
  "the files have two paths": [
    ["POST", "/process/execute", { command: "mkdir d; touch d/a" }, 200, json],
    ["GET", "/files/?path=d", undefined, 200, json, [expect.objectContaining({ name: "a" })]],
    ["DELETE", "/files/?path=d/a", undefined, 204, {}, ""],
    ["GET", "/files?path=d", undefined, 200, json, []]
  ],
  "a slash too many or too few is redirected": [
    ["GET", "/version/", undefined, 301, { ...html, location: "/version" }],
    ["GET", "/version/?a=1&b=2", undefined, 301, { ...html, location: "/version?a=1&b=2" }],
    ["GET", "/proxy/3999", undefined, 301, { ...html, location: "/proxy/3999/" }],
    ["POST", "/process/execute/", {}, 307, { ...empty, location: "/process/execute" }, ""],
    ["POST", "/version/", undefined, 404, { "content-type": "text/plain" }, "404 page not found"]
  ],
  "no port is out of range for the proxy, and there is no server": [
    ["GET", "/proxy/70000/x", undefined, 502, {}],
    ["GET", "/proxy/0/x", undefined, 502, {}],
    ["GET", "/proxy/x/x", undefined, 400, {}]
  ],
  "a device is downloaded as an empty file": [
    ["GET", "/files/download?path=/dev/null", undefined, 200, { "content-length": "0" }, ""]
  ],
  "a socket is announced, and not found": [
    ["POST", "/process/execute", { command: listen }, 200, json, { exitCode: 0 }],
    [
      "GET",
      "/files/download?path=s",
      undefined,
      404,
      { "content-disposition": expect.stringContaining('filename="s"'), "content-type": "text/plain; charset=utf-8" },
      "404 page not found\n"
    ],
    [
      "POST",
      "/files/replace",
      { files: ["s"], pattern: "a", newValue: "b" },
      200,
      json,
      [{ file: "s", success: false, error: "open s: no such device or address" }]
    ]
  ],
  "one value of a body is read, and what follows is not": [
    ["POST", "/process/execute", '{"command":"echo a"} trailing', 200, json, { result: "a\n" }],
    ["POST", "/process/execute", '{"command":"echo \\" at position 3\\""}{"command":1}', 200, json, { exitCode: 0 }],
    ["POST", "/process/execute", '{"command":"echo a"', 400, envelope],
    ["POST", "/process/execute", "at position 1", 400, envelope]
  ],
  "a value of the wrong type is reported in the words of Go, and an empty body is an end": [
    ["POST", "/process/execute", undefined, 400, envelope, { message: expect.stringMatching(/: EOF$/) }],
    ["POST", "/process/session", undefined, 400, envelope, { message: expect.stringMatching(/: EOF$/) }],
    [
      "POST",
      "/process/execute",
      { command: "true", timeout: -1 },
      400,
      envelope,
      { message: expect.stringMatching(/: json: cannot unmarshal number -1 into Go struct field \S+ of type uint32$/) }
    ],
    [
      "POST",
      "/process/execute",
      { command: ["true"] },
      400,
      envelope,
      { message: expect.stringMatching(/: json: cannot unmarshal array into Go struct field \S+ of type string$/) }
    ]
  ],
  "a directory that is not there is blamed on the shell": [
    [
      "POST",
      "/process/execute",
      { command: "true", cwd: "/nowhere" },
      200,
      json,
      { exitCode: -1, result: expect.stringMatching(/^fork\/exec \/\S+: no such file or directory$/) }
    ]
  ],
  "a missing file of several is not found": [
    ["POST", "/files/bulk-download", { paths: ["no"] }, 200, {}, /"message":"file not found: no"/]
  ],
  "a request without an upgrade where a web socket is due is refused in plain text": [
    ["GET", "/process/interpreter/execute", undefined, 400, plain, "Bad Request\n"],
    ["GET", "/process/pty/unknown/connect", undefined, 400, plain, "Bad Request\n"]
  ],
  "code that is not sent is an invalid body": [
    ["POST", "/process/code-run", {}, 400, envelope, { code: "INVALID_REQUEST_BODY" }],
    ["POST", "/process/code-run", { language: "python" }, 400, envelope, { code: "INVALID_REQUEST_BODY" }],
    ["POST", "/process/code-run", { code: "x" }, 400, envelope, { code: "INVALID_REQUEST_BODY" }],
    ["POST", "/process/code-run", { code: " ", language: "python" }, 200, json, { exitCode: 0, result: "" }]
  ]
}

const contentOf = (answer: Answer, wanted: Row[5]) => {
  if (wanted === undefined) return undefined
  return typeof wanted === "string" || wanted instanceof RegExp ? answer.text : answer.json
}

const matching = (wanted: Row[5]) => {
  if (wanted instanceof RegExp) return expect.stringMatching(wanted)
  return typeof wanted === "object" && !Array.isArray(wanted) ? expect.objectContaining(wanted) : wanted
}

const check = (box: Sandbox, rows: ReadonlyArray<Row>) =>
  Effect.forEach(rows, ([method, path, body, status, headers, content]) =>
    Effect.map(box.request(method, path, body), (answer: Answer) => {
      const seen = {
        status: answer.status,
        headers: Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers[name]])),
        content: contentOf(answer, content)
      }
      expect({ method, path, ...seen }).toEqual({ method, path, status, headers, content: matching(content) })
    })
  )

describe("a request to the daemon", () => {
  describe.each(Object.entries(table))("%s", (_, rows) => {
    it.live("in memory", () =>
      Effect.flatMap(sandbox(), (box) => check(box, rows)).pipe(Effect.provide(inMemory(options)))
    )

    it.live("on a port", () =>
      Effect.flatMap(sandboxOnPort, (box) => check(box, rows)).pipe(Effect.provide(onPort(options)))
    )
  })

  for (const where of ["in memory", "on a port"]) {
    it.live(`for several ranges is answered with all of them in one body, ${where}`, () => {
      const ask = (box: Sandbox) =>
        Effect.gen(function* () {
          yield* box.post("/process/execute", { command: "printf 0123456789 > f" })
          const answer = yield* box.get("/files/download", { path: "f" }, { range: "bytes=0-0, 5-6,20-,-1" })
          const [, boundary = ""] = /^multipart\/byteranges; boundary=([0-9a-f]{60})$/.exec(
            answer.headers["content-type"] ?? ""
          ) ?? [""]
          const part = (range: string, content: string) =>
            `--${boundary}\r\nContent-Range: bytes ${range}/10\r\n` +
            `Content-Type: application/octet-stream\r\n\r\n${content}\r\n`
          expect(answer.text).toBe(`${part("0-0", "0")}${part("5-6", "56")}${part("9-9", "9")}--${boundary}--\r\n`)
          expect(answer.status).toBe(206)
          expect(answer.headers["content-length"]).toBe(`${answer.text.length}`)
          expect(answer.headers["content-range"]).toBeUndefined()
        })
      return where === "in memory"
        ? Effect.flatMap(sandbox(), ask).pipe(Effect.provide(inMemory(options)))
        : Effect.flatMap(sandboxOnPort, ask).pipe(Effect.provide(onPort(options)))
    })
  }
})
