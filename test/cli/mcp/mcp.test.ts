/** `mcp`, used by the official client. */

import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { request } from "node:http"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli, home, run, start } from "../support/program.js"
import { daytona, daytonaWithBox } from "../support/servers.js"
import { officialHttp, officialStdio, overHttp, statesBecome, token } from "./support.js"

type Daytona = Effect.Effect.Success<ReturnType<typeof daytona>>

/** What was done to sandboxes themselves. */
const changes = ({ server }: Daytona) =>
  Effect.map(server.requests, (all) =>
    all.flatMap(({ method, path }) => (/\/sandbox(\/[^/]+)?$/.test(path) && method !== "GET" ? [method] : []))
  )

const runs = (client: Effect.Effect.Success<ReturnType<typeof officialHttp>>["client"], command: string) =>
  Effect.promise(() => client.callTool({ name: "run_command", arguments: { command } }))

const textOf = (text: string) => ({ isError: false, content: [{ text: expect.stringContaining(text) }] })

describe("mcp over stdio", () => {
  it.scopedLive("serves tools in a sandbox that the first call creates and the end deletes", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      const { client, problems } = yield* officialStdio(["--tools", "commands,files"], yield* home, started.variables)
      const { tools } = yield* Effect.promise(() => client.listTools())
      const names = tools.map(({ name }) => name)
      expect(names).toContain("run_command")
      expect(names).not.toContain("desktop_screenshot")
      expect(names).not.toContain("run_python")
      expect(yield* changes(started)).toEqual([])
      expect(yield* runs(client, "echo from a sandbox > a.txt; cat a.txt")).toMatchObject(textOf("from a sandbox"))
      const read = yield* Effect.promise(() => client.callTool({ name: "read_file", arguments: { path: "a.txt" } }))
      expect(read).toMatchObject(textOf("from a sandbox"))
      expect(yield* changes(started)).toEqual(["POST"])
      yield* Effect.promise(() => client.close())
      expect(yield* changes(started)).toEqual(["POST", "DELETE"])
      expect(problems).toEqual([])
    })
  )

  it.scopedLive("works in the sandbox of --sandbox, starts it if need be, and keeps it", () =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      const { box, server, variables } = started
      yield* box.files.writeText("kept.txt", "here before")
      expect((yield* cli(["sandbox", "stop", "box"], { variables })).code).toBe(0)
      yield* server.clearRequests
      const { client } = yield* officialStdio(["--sandbox", "box"], yield* home, variables)
      const read = yield* Effect.promise(() => client.callTool({ name: "read_file", arguments: { path: "kept.txt" } }))
      expect(read).toMatchObject(textOf("here before"))
      yield* Effect.promise(() => client.close())
      expect(yield* changes(started)).toEqual([])
      yield* statesBecome(server, ["started"])
    })
  )

  it.scopedLive("makes the sandbox from --snapshot", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const { client } = yield* officialStdio(["--snapshot", "daytona-medium"], yield* home, variables)
      expect(yield* runs(client, "echo hello")).toMatchObject(textOf("hello"))
      expect(yield* server.sandboxes).toMatchObject([{ snapshot: "daytona-medium" }])
    })
  )

  it.scopedLive("makes the sandbox from --image", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const { client } = yield* officialStdio(["--image", "python:3.12"], yield* home, variables)
      expect(yield* runs(client, "echo hello")).toMatchObject(textOf("hello"))
      expect(yield* server.sandboxes).toMatchObject([
        { buildInfo: { dockerfileContent: expect.stringContaining("FROM python:3.12") } }
      ])
    })
  )

  it.scopedLive("needs no server and no account with --embedded", () =>
    Effect.gen(function* () {
      const { client, problems } = yield* officialStdio(["--embedded"], yield* home)
      expect(yield* runs(client, "echo $((6 * 7))")).toMatchObject(textOf("42"))
      expect(problems).toEqual([])
    })
  )

  it.scopedLive.each([
    [["--tools", "everything"], 2, "--tools: expected some of commands"],
    [["--http"], 2, "--http needs a token"],
    [["--port", "0"], 2, "are for --http"],
    [["--key-file", "-"], 2, "standard input is where clients talk"],
    [["--sandbox", "box", "--image", "a:1"], 2, "leave out --sandbox"],
    [["--image", "a:1", "--snapshot", "b"], 2, "not both"],
    [["--sandbox", "none"], 3, "none"]
  ] as const)("refuses %j with exit code %i before it serves", ([[...args], exitCode, told]) =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      yield* started.server.clearRequests
      // Its end must not come from that of its input, which stays open.
      const { ended } = yield* start(["mcp", ...args], { home: yield* home, variables: started.variables })
      const { code, stderr, stdout } = yield* ended
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" })
      expect(stderr).toContain(told)
      expect(yield* changes(started)).toEqual([])
    })
  )
})

