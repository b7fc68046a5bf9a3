/** Clients of `mcp`, and what they have it do. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import * as Effect from "effect/Effect"
import type { EmbeddedDaytonaService } from "../../../src/embedded/daytona/index.js"
import { turn, until } from "../../support/until.js"
import { environment, home, program, start, type Variables } from "../support/program.js"

export const token = "the-token-of-clients"

/** The official client of a process over stdio, with what it could not read. */
export const officialStdio = (args: ReadonlyArray<string>, directory: string, variables: Variables = {}) =>
  Effect.gen(function* () {
    const client = new Client({ name: "test", version: "1" })
    const problems: Array<Error> = []
    client.onerror = (problem) => problems.push(problem)
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, "mcp", ...args],
      env: { ...environment(directory, variables) },
      stderr: "ignore"
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport)),
      () => Effect.promise(() => client.close())
    )
    return { client, problems, transport }
  })

/** A process that serves over HTTP, and its address. */
export const overHttp = (args: ReadonlyArray<string>, variables: Variables) =>
  Effect.gen(function* () {
    const running = yield* start(["mcp", "--http", "--port", "0", ...args], {
      home: yield* home,
      variables: { ...variables, EFFECT_SANDBOXES_MCP_TOKEN: token }
    })
    yield* running.prints(/^listening \S+\n/)
    return { ...running, url: new URL(running.stdout().slice("listening ".length).trim()) }
  })

/** The official client of a server over HTTP. */
export const officialHttp = (url: URL) =>
  Effect.gen(function* () {
    const client = new Client({ name: "test", version: "1" })
    const transport = new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { authorization: `Bearer ${token}` } }
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport)),
      () => Effect.promise(() => client.close())
    )
    return { client, transport }
  })

/** A process over stdio whose end can be observed, with a client that has said hello. */
export const overStdio = (args: ReadonlyArray<string>, variables: Variables) =>
  Effect.gen(function* () {
    const running = yield* start(["mcp", ...args], { home: yield* home, variables })
    const send = (message: object) => running.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
    send({ id: "hello", method: "initialize", params })
    yield* running.prints(/"id":"hello"/)
    const call = (id: string, name: string, given: object) =>
      send({ id, method: "tools/call", params: { name, arguments: given } })
    return { ...running, call }
  })

/** Everything that was printed, if it is messages and nothing else. */
export const messagesIn = (stdout: string): ReadonlyArray<unknown> =>
  stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))

/** A command that does not end by itself, and what tells its process id once it runs. */
export const endless = (directory: string) => {
  const file = join(directory, "pid")
  const read = () => (existsSync(file) ? readFileSync(file, "utf8") : "")
  return {
    command: `echo $$ > '${file}.new'; mv '${file}.new' '${file}'; trap '' INT; while :; do sleep 0.2; done`,
    pid: Effect.map(
      until(() => read() !== ""),
      () => Number(read())
    )
  }
}

export const gone = (pid: number) => until(() => !existsSync(`/proc/${pid}`))

/** Waits until every sandbox is in one of these states: the server goes on after it has accepted a deletion. */
export const statesBecome = ({ sandboxes }: EmbeddedDaytonaService, states: ReadonlyArray<string>) =>
  Effect.repeat(Effect.zipRight(turn, sandboxes), {
    until: (all) => all.length === states.length && all.every(({ state }, index) => state === states[index])
  })
