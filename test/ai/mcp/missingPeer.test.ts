/** Programs without `@effect/rpc`, which package managers may leave out. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { vi } from "vitest"
import { SandboxToolkit } from "../../../src/ai/index.js"
import { manifest } from "../../../tools/manifest.js"
import { handlers, Log, noted, stdio, token, toolkit } from "./support.js"

vi.mock("@effect/rpc/RpcServer", () => {
  throw new Error("Cannot find package '@effect/rpc'")
})

describe("an MCP server without @effect/rpc", () => {
  it.scoped("fails with what to install, before it prepares any tools", () =>
    Effect.gen(function* () {
      const { server, stdout } = yield* stdio
      const http = Effect.asVoid(SandboxToolkit.mcpHttpApp({ toolkit, handlers, token: Redacted.make(token) }))
      const range = manifest.peerDependencies["@effect/rpc"]?.replace(/\.\d+$/, "")
      for (const [operation, serving] of Object.entries({ mcpStdio: server, mcpHttpApp: http })) {
        const failure = yield* Effect.flip(serving)
        expect(failure).toMatchObject({
          _tag: "InvalidRequest",
          field: "toolkit",
          operation: expect.stringContaining(operation)
        })
        expect(failure.message).toContain(`npm install @effect/rpc@${range} `)
      }
      expect(stdout).toEqual([])
      expect(yield* noted).toEqual([])
    }).pipe(Effect.provide(Log.layer))
  )
})