/** The addresses that a port is listened on, as the system has them: in hex, backwards. */
const listenersOf = (port: string) => {
  const suffix = `:${Number(port).toString(16).toUpperCase().padStart(4, "0")}`
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/net/${family}`, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, local = "", , state] = line.trim().split(/ +/)
        return state === "0A" && local.endsWith(suffix) ? [local.slice(0, -suffix.length)] : []
      })
  )
}

/** The status of a request that no client would make. */
const statusOf = (url: URL, headers: Readonly<Record<string, string>>) =>
  Effect.async<number | undefined>((resume) => {
    const sent = request(url, { method: "POST", headers }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    })
    sent.end("{}")
  })

describe("mcp over HTTP", () => {
  it.scopedLive("gives each client a sandbox of its own, which is deleted when the client ends its session", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      const { notes, url } = yield* overHttp([], started.variables)
      const [one, other] = [yield* officialHttp(url), yield* officialHttp(url)]
      expect(yield* runs(one.client, "echo from one > own.txt; cat own.txt")).toMatchObject(textOf("from one"))
      expect(yield* runs(other.client, "ls")).not.toMatchObject(textOf("own.txt"))
      expect(yield* changes(started)).toEqual(["POST", "POST"])
      yield* Effect.promise(() => one.transport.terminateSession())
      yield* notes(/^Deleting the sandbox \S+\.\n$/)
      yield* statesBecome(started.server, ["destroyed", "started"])
      expect(yield* runs(other.client, "echo still here")).toMatchObject(textOf("still here"))
    })
  )

  it.scopedLive("gives all clients the sandbox of --sandbox, and keeps it", () =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      yield* started.server.clearRequests
      const { url } = yield* overHttp(["--sandbox", "box"], started.variables)
      const [one, other] = [yield* officialHttp(url), yield* officialHttp(url)]
      yield* runs(one.client, "echo from one > shared.txt")
      expect(yield* runs(other.client, "cat shared.txt")).toMatchObject(textOf("from one"))
      yield* Effect.promise(() => one.transport.terminateSession())
      expect(yield* runs(other.client, "cat shared.txt")).toMatchObject(textOf("from one"))
      expect(yield* changes(started)).toEqual([])
    })
  )

  it.scopedLive("listens on 127.0.0.1 alone, and answers only those who have the token and mean it", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytona()
      const { url } = yield* overHttp([], variables)
      expect(listenersOf(url.port)).toEqual(["0100007F"])
      const authorization = `Bearer ${token}`
      const json = { "content-type": "application/json" }
      expect(yield* statusOf(url, { ...json, authorization })).toBe(400)
      expect(yield* statusOf(url, json)).toBe(401)
      expect(yield* statusOf(url, { ...json, authorization: "Bearer other" })).toBe(401)
      expect(yield* statusOf(url, { ...json, authorization, host: "evil.example" })).toBe(403)
      expect(yield* statusOf(url, { ...json, authorization, origin: "https://evil.example" })).toBe(403)
    })
  )

  it.scopedLive("takes the token from a file, and prints its address with --json", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytona()
      const directory = yield* home
      const file = join(directory, "token")
      yield* Effect.promise(() => writeFile(file, `${token}\n`))
      const { prints, stdout } = yield* start(["mcp", "--http", "--port", "0", "--mcp-token-file", file, "--json"], {
        home: directory,
        variables
      })
      yield* prints("\n")
      const { url } = JSON.parse(stdout())
      const { client } = yield* officialHttp(new URL(url))
      expect((yield* Effect.promise(() => client.listTools())).tools.length).toBeGreaterThan(5)
    })
  )

  it.scopedLive("says in one sentence that a port is in use, and what to do", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytona()
      const { url } = yield* overHttp([], variables)
      const { port } = url
      expect(
        yield* run(["mcp", "--http", "--port", port], {
          home: yield* home,
          variables: { ...variables, EFFECT_SANDBOXES_MCP_TOKEN: token }
        })
      ).toEqual({
        code: 2,
        stdout: "",
        stderr: `error: --port: 127.0.0.1:${port} is in use. Give another one, or 0 for any that is free\n`
      })
    })
  )

  it.scopedLive.each([
    [["--sandbox", "none"], token, 3, "none"],
    [[], "", 2, "--http needs a token"]
  ] as const)("refuses %j with the token %j with exit code %i before it listens", ([[...args], given, code, told]) =>
    Effect.gen(function* () {
      const { variables } = yield* daytona()
      const ended = yield* run(["mcp", "--http", "--port", "0", ...args], {
        home: yield* home,
        variables: { ...variables, EFFECT_SANDBOXES_MCP_TOKEN: given }
      })
      expect(ended).toMatchObject({ code, stdout: "" })
      expect(ended.stderr).toContain(told)
    })
  )
})
