/** The endpoints that start, stop and inspect the desktop. */
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { DaemonRequest, Handler, Route } from "../Route.js"
import { type ComputerUse, refusal } from "./ComputerUse.js"
import type { DesktopProcess } from "./Desktop.js"

/** Starts and stops the desktop, and reports its processes. */
export const routes = ({ desktop }: ComputerUse): ReadonlyArray<Route> => {
  const answerAll = (message: string) =>
    Effect.map(desktop.processes, (processes) => responses.json(200, { message, status: statusOf(processes) }))

  const start: Handler = () => Effect.zipRight(desktop.start, answerAll("Computer use processes started successfully"))

  const stop: Handler = () => Effect.zipRight(desktop.stop, answerAll("Computer use processes stopped successfully"))

  const status: Handler = () =>
    Effect.map(desktop.processes, (processes) => responses.json(200, { status: summary(Object.values(processes)) }))

  const known = (request: DaemonRequest) =>
    Effect.flatMap(desktop.processes, (processes) => {
      const name = request.parameter("processName")
      return Object.hasOwn(processes, name)
        ? Effect.succeed(name)
        : Effect.fail(refusal(400, `process ${name} not found`))
    })

  const processStatus: Handler = (request) =>
    Effect.map(desktop.processes, (processes) => {
      const processName = request.parameter("processName")
      return responses.json(200, { processName, running: processes[processName]?.running ?? false })
    })

  const restart: Handler = (request) =>
    Effect.gen(function* () {
      const processName = yield* known(request)
      yield* desktop.restart(processName)
      return responses.json(200, { message: `Process ${processName} restarted successfully`, processName })
    })

  const logs: Handler = (request) =>
    Effect.gen(function* () {
      const processName = yield* known(request)
      return responses.json(200, { processName, logs: (yield* desktop.logs(processName)).output })
    })

  const errors: Handler = (request) =>
    Effect.gen(function* () {
      const processName = yield* known(request)
      return responses.json(200, { processName, errors: (yield* desktop.logs(processName)).errors })
    })

  return [
    { method: "POST", path: "/computeruse/start", handler: start },
    { method: "POST", path: "/computeruse/stop", handler: stop },
    { method: "GET", path: "/computeruse/status", handler: status },
    { method: "GET", path: "/computeruse/process-status", handler: status },
    { method: "GET", path: "/computeruse/process/{processName}/status", handler: processStatus },
    { method: "POST", path: "/computeruse/process/{processName}/restart", handler: restart },
    { method: "GET", path: "/computeruse/process/{processName}/logs", handler: logs },
    { method: "GET", path: "/computeruse/process/{processName}/errors", handler: errors }
  ]
}

/** The only place where the daemon capitalizes field names. */
const statusOf = (processes: Readonly<Record<string, DesktopProcess>>) =>
  Object.fromEntries(
    Object.entries(processes).map(([name, { autoRestart, pid, priority, running }]) => [
      name,
      { Running: running, Priority: priority, AutoRestart: autoRestart, Pid: pid ?? null }
    ])
  )

const summary = (processes: ReadonlyArray<DesktopProcess>): string => {
  const running = processes.filter((process) => process.running).length
  return running === 0 ? "inactive" : running === processes.length ? "active" : "partial"
}
