/** Commands in a sandbox of the embedded Daytona server, which runs in a process of its own. */
import * as Effect from "effect/Effect"
import type { Suite, Variant } from "../harness/Suite.js"

type Way = Parameters<typeof import("../variants/commands/ours.js").measure>[1]

const ours =
  (way: Way): Variant =>
  async (setting) =>
    (await import("../variants/commands/ours.js")).measure(setting, way)

type Floor = keyof typeof import("../variants/commands/undici.js")

const undici =
  (floor: Floor): Variant =>
  async (setting) =>
    (await import("../variants/commands/undici.js"))[floor](setting)

const columns = [
  { figure: "ms", unit: "ms p50" },
  { figure: "cpu", unit: "ms CPU", digits: 2 }
]

export const suite: Suite = {
  title: "short commands, one after the other",
  ownProcesses: true,
  serve: async () =>
    (await import("../servers/embeddedDaytona.js")).start(({ apiUrl, sandbox }) =>
      Effect.succeed({ apiUrl, sandboxId: sandbox.id })
    ),
  tables: [
    {
      name: "to its result",
      base: { variant: "Process.executeMerged", figure: "ms" },
      columns,
      variants: {
        "Process.executeMerged": ours("executeMerged"),
        "Process.execute": ours("execute"),
        "ProcessSessions.run in a session at hand": ours("inSession"),
        "undici, a command with one request": undici("measure"),
        "undici, a command in a session at hand": undici("measureInSession"),
        "undici, a session for each command": undici("measureSessions"),
        "@daytonaio/sdk process.executeCommand": async (setting) =>
          (await import("../variants/commands/daytonaSdk.js")).measure(setting)
      }
    },
    {
      name: "from its last output to its end",
      columns,
      variants: {
        "Process.stream": ours("stream"),
        "Command of @effect/platform": ours("platform")
      }
    },
    {
      name: "from no sandbox to the result of its first command",
      base: { variant: "@daytonaio/sdk", figure: "ms" },
      columns,
      variants: {
        "@daytonaio/sdk": async (setting) =>
          (await import("../variants/commands/daytonaSdk.js")).measureCreation(setting),
        "undici, the same requests": undici("measureCreation"),
        "Sandboxes.create": async (setting) => (await import("../variants/commands/ours.js")).measureCreation(setting)
      }
    }
  ]
}
