/** Which page a declaration stands on: the one with the name of its file, unless it belongs to another subject. */
import { readdirSync } from "node:fs"
import { basename, dirname } from "node:path"
import { root } from "../manifest.js"

/** Pages of files for which the rules in `pageOf` do not find the right one. */
const subjects: ReadonlyArray<readonly [page: string, files: ReadonlyArray<string>]> = [
  ["Agents", ["schema/stromboli/AgentEvent"]],
  ["Execution", ["schema/stromboli/Run"]],
  ["Auth", ["schema/stromboli/Token"]],
  ["Daytona", ["schema/daytona/Configuration"]],
  ["CreateSandbox", ["schema/daytona/intervals", "schema/daytona/Machine"]],
  ["Sandboxes", ["schema/daytona/SandboxChange", "schema/daytona/SandboxMetrics", "schema/daytona/SandboxQuery"]],
  ["CodeInterpreter", ["schema/daytona/toolbox/Chart", "schema/daytona/toolbox/Interpreter"]],
  ["ProcessSessions", ["schema/daytona/toolbox/Session"]],
  ["Process", ["schema/daytona/toolbox/CommandResult"]],
  ["Files", ["schema/daytona/toolbox/FileResult"]],
  ["Pty", ["schema/daytona/toolbox/TerminalEvent"]],
  ["Snapshots", ["schema/daytona/SnapshotEvent"]],
  ["SandboxPool", ["schema/daytona/PoolStatus"]],
  ["Refused", ["schema/refused"]],
  ["WebSockets", ["stream/WebSocket"]],
  ["Sse", ["stream/SseEvent"]],
  ["AgentRuns", ["workflow/agentRun", "workflow/pauses", "workflow/runPolicy"]],
  ["DurableRun", ["workflow/drivenRun"]],
  ["Failures", ["workflow/failures"]],
  ["RunOutcome", ["workflow/outcome"]],
  ["Step", ["workflow/step"]],
  ["Claude", ["embedded/stromboli/claude/ClaudeProcess", "embedded/stromboli/claude/demoAgent"]],
  ["EmbeddedStromboli", ["embedded/stromboli/Options", "embedded/stromboli/Sessions", "embedded/stromboli/wire"]],
  ["EmbeddedDaytona", ["embedded/daytona/Options", "embedded/daytona/Settings"]],
  ["Fault", ["embedded/faults/Faults", "embedded/ConnectionFault"]],
  ["Server", ["embedded/RequestLog", "embedded/loopbackServer"]],
  ["Routes", ["embedded/stromboli/routes", "embedded/daytona/http/routes"]],
  ["Outcome", ["embedded/daytona/outcomes/Outcomes", "embedded/daytona/outcomes/BackgroundTask"]],
  [
    "Runtime",
    [
      "embedded/daytona/runtime/SandboxRuntime",
      "embedded/daytona/runtime/localRuntime",
      "embedded/daytona/toolbox/Machine",
      "embedded/daytona/toolbox/Refusal"
    ]
  ],
  ["Desktop", ["embedded/daytona/toolbox/computerUse/simulatedDesktop", "embedded/daytona/toolbox/computerUse/routes"]],
  [
    "State",
    [
      "embedded/daytona/organization/Volumes",
      "embedded/daytona/sandbox/Sandbox",
      "embedded/daytona/sandbox/state",
      "embedded/daytona/snapshot/Snapshots",
      "embedded/daytona/storage/ObjectStorage"
    ]
  ]
]

const pages = new Map(subjects.flatMap(([page, files]) => files.map((file) => [file, page] as const)))

const isPublic = (name: string): boolean => /^[A-Z]/.test(name)

const source = `${root}src/`

/** The public module in front of a folder: the only one, or the one that is called as the folder is. */
const faceOf = (folder: string): string | undefined => {
  const modules = readdirSync(source + folder)
    .map((file) => basename(file, ".ts"))
    .filter(isPublic)
  return modules.length === 1
    ? modules[0]
    : modules.find((name) => name.toLowerCase() === basename(folder).toLowerCase())
}

/** The public modules of the services of a system, at any depth. */
const services = (system: string): ReadonlyArray<string> =>
  readdirSync(`${source}services/${system}`, { recursive: true, encoding: "utf8" })
    .map((file) => basename(file, ".ts"))
    .filter(isPublic)

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** The name of the page for what a file of `src` declares. */
export const pageOf = (file: string): string => {
  const path = file.replace(/^.*\/src\//, "").replace(/\.ts$/, "")
  const listed = pages.get(path)
  if (listed !== undefined) return listed
  const [floor = "", system = "", ...parts] = path.split("/")
  const name = basename(path)
  if (floor === "errors" && parts.length > 0) return capitalized(system) + capitalized(name)
  if (floor === "schema" && services(system).includes(`${name}s`)) return `${name}s`
  const isPart = (floor === "services" || floor === "schema") && !isPublic(name)
  return (isPart ? faceOf(dirname(path)) : undefined) ?? name
}
