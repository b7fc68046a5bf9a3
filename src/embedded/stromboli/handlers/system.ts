/** Handlers of `/health` and `/claude/status`. */
import * as Effect from "effect/Effect"
import type { Settings } from "../Options.js"
import * as responses from "../responses.js"
import type { Handler } from "./Handler.js"

const components = ["podman", "claude-credentials-file", "claude-credentials-secret"]

/** `/health` and `/claude/status`. */
export const make = (settings: Settings) => {
  const broken = settings.brokenComponents
  const health = {
    status: Object.keys(broken).length === 0 ? "ok" : "degraded",
    name: "stromboli",
    version: settings.version,
    components: [...new Set([...components, ...Object.keys(broken)])].map((name) => {
      const error = broken[name]
      return error === undefined ? { name, status: "ok" } : { name, status: "error", error }
    })
  }
  return {
    // Even a degraded server responds 200.
    "GET /health": () => Effect.succeed(responses.json(200, health)),
    "GET /claude/status": () =>
      Effect.succeed(
        responses.json(200, {
          configured: settings.claudeConfigured,
          message: settings.claudeConfigured ? "Claude is configured" : "Run 'make claude-setup' to configure"
        })
      )
  } satisfies Record<string, Handler>
}
